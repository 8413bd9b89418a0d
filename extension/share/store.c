/*
 * store.c
 *	  Inserts the shares of a batch, as COPY does.
 *
 * Rows go directly into the leaf partition of their network and day by
 * table_multi_insert(), without the executor, a plan, or partition routing per
 * row.  Partitions are named by network and day and created by
 * chimera.make_share_partitions(), ahead of time by the accountant and here as
 * a last resort.  The code does not trust the name: it verifies that the table
 * is the right partition.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/uuid.h"

#include "compat.h"
#include "share/share_clock.h"
#include "share/submission.h"

#define SHARE_COLUMNS 12

/* as many as COPY buffers */
#define ROWS_AT_ONCE 1000

/* The columns of chimera.shares, in order. */
enum
{
	COLUMN_SHARE_ID,
	COLUMN_NETWORK_ID,
	COLUMN_SUBMITTED_AT,
	COLUMN_JOB_ID,
	COLUMN_EXTRANONCE2,
	COLUMN_DIFFICULTY,
	COLUMN_MINER_ID,
	COLUMN_EXTRANONCE1,
	COLUMN_NTIME,
	COLUMN_NONCE,
	COLUMN_VERSION,
	COLUMN_SHARE_DIFFICULTY
};

/* Rows on their way into one partition, buffered in row_slots. */
typedef struct Target
{
	Relation rel;
	EState *estate;
	ResultRelInfo *result_rel;
	bool indexed_by_time_only; /* by BRIN, as partitions are created */
	int row_count;
} Target;

/*
 * Slots for rows, kept from batch to batch: creating a thousand of them costs
 * more than filling them.  All partitions are alike; the slots are re-created
 * for one that is not.
 */
static MemoryContext row_context = NULL;
static TupleDesc row_desc = NULL;
static TupleTableSlot *row_slots[ROWS_AT_ONCE];
static int row_slot_count = 0;

/* ---------- finding the partition ---------- */

static Oid
leaf_oid(const CachedJob *job, DateADT day)
{
	char name[NAMEDATALEN];
	int year, month, mday;

	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &mday);
	snprintf(name, sizeof(name), "shares_%s_%04d%02d%02d", job->network_name,
			 year, month, mday);
	return get_relname_relid(name, get_namespace_oid("chimera", false));
}

static void
make_leaf(const CachedJob *job, DateADT day)
{
	Oid types[] = {UUIDOID, DATEOID};
	Datum values[] = {UUIDPGetDatum(&job->network_id), DateADTGetDatum(day)};

	if (SPI_execute_with_args(
			"SELECT chimera.make_share_partitions($1, $2, $2)", 2, types,
			values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not create a share partition");
}

/* Is it a partition of the network's partition of chimera.shares? */
static bool
is_leaf_of(Relation rel, Oid shares)
{
	Oid parent;

	if (!rel->rd_rel->relispartition ||
		rel->rd_rel->relkind != RELKIND_RELATION)
		return false;
	parent = get_partition_parent(RelationGetRelid(rel), true);
	return get_rel_relispartition(parent) &&
		   get_partition_parent(parent, true) == shares;
}

static Relation
open_leaf(const CachedJob *job, DateADT day, Oid shares)
{
	Oid oid = leaf_oid(job, day);
	Relation rel;

	if (!OidIsValid(oid))
	{
		make_leaf(job, day);
		oid = leaf_oid(job, day);
	}
	rel = table_open(oid, RowExclusiveLock);
	if (!is_leaf_of(rel, shares))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" is not a partition of "
							   "chimera.shares",
							   RelationGetRelationName(rel))));
	/* rows are written below the level at which triggers fire */
	if (rel->trigdesc != NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" must not have triggers, because "
							   "shares do not fire them",
							   RelationGetRelationName(rel))));
	return rel;
}

/* ---------- writing ---------- */

/* Create row_slots that fit the table. */
static void
prepare_slots(Relation rel)
{
	TupleDesc desc = RelationGetDescr(rel);
	MemoryContext old;

	if (row_desc != NULL && equalTupleDescs(row_desc, desc))
		return;
	if (desc->natts != SHARE_COLUMNS)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" must have %d columns, but has %d",
							   RelationGetRelationName(rel), desc->natts,
							   SHARE_COLUMNS)));

	row_desc = NULL;
	row_slot_count = 0;
	if (row_context)
		MemoryContextReset(row_context);
	else
		row_context = AllocSetContextCreate(
			TopMemoryContext, "chimera share rows", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(row_context);
	row_desc = CreateTupleDescCopy(desc);
	MemoryContextSwitchTo(old);
}

static TupleTableSlot *
row_slot(int number)
{
	if (number == row_slot_count)
	{
		MemoryContext old = MemoryContextSwitchTo(row_context);

		row_slots[row_slot_count] =
			MakeSingleTupleTableSlot(row_desc, &TTSOpsHeapTuple);
		row_slot_count++;
		MemoryContextSwitchTo(old);
	}
	return row_slots[number];
}

/* Is every index a BRIN on submitted_at only? */
static bool
is_indexed_by_time_only(const ResultRelInfo *rel)
{
	for (int i = 0; i < rel->ri_NumIndices; i++)
	{
		const IndexInfo *info = rel->ri_IndexRelationInfo[i];

		if (rel->ri_IndexRelationDescs[i]->rd_rel->relam != BRIN_AM_OID ||
			info->ii_NumIndexAttrs != 1 || info->ii_Predicate != NIL ||
			info->ii_IndexAttrNumbers[0] != COLUMN_SUBMITTED_AT + 1)
			return false;
	}
	return true;
}

static Target *
open_target(const CachedJob *job, DateADT day, Oid shares)
{
	Target *target = palloc0(sizeof(Target));

	target->rel = open_leaf(job, day, shares);
	prepare_slots(target->rel);
	target->estate = CreateExecutorState();
	target->result_rel = makeNode(ResultRelInfo);
	InitResultRelInfo(target->result_rel, target->rel, 1, NULL, 0);
	ExecOpenIndices(target->result_rel, false);
	target->indexed_by_time_only = is_indexed_by_time_only(target->result_rel);
	return target;
}

static TimestampTz
row_time(TupleTableSlot *slot)
{
	bool isnull;

	return DatumGetTimestampTz(
		slot_getattr(slot, COLUMN_SUBMITTED_AT + 1, &isnull));
}

/*
 * BRIN only stores the range of values per page range, so further rows on the
 * same page with the same time add nothing.
 */
static bool
is_indexed_with(TupleTableSlot *before, TupleTableSlot *slot)
{
	return ItemPointerGetBlockNumber(&before->tts_tid) ==
			   ItemPointerGetBlockNumber(&slot->tts_tid) &&
		   row_time(before) == row_time(slot);
}

static void
insert_index_entries(Target *target)
{
	for (int i = 0; i < target->row_count; i++)
	{
		TupleTableSlot *slot = row_slots[i];

		if (target->indexed_by_time_only && i > 0 &&
			is_indexed_with(row_slots[i - 1], slot))
			continue;
		GetPerTupleExprContext(target->estate)->ecxt_scantuple = slot;
		list_free(compat_insert_index_tuples(target->result_rel, slot,
											 target->estate));
		ResetPerTupleExprContext(target->estate);
	}
}

/* Write the buffered rows and their index entries. */
static void
flush_rows(Target *target)
{
	table_multi_insert(target->rel, row_slots, target->row_count,
					   GetCurrentCommandId(true), 0, NULL);
	if (target->result_rel->ri_NumIndices > 0)
		insert_index_entries(target);
	for (int i = 0; i < target->row_count; i++)
		ExecClearTuple(row_slots[i]);
	target->row_count = 0;
}

static void
close_target(Target *target)
{
	if (target->row_count > 0)
		flush_rows(target);
	ExecCloseIndices(target->result_rel);
	FreeExecutorState(target->estate);
	table_close(target->rel, NoLock);
	pfree(target);
}

static void
fill_row(const Batch *batch, int place, Datum *values)
{
	const Submission *share = &batch->items[place];

	values[COLUMN_SHARE_ID] =
		Int64GetDatum(batch->number * BATCH_MAX_SHARES + place);
	values[COLUMN_NETWORK_ID] = UUIDPGetDatum(&share->job->network_id);
	values[COLUMN_SUBMITTED_AT] = TimestampTzGetDatum(share->submitted_at);
	values[COLUMN_JOB_ID] = Int64GetDatum(share->job_id);
	values[COLUMN_EXTRANONCE2] = Int64GetDatum((int64) share->extranonce2);
	values[COLUMN_DIFFICULTY] = Float8GetDatum(share->difficulty);
	values[COLUMN_MINER_ID] = Int32GetDatum(share->miner_id);
	values[COLUMN_EXTRANONCE1] = Int32GetDatum((int32) share->extranonce1);
	values[COLUMN_NTIME] = Int32GetDatum((int32) share->ntime);
	values[COLUMN_NONCE] = Int32GetDatum((int32) share->nonce);
	values[COLUMN_VERSION] = Int32GetDatum((int32) share->version);
	values[COLUMN_SHARE_DIFFICULTY] =
		Float4GetDatum((float4) share->share_difficulty);
}

static void
add_row(Target *target, const Batch *batch, int place)
{
	TupleTableSlot *slot;

	if (target->row_count == ROWS_AT_ONCE)
		flush_rows(target);
	slot = row_slot(target->row_count++);
	ExecClearTuple(slot);
	fill_row(batch, place, slot->tts_values);
	memset(slot->tts_isnull, 0, SHARE_COLUMNS * sizeof(bool));
	ExecStoreVirtualTuple(slot);
}

/* ---------- the batch ---------- */

/* The day (UTC) of a timestamp, which determines the partition. */
static DateADT
day_of(TimestampTz at)
{
	TimestampTz day = at / USECS_PER_DAY;

	return (DateADT) (at % USECS_PER_DAY < 0 ? day - 1 : day);
}

static bool
same_partition(const Submission *a, const Submission *b)
{
	return day_of(a->submitted_at) == day_of(b->submitted_at) &&
		   memcmp(&a->job->network_id, &b->job->network_id, UUID_LEN) == 0;
}

/* Store the shares from 'first' on that belong to the same partition. */
static void
store_partition(Batch *batch, int first, bool *stored)
{
	const Submission *leader = &batch->items[first];
	Target *target =
		open_target(leader->job, day_of(leader->submitted_at), batch->shares);

	for (int i = first; i < batch->count; i++)
		if (!stored[i] && submission_is_good(&batch->items[i]) &&
			same_partition(leader, &batch->items[i]))
		{
			add_row(target, batch, i);
			stored[i] = true;
		}
	close_target(target);
}

/* The time at which the newest of the batch's jobs was created. */
static TimestampTz
newest_job(const Batch *batch)
{
	TimestampTz newest = DT_NOBEGIN;

	for (int i = 0; i < batch->count; i++)
		if (batch->items[i].job)
			newest = Max(newest, batch->items[i].job->created_at);
	return newest;
}

void
batch_date(Batch *batch)
{
	TimestampTz now = share_clock_take(newest_job(batch));

	/* share_set.c relies on this: no share is older than its job */
	for (int i = 0; i < batch->count; i++)
		if (batch->items[i].job)
			batch->items[i].submitted_at =
				Max(now, batch->items[i].job->created_at);
}

void
batch_store(Batch *batch)
{
	bool *stored = palloc0(sizeof(bool) * Max(batch->count, 1));

	for (int i = 0; i < batch->count; i++)
		if (!stored[i] && submission_is_good(&batch->items[i]))
			store_partition(batch, i, stored);
}
