/*
 * reward_weights.c
 *	  chimera.prop_work, pplns_work, score_work, slice_work: the weight of
 *	  each account in a block's reward.
 *
 * doc/rewards.md has the formulas and their sources.  Weights are integers;
 * chimera.split_amount turns them into amounts.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "accounting/share_window.h"
#include "accounting/uint256_numeric.h"
#include "accounting/work_functions.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(chimera_prop_work);
PG_FUNCTION_INFO_V1(chimera_pplns_work);
PG_FUNCTION_INFO_V1(chimera_score_work);
PG_FUNCTION_INFO_V1(chimera_slice_work);

/* the precision of the parts of a slice: units of 2^-96 */
#define SLICE_PART_BITS 96

/* ---------- results ---------- */

static void
put_weights(FunctionCallInfo fcinfo, int32 account_id, const Uint256 *weights,
			int count)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum values[3];
	bool nulls[3] = {false};

	values[0] = Int32GetDatum(account_id);
	for (int i = 0; i < count; i++)
		values[1 + i] = NumericGetDatum(uint256_to_numeric(&weights[i], 0));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
put_table(FunctionCallInfo fcinfo, HTAB *table)
{
	HASH_SEQ_STATUS scan;
	AccountWork *entry;

	hash_seq_init(&scan, table);
	while ((entry = hash_seq_search(&scan)) != NULL)
		put_weights(fcinfo, (int32) entry->key.account_id, &entry->work, 1);
}

/* ---------- by round ---------- */

Datum
chimera_prop_work(PG_FUNCTION_ARGS)
{
	RewardBlock block;

	compat_init_materialized_srf(fcinfo);
	SPI_connect();
	reward_block_read(PG_GETARG_INT64(0), false, &block);
	put_table(fcinfo, round_work(&block));
	SPI_finish();
	return (Datum) 0;
}

Datum
chimera_score_work(PG_FUNCTION_ARGS)
{
	int64 constant_us = PG_GETARG_INT64(1);
	RewardBlock block;

	compat_init_materialized_srf(fcinfo);
	SPI_connect();
	reward_block_read(PG_GETARG_INT64(0), false, &block);
	put_table(fcinfo, round_score(&block, constant_us));
	SPI_finish();
	return (Datum) 0;
}

/* ---------- by window ---------- */

/* n times the work that the network required, to the nearest unit. */
static Uint256
window_size(const RewardBlock *block, Numeric n)
{
	Uint256 network =
		uint256_from_uint128(work_or_error(block->network_difficulty));
	Datum size =
		DirectFunctionCall2(numeric_mul, NumericGetDatum(n),
							NumericGetDatum(uint256_to_numeric(&network, 0)));
	Uint256 result;

	size = DirectFunctionCall2(numeric_round, size, Int32GetDatum(0));
	result = uint256_from_numeric(DatumGetNumeric(size), 0, "a window");
	if (uint256_is_zero(&result))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("window must be greater than zero")));
	return result;
}

Datum
chimera_pplns_work(PG_FUNCTION_ARGS)
{
	RewardBlock block;
	Uint256 size;

	compat_init_materialized_srf(fcinfo);
	SPI_connect();
	reward_block_read(PG_GETARG_INT64(0), PG_GETARG_BOOL(2), &block);
	size = window_size(&block, PG_GETARG_NUMERIC(1));
	put_table(fcinfo, window_work(&block, &size, false));
	SPI_finish();
	return (Datum) 0;
}

/* ---------- SLICE ---------- */

/* A job with shares in the window; the array is ordered by job. */
typedef struct SliceJob
{
	int64 job_id;
	int64 fees;
	int slice; /* its number, from 0 */
} SliceJob;

/* An account's work for one job, plain and multiplied by the job's fees. */
typedef struct SliceWork
{
	int slice;
	int32 account_id;
	Uint256 work;
	Uint256 fee_work;
} SliceWork;

typedef struct SliceInput
{
	SliceWork *parts; /* one per account and job */
	int count;
} SliceInput;

static int
compare_job_ids(const void *a, const void *b)
{
	int64 x = DatumGetInt64(*(const Datum *) a);
	int64 y = DatumGetInt64(*(const Datum *) b);

	return x < y ? -1 : x > y;
}

/* The jobs of the window, each once. */
static ArrayType *
window_jobs(HTAB *table, int *count)
{
	Datum *ids = palloc(sizeof(Datum) * Max(hash_get_num_entries(table), 1));
	HASH_SEQ_STATUS scan;
	AccountWork *entry;
	int n = 0;

	hash_seq_init(&scan, table);
	while ((entry = hash_seq_search(&scan)) != NULL)
		ids[n++] = Int64GetDatum(entry->key.job_id);
	qsort(ids, n, sizeof(Datum), compare_job_ids);
	*count = 0;
	for (int i = 0; i < n; i++)
		if (i == 0 || ids[i] != ids[*count - 1])
			ids[(*count)++] = ids[i];
	return construct_array(ids, *count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
						   'd');
}

/*
 * Divide the jobs into slices: a new slice begins where the chain's tip moved,
 * or where a job's fees exceed those of the slice's first job by 'delta'.
 */
static SliceJob *
read_jobs(HTAB *table, int64 delta, int *count)
{
	Oid types[] = {get_array_type(INT8OID)};
	Datum values[] = {PointerGetDatum(window_jobs(table, count))};
	SliceJob *jobs = palloc(sizeof(SliceJob) * Max(*count, 1));
	int64 reference = 0;

	if (SPI_execute_with_args(
			"SELECT j.job_id, j.fees, j.prevhash IS DISTINCT FROM"
			"  lag(j.prevhash) OVER (ORDER BY j.job_id)"
			" FROM chimera.jobs j WHERE j.job_id = ANY ($1) ORDER BY 1",
			1, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the window's jobs");
	if (SPI_processed != *count)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("jobs of shares in the window do not exist any more")));

	for (int i = 0; i < *count; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		bool isnull;
		bool begins;

		jobs[i].job_id = DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
		jobs[i].fees = DatumGetInt64(SPI_getbinval(row, desc, 2, &isnull));
		if (isnull)
			ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
							errmsg("fees of job " INT64_FORMAT " are not known",
								   jobs[i].job_id)));
		begins = DatumGetBool(SPI_getbinval(row, desc, 3, &isnull)) ||
				 jobs[i].fees - reference >= delta;
		if (begins)
			reference = jobs[i].fees;
		jobs[i].slice = i == 0 ? 0 : jobs[i - 1].slice + begins;
	}
	return jobs;
}

static int
compare_job_to_id(const void *id, const void *job)
{
	int64 x = *(const int64 *) id;
	int64 y = ((const SliceJob *) job)->job_id;

	return x < y ? -1 : x > y;
}

static int
compare_by_slice(const void *a, const void *b)
{
	const SliceWork *x = a;
	const SliceWork *y = b;

	if (x->slice != y->slice)
		return x->slice < y->slice ? -1 : 1;
	return x->account_id < y->account_id ? -1 : x->account_id > y->account_id;
}

static int
compare_by_account(const void *a, const void *b)
{
	const SliceWork *x = a;
	const SliceWork *y = b;

	if (x->account_id != y->account_id)
		return x->account_id < y->account_id ? -1 : 1;
	return x->slice < y->slice ? -1 : x->slice > y->slice;
}

/* Add to a sum that is used as a divisor later. */
static void
add_or_error(Uint256 *sum, const Uint256 *more)
{
	if (!uint256_add(sum, more) || !uint256_is_below(sum, UINT256_PART_BITS))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("sum of work times fees is out of range")));
}

/* Combine the window's work with the slices and fees of its jobs. */
static SliceInput
make_input(HTAB *table, const SliceJob *jobs, int job_count)
{
	SliceInput input = {0};
	HASH_SEQ_STATUS scan;
	AccountWork *entry;

	input.parts = MemoryContextAllocHuge(
		CurrentMemoryContext,
		sizeof(SliceWork) * Max(hash_get_num_entries(table), 1));
	hash_seq_init(&scan, table);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		const SliceJob *job = bsearch(&entry->key.job_id, jobs, job_count,
									  sizeof(SliceJob), compare_job_to_id);
		SliceWork *part = &input.parts[input.count++];

		part->slice = job->slice;
		part->account_id = (int32) entry->key.account_id;
		part->work = entry->work;
		part->fee_work = entry->work;
		if (!uint256_multiply(&part->fee_work, (uint64) job->fees, 0))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("work times fees is out of range")));
	}
	qsort(input.parts, input.count, sizeof(SliceWork), compare_by_slice);
	return input;
}

/*
 * Replace fee_work by its part of the slice, in units of 2^-SLICE_PART_BITS;
 * use plain work if no job had fees.
 */
static void
weigh_slice(SliceWork *parts, int count)
{
	Uint256 work = {{0}};
	Uint256 fee_work = {{0}};
	bool by_fees;

	for (int i = 0; i < count; i++)
	{
		add_or_error(&work, &parts[i].work);
		add_or_error(&fee_work, &parts[i].fee_work);
	}
	if (uint256_is_zero(&work))
		return;
	by_fees = !uint256_is_zero(&fee_work);
	for (int i = 0; i < count; i++)
	{
		Uint256 remainder;

		parts[i].fee_work = uint256_from_uint128(
			uint256_part((Uint128) 1 << SLICE_PART_BITS,
						 by_fees ? &parts[i].fee_work : &parts[i].work,
						 by_fees ? &fee_work : &work, &remainder));
	}
}

static void
put_slices(FunctionCallInfo fcinfo, SliceInput *input)
{
	for (int first = 0, next; first < input->count; first = next)
	{
		for (next = first; next < input->count && input->parts[next].slice ==
													  input->parts[first].slice;
			 next++)
			;
		weigh_slice(&input->parts[first], next - first);
	}

	qsort(input->parts, input->count, sizeof(SliceWork), compare_by_account);
	for (int first = 0, next; first < input->count; first = next)
	{
		Uint256 weights[2] = {{{0}}, {{0}}};

		for (next = first;
			 next < input->count &&
			 input->parts[next].account_id == input->parts[first].account_id;
			 next++)
		{
			add_or_error(&weights[0], &input->parts[next].work);
			add_or_error(&weights[1], &input->parts[next].fee_work);
		}
		put_weights(fcinfo, input->parts[first].account_id, weights, 2);
	}
}

Datum
chimera_slice_work(PG_FUNCTION_ARGS)
{
	int64 delta = PG_GETARG_INT64(2);
	RewardBlock block;
	Uint256 size;
	HTAB *table;
	SliceJob *jobs;
	SliceInput input;
	int job_count;

	if (delta < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("rise in fees that begins a slice must be "
							   "greater than zero")));
	compat_init_materialized_srf(fcinfo);
	SPI_connect();
	reward_block_read(PG_GETARG_INT64(0), false, &block);
	size = window_size(&block, PG_GETARG_NUMERIC(1));
	table = window_work(&block, &size, true);
	jobs = read_jobs(table, delta, &job_count);
	input = make_input(table, jobs, job_count);
	put_slices(fcinfo, &input);
	SPI_finish();
	return (Datum) 0;
}
