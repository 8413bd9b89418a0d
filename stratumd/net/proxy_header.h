/*
 * proxy_header.h
 *	  Parses the header of the PROXY protocol, which names the client of a
 *	  load balancer.
 *
 * It reads both versions of HAProxy's "The PROXY protocol": the line of
 * version 1 and the binary header of version 2. It works on bytes only,
 * without I/O.
 */
#ifndef STRATUMD_PROXY_HEADER_H
#define STRATUMD_PROXY_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "net/peer.h"

/* The longest header of version 2 that is accepted, including its TLVs. */
#define PROXY_HEADER_MAX 2048

#define PROXY_HEADER_BAD  (-1)
#define PROXY_HEADER_MORE 0 /* valid so far, but incomplete */

/*
 * Parse a header at the beginning of data: its length, or one of the values
 * above.  The peer changes when the header names another address; a header for
 * the balancer's own connection (LOCAL, UNKNOWN) leaves it unchanged.
 */
extern int proxy_header_parse(const uint8_t *data, size_t length, Peer *peer);

#endif
