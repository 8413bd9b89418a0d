/*
 * share.c
 *	  A miner's shares.
 *
 * If every hash meets the difficulty, a share is just the next nonce.
 * Otherwise headers are hashed here too, and it is known of each share what it
 * is.
 */
#include "load/share.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "byte_order.h"
#include "common/die.h"

/* Stratum's error codes, as slush's pool defined them. */
#define ERROR_STALE			 21
#define ERROR_DUPLICATE		 22
#define ERROR_LOW_DIFFICULTY 23

/* room for an id in the line: JSON allows spaces before a number */
#define ID_WIDTH	5
#define ID_AT		6 /* behind {"id": */
#define NONCE_WIDTH 8

/* a job that no pool hands out */
#define STALE_JOB "0"

static const Options *settings;
static const PowAlgorithm *algorithm;
static uint64_t dice = 0x9e3779b97f4a7c15;

void
share_init(const Options *options)
{
	settings = options;
	algorithm = pow_find(options->algorithm);
	if (algorithm == NULL)
		die("algorithm \"%s\" does not exist", options->algorithm);
}

Rig *
rig_new(const Options *options)
{
	Rig *rig = allocate(1, sizeof(Rig));

	rig->slots = allocate((size_t) options->window, sizeof(Share));
	return rig;
}

/* xorshift64*: from 0 to 1 */
static double
roll_dice(void)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return (double) ((dice * 0x2545f4914f6cdd1d) >> 11) * 0x1.0p-53;
}

/* ---------- the line ---------- */

static void
write_hex(char *out, uint64_t value, size_t digits)
{
	static const char hex[] = "0123456789abcdef";

	while (digits > 0)
	{
		out[--digits] = hex[value & 15];
		value >>= 4;
	}
}

static void
write_id(char *out, int id)
{
	for (int i = ID_WIDTH - 1; i >= 0; i--)
	{
		out[i] = id > 0 ? (char) ('0' + id % 10) : ' ';
		id /= 10;
	}
}

static void
lay_out_line(Rig *rig, const Miner *miner, const char *job_id)
{
	size_t digits = 2 * miner->extranonces.extranonce2_length;
	int length = snprintf(rig->line, sizeof(rig->line),
						  "{\"id\":%*s,\"method\":\"mining.submit\",\"params\":"
						  "[\"%s\",\"%s\",\"",
						  ID_WIDTH, "", miner->user, job_id);

	rig->extranonce2_at = (size_t) length;
	rig->nonce_at = rig->extranonce2_at + digits + strlen("\",\"") +
					strlen(miner->job->ntime_hex) + strlen("\",\"");
	length += snprintf(rig->line + length, sizeof(rig->line) - (size_t) length,
					   "%*s\",\"%s\",\"%*s\"]}\n", (int) digits, "",
					   miner->job->ntime_hex, NONCE_WIDTH, "");
	rig->line_length = (size_t) length;
}

static size_t
write_line(const Rig *rig, const Miner *miner, const Share *share, int id,
		   char *out)
{
	memcpy(out, rig->line, rig->line_length);
	write_id(out + ID_AT, id);
	write_hex(out + rig->extranonce2_at, share->extranonce2,
			  2 * miner->extranonces.extranonce2_length);
	write_hex(out + rig->nonce_at, share->nonce, NONCE_WIDTH);
	return rig->line_length;
}

/* A line with another job's id, which is seldom wanted. */
static size_t
write_stale_line(const Rig *rig, const Miner *miner, const Share *share, int id,
				 char *out)
{
	Rig other = *rig;

	lay_out_line(&other, miner, STALE_JOB);
	return write_line(&other, miner, share, id, out);
}

/* ---------- finding shares ---------- */

void
rig_take_job(Rig *rig, const Miner *miner)
{
	static const Uint256 all_ones = {
		.limb = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};

	lay_out_line(rig, miner, miner->job->id);
	target_from_difficulty(miner->difficulty, algorithm->difficulty1_bits,
						   &rig->target);
	rig->every_hash_counts = uint256_compare(&rig->target, &all_ones) == 0;
	if (rig->every_hash_counts && settings->low > 0)
		die("every hash meets difficulty %g: none can be too low",
			miner->difficulty);
	rig->nonce = 0;
	job_build_header(miner->job, &miner->extranonces, ++rig->extranonce2,
					 rig->header);
}

static bool
hash_counts(Rig *rig)
{
	uint8_t hash[POW_HASH_BYTES];
	Uint256 value;

	header_set_nonce(rig->header, rig->nonce);
	algorithm->hash(rig->header, HEADER_BYTES, hash);
	value = uint256_from_le(hash);
	return uint256_compare(&value, &rig->target) <= 0;
}

static void
next_nonce(Rig *rig, const Miner *miner)
{
	if (++rig->nonce == 0)
		job_build_header(miner->job, &miner->extranonces, ++rig->extranonce2,
						 rig->header);
}

static void
find_share(Rig *rig, const Miner *miner, Share *share)
{
	next_nonce(rig, miner);
	if (!rig->every_hash_counts)
		while (hash_counts(rig) != (share->kind != SHARE_LOW))
			next_nonce(rig, miner);
	share->extranonce2 = rig->extranonce2;
	share->nonce = rig->nonce;
	share->job = miner->job;
}

static ShareKind
choose_kind(const Rig *rig, const Miner *miner)
{
	double rolled;

	if (settings->duplicate + settings->low + settings->stale == 0)
		return SHARE_HONEST;
	rolled = roll_dice();
	if ((rolled -= settings->low) < 0)
		return SHARE_LOW;
	if ((rolled -= settings->stale) < 0)
		return SHARE_STALE;
	if ((rolled -= settings->duplicate) < 0 && rig->accepted.job == miner->job)
		return SHARE_DUPLICATE;
	return SHARE_HONEST;
}

size_t
rig_make_share(Rig *rig, const Miner *miner, int64_t since, char *out)
{
	Share *share = rig->slots;
	int id;

	while (share->since != 0)
		share++;
	id = SWARM_FIRST_ID + (int) (share - rig->slots);
	rig->in_flight++;

	share->kind = choose_kind(rig, miner);
	if (share->kind == SHARE_DUPLICATE)
	{
		*share = rig->accepted;
		share->kind = SHARE_DUPLICATE;
	}
	else
		find_share(rig, miner, share);
	share->since = since;
	return share->kind == SHARE_STALE
			   ? write_stale_line(rig, miner, share, id, out)
			   : write_line(rig, miner, share, id, out);
}

/* ---------- answers ---------- */

Share *
rig_find_share(Rig *rig, int id)
{
	int place = id - SWARM_FIRST_ID;

	if (place < 0 || place >= settings->window || rig->slots[place].since == 0)
		return NULL;
	return &rig->slots[place];
}

bool
share_answer_is_right(ShareKind kind, int error_code)
{
	static const int expected[SHARE_KINDS] = {
		[SHARE_HONEST] = 0,
		[SHARE_DUPLICATE] = ERROR_DUPLICATE,
		[SHARE_LOW] = ERROR_LOW_DIFFICULTY,
		[SHARE_STALE] = ERROR_STALE,
	};

	return error_code == expected[kind];
}
