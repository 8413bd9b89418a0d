/*
 * work.h
 *	  Hashing: headers of one job and one extranonce2, nonce after nonce.
 */
#ifndef MINER_WORK_H
#define MINER_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "chain/target.h"
#include "job.h"
#include "pow/pow.h"

/* a multiple of every algorithm's lanes */
#define WORK_BATCH 64

typedef struct Work
{
	const PowAlgorithm *algorithm;
	Job job;
	bool ready;			   /* there is a job to hash */
	uint64_t extranonce2;  /* counts on from job to job: no work twice */
	uint64_t next_nonce;   /* 2^32: this extranonce2 is used up */
	uint64_t version_roll; /* counts the batches of a rolled version */
	Uint256 share_target;
	Uint256 network_target;
	uint8_t headers[WORK_BATCH][POW_HEADER_BYTES];
	uint8_t hashes[WORK_BATCH][POW_HASH_BYTES];
} Work;

/* A header that meets the share target. */
typedef struct FoundShare
{
	char job_id[JOB_ID_SIZE];
	char extranonce1[2 * EXTRANONCE1_SIZE + 1];
	char extranonce2[2 * EXTRANONCE2_SIZE + 1];
	uint32_t ntime;
	uint32_t nonce;
	bool version_rolled;
	uint32_t version_bits; /* the rolled ones, where version_rolled */
	double difficulty;	   /* what the pool asked for */
	double share_difficulty;
	bool is_block;
	char block_hash[65];
} FoundShare;

extern void
work_start(Work *work, const PowAlgorithm *algorithm, const Job *job);

/*
 * Hash 'count' (1 to WORK_BATCH) more headers; returns how many shares were
 * found.
 */
extern int work_hash(Work *work, int count, FoundShare found[WORK_BATCH]);

#endif
