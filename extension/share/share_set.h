/*
 * share_set.h
 *	  The exact set of the shares of live jobs, in shared memory.
 */
#ifndef CHIMERA_SHARE_SET_H
#define CHIMERA_SHARE_SET_H

#include "postgres.h"

/*
 * Identifies a share: two submissions with the same key build the same header,
 * and no two jobs can build the same one (their coinbases contain the job's
 * number).  Compared and hashed as bytes, so it has no padding.
 */
typedef struct ShareKey
{
	uint64 extranonce2;
	uint32 job; /* low half of job_id: live jobs are less than 2^32 apart */
	uint32 extranonce1;
	uint32 ntime;
	uint32 nonce;
	uint32 version; /* the header's, including rolled bits */
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
 * Load the stored shares of live jobs into the set before the first claim.
 * 'shares' is the oid of chimera.shares, which identifies a re-created
 * extension.  May read the table (uses SPI).
 */
extern void share_set_ensure_ready(Oid shares);

extern uint32 share_key_hash(const ShareKey *key);

/*
 * The partition of a hash: keys are claimed in this order to avoid deadlocks.
 */
extern int share_set_partition(uint32 hash);

/*
 * Claim a key for the current transaction; it is given back if the
 * (sub)transaction aborts.  Waits for another transaction that holds the key.
 */
extern ShareClaim share_set_claim(const ShareKey *key, uint32 hash);

#endif
