/*
 * block_submit.c
 *	  Sends found blocks to the nodes with submitblock (BIP 22).
 *
 * A block stays 'found' until a verdict on it is stored: whatever crashes in
 * between, it is sent again.  Sending a block to a node twice does no harm;
 * the response is 'duplicate'.
 *
 * A block is sent to every node of the network at once, each time on its own
 * connection, and the best response counts.  Neither blocks nor nodes wait for
 * each other: a node that has not responded yet, or is to be asked again,
 * delays nothing.  Once a node has accepted a block, the responses of the
 * others change nothing, and their calls continue as stragglers.  While a node
 * could not be asked, rejections by all others decide nothing for an hour.
 *
 * Blocks that were never sent go first, the newest before the others.  The
 * number of blocks that are sent again is limited, and a node that does not
 * respond is tried with one block at a time.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "node/rpc_answer.h"
#include "settings.h"
#include "spi/spi_query.h"
#include "spi/spi_transaction.h"
#include "block/block_verdict.h"
#include "block/block_worker.h"

/*
 * how long a block may wait for its parent at a node, or for a clear response
 */
#define CLEAR_WAIT_S 3600

/* blocks with a call in progress: in total, and while some are sent again */
#define BLOCKS_UNDER_WAY_MAX  64
#define RESENDS_UNDER_WAY_MAX 8

/* retry interval while another transaction holds the block's row */
#define STORE_RETRY_MS 50

/* A block on its way to one node. */
typedef struct Submission
{
	NodeCall *call; /* in progress, or NULL */
	bool answered;	/* verdict and answer belong to the last finished call */
	Verdict verdict;
	char answer[NODE_TEXT_MAX_BYTES];
	Instant send_at; /* the next time */
} Submission;

/* A found block that has been sent. */
typedef struct SentBlock
{
	int64 block_id;
	bool may_wait;	  /* for a clear response */
	bool has_news;	  /* a response has arrived that is not stored */
	Instant store_at; /* not earlier */
	Submission nodes[FLEXIBLE_ARRAY_MEMBER];
} SentBlock;

/* A call that is still in progress when its block has been decided. */
typedef struct Straggler
{
	int64 block_id;
	int node;
	NodeCall *call;
} Straggler;

/* ---------- found blocks ---------- */

typedef struct FoundBlock
{
	int64 block_id;
	bool may_wait;
	char *raw_hex;
} FoundBlock;

#define FOUND_BLOCK                                                            \
	"SELECT block_id, found_at > now() - interval '1 second' * " CppAsString2( \
		CLEAR_WAIT_S) ", encode(raw, 'hex') FROM chimera.blocks "              \
					  "WHERE status = 'found' AND raw IS NOT NULL"

/* Run a query that returns at most one block; NULL if it returns none. */
static FoundBlock *
query_found_block(const char *query, int count, Oid *types, Datum *values)
{
	MemoryContext caller = spi_transaction_begin("looking for found blocks");
	FoundBlock *block = NULL;

	if (SPI_execute_with_args(query, count, types, values, NULL, true, 1) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not read found blocks");
	if (SPI_processed == 1)
	{
		SpiRow row = spi_row(0);

		block = MemoryContextAlloc(caller, sizeof(FoundBlock));
		block->block_id = row_int64(row, 1);
		block->may_wait = row_bool(row, 2);
		block->raw_hex = MemoryContextStrdup(caller, row_text(row, 3));
	}
	spi_transaction_commit(caller);
	return block;
}

static FoundBlock *
read_found_block(int64 block_id)
{
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(block_id)};

	return query_found_block(FOUND_BLOCK " AND block_id = $1", 1, types,
							 values);
}

/* The ids of the blocks that are being sent, as an SQL array. */
static ArrayType *
sent_block_ids(const BlockWorker *worker)
{
	Datum *ids = palloc(sizeof(Datum) * (list_length(worker->sent_blocks) + 1));
	int count = 0;
	ListCell *cell;

	foreach (cell, worker->sent_blocks)
		ids[count++] = Int64GetDatum(((SentBlock *) lfirst(cell))->block_id);
	return construct_array(ids, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
						   TYPALIGN_DOUBLE);
}

/*
 * A block to be sent: the newest that never was, or else, since its children
 * cannot be accepted before it, the oldest of the others.
 */
static FoundBlock *
next_found_block(const BlockWorker *worker, bool or_resend)
{
	Oid types[] = {UUIDOID, INT8ARRAYOID, BOOLOID};
	Datum values[] = {UUIDPGetDatum(&worker->network->network_id),
					  PointerGetDatum(sent_block_ids(worker)),
					  BoolGetDatum(or_resend)};

	return query_found_block(FOUND_BLOCK
							 " AND network_id = $1 AND block_id <> ALL ($2)"
							 " AND (submit_attempts = 0 OR $3)"
							 " ORDER BY submit_attempts > 0,"
							 " CASE WHEN submit_attempts = 0 THEN -block_id"
							 "  ELSE block_id END LIMIT 1",
							 3, types, values);
}

/*
 * Store the response; with status NULL the block stays 'found'.  False if
 * another transaction holds the row: nothing here waits for a lock.
 */
static bool
store_answer(int64 block_id, const char *answer, const char *status,
			 bool drop_raw)
{
	Oid types[] = {INT8OID, TEXTOID, TEXTOID, BOOLOID};
	Datum values[] = {Int64GetDatum(block_id), CStringGetTextDatum(answer),
					  status ? CStringGetTextDatum(status) : (Datum) 0,
					  BoolGetDatum(drop_raw)};
	char nulls[] = {' ', ' ', status ? ' ' : 'n', ' ', '\0'};
	MemoryContext caller = spi_transaction_begin("storing the node's response");
	bool stored;

	if (SPI_execute_with_args(
			"WITH held AS (SELECT block_id FROM chimera.blocks"
			"  WHERE block_id = $1 FOR NO KEY UPDATE SKIP LOCKED)"
			" UPDATE chimera.blocks b SET submit_result = $2,"
			" status = coalesce($3::chimera.block_status, status),"
			" submit_attempts = submit_attempts + 1,"
			" submitted_at = coalesce(submitted_at, clock_timestamp()),"
			" raw = CASE WHEN $4 THEN NULL ELSE raw END"
			" FROM held WHERE b.block_id = held.block_id",
			4, types, values, nulls, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not store the node's response");
	stored = SPI_processed == 1;
	spi_transaction_commit(caller);
	return stored;
}

/* ---------- sending ---------- */

static bool
is_under_way(const BlockWorker *worker, const SentBlock *sent)
{
	for (int i = 0; i < worker->choice->count; i++)
		if (sent->nodes[i].call)
			return true;
	return false;
}

static int
count_under_way(const BlockWorker *worker)
{
	int count = 0;
	ListCell *cell;

	foreach (cell, worker->sent_blocks)
		count += is_under_way(worker, lfirst(cell));
	return count;
}

static void
send_to(BlockWorker *worker, SentBlock *sent, int node, const char *raw_hex)
{
	sent->nodes[node].call = node_call_start_apart(
		worker->choice->nodes[node].client, "submitblock",
		json_pack("[s]", raw_hex), chimera_node_timeout_ms);
	worker->submit_nodes[node].probe_at = INSTANT_NEVER;
}

/* Send a block for the first time, first to the node in use. */
static void
send_to_all(BlockWorker *worker, const FoundBlock *block)
{
	NodeChoice *choice = worker->choice;
	MemoryContext old = MemoryContextSwitchTo(worker->context);
	SentBlock *sent = palloc0(offsetof(SentBlock, nodes) +
							  sizeof(Submission) * choice->count);

	sent->block_id = block->block_id;
	sent->may_wait = block->may_wait;
	worker->sent_blocks = lappend(worker->sent_blocks, sent);
	MemoryContextSwitchTo(old);

	if (choice->used)
		send_to(worker, sent, choice->used->number - 1, block->raw_hex);
	for (int i = 0; i < choice->count; i++)
		if (&choice->nodes[i] != choice->used)
			send_to(worker, sent, i, block->raw_hex);
}

static void
send_found_blocks(BlockWorker *worker)
{
	int under_way = count_under_way(worker);

	while (worker->look_for_blocks && under_way < BLOCKS_UNDER_WAY_MAX)
	{
		FoundBlock *block =
			next_found_block(worker, under_way < RESENDS_UNDER_WAY_MAX);

		worker->look_for_blocks = block != NULL;
		if (block == NULL)
			break;
		send_to_all(worker, block);
		under_way++;
		pfree(block->raw_hex);
		pfree(block);
	}
}

/* When the block is to be sent to the node again. */
static Instant
resend_at(const BlockWorker *worker, const SentBlock *sent, int node)
{
	const Submission *submission = &sent->nodes[node];
	const SubmitNode *state = &worker->submit_nodes[node];

	if (submission->call || submission->verdict >= VERDICT_REJECTED)
		return INSTANT_NEVER;
	return state->fails ? Max(submission->send_at, state->probe_at)
						: submission->send_at;
}

/* Send a block again where that is due; false if it is not to be sent. */
static bool
resend_block(BlockWorker *worker, SentBlock *sent)
{
	Instant now = instant_now();
	FoundBlock *block = NULL;

	for (int i = 0; i < worker->choice->count; i++)
	{
		if (resend_at(worker, sent, i) > now)
			continue;
		if (block == NULL)
			block = read_found_block(sent->block_id);
		if (block == NULL)
			return false;
		sent->may_wait = block->may_wait;
		send_to(worker, sent, i, block->raw_hex);
	}
	if (block)
		pfree(block->raw_hex);
	return true;
}

static void
resend_blocks(BlockWorker *worker)
{
	int under_way = count_under_way(worker);
	ListCell *cell;

	foreach (cell, worker->sent_blocks)
	{
		SentBlock *sent = lfirst(cell);

		if (under_way >= RESENDS_UNDER_WAY_MAX)
			break;
		if (is_under_way(worker, sent))
		{
			resend_block(worker, sent);
			continue;
		}
		if (resend_block(worker, sent))
		{
			under_way += is_under_way(worker, sent);
			continue;
		}
		worker->sent_blocks = foreach_delete_current(worker->sent_blocks, cell);
		pfree(sent);
	}
}

/* ---------- responses ---------- */

/* Send what was not sent to the node while it failed. */
static void
note_recovery(BlockWorker *worker, int node)
{
	ListCell *cell;

	worker->submit_nodes[node].fails = false;
	foreach (cell, worker->sent_blocks)
	{
		Submission *submission = &((SentBlock *) lfirst(cell))->nodes[node];

		if (submission->verdict == VERDICT_NONE)
			submission->send_at = instant_now();
	}
}

static void
note_failure(BlockWorker *worker, int node, const char *answer)
{
	NodeCandidate *candidate = &worker->choice->nodes[node];

	worker->submit_nodes[node].fails = true;
	worker->submit_nodes[node].probe_at =
		instant_in_ms(chimera_node_retry_interval_ms);
	if (candidate == worker->choice->used)
		node_choice_leave(worker->choice, "%s", answer);
}

static void
note_outcome(BlockWorker *worker, int node, Verdict verdict, const char *answer)
{
	if (verdict == VERDICT_NONE)
		note_failure(worker, node, answer);
	else if (worker->submit_nodes[node].fails)
		note_recovery(worker, node);
}

static void
take_answer(BlockWorker *worker, SentBlock *sent, int node)
{
	Submission *submission = &sent->nodes[node];
	char *answer = node_printable(verdict_answer(submission->call));

	submission->verdict = verdict_of_call(
		submission->call, worker->choice->nodes[node].good, sent->may_wait);
	strlcpy(submission->answer, answer, sizeof(submission->answer));
	submission->answered = true;
	submission->send_at = instant_in_ms(chimera_node_retry_interval_ms);
	sent->has_news = true;
	node_call_free(submission->call);
	submission->call = NULL;

	note_outcome(worker, node, submission->verdict, answer);
	worker->look_for_blocks = true;
}

static void
take_answers(BlockWorker *worker, SentBlock *sent)
{
	for (int i = 0; i < worker->choice->count; i++)
		if (sent->nodes[i].call &&
			node_call_outcome(sent->nodes[i].call) != NODE_PENDING)
			take_answer(worker, sent, i);
}

/* ---------- stragglers ---------- */

static void
keep_straggler(BlockWorker *worker, int64 block_id, int node, NodeCall *call)
{
	MemoryContext old = MemoryContextSwitchTo(worker->context);
	Straggler *straggler = palloc(sizeof(Straggler));

	straggler->block_id = block_id;
	straggler->node = node;
	straggler->call = call;
	worker->stragglers = lappend(worker->stragglers, straggler);
	MemoryContextSwitchTo(old);
}

static void
end_straggler(BlockWorker *worker, const Straggler *straggler)
{
	const char *answer = node_printable(verdict_answer(straggler->call));

	ereport(
		DEBUG1,
		(errmsg_internal(
			"chimera block " INT64_FORMAT ": %s says %s", straggler->block_id,
			worker->choice->nodes[straggler->node].address->url, answer)));
	note_outcome(worker, straggler->node,
				 verdict_of_call(straggler->call, false, false), answer);
	node_call_free(straggler->call);
}

static void
collect_stragglers(BlockWorker *worker)
{
	ListCell *cell;

	foreach (cell, worker->stragglers)
	{
		Straggler *straggler = lfirst(cell);

		if (node_call_outcome(straggler->call) == NODE_PENDING)
			continue;
		end_straggler(worker, straggler);
		worker->stragglers = foreach_delete_current(worker->stragglers, cell);
		pfree(straggler);
	}
}

/* ---------- verdicts ---------- */

/* The combined result of the responses. */
typedef struct Judgement
{
	const Submission *best; /* NULL: no node has responded */
	int best_node;
	bool all_answered;
	bool all_reject;
	bool some_silent; /* a node did not respond to the last call */
} Judgement;

static Judgement
combine_answers(const BlockWorker *worker, const SentBlock *sent)
{
	Judgement judgement = {.all_answered = true, .all_reject = true};

	for (int i = 0; i < worker->choice->count; i++)
	{
		const Submission *submission = &sent->nodes[i];

		judgement.all_answered &= submission->answered;
		if (!submission->answered)
			continue;
		judgement.all_reject &= submission->verdict == VERDICT_REJECTED;
		judgement.some_silent |= submission->verdict == VERDICT_NONE;
		if (judgement.best == NULL ||
			submission->verdict > judgement.best->verdict)
		{
			judgement.best = submission;
			judgement.best_node = i;
		}
	}
	return judgement;
}

/* Do the responses so far decide the block's fate? */
static bool
is_decided(const Judgement *judgement, const SentBlock *sent)
{
	if (judgement->best == NULL)
		return false;
	switch (judgement->best->verdict)
	{
		case VERDICT_ACCEPTED:
			return true;
		case VERDICT_SUBMITTED:
			return judgement->all_answered;
		case VERDICT_REJECTED:
			return judgement->all_answered &&
				   !(judgement->some_silent && sent->may_wait);
		default:
			return false;
	}
}

static void
report_verdict(const BlockWorker *worker, const SentBlock *sent,
			   const Judgement *judgement)
{
	ereport(LOG,
			(errmsg("chimera block " INT64_FORMAT " of %s: %s (%s says %s)",
					sent->block_id, worker->network->name,
					verdict_status(judgement->best->verdict),
					worker->choice->nodes[judgement->best_node].address->url,
					judgement->best->answer)));
}

/*
 * Store the combined result of the responses, in at most one transaction.
 * True if the block is finished.
 */
static bool
store_news(BlockWorker *worker, SentBlock *sent)
{
	Judgement judgement = combine_answers(worker, sent);
	bool decided = is_decided(&judgement, sent);

	if (!decided && (!judgement.all_answered || is_under_way(worker, sent)))
	{
		sent->has_news = false;
		return false;
	}
	if (!store_answer(sent->block_id, judgement.best->answer,
					  decided ? verdict_status(judgement.best->verdict) : NULL,
					  decided && judgement.all_reject))
	{
		sent->store_at = instant_in_ms(STORE_RETRY_MS);
		return false;
	}
	sent->has_news = false;
	if (decided)
		report_verdict(worker, sent, &judgement);
	return decided;
}

static void
end_sent_block(BlockWorker *worker, SentBlock *sent)
{
	for (int i = 0; i < worker->choice->count; i++)
		if (sent->nodes[i].call)
			keep_straggler(worker, sent->block_id, i, sent->nodes[i].call);
	worker->sent_blocks = list_delete_ptr(worker->sent_blocks, sent);
	pfree(sent);
}

/* Store the news of one block; then new blocks are looked for again. */
static void
store_some_news(BlockWorker *worker)
{
	ListCell *cell;

	foreach (cell, worker->sent_blocks)
		take_answers(worker, lfirst(cell));
	foreach (cell, worker->sent_blocks)
	{
		SentBlock *sent = lfirst(cell);

		if (!sent->has_news || instant_now() < sent->store_at)
			continue;
		if (store_news(worker, sent))
			end_sent_block(worker, sent);
		return;
	}
}

/* ---------- the steps ---------- */

void
submit_begin(BlockWorker *worker)
{
	worker->submit_nodes = palloc0(sizeof(SubmitNode) * worker->choice->count);
	worker->look_for_blocks = true;
}

void
submit_blocks(BlockWorker *worker)
{
	send_found_blocks(worker);
	collect_stragglers(worker);
	store_some_news(worker);
	resend_blocks(worker);
}

Instant
submit_next_at(const BlockWorker *worker)
{
	int under_way = count_under_way(worker);
	bool may_resend = under_way < RESENDS_UNDER_WAY_MAX;
	Instant next = INSTANT_NEVER;
	ListCell *cell;

	if (worker->look_for_blocks && under_way < BLOCKS_UNDER_WAY_MAX)
		return INSTANT_LONG_AGO;
	foreach (cell, worker->sent_blocks)
	{
		const SentBlock *sent = lfirst(cell);

		if (sent->has_news)
			next = Min(next, sent->store_at);
		for (int i = 0; may_resend && i < worker->choice->count; i++)
			next = Min(next, resend_at(worker, sent, i));
	}
	return next;
}
