/*
 * job.c
 *	  What a mining.notify asks for, decoded.
 */
#include "job.h"

#include <stdio.h>
#include <string.h>

#include "byte_order.h"
#include "chain/header.h"
#include "chain/hex.h"

bool
decode_hex(const char *hex, uint8_t *out, size_t size, size_t *length)
{
	size_t digits = hex != NULL ? strlen(hex) : 1;

	*length = digits / 2;
	return digits % 2 == 0 && *length <= size &&
		   hex_to_bytes(hex, digits, out, *length);
}

static bool
decode_exactly(const json_t *value, uint8_t *out, size_t size)
{
	const char *hex = json_string_value(value);

	return hex != NULL && hex_to_bytes(hex, strlen(hex), out, size);
}

static bool
decode_be32(const json_t *value, uint32_t *number)
{
	uint8_t bytes[4];

	if (!decode_exactly(value, bytes, sizeof(bytes)))
		return false;
	*number = load_be32(bytes);
	return true;
}

static bool
decode_branch(const json_t *value, Job *job)
{
	job->branch_steps = json_array_size(value);
	if (!json_is_array(value) || job->branch_steps > MERKLE_BRANCH_MAX)
		return false;
	for (size_t i = 0; i < job->branch_steps; i++)
		if (!decode_exactly(json_array_get(value, i), job->branch[i], 32))
			return false;
	return true;
}

bool
job_from_notify(Job *job, const json_t *params)
{
	const char *id = json_string_value(json_array_get(params, 0));
	uint8_t prevhash[32];

	if (id == NULL || strlen(id) >= sizeof(job->id))
		return false;
	snprintf(job->id, sizeof(job->id), "%s", id);

	if (!decode_exactly(json_array_get(params, 1), prevhash, 32) ||
		!decode_hex(json_string_value(json_array_get(params, 2)),
					job->coinbase1, sizeof(job->coinbase1),
					&job->coinbase1_length) ||
		!decode_hex(json_string_value(json_array_get(params, 3)),
					job->coinbase2, sizeof(job->coinbase2),
					&job->coinbase2_length) ||
		!decode_branch(json_array_get(params, 4), job) ||
		!decode_be32(json_array_get(params, 5), &job->version) ||
		!decode_be32(json_array_get(params, 6), &job->nbits) ||
		!decode_be32(json_array_get(params, 7), &job->ntime))
		return false;

	stratum_swap_words(prevhash, job->prevhash);
	job->clean = json_is_true(json_array_get(params, 8));
	return true;
}
