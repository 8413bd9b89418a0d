/*
 * share_set.h
 *	  The exact set of live jobs' shares, in shared memory.
 */
#ifndef CHIMERA_SHARE_SET_H
#define CHIMERA_SHARE_SET_H

#include "postgres.h"

/*
 * What makes a share itself: two submissions with the same key build the same
 * header, and no two jobs can build the same one (their coinbases carry the
 * job's number).  Compared and hashed as bytes, so without padding.
 */
typedef struct ShareKey
{
	uint64 extranonce2;
	uint32 job; /* low half of job_id: live jobs are never 2^32 apart */
	uint32 extranonce1;
	uint32 ntime;
	uint32 nonce;
	uint32 version; /* the header's, rolled bits included */
	uint32 network_slot;
} ShareKey;

typedef enum ShareClaim
{
	SHARE_CLAIMED,
	SHARE_CLAIM_DUPLICATE,
	SHARE_CLAIM_STALE, /* the job was retired meanwhile */
	SHARE_CLAIM_FULL,
} ShareClaim;

extern void share_set_request(void);
extern void share_set_attach(void);

/*
 * Make the set hold every stored share of the live jobs before the first
 * claim.  'shares' is the oid of chimera.shares, by which a re-created
 * extension is told apart.  May read the table (uses SPI).
 */
extern void share_set_ensure_ready(Oid shares);

extern uint32 share_key_hash(const ShareKey *key);

/* The partition a hash falls into: claim in this order to avoid deadlocks. */
extern int share_set_partition(uint32 hash);

/*
 * Take a key for the current transaction; it is given back if the
 * (sub)transaction aborts.  Waits for another transaction that holds the key.
 */
extern ShareClaim share_set_claim(const ShareKey *key, uint32 hash);

#endif
