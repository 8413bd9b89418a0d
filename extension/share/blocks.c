/*
 * blocks.c
 *	  Stores the blocks found by a batch, in the shares' own transaction.
 *
 * A block is complete when it is stored: whatever happens to the job or its
 * template afterwards, the row is all that submitblock needs.
 *
 * The row of a block is stored before the row of its share.  If the share has
 * no key in the share set, because it was too late or the set is full, a hash
 * that is already in chimera.blocks shows that it is a duplicate: each block
 * counts once.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
#include "utils/xid8.h"

#include "chain/block.h"
#include "chain/coinbase.h"
#include "byte_order.h"
#include "pow/sha256.h"
#include "share/submission.h"
#include "worker/wake.h"
#include "spi/spi_query.h"

/*
 * Late blocks are accepted until their height has this many.  A height only
 * has more where blocks cost next to nothing, and there each would cost the
 * pool more than its miner.
 */
#define HEIGHT_BLOCKS_MAX 16

/* The parts of a template that a block carries. */
typedef struct TemplateParts
{
	bool found;
	int64 transaction_count;
	bytea *transactions;
	bytea *mweb; /* or NULL */
} TemplateParts;

static TemplateParts
read_template(int64 template_id)
{
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(template_id)};
	TemplateParts parts = {0};
	SpiRow row;

	if (SPI_execute_with_args("SELECT transaction_count, transactions, mweb"
							  " FROM chimera.templates WHERE template_id = $1",
							  1, types, values, NULL, false,
							  1) != SPI_OK_SELECT)
		elog(ERROR, "could not read a template");
	if (SPI_processed == 0)
		return parts;

	row = spi_row(0);
	parts.found = true;
	parts.transaction_count = row_int32(row, 1);
	parts.transactions = DatumGetByteaPP(row_datum(row, 2));
	if (!row_is_null(row, 3))
		parts.mweb = DatumGetByteaPP(row_datum(row, 3));
	return parts;
}

/* Write the coinbase as the block carries it; returns its length. */
static size_t
build_coinbase(const Submission *share, uint8 *out)
{
	const CachedJob *job = share->job;
	size_t prefix_length = VARSIZE(job->prefix) - VARHDRSZ;
	size_t suffix_length = VARSIZE(job->suffix) - VARHDRSZ;
	uint8 stripped[COINBASE_MAX_BYTES];
	uint8 *at = stripped;

	memcpy(at, VARDATA(job->prefix), prefix_length);
	at += prefix_length;
	store_be32(at, share->extranonce1);
	store_be64(at + EXTRANONCE1_BYTES, share->extranonce2);
	at += EXTRANONCE_BYTES;
	memcpy(at, VARDATA(job->suffix), suffix_length);
	at += suffix_length;
	return coinbase_serialize(stripped, at - stripped, job->has_witness, out);
}

static bytea *
build_block(const Submission *share, const uint8 header[HEADER_BYTES],
			const TemplateParts *template)
{
	uint8 coinbase[COINBASE_MAX_BYTES + COINBASE_WITNESS_EXTRA_BYTES];
	BlockParts parts = {
		.header = header,
		.coinbase = coinbase,
		.coinbase_length = build_coinbase(share, coinbase),
		.transactions = (const uint8 *) VARDATA_ANY(template->transactions),
		.transactions_length = VARSIZE_ANY_EXHDR(template->transactions),
		.transaction_count = (uint64) template->transaction_count,
	};
	size_t length;
	bytea *raw;

	if (template->mweb)
	{
		parts.mweb = (const uint8 *) VARDATA_ANY(template->mweb);
		parts.mweb_length = VARSIZE_ANY_EXHDR(template->mweb);
	}
	length = block_length(&parts);
	raw = palloc(VARHDRSZ + length);
	SET_VARSIZE(raw, VARHDRSZ + length);
	block_serialize(&parts, (uint8 *) VARDATA(raw));
	return raw;
}

/* The hash that nodes and explorers use for a block. */
static bytea *
block_hash(const uint8 header[HEADER_BYTES])
{
	bytea *value = palloc(VARHDRSZ + 32);
	uint8 hash[32];

	sha256d(header, HEADER_BYTES, hash);
	SET_VARSIZE(value, VARHDRSZ + 32);
	reverse32((uint8 *) VARDATA(value), hash);
	return value;
}

/* the parameter of the INSERT below that holds the block, from 0 */
#define RAW_PARAMETER 9

/*
 * Insert a block; false if it is already known.
 *
 * The block's own share ends its round, so the row holds its id and time (this
 * transaction may have begun long before), and the first transaction id that
 * cannot belong to an earlier share.  A batch draws its number after it has a
 * transaction id (share_set_claim() ensures that), so all batches with a lower
 * number than this one have an id below the next one.
 */
static bool
insert_block(const Submission *share, int64 share_id, bytea *hash, bytea *raw)
{
	const CachedJob *job = share->job;
	Oid types[] = {UUIDOID, INT4OID, BYTEAOID,		INT8OID,   INT4OID,
				   INT4OID, INT8OID, FLOAT8OID,		FLOAT8OID, BYTEAOID,
				   INT8OID, XID8OID, TIMESTAMPTZOID};
	Datum values[] = {
		UUIDPGetDatum(&job->network_id),
		Int32GetDatum(job->height),
		PointerGetDatum(hash),
		Int64GetDatum(job->job_id),
		Int32GetDatum(share->account_id),
		Int32GetDatum(share->miner_id),
		Int64GetDatum(job->coinbase_value),
		Float8GetDatum(difficulty_of(&job->network_target,
									 job->algorithm->difficulty1_bits)),
		Float8GetDatum(share->share_difficulty),
		PointerGetDatum(raw),
		Int64GetDatum(share_id),
		FullTransactionIdGetDatum(ReadNextFullTransactionId()),
		TimestampTzGetDatum(share->submitted_at),
	};
	char nulls[lengthof(values) + 1] = {0};

	memset(nulls, ' ', lengthof(values));
	if (raw == NULL)
		nulls[RAW_PARAMETER] = 'n';
	if (SPI_execute_with_args(
			"INSERT INTO chimera.blocks (network_id, height, hash, job_id,"
			" account_id, miner_id, reward_sats, network_difficulty,"
			" share_difficulty, raw, share_id, settles_after, found_at,"
			" status, submit_result)"
			" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
			" CASE WHEN $10 IS NULL THEN 'rejected' ELSE 'found'"
			"  END::chimera.block_status,"
			" CASE WHEN $10 IS NULL THEN 'template gone' END)"
			" ON CONFLICT (network_id, hash) DO NOTHING",
			lengthof(types), types, values, nulls, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not store a block");
	return SPI_processed == 1;
}

/* Does that height have enough blocks for a late one to be refused? */
static bool
height_is_full(const CachedJob *job)
{
	Oid types[] = {UUIDOID, INT4OID, INT4OID};
	Datum values[] = {UUIDPGetDatum(&job->network_id),
					  Int32GetDatum(job->height),
					  Int32GetDatum(HEIGHT_BLOCKS_MAX)};

	if (SPI_execute_with_args("SELECT FROM chimera.blocks"
							  " WHERE network_id = $1 AND height = $2 LIMIT $3",
							  3, types, values, NULL, false,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the blocks of a height");
	return SPI_processed == HEIGHT_BLOCKS_MAX;
}

/* Store a block; returns the reason if it may not be stored. */
static SubmitResult
store_block(const Submission *share, int64 share_id,
			const uint8 header[HEADER_BYTES])
{
	TemplateParts template = read_template(share->job->template_id);
	bool is_late = share->refusal != SUBMIT_ACCEPTED;
	bytea *raw = NULL;

	if (is_late && (!template.found || height_is_full(share->job)))
		return share->refusal;
	/* only a job that was retired at this moment lacks its template */
	if (template.found)
		raw = build_block(share, header, &template);
	else
		ereport(WARNING,
				(errmsg("template of a found block does not exist any more"),
				 errdetail("The block was found for job " INT64_FORMAT
						   " of network \"%s\".",
						   share->job_id, share->job->network_name)));
	if (!insert_block(share, share_id, block_hash(header), raw))
		return SUBMIT_DUPLICATE;
	worker_wake_at_commit(WORKER_BLOCK, &share->job->network_id);
	return SUBMIT_BLOCK;
}

void
batch_store_blocks(Batch *batch)
{
	MemoryContext scratch = AllocSetContextCreate(
		CurrentMemoryContext, "chimera found block", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);

	for (int i = 0; i < batch->count; i++)
		if (batch->items[i].result == SUBMIT_BLOCK)
		{
			batch->items[i].result = store_block(
				&batch->items[i], batch->number * BATCH_MAX_SHARES + i,
				batch->headers[i]);
			SPI_freetuptable(SPI_tuptable);
			MemoryContextReset(scratch);
		}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}
