/*
 * job_cache.h
 *	  Jobs as the submission path needs them, kept by each backend.
 */
#ifndef CHIMERA_JOB_CACHE_H
#define CHIMERA_JOB_CACHE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "chain/target.h"
#include "pow/pow.h"
#include "pow/sha256.h"

typedef struct CachedJob
{
	int64 job_id; /* hash key */
	pg_uuid_t network_id;
	int network_slot;
	char network_name[NAMEDATALEN];
	const PowAlgorithm *algorithm;
	int64 template_id;
	int32 height;
	uint32 version;
	uint32 version_mask;
	uint8 prevhash[32];
	uint32 nbits;
	Uint256 network_target;
	uint32 mintime;
	uint32 maxtime;
	int64 coinbase_value;
	bool has_witness;
	TimestampTz created_at;
	Sha256 prefix_state; /* has absorbed the coinbase up to the extranonces */
	bytea *prefix;
	bytea *suffix;
	bytea *merkle_branch;
} CachedJob;

/*
 * The job of that id, or NULL when there is none.  'shares' is the oid of
 * chimera.shares: a cache of a dropped extension's jobs is thrown away.  The
 * pointer stays valid until the next transaction.  Needs SPI connected.
 */
extern CachedJob *job_cache_get(int64 job_id, Oid shares);

#endif
