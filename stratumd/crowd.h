/*
 * crowd.h
 *	  How many connections come from one address, and no more than are allowed.
 *
 * An IPv6 host has a network of 64 bits to itself as a rule, so that counts as
 * one address.
 */
#ifndef STRATUMD_CROWD_H
#define STRATUMD_CROWD_H

#include <stdbool.h>

#include "peer.h"

typedef struct Crowd Crowd;

/* Connections that an address may have; 0: any number. */
extern void crowd_set_limit(int limit);

/*
 * Count a connection; false: its address has as many as it may.  The crowd it
 * is counted in, NULL when nothing is counted, is left again by crowd_leave.
 */
extern bool crowd_join(const Peer *peer, Crowd **crowd);
extern void crowd_leave(Crowd *crowd);

#endif
