/*
 * job_build.c
 *	  Template -> job: the coinbase that pays the pool, and the merkle branch.
 */
#include "postgres.h"

#include "job/job.h"

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
	if (!coinbase_build(&spec, &job->coinbase))
		return "the coinbase's script is longer than 100 bytes: shorten "
			   "coinbase_tag";

	job->merkle_steps = merkle_branch(
		template->txids, template->transaction_count, job->merkle_branch);
	return NULL;
}
