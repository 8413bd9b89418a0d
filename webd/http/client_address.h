/*
 * client_address.h
 *	  Whose request it is: the address of the client, or what the trusted
 *	  proxy says of it.
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

/* The last address that the trusted proxy itself has put into the header. */
extern void
client_address_from_header(const char *forwarded, const char *trusted,
						   char text[INET6_ADDRSTRLEN]);

/* An address in one spelling; false if it is not an address. */
extern bool
client_address_normalize(const char *address, char text[INET6_ADDRSTRLEN]);

/* By what an address is counted: of IPv6 the /64, one customer's. */
extern uint64_t client_address_key(const char *address);

#endif
