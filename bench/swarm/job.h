/*
 * job.h
 *	  What a mining.notify asks for, and the headers that can be made of it.
 */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain/header.h"
#include "chain/merkle.h"

#define JOB_ID_MAX		  64
#define COINBASE_PART_MAX 4096
#define EXTRANONCE1_MAX	  16
#define EXTRANONCE2_MAX	  8

typedef struct Job
{
	struct Job *next; /* in the list of all jobs */
	char id[JOB_ID_MAX + 1];
	char ntime_hex[9]; /* as the pool wrote it */
	uint32_t ntime;
	uint32_t version;
	uint32_t nbits;
	uint8_t prevhash[32];
	uint8_t coinbase1[COINBASE_PART_MAX];
	size_t coinbase1_length;
	uint8_t coinbase2[COINBASE_PART_MAX];
	size_t coinbase2_length;
	uint8_t branch[MERKLE_BRANCH_MAX][32];
	size_t branch_steps;
} Job;

typedef struct Extranonces
{
	uint8_t extranonce1[EXTRANONCE1_MAX];
	size_t extranonce1_length;
	size_t extranonce2_length;
} Extranonces;

/*
 * The job of a notify's parameters; if it arrived before, on any connection,
 * the same Job.  Jobs are few and never freed.  NULL if it cannot be parsed.
 */
extern Job *job_from_notify(const char *params, const char *end);

/* The header for an extranonce2 (big-endian in its bytes), with nonce 0. */
extern void
job_build_header(const Job *job, const Extranonces *extranonces,
				 uint64_t extranonce2, uint8_t header[HEADER_BYTES]);

/* Set the nonce of a header. */
extern void header_set_nonce(uint8_t header[HEADER_BYTES], uint32_t nonce);

#endif
