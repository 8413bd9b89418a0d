/*
 * test_proxy_header.c
 *	  PROXY headers: both versions, whole, in pieces, and invalid ones.
 */
#include "unit.h"

#include "net/proxy_header.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define IPV4_PART "\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x0d\x05"
#define IPV6_PART                                \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01" \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\xdc\x04\x0d\x05"

#define BYTES(text) (text), (sizeof(text) - 1)

static const Peer own = {AF_INET, 999, {10, 0, 0, 9}};

/* A copy of exactly that length, so that a sanitizer sees a read beyond it. */
static int
parse(const void *data, size_t length, Peer *peer)
{
	uint8_t *copy = malloc(length ? length : 1);
	int result;

	assert_non_null(copy);
	memcpy(copy, data, length);
	*peer = own;
	result = proxy_header_parse(copy, length, peer);
	free(copy);
	return result;
}

static void
assert_peer_is(const Peer *peer, const char *text)
{
	char buffer[PEER_TEXT_LENGTH];

	assert_string_equal(peer_text(peer, buffer), text);
}

/* With anything behind it, and cut short at each byte. */
static void
assert_header(const void *data, size_t length, const char *text)
{
	uint8_t longer[PROXY_HEADER_MAX + 2];
	Peer peer;

	assert_int_equal(parse(data, length, &peer), length);
	assert_peer_is(&peer, text);

	memcpy(longer, data, length);
	memcpy(longer + length, "{\n", 2);
	assert_int_equal(parse(longer, length + 2, &peer), length);
	assert_peer_is(&peer, text);

	for (size_t part = 0; part < length; part++)
	{
		assert_int_equal(parse(data, part, &peer), PROXY_HEADER_MORE);
		assert_memory_equal(&peer, &own, sizeof(peer));
	}
}

static void
assert_bad(const void *data, size_t length)
{
	Peer peer;

	if (parse(data, length, &peer) != PROXY_HEADER_BAD)
		fail_msg("taken: %.*s", (int) length, (const char *) data);
	assert_memory_equal(&peer, &own, sizeof(peer));
}

TEST(a_line_names_the_source)
{
	assert_header(BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 56324 3333\r\n"),
				  "192.0.2.1 port 56324");
	assert_header(BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535"
						" 65535\r\n"),
				  "255.255.255.255 port 65535");
	assert_header(BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 0 0\r\n"),
				  "192.0.2.1 port 0");
	assert_header(BYTES("PROXY TCP6 2001:db8::1 2001:db8::2 56324 3333\r\n"),
				  "2001:db8::1 port 56324");
	assert_header(
		BYTES("PROXY TCP6 ffff:f00f:ffff:ffff:ffff:ffff:ffff:ffff"
			  " ffff:f00f:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
		"ffff:f00f:ffff:ffff:ffff:ffff:ffff:ffff port 65535");
}

TEST(a_mapped_address_is_the_one_it_maps)
{
	assert_header(BYTES("PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 1 2\r\n"),
				  "192.0.2.1 port 1");
}

TEST(an_unknown_line_changes_nothing)
{
	assert_header(BYTES("PROXY UNKNOWN\r\n"), "10.0.0.9 port 999");
	assert_header(
		BYTES("PROXY UNKNOWN ffff:f00f:ffff:ffff:ffff:ffff:ffff:ffff"
			  " ffff:f00f:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
		"10.0.0.9 port 999");
}

TEST(a_line_that_is_none_is_refused)
{
	static const char *const lines[] = {
		"{\"id\":1,\"method\":\"mining.subscribe\"}\n",
		"GET / HTTP/1.1\r\n",
		"PROXY \r\n",
		"PROXY\r\n",
		"PROXY\n",
		"proxy TCP4 192.0.2.1 198.51.100.2 56324 3333\r\n",
		"PROXY UNKNOWNS\r\n",
		"PROXY TCP5 192.0.2.1 198.51.100.2 56324 3333\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324 3333\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324 3333 \r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324 3333 1\r\n",
		"PROXY TCP4  192.0.2.1 198.51.100.2 56324 3333\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2  56324 3333\r\n",
		"PROXY TCP4 192.0.2.256 198.51.100.2 56324 3333\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100 56324 3333\r\n",
		"PROXY TCP4 2001:db8::1 2001:db8::2 56324 3333\r\n",
		"PROXY TCP6 192.0.2.1 198.51.100.2 56324 3333\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 65536 3333\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 100000 3333\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 056 3333\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 -1 3333\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 +3\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 \r\n",
	};

	for (size_t i = 0; i < lengthof(lines); i++)
		assert_bad(lines[i], strlen(lines[i]));
	assert_bad(BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 1\0 2\r\n"));
}

TEST(a_line_has_at_most_107_bytes)
{
	char line[108];
	Peer peer;

	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY UNKNOWN ", 14);
	assert_int_equal(parse(line, 106, &peer), PROXY_HEADER_MORE);
	assert_bad(line, 107);
	memcpy(line + 105, "\r\n", 2);
	assert_int_equal(parse(line, 107, &peer), 107);
	line[105] = 'x';
	memcpy(line + 106, "\r\n", 2);
	assert_bad(line, 108);
}

TEST(a_binary_header_names_the_source)
{
	assert_header(BYTES(SIGNATURE "\x21\x11\x00\x0c" IPV4_PART),
				  "192.0.2.1 port 56324");
	assert_header(BYTES(SIGNATURE "\x21\x21\x00\x24" IPV6_PART),
				  "2001:db8::1 port 56324");
	/* what is appended is passed over */
	assert_header(BYTES(SIGNATURE "\x21\x11\x00\x10" IPV4_PART "\x04\x00\x01x"),
				  "192.0.2.1 port 56324");
}

TEST(a_binary_header_for_the_balancer_itself_changes_nothing)
{
	assert_header(BYTES(SIGNATURE "\x20\x00\x00\x00"), "10.0.0.9 port 999");
	assert_header(BYTES(SIGNATURE "\x20\x11\x00\x0c" IPV4_PART),
				  "10.0.0.9 port 999");
	assert_header(BYTES(SIGNATURE "\x21\x00\x00\x02xx"), "10.0.0.9 port 999");
}

TEST(a_binary_header_that_is_none_is_refused)
{
	/* signature, version, command, family, length */
	assert_bad(BYTES("\r\n\r\n\0\r\nQUIT\r"));
	assert_bad(BYTES(SIGNATURE "\x11\x11\x00\x0c" IPV4_PART));
	assert_bad(BYTES(SIGNATURE "\x22\x11\x00\x0c" IPV4_PART));
	assert_bad(BYTES(SIGNATURE "\x21\x12\x00\x0c" IPV4_PART));
	assert_bad(BYTES(SIGNATURE "\x21\x31\x00\x0c" IPV4_PART));
	assert_bad(BYTES(SIGNATURE "\x21\x11\x00\x0b" IPV4_PART));
	assert_bad(BYTES(SIGNATURE "\x21\x21\x00\x23" IPV6_PART));
}

TEST(a_binary_header_is_bounded)
{
	uint8_t header[PROXY_HEADER_MAX] = SIGNATURE "\x21\x11\x07\xf0" IPV4_PART;

	assert_header(header, sizeof(header), "192.0.2.1 port 56324");
	/* refused at once: nobody waits for the rest */
	assert_bad(BYTES(SIGNATURE "\x21\x11\x07\xf1"));
	assert_bad(BYTES(SIGNATURE "\x20\x00\xff\xff"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_names_the_source),
		cmocka_unit_test(a_mapped_address_is_the_one_it_maps),
		cmocka_unit_test(an_unknown_line_changes_nothing),
		cmocka_unit_test(a_line_that_is_none_is_refused),
		cmocka_unit_test(a_line_has_at_most_107_bytes),
		cmocka_unit_test(a_binary_header_names_the_source),
		cmocka_unit_test(
			a_binary_header_for_the_balancer_itself_changes_nothing),
		cmocka_unit_test(a_binary_header_that_is_none_is_refused),
		cmocka_unit_test(a_binary_header_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
