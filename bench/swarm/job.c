/*
 * job.c
 *	  What a mining.notify asks for, and the headers that can be made of it.
 */
#include "swarm/job.h"

#include <string.h>

#include "byte_order.h"
#include "chain/hex.h"
#include "common/die.h"
#include "pow/sha256.h"
#include "swarm/scan.h"

#define NONCE_OFFSET 76

static Job *jobs = NULL;

/* ---------- reading ---------- */

static bool
read_bytes(const char **at, const char *end, uint8_t *out, size_t size,
		   size_t *length)
{
	size_t digits;
	const char *hex = scan_string(at, end, &digits);

	*length = digits / 2;
	return hex && *length <= size && hex_to_bytes(hex, digits, out, *length);
}

static bool
read_exactly(const char **at, const char *end, uint8_t *out, size_t size)
{
	size_t length;

	return read_bytes(at, end, out, size, &length) && length == size;
}

static bool
read_word(const char **at, const char *end, uint32_t *word)
{
	uint8_t bytes[4];

	if (!read_exactly(at, end, bytes, sizeof(bytes)))
		return false;
	*word = load_be32(bytes);
	return true;
}

static bool
read_branch(const char **at, const char *end, Job *job)
{
	const char *close = memchr(*at, ']', (size_t) (end - *at));

	if (close == NULL)
		return false;
	job->branch_steps = 0;
	while (memchr(*at, '"', (size_t) (close - *at)) != NULL)
	{
		if (job->branch_steps == MERKLE_BRANCH_MAX ||
			!read_exactly(at, close, job->branch[job->branch_steps++], 32))
			return false;
	}
	*at = close;
	return true;
}

/* All parameters behind the job's id. */
static bool
read_job(Job *job, const char *at, const char *end)
{
	uint8_t prevhash[32];

	if (!read_exactly(&at, end, prevhash, sizeof(prevhash)) ||
		!read_bytes(&at, end, job->coinbase1, sizeof(job->coinbase1),
					&job->coinbase1_length) ||
		!read_bytes(&at, end, job->coinbase2, sizeof(job->coinbase2),
					&job->coinbase2_length) ||
		!read_branch(&at, end, job) || !read_word(&at, end, &job->version) ||
		!read_word(&at, end, &job->nbits) || !read_word(&at, end, &job->ntime))
		return false;
	stratum_swap_words(prevhash, job->prevhash);
	return true;
}

static Job *
find_job(const char *id, size_t length)
{
	Job *job = jobs;

	while (job &&
		   (strlen(job->id) != length || memcmp(job->id, id, length) != 0))
		job = job->next;
	return job;
}

Job *
job_from_notify(const char *params, const char *end)
{
	const char *at = params;
	size_t length;
	const char *id = scan_string(&at, end, &length);
	uint8_t ntime[4];
	Job *job;

	if (id == NULL || length > JOB_ID_MAX)
		return NULL;
	job = find_job(id, length);
	if (job)
		return job;

	job = allocate(1, sizeof(Job));
	if (!read_job(job, at, end))
		return NULL;
	memcpy(job->id, id, length);
	store_be32(ntime, job->ntime);
	bytes_to_hex(ntime, sizeof(ntime), job->ntime_hex);
	job->next = jobs;
	jobs = job;
	return job;
}

/* ---------- headers ---------- */

static void
coinbase_txid(const Job *job, const Extranonces *extranonces,
			  uint64_t extranonce2, uint8_t txid[32])
{
	size_t length2 = extranonces->extranonce2_length;
	uint8_t bytes[8];
	Sha256 state;

	store_be64(bytes, extranonce2);
	sha256_init(&state);
	sha256_update(&state, job->coinbase1, job->coinbase1_length);
	sha256_update(&state, extranonces->extranonce1,
				  extranonces->extranonce1_length);
	sha256_update(&state, bytes + sizeof(bytes) - length2, length2);
	sha256_update(&state, job->coinbase2, job->coinbase2_length);
	sha256d_final(&state, txid);
}

void
job_build_header(const Job *job, const Extranonces *extranonces,
				 uint64_t extranonce2, uint8_t header[HEADER_BYTES])
{
	BlockHeader fields = {
		.version = job->version, .ntime = job->ntime, .nbits = job->nbits};
	uint8_t txid[32];

	coinbase_txid(job, extranonces, extranonce2, txid);
	merkle_root_from_branch(txid, (const uint8_t(*)[32]) job->branch,
							job->branch_steps, fields.merkle_root);
	memcpy(fields.prevhash, job->prevhash, sizeof(fields.prevhash));
	header_serialize(&fields, header);
}

void
header_set_nonce(uint8_t header[HEADER_BYTES], uint32_t nonce)
{
	store_le32(header + NONCE_OFFSET, nonce);
}
