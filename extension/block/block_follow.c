/*
 * block_follow.c
 *	  Follows submitted blocks to confirmation or orphanhood, in both
 *	  directions.
 *
 * A block is in the chain if the node's hash at its height is its own; its
 * depth follows from its height and the tip's.  (A node's "confirmations"
 * would not do: bcoin counts them for orphans as well.) A block that is not in
 * the chain is orphaned and may come back.  A block that the node does not
 * know any more (its data was lost, or another node responded) is 'found'
 * again, so it is submitted again.  An orphan is given up once the chain has
 * grown by the required confirmations above it.
 *
 * A reorganization may also replace confirmed blocks.  One question detects
 * that: the mark is the block that had exactly the required confirmations when
 * all confirmed blocks were last found in the chain.  A chain that contains
 * the mark contains everything below it.  If it does not, or if no mark is
 * known, confirmed blocks and past orphans are checked again, far back, and
 * further in the next round if one of the lowest is missing.  A confirmed
 * block is missing if another block is at its height; blocks.missing_since
 * records that.  It is orphaned when that other block has the required
 * confirmations and it has been missing for several rounds: a single response
 * of a node is no reason to take money back.
 *
 * A round asks about one block after the other, and each response is processed
 * when it arrives: a slow node makes the round long, but delays nothing else.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "settings.h"
#include "spi/spi_query.h"
#include "spi/spi_transaction.h"
#include "block/block_worker.h"

/* how far back confirmed blocks are checked again: times the confirmations */
#define RECHECK_DEPTHS 10

/*
 * how long a block must be missing before it is orphaned: times the poll
 * interval
 */
#define MISSING_POLLS 6

typedef struct FollowedBlock
{
	int64 block_id;
	int height;
	int confirmations;
	bool is_missing; /* confirmed, but was not in the chain */
	char *status;
	char *hash_hex;
} FollowedBlock;

typedef struct FollowedBlocks
{
	uint64 count;
	FollowedBlock *items;
} FollowedBlocks;

/* What the current call asks for. */
typedef enum FollowStep
{
	FOLLOW_TIP,
	FOLLOW_NEXT_MARK,
	FOLLOW_MARK,
	FOLLOW_CHAIN,
	FOLLOW_HEADER,
} FollowStep;

/* The unsettled blocks, asked about one after the other. */
struct FollowRound
{
	MemoryContext context;
	NodeCandidate *node; /* the node asked */
	FollowStep step;
	NodeCall *call; /* of the step */
	int64 tip_height;
	ChainMark next_mark; /* to be used if the round finds no block missing */
	bool recheck;		 /* includes confirmed blocks */
	FollowedBlocks blocks;
	uint64 next; /* the next block to ask about */
};

static const char unsettled_query[] =
	"SELECT block_id, height, confirmations, status::text,"
	" encode(hash, 'hex'), missing_since IS NOT NULL"
	" FROM chimera.blocks WHERE network_id = $1"
	" AND (status IN ('submitted', 'accepted')"
	"  OR (status = 'orphaned' AND height > $2 AND job_id IS NOT NULL)"
	"  OR missing_since IS NOT NULL)"
	" ORDER BY block_id";

/* Includes confirmed blocks, in case a reorganization has replaced some. */
static const char recheck_query[] =
	"SELECT block_id, height, confirmations, status::text,"
	" encode(hash, 'hex'), missing_since IS NOT NULL"
	" FROM chimera.blocks WHERE network_id = $1"
	" AND (status IN ('submitted', 'accepted') OR missing_since IS NOT NULL"
	"  OR (status IN ('confirmed', 'orphaned') AND job_id IS NOT NULL"
	"   AND height > least($3, (SELECT min(m.height) FROM chimera.blocks m"
	"     WHERE m.network_id = $1 AND m.missing_since IS NOT NULL))"
	"    - ($3 - $2) * $4))"
	" ORDER BY block_id";

static FollowedBlocks
read_unsettled_blocks(const Network *network, int64 tip_height, bool recheck)
{
	Oid types[] = {UUIDOID, INT8OID, INT8OID, INT8OID};
	Datum values[] = {UUIDPGetDatum(&network->network_id),
					  Int64GetDatum(tip_height - network->confirmations_needed),
					  Int64GetDatum(tip_height), Int64GetDatum(RECHECK_DEPTHS)};
	MemoryContext caller =
		spi_transaction_begin("looking for unsettled blocks");
	FollowedBlocks blocks;

	if (SPI_execute_with_args(recheck ? recheck_query : unsettled_query,
							  recheck ? 4 : 2, types, values, NULL, true,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not read unsettled blocks");

	blocks.count = SPI_processed;
	blocks.items = MemoryContextAlloc(caller, sizeof(FollowedBlock) *
												  Max(blocks.count, 1));
	for (uint64 i = 0; i < blocks.count; i++)
	{
		FollowedBlock *block = &blocks.items[i];
		SpiRow row = spi_row(i);

		block->block_id = row_int64(row, 1);
		block->height = row_int32(row, 2);
		block->confirmations = row_int32(row, 3);
		block->status = MemoryContextStrdup(caller, row_text(row, 4));
		block->hash_hex = MemoryContextStrdup(caller, row_text(row, 5));
		block->is_missing = row_bool(row, 6);
	}
	spi_transaction_commit(caller);
	return blocks;
}

/*
 * A row locked by another transaction is left to the next round: a found block
 * must not wait for a lock.
 */
static void
store_status(const FollowedBlock *block, const char *status, int confirmations)
{
	Oid types[] = {INT8OID, TEXTOID, INT4OID};
	Datum values[] = {Int64GetDatum(block->block_id),
					  CStringGetTextDatum(status),
					  Int32GetDatum(confirmations)};
	MemoryContext caller =
		spi_transaction_begin("storing a block's confirmations");
	bool stored;

	if (SPI_execute_with_args(
			"WITH held AS (SELECT block_id FROM chimera.blocks"
			"  WHERE block_id = $1 FOR NO KEY UPDATE SKIP LOCKED)"
			" UPDATE chimera.blocks b SET status = $2::chimera.block_status,"
			" confirmations = $3, missing_since = NULL,"
			" raw = CASE WHEN $2 = 'confirmed' THEN NULL ELSE raw END"
			" FROM held WHERE b.block_id = held.block_id",
			3, types, values, NULL, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not store a block's confirmations");
	stored = SPI_processed == 1;
	spi_transaction_commit(caller);

	if (stored && strcmp(status, block->status) != 0)
		ereport(LOG, (errmsg("chimera block " INT64_FORMAT " (%s): %s, %d "
							 "confirmations",
							 block->block_id, block->hash_hex, status,
							 confirmations)));
}

/* Store a block's status and confirmations if they have changed. */
static void
store_status_change(const FollowedBlock *block, const char *status,
					int confirmations)
{
	if (confirmations != block->confirmations || block->is_missing ||
		strcmp(status, block->status) != 0)
		store_status(block, status, confirmations);
}

/*
 * Did the node respond, even if only that the block does not exist?  Bitcoin
 * Core reports that by error -5 or, for a height, -8; bcoin by -1.
 */
static bool
node_has_answered(BlockWorker *worker, const NodeCall *call)
{
	int code = node_call_error_code(call);

	if (node_call_outcome(call) == NODE_OK ||
		(node_call_outcome(call) == NODE_RPC_ERROR &&
		 (code == NODE_ERROR_INVALID_ADDRESS_OR_KEY ||
		  code == NODE_ERROR_INVALID_PARAMETER || code == NODE_ERROR_MISC)))
		return true;
	node_choice_leave(worker->choice, "%s", node_call_error(call));
	return false;
}

/*
 * A confirmed block is not in the chain: another one, with the given
 * confirmations, is at its height.
 */
static void
note_missing(const FollowedBlock *block, int64 confirmations, int needed)
{
	Oid types[] = {INT8OID, BOOLOID, INT8OID};
	Datum values[] = {
		Int64GetDatum(block->block_id), BoolGetDatum(confirmations >= needed),
		Int64GetDatum((int64) chimera_block_poll_interval_ms * MISSING_POLLS)};
	MemoryContext caller =
		spi_transaction_begin("storing that a block is missing");
	bool is_orphaned;

	if (SPI_execute_with_args(
			"WITH held AS (SELECT block_id, $2 AND missing_since"
			"   < now() - $3 * interval '1 millisecond' AS is_over"
			"  FROM chimera.blocks WHERE block_id = $1"
			"  AND status = 'confirmed' FOR NO KEY UPDATE SKIP LOCKED)"
			" UPDATE chimera.blocks b SET"
			" status = CASE WHEN h.is_over THEN 'orphaned'"
			"  ELSE b.status END::chimera.block_status,"
			" confirmations = 0,"
			" missing_since = CASE WHEN h.is_over IS NOT TRUE"
			"  THEN coalesce(b.missing_since, now()) END"
			" FROM held h WHERE b.block_id = h.block_id"
			" RETURNING b.status = 'orphaned'",
			lengthof(types), types, values, NULL, false,
			0) != SPI_OK_UPDATE_RETURNING)
		elog(ERROR, "could not store that a block is missing");
	is_orphaned =
		SPI_processed == 1 && strcmp(row_text(spi_row(0), 1), "t") == 0;
	spi_transaction_commit(caller);

	if (is_orphaned || !block->is_missing)
		ereport(WARNING,
				(errmsg("chimera block " INT64_FORMAT
						" (%s) was confirmed, but is not in the chain any more",
						block->block_id, block->hash_hex),
				 is_orphaned ? errdetail("The block is now orphaned.") : 0));
}

/* ---------- a round ---------- */

static void
ask_node(FollowRound *round, FollowStep step, const char *method,
		 json_t *params)
{
	if (round->call)
		node_call_free(round->call);
	round->step = step;
	round->call = node_call_start(round->node->client, method, params,
								  chimera_node_timeout_ms);
}

static void
begin_round(BlockWorker *worker)
{
	MemoryContext context = AllocSetContextCreate(
		worker->context, "chimera follow round", ALLOCSET_DEFAULT_SIZES);
	FollowRound *round = MemoryContextAllocZero(context, sizeof(FollowRound));

	round->context = context;
	round->node = worker->choice->used;
	worker->round = round;
	worker->follow_at = INSTANT_NEVER;
	ask_node(round, FOLLOW_TIP, "getblockcount", json_array());
}

/*
 * The next round is due at next_at, unless an event during this one has set an
 * earlier time.
 */
static void
end_round(BlockWorker *worker, Instant next_at)
{
	node_call_free(worker->round->call);
	MemoryContextDelete(worker->round->context);
	worker->round = NULL;
	worker->follow_at = Min(worker->follow_at, next_at);
}

/*
 * Ask whether the next block is in the node's chain; end the round if there is
 * none.
 */
static void
ask_about_next(BlockWorker *worker)
{
	FollowRound *round = worker->round;

	if (round->next < round->blocks.count)
	{
		const FollowedBlock *block = &round->blocks.items[round->next++];

		ask_node(round, FOLLOW_CHAIN, "getblockhash",
				 json_pack("[i]", block->height));
		return;
	}
	if (round->next_mark.height >= 0)
		worker->mark = round->next_mark;
	end_round(worker, instant_in_ms(chimera_block_poll_interval_ms));
	worker->look_for_blocks = true;
	node_choice_show(worker->choice);
}

static void
begin_blocks(BlockWorker *worker)
{
	FollowRound *round = worker->round;
	MemoryContext old = MemoryContextSwitchTo(round->context);

	round->blocks = read_unsettled_blocks(worker->network, round->tip_height,
										  round->recheck);
	MemoryContextSwitchTo(old);
	ask_about_next(worker);
}

/* The response to getblockhash; NULL if the chain has no block there. */
static const char *
answered_hash(const FollowRound *round)
{
	if (node_call_outcome(round->call) != NODE_OK)
		return NULL;
	return json_string_value(node_call_result(round->call));
}

/* The height of the node's tip has arrived. */
static void
take_tip(BlockWorker *worker)
{
	FollowRound *round = worker->round;

	if (node_call_outcome(round->call) != NODE_OK)
	{
		node_choice_leave(worker->choice, "%s", node_call_error(round->call));
		return;
	}
	if (!json_is_integer(node_call_result(round->call)))
	{
		node_choice_leave(worker->choice,
						  "the node's block count is not a number");
		return;
	}
	round->tip_height = json_integer_value(node_call_result(round->call));
	/* get the new mark before the old: the chain may change in between */
	round->next_mark.height =
		Max(round->tip_height - worker->network->confirmations_needed + 1, 0);
	ask_node(round, FOLLOW_NEXT_MARK, "getblockhash",
			 json_pack("[I]", (json_int_t) round->next_mark.height));
}

static void
take_next_mark(BlockWorker *worker)
{
	FollowRound *round = worker->round;
	const char *hash = answered_hash(round);

	if (!node_has_answered(worker, round->call))
		return;
	if (hash == NULL)
		round->next_mark.height = -1;
	else
		strlcpy(round->next_mark.hash_hex, hash,
				sizeof(round->next_mark.hash_hex));
	if (worker->mark.height < 0)
	{
		round->recheck = true;
		begin_blocks(worker);
		return;
	}
	ask_node(round, FOLLOW_MARK, "getblockhash",
			 json_pack("[I]", (json_int_t) worker->mark.height));
}

/*
 * Is the mark in the chain?  A chain that is too short to tell proves nothing.
 */
static void
take_mark(BlockWorker *worker)
{
	FollowRound *round = worker->round;
	const char *hash = answered_hash(round);

	if (!node_has_answered(worker, round->call))
		return;
	if (hash == NULL)
		round->next_mark.height = -1;
	else
		round->recheck = strcmp(hash, worker->mark.hash_hex) != 0;
	begin_blocks(worker);
}

/* Another block is at the height of a confirmed block or past orphan. */
static void
take_other(BlockWorker *worker, const FollowedBlock *block)
{
	FollowRound *round = worker->round;
	int needed = worker->network->confirmations_needed;

	if (strcmp(block->status, "confirmed") == 0)
	{
		note_missing(block, round->tip_height - block->height + 1, needed);
		/* it may not be the only one: the next round goes further back */
		if (!block->is_missing)
			round->next_mark.height = worker->mark.height = -1;
	}
	ask_about_next(worker);
}

/* The chain's hash at the block's height has arrived, or that it has none. */
static void
take_hash(BlockWorker *worker, const FollowedBlock *block)
{
	FollowRound *round = worker->round;
	int needed = worker->network->confirmations_needed;
	const char *hash = answered_hash(round);
	bool is_settled = strcmp(block->status, "confirmed") == 0 ||
					  (strcmp(block->status, "orphaned") == 0 &&
					   block->height <= round->tip_height - needed);
	int confirmations;

	if (!node_has_answered(worker, round->call))
		return;
	if (hash == NULL && is_settled)
	{
		/* the node's chain does not reach that height yet */
		ask_about_next(worker);
		return;
	}
	if (hash != NULL && is_settled && strcmp(hash, block->hash_hex) != 0)
	{
		take_other(worker, block);
		return;
	}
	if (hash == NULL || strcmp(hash, block->hash_hex) != 0)
	{
		/* does the node know the block at all? */
		ask_node(round, FOLLOW_HEADER, "getblockheader",
				 json_pack("[s, b]", block->hash_hex, 1));
		return;
	}
	confirmations = (int) Max(round->tip_height - block->height + 1, 1);
	store_status_change(block,
						confirmations >= needed ? "confirmed" : "accepted",
						confirmations);
	ask_about_next(worker);
}

static void
take_header(BlockWorker *worker, const FollowedBlock *block)
{
	const NodeCall *call = worker->round->call;

	if (!node_has_answered(worker, call))
		return;
	store_status_change(
		block, node_call_outcome(call) == NODE_OK ? "orphaned" : "found", 0);
	ask_about_next(worker);
}

/* A response has arrived: process it, and ask the next question. */
static void
continue_round(BlockWorker *worker)
{
	FollowRound *round = worker->round;
	const FollowedBlock *block =
		round->next > 0 ? &round->blocks.items[round->next - 1] : NULL;

	switch (round->step)
	{
		case FOLLOW_TIP:
			take_tip(worker);
			break;
		case FOLLOW_NEXT_MARK:
			take_next_mark(worker);
			break;
		case FOLLOW_MARK:
			take_mark(worker);
			break;
		case FOLLOW_CHAIN:
			take_hash(worker, block);
			break;
		case FOLLOW_HEADER:
			take_header(worker, block);
			break;
	}
}

void
follow_blocks(BlockWorker *worker)
{
	if (worker->round &&
		node_call_outcome(worker->round->call) != NODE_PENDING &&
		worker->round->node == worker->choice->used)
		continue_round(worker);

	/* the node was abandoned: ask its replacement from the start */
	if (worker->round && worker->round->node != worker->choice->used)
		end_round(worker, INSTANT_LONG_AGO);
	if (worker->round == NULL && worker->choice->used &&
		instant_now() >= worker->follow_at)
		begin_round(worker);
}
