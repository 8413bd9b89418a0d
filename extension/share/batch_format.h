/*
 * batch_format.h
 *	  The wire format of chimera.submit_shares(): batches and their results.
 *
 * A batch is the version number and then one record per share.  All numbers
 * are big-endian: job_id int8, miner_id int4, extranonce1 int4, extranonce2
 * int8, ntime int4, nonce int4, version_mask int4, version_bits int4,
 * difficulty float8.  The result has one byte per share, a SubmitResult.
 *
 * Plain C without PostgreSQL: front ends and benchmarks include it, too.
 */
#ifndef CHIMERA_BATCH_FORMAT_H
#define CHIMERA_BATCH_FORMAT_H

#define BATCH_VERSION	   1
#define BATCH_HEADER_BYTES 4
#define BATCH_RECORD_BYTES 48
#define BATCH_MAX_SHARES   4096

/* These values never change; chimera.submit_shares()'s comment lists them. */
typedef enum SubmitResult
{
	SUBMIT_ACCEPTED = 0,
	SUBMIT_BLOCK = 1,
	SUBMIT_STALE = 2,
	SUBMIT_DUPLICATE = 3,
	SUBMIT_LOW_DIFFICULTY = 4,
	SUBMIT_UNKNOWN_MINER = 5,
	SUBMIT_BAD_NTIME = 6,
	SUBMIT_BAD_VERSION = 7,
	SUBMIT_FULL = 8,
	SUBMIT_NEARLY = 9,			 /* low, but at least half of the difficulty */
	SUBMIT_BAD_EXTRANONCE2 = 10, /* it contains merged mining's magic */
} SubmitResult;

#endif
