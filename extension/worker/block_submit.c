/*
 * block_submit.c
 *	  Sends found blocks to the nodes with submitblock (BIP 22).
 *
 * A block stays 'found' until a verdict about it is stored: whatever crashes
 * in between, it is sent again.  A node takes a block twice without harm and
 * answers 'duplicate'.
 *
 * A block goes to every node of the network at once, the one that is used
 * first, and the best answer counts.  Once a node has accepted it, the others'
 * answers change nothing: their calls go on as stragglers while the worker
 * does other things.  That a block is refused must come from a node that is
 * good; one that lacks the block's parent may be told it soon.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/builtins.h"

#include "settings.h"
#include "transaction.h"
#include "worker/block_worker.h"

/* how long a block may wait for its parent at a node, or for a sane answer */
#define CLEAR_WAIT_S 3600

typedef struct FoundBlock
{
	int64 block_id;
	bool may_wait; /* for a clear answer */
	char *raw_hex;
} FoundBlock;

/* What an answer means, or the lack of one; the greater decides. */
typedef enum Verdict
{
	VERDICT_NONE,
	VERDICT_UNCLEAR, /* refused, but not for good */
	VERDICT_REJECTED,
	VERDICT_SUBMITTED,
	VERDICT_ACCEPTED,
} Verdict;

/* The block being sent to one node. */
typedef struct Submission
{
	NodeCandidate *node;
	NodeCall *call;
	bool judged;
} Submission;

/* A call that is still under way when its block has been judged. */
typedef struct Straggler
{
	int64 block_id;
	NodeCandidate *node;
	NodeCall *call;
} Straggler;

/* The oldest block after that one to be sent, or NULL. */
static FoundBlock *
next_found_block(const Network *network, int64 after)
{
	Oid types[] = {UUIDOID, INT8OID, INT4OID};
	Datum values[] = {UUIDPGetDatum(&network->network_id), Int64GetDatum(after),
					  Int32GetDatum(CLEAR_WAIT_S)};
	MemoryContext caller = transaction_begin("looking for found blocks");
	FoundBlock *block = NULL;

	if (SPI_execute_with_args(
			"SELECT block_id, found_at > now() - $3 * interval '1 second',"
			" encode(raw, 'hex') FROM chimera.blocks"
			" WHERE network_id = $1 AND status = 'found' AND raw IS NOT NULL"
			" AND block_id > $2 ORDER BY block_id LIMIT 1",
			3, types, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read found blocks");
	if (SPI_processed == 1)
	{
		HeapTuple row = SPI_tuptable->vals[0];
		bool isnull;

		block = MemoryContextAlloc(caller, sizeof(FoundBlock));
		block->block_id = DatumGetInt64(
			SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull));
		block->may_wait =
			DatumGetBool(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull));
		block->raw_hex = MemoryContextStrdup(
			caller, SPI_getvalue(row, SPI_tuptable->tupdesc, 3));
	}
	transaction_commit(caller);
	return block;
}

/*
 * Is it a reason to reject a block, in the words of BIP 22, Bitcoin Core or
 * bcoin?  A node that is out of its mind may say anything.
 */
static bool
is_reject_reason(const char *answer)
{
	static const char *const beginnings[] = {
		"bad-",		  "duplicate-invalid",	"high-hash", "invalid",
		"mandatory-", "prev-blk-not-found", "rejected",	 "stale-",
		"time-",	  "unexpected-witness",
	};

	for (int i = 0; i < lengthof(beginnings); i++)
		if (strncmp(answer, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

/*
 * What a node's answer makes of a block.  BIP 22: null (here "accepted") is
 * success, a string the reason.  A block that is a duplicate or inconclusive
 * is with the node; whether it is in the chain is found out by following it.
 * bcoin puts "rejected: " before every reason.
 */
static Verdict
verdict_of_answer(const char *answer, bool node_is_good, bool may_wait)
{
	static const char prefix[] = "rejected: ";

	if (strncmp(answer, prefix, strlen(prefix)) == 0)
		answer += strlen(prefix);
	if (strcmp(answer, "accepted") == 0)
		return VERDICT_ACCEPTED;
	if (strcmp(answer, "duplicate") == 0 ||
		strcmp(answer, "inconclusive") == 0 ||
		strcmp(answer, "duplicate-inconclusive") == 0)
		return VERDICT_SUBMITTED;

	/* words without sense, or the parent is unknown to Bitcoin Core or bcoin */
	if (may_wait &&
		(strcmp(answer, "prev-blk-not-found") == 0 ||
		 strcmp(answer, "bad-prevblk") == 0 || !is_reject_reason(answer)))
		return VERDICT_UNCLEAR;
	return node_is_good ? VERDICT_REJECTED : VERDICT_UNCLEAR;
}

/* The text of a finished call's answer. */
static const char *
answer_text(const NodeCall *call)
{
	json_t *result;

	if (node_call_outcome(call) != NODE_OK)
		return node_call_error(call);
	result = node_call_result(call);
	if (json_is_null(result))
		return "accepted";
	return json_is_string(result) ? json_string_value(result)
								  : "neither null nor a reason";
}

static Verdict
verdict_of_call(const NodeCall *call, bool node_is_good, bool may_wait)
{
	NodeOutcome outcome = node_call_outcome(call);

	if (outcome == NODE_OK)
		return verdict_of_answer(answer_text(call), node_is_good, may_wait);
	if (outcome == NODE_RPC_ERROR &&
		node_call_error_code(call) == NODE_ERROR_DESERIALIZATION)
		return node_is_good ? VERDICT_REJECTED : VERDICT_UNCLEAR;
	return VERDICT_NONE;
}

/* The block's status for a verdict; NULL: it stays 'found'. */
static const char *
status_of_verdict(Verdict verdict)
{
	switch (verdict)
	{
		case VERDICT_ACCEPTED:
			return "accepted";
		case VERDICT_SUBMITTED:
			return "submitted";
		case VERDICT_REJECTED:
			return "rejected";
		default:
			return NULL;
	}
}

/* Store the answer; status NULL leaves the block 'found'. */
static void
store_answer(int64 block_id, const char *answer, const char *status)
{
	Oid types[] = {INT8OID, TEXTOID, TEXTOID};
	Datum values[] = {Int64GetDatum(block_id), CStringGetTextDatum(answer),
					  status ? CStringGetTextDatum(status) : (Datum) 0};
	char nulls[] = {' ', ' ', status ? ' ' : 'n', '\0'};
	MemoryContext caller = transaction_begin("storing the node's answer");

	if (SPI_execute_with_args(
			"UPDATE chimera.blocks SET submit_result = $2,"
			" status = coalesce($3::chimera.block_status, status),"
			" submit_attempts = submit_attempts + 1,"
			" submitted_at = coalesce(submitted_at, clock_timestamp()),"
			" raw = CASE WHEN $3 = 'rejected' THEN NULL ELSE raw END"
			" WHERE block_id = $1",
			3, types, values, nulls, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not store the node's answer");
	transaction_commit(caller);
}

/* ---------- stragglers ---------- */

static void
keep_straggler(BlockWorker *worker, const FoundBlock *block,
			   const Submission *submission)
{
	MemoryContext old = MemoryContextSwitchTo(worker->context);
	Straggler *straggler = palloc(sizeof(Straggler));

	straggler->block_id = block->block_id;
	straggler->node = submission->node;
	straggler->call = submission->call;
	worker->stragglers = lappend(worker->stragglers, straggler);
	MemoryContextSwitchTo(old);
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
		ereport(DEBUG1, (errmsg_internal(
							"chimera block " INT64_FORMAT ": %s says %s",
							straggler->block_id, straggler->node->address->url,
							node_printable(answer_text(straggler->call)))));
		node_call_free(straggler->call);
		worker->stragglers = foreach_delete_current(worker->stragglers, cell);
		pfree(straggler);
	}
}

/* ---------- sending ---------- */

static void
send_to(Submission *submission, NodeCandidate *node, const FoundBlock *block)
{
	submission->node = node;
	submission->judged = false;
	submission->call = node_call_start(node->client, "submitblock",
									   json_pack("[s]", block->raw_hex),
									   chimera_node_timeout_ms);
}

static Submission *
send_to_all(BlockWorker *worker, const FoundBlock *block)
{
	NodeChoice *choice = worker->choice;
	Submission *submissions = palloc(sizeof(Submission) * choice->count);
	int count = 0;

	if (choice->used)
		send_to(&submissions[count++], choice->used, block);
	for (int i = 0; i < choice->count; i++)
		if (&choice->nodes[i] != choice->used)
			send_to(&submissions[count++], &choice->nodes[i], block);
	return submissions;
}

/*
 * Look at the answers that have come; *best is the one that counts so far.
 * False while the verdict may still become another.
 */
static bool
judge(BlockWorker *worker, const FoundBlock *block, Submission *submissions,
	  Verdict *verdict, int *best)
{
	bool all_judged = true;

	for (int i = 0; i < worker->choice->count; i++)
	{
		Submission *submission = &submissions[i];
		Verdict own;

		if (submission->judged)
			continue;
		if (node_call_outcome(submission->call) == NODE_PENDING)
		{
			all_judged = false;
			continue;
		}
		submission->judged = true;
		own = verdict_of_call(submission->call, submission->node->good,
							  block->may_wait);
		if (*best < 0 || own > *verdict)
		{
			*verdict = own;
			*best = i;
		}
	}
	return all_judged || *verdict == VERDICT_ACCEPTED;
}

static Verdict
submit_block(BlockWorker *worker, const FoundBlock *block)
{
	Submission *submissions = send_to_all(worker, block);
	Verdict verdict = VERDICT_NONE;
	int best = -1;
	bool woken = false;
	const char *answer;
	const char *status;

	/* wakings that come meanwhile are handed on, not swallowed */
	while (!judge(worker, block, submissions, &verdict, &best))
		woken |= node_wait(worker->choice->loop, -1);
	if (woken)
		SetLatch(MyLatch);

	answer = node_printable(answer_text(submissions[best].call));
	status = status_of_verdict(verdict);
	store_answer(block->block_id, answer, status);
	if (status)
		ereport(LOG, (errmsg("chimera block " INT64_FORMAT " of %s: %s (%s "
							 "says %s)",
							 block->block_id, worker->network->name, status,
							 submissions[best].node->address->url, answer)));
	else if (verdict == VERDICT_NONE)
		node_choice_leave(worker->choice, "%s", answer);
	for (int i = 0; i < worker->choice->count; i++)
		if (submissions[i].judged)
			node_call_free(submissions[i].call);
		else
			keep_straggler(worker, block, &submissions[i]);
	return verdict;
}

bool
submit_found_blocks(BlockWorker *worker)
{
	FoundBlock *block;
	int64 after = 0;
	bool all_judged = true;

	collect_stragglers(worker);
	while ((block = next_found_block(worker->network, after)) != NULL)
	{
		Verdict verdict = submit_block(worker, block);

		if (status_of_verdict(verdict) == NULL)
			all_judged = false;
		after = block->block_id;
		pfree(block->raw_hex);
		pfree(block);

		/* no node answers: the next block would fare no better */
		if (verdict == VERDICT_NONE)
			break;
	}
	return all_judged;
}
