/*
 * found_block.c
 *	  A block that a share is: put together and stored.
 *
 * A block is complete when it is stored: whatever happens to the job or its
 * template afterwards, the row is all that submitblock needs.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
#include "utils/xid8.h"

#include "byte_order.h"
#include "pow/sha256.h"
#include "share/found_block.h"
#include "spi/spi_query.h"
#include "worker/wake.h"

/*
 * Late blocks are accepted until their height has this many.  A height only
 * has more where blocks cost next to nothing, and there each would cost the
 * pool more than its miner.
 */
#define HEIGHT_BLOCKS_MAX 16

TemplateParts
template_parts_read(int64 template_id)
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

bytea *
found_block_raw(BlockParts *parts, const TemplateParts *template)
{
	bytea *raw;
	size_t length;

	parts->transactions = (const uint8 *) VARDATA_ANY(template->transactions);
	parts->transactions_length = VARSIZE_ANY_EXHDR(template->transactions);
	parts->transaction_count = (uint64) template->transaction_count;
	if (template->mweb)
	{
		parts->mweb = (const uint8 *) VARDATA_ANY(template->mweb);
		parts->mweb_length = VARSIZE_ANY_EXHDR(template->mweb);
	}
	length = block_length(parts);
	raw = palloc(VARHDRSZ + length);
	SET_VARSIZE(raw, VARHDRSZ + length);
	block_serialize(parts, (uint8 *) VARDATA(raw));
	return raw;
}

bool
found_block_height_is_full(const CachedJob *job)
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

/* the parameters of the INSERT below that may be null, from 0 */
#define RAW_PARAMETER	  9
#define PROBLEM_PARAMETER 13

/*
 * A child's block has one hash and many proofs: if all nodes have rejected one
 * of them, another share's proof is tried.  The row then has that share, so it
 * must not have been in the ledger nor have ended a round that others follow,
 * and the share must have a key: one that is refused otherwise could be sent
 * again and again.
 */
#define REPLACEABLE                                     \
	"b.status = 'rejected' AND b.ledger_state = 'none'" \
	" AND NOT EXISTS (SELECT FROM chimera.blocks l"     \
	"  WHERE l.network_id = b.network_id AND l.share_id > b.share_id)"

static const char insertion[] =
	"INSERT INTO chimera.blocks AS b (network_id, height, hash, job_id,"
	" account_id, miner_id, reward_sats, network_difficulty,"
	" share_difficulty, raw, share_id, settles_after, found_at,"
	" proof_problem, status, submit_result)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
	" CASE WHEN $10 IS NULL THEN 'rejected' ELSE 'found'"
	"  END::chimera.block_status,"
	" CASE WHEN $10 IS NULL THEN 'template gone' END)"
	" ON CONFLICT (network_id, hash) DO UPDATE SET"
	" account_id = $5, miner_id = $6, share_difficulty = $9, raw = $10,"
	" share_id = $11, settles_after = $12, found_at = $13,"
	" proof_problem = $14, status = excluded.status,"
	" submit_result = excluded.submit_result, submit_attempts = 0,"
	" submitted_at = NULL"
	" WHERE $15 AND " REPLACEABLE " AND $10 IS NOT NULL";

/* May the block's share take the place of the one that its row has? */
static bool
may_replace(const FoundBlock *block)
{
	return block->job != block->share->job &&
		   block->share->refusal == SUBMIT_ACCEPTED;
}

SubmitResult
found_block_known(const FoundBlock *block)
{
	static SPIPlanPtr plan = NULL;
	const Submission *share = block->share;
	Oid types[] = {UUIDOID, BYTEAOID, BOOLOID, FLOAT8OID};
	Datum values[] = {UUIDPGetDatum(&block->job->network_id),
					  PointerGetDatum(block_hash(block->header)),
					  BoolGetDatum(may_replace(block)),
					  Float8GetDatum(share->share_difficulty)};
	SubmitResult result = SUBMIT_ACCEPTED;

	spi_keep_plan(&plan,
				  "SELECT b.share_difficulty = $4 FROM chimera.blocks b"
				  " WHERE b.network_id = $1 AND b.hash = $2"
				  " AND NOT ($3 AND " REPLACEABLE ")",
				  lengthof(types), types);
	if (SPI_execute_plan(plan, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for a block");
	if (SPI_processed > 0)
		result = row_bool(spi_row(0), 1) || share->refusal == SUBMIT_ACCEPTED
					 ? SUBMIT_DUPLICATE
					 : share->refusal;
	SPI_freetuptable(SPI_tuptable);
	return result;
}

/*
 * The block's own share ends its round, so the row holds its id and time (this
 * transaction may have begun long before), and the first transaction id that
 * cannot belong to an earlier share.  A batch draws its number after it has a
 * transaction id (share_set_claim() ensures that), so all batches with a lower
 * number than this one have an id below the next one.
 */
bool
found_block_store(const FoundBlock *block)
{
	const Submission *share = block->share;
	const CachedJob *job = block->job;
	Oid types[] = {UUIDOID, INT4OID, BYTEAOID,		 INT8OID,	INT4OID,
				   INT4OID, INT8OID, FLOAT8OID,		 FLOAT8OID, BYTEAOID,
				   INT8OID, XID8OID, TIMESTAMPTZOID, TEXTOID,	BOOLOID};
	Datum values[] = {
		UUIDPGetDatum(&job->network_id),
		Int32GetDatum(job->height),
		PointerGetDatum(block_hash(block->header)),
		Int64GetDatum(job->job_id),
		Int32GetDatum(share->account_id),
		Int32GetDatum(share->miner_id),
		Int64GetDatum(job->coinbase_value),
		Float8GetDatum(difficulty_of(&job->network_target,
									 job->algorithm->difficulty1_bits)),
		Float8GetDatum(share->share_difficulty),
		PointerGetDatum(block->raw),
		Int64GetDatum(block->share_id),
		FullTransactionIdGetDatum(ReadNextFullTransactionId()),
		TimestampTzGetDatum(share->submitted_at),
		block->problem ? CStringGetTextDatum(block->problem) : (Datum) 0,
		BoolGetDatum(may_replace(block)),
	};
	char nulls[lengthof(values) + 1] = {0};

	memset(nulls, ' ', lengthof(values));
	if (block->raw == NULL)
		nulls[RAW_PARAMETER] = 'n';
	if (block->problem == NULL)
		nulls[PROBLEM_PARAMETER] = 'n';
	if (SPI_execute_with_args(insertion, lengthof(types), types, values, nulls,
							  false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not store a block");
	if (SPI_processed == 0)
		return false;
	worker_wake_at_commit(WORKER_BLOCK, &job->network_id);
	return true;
}
