/*
 * peer.c
 *	  The address at the other end of a connection.
 */
#include "net/peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void
peer_set_ipv4(Peer *peer, const uint8_t address[4], uint16_t port)
{
	*peer = (Peer){.family = AF_INET, .port = port};
	memcpy(peer->address, address, 4);
}

void
peer_set_ipv6(Peer *peer, const uint8_t address[16], uint16_t port)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (memcmp(address, mapped, sizeof(mapped)) == 0)
	{
		peer_set_ipv4(peer, address + sizeof(mapped), port);
		return;
	}
	*peer = (Peer){.family = AF_INET6, .port = port};
	memcpy(peer->address, address, 16);
}

bool
peer_of_socket(int fd, Peer *peer)
{
	union
	{
		struct sockaddr any;
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
	} address;
	socklen_t length = sizeof(address);

	if (getpeername(fd, &address.any, &length) != 0)
		return false;
	if (address.any.sa_family == AF_INET)
		peer_set_ipv4(peer, (const uint8_t *) &address.ipv4.sin_addr,
					  ntohs(address.ipv4.sin_port));
	else
		peer_set_ipv6(peer, (const uint8_t *) &address.ipv6.sin6_addr,
					  ntohs(address.ipv6.sin6_port));
	return true;
}

const char *
peer_host(const Peer *peer, char *buffer)
{
	return inet_ntop(peer->family, peer->address, buffer, PEER_HOST_LENGTH);
}

const char *
peer_text(const Peer *peer, char *buffer)
{
	char host[PEER_HOST_LENGTH];

	snprintf(buffer, PEER_TEXT_LENGTH, "%s port %u", peer_host(peer, host),
			 (unsigned) peer->port);
	return buffer;
}
