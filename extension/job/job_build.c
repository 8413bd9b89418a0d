/*
 * job_build.c
 *	  Template -> job: the coinbase that pays the pool, and the merkle branch.
 */
#include "postgres.h"

#include "chain/auxpow.h"
#include "compat.h"
#include "job/job.h"
#include "job/salt.h"

static bool
has_magic(const void *bytes, size_t length)
{
	const uint8 *at = bytes;

	for (size_t i = 0; i + AUX_MAGIC_BYTES <= length; i++)
		if (memcmp(at + i, aux_magic, AUX_MAGIC_BYTES) == 0)
			return true;
	return false;
}

/*
 * Commit to the children's jobs.  A script with the magic twice proves no work,
 * so none are carried beside a tag or flags that contain it.
 */
static void
commit_to_children(CoinbaseSpec *spec, Children *children,
				   uint8 commitment[AUX_COMMITMENT_BYTES])
{
	if (has_magic(spec->tag, spec->tag_length) ||
		has_magic(spec->flags, spec->flags_length))
		children->count = 0;
	if (children->count == 0)
		return;
	aux_commitment(&children->tree, commitment);
	spec->aux_commitment = commitment;
	spec->aux_commitment_length = AUX_COMMITMENT_BYTES;
}

/* Build it without children if they don't fit. */
static bool
build_coinbase(CoinbaseSpec *spec, Job *job)
{
	if (coinbase_build(spec, &job->coinbase))
		return true;
	job->children.count = 0;
	spec->aux_commitment_length = 0;
	return coinbase_build(spec, &job->coinbase);
}

const char *
job_build(const Network *network, BlockTemplate *template, Job *job)
{
	CoinbaseSpec spec = {
		.height = template->height,
		.job_nonce = (uint32) job->job_id,
		.tag = network->coinbase_tag,
		.tag_length = strlen(network->coinbase_tag),
		.value = template->coinbase_value,
		.pool_script = network->pool_script.script,
		.pool_script_length = network->pool_script.length,
		.required_outputs = template->outputs,
		.required_outputs_length = template->outputs_length,
		.required_output_count = template->output_count,
	};
	uint8 commitment[AUX_COMMITMENT_BYTES];

	coinbase_salt(spec.salt);
	if (template->coinbase_flags)
	{
		spec.flags = (uint8 *) VARDATA(template->coinbase_flags);
		spec.flags_length = VARSIZE(template->coinbase_flags) - VARHDRSZ;
	}
	if (template->has_witness)
	{
		spec.commitment_script = template->commitment_script;
		spec.commitment_script_length = template->commitment_script_length;
	}
	commit_to_children(&spec, &job->children, commitment);
	if (!build_coinbase(&spec, job))
		return "the coinbase's script is longer than 100 bytes: shorten "
			   "coinbase_tag";

	job->merkle_steps = merkle_branch(
		template->txids, template->transaction_count, job->merkle_branch);
	return NULL;
}
