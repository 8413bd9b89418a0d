/*
 * proxy_header.h
 *	  Who a load balancer connects for: the header of the PROXY protocol.
 *
 * Both versions of HAProxy's "The PROXY protocol", the line of version 1 and
 * the binary header of version 2.  Plain C that sees bytes only.
 */
#ifndef STRATUMD_PROXY_HEADER_H
#define STRATUMD_PROXY_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "net/peer.h"

/* What version 2 may take with all that is appended; a longer one is refused */
#define PROXY_HEADER_MAX 2048

#define PROXY_HEADER_BAD  (-1)
#define PROXY_HEADER_MORE 0 /* it is good as yet, and has not ended */

/*
 * Read a header at the beginning of some bytes: its length, or one of the
 * above.  The peer changes when the header names another: one that speaks for
 * the balancer itself (LOCAL, UNKNOWN) leaves it as it is.
 */
extern int proxy_header_parse(const uint8_t *data, size_t length, Peer *peer);

#endif
