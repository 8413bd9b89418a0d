/*
 * work.c
 *	  Hashing: headers of one job and one extranonce2, nonce after nonce.
 */
#include "work.h"

#include <stdio.h>
#include <string.h>

#include "chain/coinbase.h"
#include "byte_order.h"
#include "chain/header.h"
#include "chain/hex.h"
#include "chain/merkle.h"
#include "pow/sha256.h"

#define VERSION_OFFSET 0
#define NONCE_OFFSET   76
#define NONCES		   (UINT64_C(1) << 32)

/* Write extranonce2 big-endian into as many bytes as the pool wants. */
static void
write_extranonce2(const Work *work, uint8_t *out)
{
	size_t length = work->job.extranonce2_length;

	for (size_t i = 0; i < length; i++)
	{
		size_t shift = 8 * (length - 1 - i);

		out[i] = shift < 64 ? (uint8_t) (work->extranonce2 >> shift) : 0;
	}
}

/* coinbase1 || extranonce1 || extranonce2 || coinbase2, folded to the root. */
static void
compute_merkle_root(const Work *work, uint8_t root[32])
{
	const Job *job = &work->job;
	uint8_t extranonce2[EXTRANONCE2_SIZE];
	uint8_t txid[32];
	Sha256 hash;

	write_extranonce2(work, extranonce2);
	sha256_init(&hash);
	sha256_update(&hash, job->coinbase1, job->coinbase1_length);
	sha256_update(&hash, job->extranonce1, job->extranonce1_length);
	sha256_update(&hash, extranonce2, job->extranonce2_length);
	sha256_update(&hash, job->coinbase2, job->coinbase2_length);
	sha256d_final(&hash, txid);
	merkle_root_from_branch(txid, (const uint8_t(*)[32]) job->branch,
							job->branch_steps, root);
}

/* Begin with the next extranonce2: every header of the batch is rewritten. */
static void
next_extranonce2(Work *work)
{
	const Job *job = &work->job;
	BlockHeader header = {
		.version = job->version,
		.ntime = job->ntime,
		.nbits = job->nbits,
	};

	work->extranonce2++;
	work->next_nonce = 0;
	memcpy(header.prevhash, job->prevhash, 32);
	compute_merkle_root(work, header.merkle_root);
	for (int i = 0; i < WORK_BATCH; i++)
		header_serialize(&header, work->headers[i]);
}

void
work_start(Work *work, const PowAlgorithm *algorithm, const Job *job)
{
	work->algorithm = algorithm;
	work->job = *job;
	target_from_difficulty(job->difficulty, algorithm->difficulty1_bits,
						   &work->share_target);
	if (!target_from_nbits(job->nbits, &work->network_target))
		work->network_target = (Uint256){{0}};
	next_extranonce2(work);
	work->ready = true;
}

/* Lay the low bits of 'count' into the bits that are set in 'mask'. */
static uint32_t
spread_bits(uint64_t count, uint32_t mask)
{
	uint32_t spread = 0;

	for (uint32_t bit = 1; bit != 0; bit <<= 1)
		if (mask & bit)
		{
			spread |= count & 1 ? bit : 0;
			count >>= 1;
		}
	return spread;
}

static uint32_t
current_version(const Work *work)
{
	uint32_t mask = work->job.version_mask;

	return (work->job.version & ~mask) | spread_bits(work->version_roll, mask);
}

static void
describe_share(const Work *work, int index, const Uint256 *value,
			   FoundShare *share)
{
	const Job *job = &work->job;
	uint8_t extranonce2[EXTRANONCE2_SIZE];
	uint8_t id[32];

	snprintf(share->job_id, sizeof(share->job_id), "%s", job->id);
	bytes_to_hex(job->extranonce1, job->extranonce1_length, share->extranonce1);
	write_extranonce2(work, extranonce2);
	bytes_to_hex(extranonce2, job->extranonce2_length, share->extranonce2);
	share->ntime = job->ntime;
	share->nonce = load_le32(work->headers[index] + NONCE_OFFSET);
	share->version_rolled = job->version_mask != 0;
	share->version_bits = current_version(work) & job->version_mask;
	share->difficulty = job->difficulty;
	share->share_difficulty =
		difficulty_of(value, work->algorithm->difficulty1_bits);
	share->is_block = uint256_compare(value, &work->network_target) <= 0;

	/* a block is identified by its sha256d, whatever its proof of work */
	sha256d(work->headers[index], POW_HEADER_BYTES, id);
	reverse32(id, id);
	bytes_to_hex(id, 32, share->block_hash);
}

int
work_hash(Work *work, int count, FoundShare found[WORK_BATCH])
{
	int shares = 0;

	if (work->next_nonce >= NONCES)
		next_extranonce2(work);
	if ((uint64_t) count > NONCES - work->next_nonce)
		count = (int) (NONCES - work->next_nonce);

	/* nonces one after another; each batch rolls the version once more */
	work->version_roll++;
	for (int i = 0; i < count; i++)
	{
		store_le32(work->headers[i] + VERSION_OFFSET, current_version(work));
		store_le32(work->headers[i] + NONCE_OFFSET,
				   (uint32_t) work->next_nonce++);
	}

	work->algorithm->hash_headers(
		(const uint8_t(*)[POW_HEADER_BYTES]) work->headers, (size_t) count,
		work->hashes);

	for (int i = 0; i < count; i++)
	{
		Uint256 value = uint256_from_le(work->hashes[i]);

		if (uint256_compare(&value, &work->share_target) <= 0)
			describe_share(work, i, &value, &found[shares++]);
	}
	return shares;
}
