/*
 * client_address.c
 *	  The address of a request's client, directly or as the trusted proxy
 *	  reports it.
 *
 * A proxy appends the address of its client, sometimes with the port, to
 * X-Forwarded-For.  Anybody may have written the part before that.
 */
#include "http/client_address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Write an IPv4-mapped IPv6 address as IPv4. */
static void
write_address(const struct in6_addr *address, char text[INET6_ADDRSTRLEN])
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		inet_ntop(AF_INET, &address->s6_addr[12], text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

bool
client_address_normalize(const char *address, char text[INET6_ADDRSTRLEN])
{
	struct in_addr four;
	struct in6_addr six;

	if (inet_pton(AF_INET, address, &four) == 1)
		inet_ntop(AF_INET, &four, text, INET6_ADDRSTRLEN);
	else if (inet_pton(AF_INET6, address, &six) == 1)
		write_address(&six, text);
	else
		return false;
	return true;
}

uint64_t
client_address_key(const char *address)
{
	uint64_t key = 0;
	struct in_addr four;
	struct in6_addr six;

	if (inet_pton(AF_INET, address, &four) == 1)
		key = four.s_addr;
	else if (inet_pton(AF_INET6, address, &six) == 1)
		memcpy(&key, &six, sizeof(key));
	return key;
}

/* Whether it is ":" and a port. */
static bool
is_port(const char *text)
{
	size_t digits = text[0] == ':' ? strspn(text + 1, "0123456789") : 0;

	return digits >= 1 && digits <= 5 && text[1 + digits] == '\0';
}

/*
 * Reduce "1.2.3.4:50123", "[2001:db8::1]:443" and "[2001:db8::1]" to the
 * address; leave other texts unchanged.
 */
static char *
strip_port(char *part)
{
	char *colon = strchr(part, ':');
	char *bracket = part[0] == '[' ? strchr(part, ']') : NULL;

	if (bracket && (bracket[1] == '\0' || is_port(bracket + 1)))
	{
		*bracket = '\0';
		/* only IPv6 addresses may be in brackets */
		return colon && colon < bracket ? part + 1 : part;
	}
	if (colon && strchr(colon + 1, ':') == NULL && is_port(colon))
		*colon = '\0';
	return part;
}

/* The part of the header that ends at 'end', without its spaces and port. */
static bool
read_part(const char *begin, const char *end, char text[INET6_ADDRSTRLEN])
{
	char part[INET6_ADDRSTRLEN + sizeof("[]:65535")];
	size_t length;

	while (begin < end && (*begin == ' ' || *begin == '\t'))
		begin++;
	while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	length = (size_t) (end - begin);
	if (length == 0 || length >= sizeof(part))
		return false;
	memcpy(part, begin, length);
	part[length] = '\0';
	return client_address_normalize(strip_port(part), text);
}

void
client_address_from_header(const char *forwarded, const char *trusted,
						   char text[INET6_ADDRSTRLEN])
{
	const char *end = forwarded + strlen(forwarded);
	char found[INET6_ADDRSTRLEN];

	for (;;)
	{
		const char *begin = end;

		while (begin > forwarded && begin[-1] != ',')
			begin--;
		if (!read_part(begin, end, found))
			return;
		strcpy(text, found);
		if (strcmp(found, trusted) != 0 || begin == forwarded)
			return;
		end = begin - 1;
	}
}

void
client_address_of(struct MHD_Connection *connection, const char *trusted,
				  const char *forwarded, char text[INET6_ADDRSTRLEN])
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info ? info->client_addr : NULL;

	strcpy(text, "0.0.0.0");
	if (address && address->sa_family == AF_INET)
		inet_ntop(
			AF_INET,
			&((const struct sockaddr_in *) (const void *) address)->sin_addr,
			text, INET6_ADDRSTRLEN);
	else if (address && address->sa_family == AF_INET6)
		write_address(
			&((const struct sockaddr_in6 *) (const void *) address)->sin6_addr,
			text);
	if (trusted && forwarded && strcmp(text, trusted) == 0)
		client_address_from_header(forwarded, trusted, text);
}
