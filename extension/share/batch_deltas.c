/*
 * batch_deltas.c
 *	  Adds a batch to the rollups' input: one row for each of its networks.
 *
 * Every submission with a known job and miner is counted, including refused
 * ones.  Rows are only ever inserted here, so that batches do not contend for
 * one; the accountant adds them up.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/hsearch.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "share/delta_packing.h"
#include "share/submission.h"
#include "spi/spi_query.h"

static SPIPlanPtr insert_plan = NULL;

/* Add a submission to its miner's counts. */
static void
count_submission(ShareDelta *delta, const Submission *submission)
{
	switch (submission->result)
	{
		case SUBMIT_ACCEPTED:
		case SUBMIT_BLOCK:
			delta->counts[COUNT_ACCEPTED]++;
			delta->difficulty += submission->difficulty;
			break;
		case SUBMIT_STALE:
			delta->counts[COUNT_STALE]++;
			break;
		case SUBMIT_DUPLICATE:
			delta->counts[COUNT_DUPLICATE]++;
			break;
		case SUBMIT_LOW_DIFFICULTY:
		case SUBMIT_NEARLY:
			delta->counts[COUNT_LOW_DIFFICULTY]++;
			break;
		case SUBMIT_BAD_NTIME:
		case SUBMIT_BAD_VERSION:
		case SUBMIT_BAD_EXTRANONCE2:
			delta->counts[COUNT_INVALID]++;
			break;
		case SUBMIT_UNKNOWN_MINER:
		case SUBMIT_FULL:
			break;
	}
}

static bool
is_counted(const Submission *submission, const pg_uuid_t *network_id)
{
	return submission->job != NULL &&
		   submission->result != SUBMIT_UNKNOWN_MINER &&
		   submission->result != SUBMIT_FULL &&
		   memcmp(&submission->job->network_id, network_id, UUID_LEN) == 0;
}

static HTAB *
make_table(void)
{
	HASHCTL control = {0};

	control.keysize = sizeof(int32);
	control.entrysize = sizeof(ShareDelta);
	control.hcxt = CurrentMemoryContext;
	return hash_create("chimera share counts", 256, &control,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static HTAB *
count_network(const Batch *batch, const pg_uuid_t *network_id)
{
	HTAB *deltas = make_table();

	for (int i = 0; i < batch->count; i++)
	{
		const Submission *submission = &batch->items[i];
		ShareDelta *delta;
		bool found;

		if (!is_counted(submission, network_id))
			continue;
		delta = hash_search(deltas, &submission->miner_id, HASH_ENTER, &found);
		if (!found)
			*delta = (ShareDelta){.miner_id = submission->miner_id};
		count_submission(delta, submission);
	}
	return deltas;
}

static bytea *
pack_counts(HTAB *deltas)
{
	bytea *counts = palloc(VARHDRSZ + hash_get_num_entries(deltas) *
										  DELTA_RECORD_MAX_BYTES);
	uint8 *at = (uint8 *) VARDATA(counts);
	HASH_SEQ_STATUS scan;
	ShareDelta *delta;

	hash_seq_init(&scan, deltas);
	while ((delta = hash_seq_search(&scan)) != NULL)
		at += share_delta_pack(delta, at);
	SET_VARSIZE(counts, at - (uint8 *) counts);
	return counts;
}

static void
insert_delta(const pg_uuid_t *network_id, TimestampTz at, bytea *counts)
{
	Oid types[] = {UUIDOID, TIMESTAMPTZOID, BYTEAOID};
	Datum values[] = {UUIDPGetDatum(network_id), TimestampTzGetDatum(at),
					  PointerGetDatum(counts)};

	spi_keep_plan(&insert_plan,
				  "INSERT INTO chimera.share_deltas"
				  " (network_id, submitted_at, counts)"
				  " VALUES ($1, $2, $3)",
				  lengthof(types), types);
	if (SPI_execute_plan(insert_plan, values, NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not store share deltas");
}

/* Has an earlier submission of the batch the same network? */
static bool
network_is_done(const Batch *batch, int place)
{
	const pg_uuid_t *network_id = &batch->items[place].job->network_id;

	for (int i = 0; i < place; i++)
		if (is_counted(&batch->items[i], network_id))
			return true;
	return false;
}

void
batch_store_deltas(Batch *batch)
{
	for (int i = 0; i < batch->count; i++)
	{
		const CachedJob *job = batch->items[i].job;

		if (job == NULL || !is_counted(&batch->items[i], &job->network_id) ||
			network_is_done(batch, i))
			continue;
		insert_delta(&job->network_id, batch->items[i].submitted_at,
					 pack_counts(count_network(batch, &job->network_id)));
	}
}
