/*
 * job_cache.h
 *	  Jobs as the submission path uses them, cached by each backend.
 */
#ifndef CHIMERA_JOB_CACHE_H
#define CHIMERA_JOB_CACHE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "chain/target.h"
#include "pow/pow.h"
#include "pow/sha256.h"

/* A job of a child that a job carries. */
typedef struct CarriedJob
{
	int64 job_id;
	Uint256 target;
	uint32 slot;
	bytea *branch; /* from the slot to the root of the tree */
} CarriedJob;

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
	uint32 curtime;
	uint32 mintime;
	uint32 maxtime;
	int64 coinbase_value;
	bool has_witness;
	TimestampTz created_at;
	Sha256 prefix_state; /* after the coinbase up to the extranonces */
	bytea *prefix;
	bytea *suffix;
	bytea *merkle_branch;
	int carried_count;
	CarriedJob *carried;
	Uint256 carried_target; /* the easiest of theirs; 0: none are carried */
} CachedJob;

/*
 * The job of that id, or NULL if it does not exist.  'shares' is the oid of
 * chimera.shares: the cache is emptied if it belongs to a dropped extension.
 * The pointer stays valid until the next transaction.  Needs SPI connected.
 */
extern CachedJob *job_cache_get(int64 job_id, Oid shares);

#endif
