/*
 * proxy_header.c
 *	  Parses the header of the PROXY protocol, which names the client of a
 *	  load balancer.
 *
 * Section numbers refer to the protocol's document, version 2020/03/05.
 */
#include "net/proxy_header.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

/* section 2.1: the longest line, including its end */
#define LINE_MAX_LENGTH 107
#define LINE_START		"PROXY "
#define LINE_FIELDS		4 /* both addresses, both ports */

/* section 2.2 */
#define BINARY_START_LENGTH 12
#define BINARY_FIXED_LENGTH 16 /* including the length of what follows */
#define BINARY_VERSION		0x20
#define COMMAND_LOCAL		0x0
#define COMMAND_PROXY		0x1
#define FAMILY_UNSPECIFIED	0x00
#define FAMILY_TCP4			0x11
#define FAMILY_TCP6			0x21
#define TCP4_LENGTH			12 /* two addresses and two ports */
#define TCP6_LENGTH			36

static const uint8_t binary_start[BINARY_START_LENGTH] = {
	'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

/* Whether data, complete or not, begins like start. */
static bool
may_start_with(const uint8_t *data, size_t length, const void *start,
			   size_t start_length)
{
	return memcmp(data, start, length < start_length ? length : start_length) ==
		   0;
}

/* ---------- version 1: a line ---------- */

/* Decimal without sign or leading zeros. */
static bool
read_port(const char *text, uint16_t *port)
{
	uint32_t number = 0;
	size_t length = strlen(text);

	if (length == 0 || length > 5 || (length > 1 && *text == '0'))
		return false;
	for (; *text; text++)
	{
		if (*text < '0' || *text > '9')
			return false;
		number = number * 10 + (uint32_t) (*text - '0');
	}
	*port = (uint16_t) number;
	return number <= UINT16_MAX;
}

/* Split a text at single spaces into exactly LINE_FIELDS fields. */
static bool
cut_fields(char *text, char *fields[LINE_FIELDS])
{
	for (int i = 0; i < LINE_FIELDS; i++)
	{
		fields[i] = text;
		text = strchr(text, ' ');
		if ((text == NULL) != (i == LINE_FIELDS - 1))
			return false;
		if (text)
			*text++ = '\0';
	}
	return true;
}

/* "source destination source-port destination-port" */
static bool
read_addresses(char *text, int family, Peer *peer)
{
	char *fields[LINE_FIELDS];
	uint8_t source[16];
	uint8_t destination[16];
	uint16_t source_port;
	uint16_t destination_port;

	if (!cut_fields(text, fields) ||
		inet_pton(family, fields[0], source) != 1 ||
		inet_pton(family, fields[1], destination) != 1 ||
		!read_port(fields[2], &source_port) ||
		!read_port(fields[3], &destination_port))
		return false;
	if (family == AF_INET)
		peer_set_ipv4(peer, source, source_port);
	else
		peer_set_ipv6(peer, source, source_port);
	return true;
}

/* The line has no newline. */
static bool
read_line(char *line, Peer *peer)
{
	char *rest = line + strlen(LINE_START);

	if (strncmp(rest, "TCP4 ", 5) == 0)
		return read_addresses(rest + 5, AF_INET, peer);
	if (strncmp(rest, "TCP6 ", 5) == 0)
		return read_addresses(rest + 5, AF_INET6, peer);
	/* the protocol says to ignore what follows */
	return strncmp(rest, "UNKNOWN", 7) == 0 &&
		   (rest[7] == '\0' || rest[7] == ' ');
}

static int
parse_line(const uint8_t *data, size_t length, Peer *peer)
{
	size_t searched = length < LINE_MAX_LENGTH ? length : LINE_MAX_LENGTH;
	const uint8_t *newline = memchr(data, '\n', searched);
	char line[LINE_MAX_LENGTH + 1];
	size_t line_length;

	if (newline == NULL)
		return length < LINE_MAX_LENGTH ? PROXY_HEADER_MORE : PROXY_HEADER_BAD;
	line_length = (size_t) (newline - data);
	if (line_length <= strlen(LINE_START) || newline[-1] != '\r' ||
		memchr(data, '\0', line_length) != NULL)
		return PROXY_HEADER_BAD;
	memcpy(line, data, line_length);
	line[line_length - 1] = '\0';
	return read_line(line, peer) ? (int) line_length + 1 : PROXY_HEADER_BAD;
}

/* ---------- version 2: binary ---------- */

static uint16_t
load_uint16(const uint8_t *data)
{
	return (uint16_t) (data[0] << 8 | data[1]);
}

/* The addresses come first; whatever follows them is ignored. */
static bool
read_binary(const uint8_t *fixed, size_t length, Peer *peer)
{
	const uint8_t *addresses = fixed + BINARY_FIXED_LENGTH;

	switch (fixed[13])
	{
		case FAMILY_UNSPECIFIED:
			return true;
		case FAMILY_TCP4:
			if (length < TCP4_LENGTH)
				return false;
			peer_set_ipv4(peer, addresses, load_uint16(addresses + 8));
			return true;
		case FAMILY_TCP6:
			if (length < TCP6_LENGTH)
				return false;
			peer_set_ipv6(peer, addresses, load_uint16(addresses + 32));
			return true;
		default:
			return false;
	}
}

static int
parse_binary(const uint8_t *data, size_t length, Peer *peer)
{
	size_t following;

	if (length < BINARY_FIXED_LENGTH)
		return PROXY_HEADER_MORE;
	following = load_uint16(data + 14);
	if ((data[12] & 0xf0) != BINARY_VERSION ||
		(data[12] & 0x0f) > COMMAND_PROXY ||
		BINARY_FIXED_LENGTH + following > PROXY_HEADER_MAX)
		return PROXY_HEADER_BAD;
	if (length < BINARY_FIXED_LENGTH + following)
		return PROXY_HEADER_MORE;
	if ((data[12] & 0x0f) != COMMAND_LOCAL &&
		!read_binary(data, following, peer))
		return PROXY_HEADER_BAD;
	return BINARY_FIXED_LENGTH + (int) following;
}

int
proxy_header_parse(const uint8_t *data, size_t length, Peer *peer)
{
	if (length == 0)
		return PROXY_HEADER_MORE;
	if (may_start_with(data, length, LINE_START, strlen(LINE_START)))
		return parse_line(data, length, peer);
	if (may_start_with(data, length, binary_start, sizeof(binary_start)))
		return parse_binary(data, length, peer);
	return PROXY_HEADER_BAD;
}
