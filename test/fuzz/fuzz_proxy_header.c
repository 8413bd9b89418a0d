/*
 * fuzz_proxy_header.c
 *	  What comes before the first line of a connection behind a load balancer.
 *	  However it is cut, its pieces are asked for until the same is found.
 */
#include "fuzz.h"

#include "net/proxy_header.h"

static const Peer own = {AF_INET, 999, {10, 0, 0, 9}};

static int
parse(const uint8_t *data, size_t length, Peer *peer)
{
	uint8_t *copy = malloc(length > 0 ? length : 1);
	int result;

	CHECK(copy != NULL);
	if (length > 0)
		memcpy(copy, data, length);
	*peer = own;
	result = proxy_header_parse(copy, length, peer);
	free(copy);
	return result;
}

static bool
is_own(const Peer *peer)
{
	return memcmp(peer, &own, sizeof(own)) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[PEER_TEXT_LENGTH];
	Peer peer;
	Peer of_part;
	int result = parse(data, size, &peer);

	CHECK(peer.family == AF_INET || peer.family == AF_INET6);
	CHECK(strlen(peer_text(&peer, text)) < sizeof(text));
	if (result <= 0)
	{
		CHECK(is_own(&peer));
		CHECK(result == PROXY_HEADER_BAD || size < PROXY_HEADER_MAX);
		return 0;
	}
	CHECK((size_t) result <= size && result <= PROXY_HEADER_MAX);
	for (size_t part = 0; part < (size_t) result; part++)
		CHECK(parse(data, part, &of_part) == PROXY_HEADER_MORE);
	CHECK(parse(data, (size_t) result, &of_part) == result);
	CHECK(memcmp(&peer, &of_part, sizeof(peer)) == 0);
	return 0;
}
