/*
 * client_address.h
 *	  The address of a request's client, directly or as the trusted proxy
 *	  reports it.
 */
#ifndef WEBD_CLIENT_ADDRESS_H
#define WEBD_CLIENT_ADDRESS_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* forwarded: the header X-Forwarded-For, or NULL; trusted: may be NULL. */
extern void
client_address_of(struct MHD_Connection *connection, const char *trusted,
				  const char *forwarded, char text[INET6_ADDRSTRLEN]);

/* The last address in the header that the trusted proxy itself appended. */
extern void
client_address_from_header(const char *forwarded, const char *trusted,
						   char text[INET6_ADDRSTRLEN]);

/* Write an address in its canonical form; false if it is not an address. */
extern bool
client_address_normalize(const char *address, char text[INET6_ADDRSTRLEN]);

/* The key by which limits count an address; for IPv6, its /64. */
extern uint64_t client_address_key(const char *address);

#endif
