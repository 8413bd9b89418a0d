/*
 * job.h
 *	  What a mining.notify asks for, decoded.
 */
#ifndef MINER_JOB_H
#define MINER_JOB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain/merkle.h"

#define JOB_ID_SIZE		   128
#define COINBASE_PART_SIZE 4096
#define EXTRANONCE1_SIZE   16
#define EXTRANONCE2_SIZE   16

typedef struct Job
{
	char id[JOB_ID_SIZE];
	uint8_t prevhash[32]; /* internal order */
	uint8_t coinbase1[COINBASE_PART_SIZE];
	size_t coinbase1_length;
	uint8_t coinbase2[COINBASE_PART_SIZE];
	size_t coinbase2_length;
	uint8_t branch[MERKLE_BRANCH_MAX][32];
	size_t branch_steps;
	uint32_t version;
	uint32_t nbits;
	uint32_t ntime;
	bool clean;

	/* what was in force when it came */
	uint8_t extranonce1[EXTRANONCE1_SIZE];
	size_t extranonce1_length;
	size_t extranonce2_length;
	double difficulty;
	uint32_t version_mask; /* bits that may be rolled */
} Job;

/* Fill what the notify says; false if it is not a notify's parameters. */
extern bool job_from_notify(Job *job, const json_t *params);

/* Hexadecimal of any length up to 'size' bytes. */
extern bool
decode_hex(const char *hex, uint8_t *out, size_t size, size_t *length);

#endif
