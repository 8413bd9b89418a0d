/*
 * claim.c
 *	  Finds duplicates: claims the key of each good submission.
 *
 * Keys are claimed in the order of their hashes.  Two batches with the same
 * keys meet at the first of them, where one waits for the other's commit; any
 * other order could make each wait for the other.  Equal keys within a batch
 * keep their order of arrival.
 *
 * A block is accepted even if its job is retired or the set is full.  It has
 * no key then; its row in chimera.blocks shows whether it is new.
 */
#include "postgres.h"

#include "access/xact.h"

#include "share/share_set.h"
#include "share/submission.h"

typedef struct Claimant
{
	ShareKey key;
	uint32 hash;
	int place;
} Claimant;

static int
compare_claimants(const void *a, const void *b)
{
	const Claimant *x = a;
	const Claimant *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->place - y->place;
}

static void
fill_claimant(const Submission *submission, int place, Claimant *claimant)
{
	claimant->key = (ShareKey){
		.extranonce2 = submission->extranonce2,
		.job = (uint32) submission->job_id,
		.extranonce1 = submission->extranonce1,
		.ntime = submission->ntime,
		.nonce = submission->nonce,
		.version = submission->version,
		.network_slot = (uint32) submission->job->network_slot,
	};
	claimant->hash = share_key_hash(&claimant->key);
	claimant->place = place;
}

/* Refuse what could not be claimed, unless it is a block. */
static void
refuse_submission(Submission *submission, SubmitResult refusal)
{
	if (submission->result == SUBMIT_BLOCK)
		submission->refusal = refusal;
	else
		submission->result = refusal;
}

/* Turn the outcome of a claim into the submission's result. */
static void
note_claim(Submission *submission, ShareClaim claim)
{
	switch (claim)
	{
		case SHARE_CLAIMED:
			break;
		case SHARE_CLAIM_DUPLICATE:
			submission->result = SUBMIT_DUPLICATE;
			break;
		case SHARE_CLAIM_STALE:
			refuse_submission(submission, SUBMIT_STALE);
			break;
		case SHARE_CLAIM_FULL:
			refuse_submission(submission, SUBMIT_FULL);
			break;
	}
}

void
batch_claim(Batch *batch)
{
	Claimant *claimants = palloc(sizeof(Claimant) * Max(batch->count, 1));
	int count = 0;

	for (int i = 0; i < batch->count; i++)
		if (submission_is_good(&batch->items[i]) &&
			batch->items[i].refusal == SUBMIT_ACCEPTED)
			fill_claimant(&batch->items[i], i, &claimants[count++]);
	qsort(claimants, count, sizeof(Claimant), compare_claimants);

	for (int i = 0; i < count; i++)
		note_claim(&batch->items[claimants[i].place],
				   share_set_claim(&claimants[i].key, claimants[i].hash));

	/* the claims have assigned a transaction id, which found_block.c needs */
	for (int i = 0; count == 0 && i < batch->count; i++)
		if (submission_is_good(&batch->items[i]))
			(void) GetTopTransactionId();
}
