/*
 * work_functions.c
 *	  SQL functions over work.c and split.c: work, its sums, and what it
 *	  earns.
 *
 * Declared in sql/money/rewards.sql.  A recount in SQL by these functions uses
 * exactly the accountant's arithmetic.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "accounting/split.h"
#include "accounting/uint256_numeric.h"
#include "accounting/work.h"
#include "accounting/work_functions.h"

/* a share's value is counted in units of 10^-18 of the smallest coin unit */
#define WORTH_SCALE	   18
#define WORTH_PER_UNIT UINT64CONST(1000000000000000000)

PG_FUNCTION_INFO_V1(chimera_work);
PG_FUNCTION_INFO_V1(chimera_sum_work_step);
PG_FUNCTION_INFO_V1(chimera_sum_score_step);
PG_FUNCTION_INFO_V1(chimera_sum_combine);
PG_FUNCTION_INFO_V1(chimera_sum_final);
PG_FUNCTION_INFO_V1(chimera_sum_serialize);
PG_FUNCTION_INFO_V1(chimera_sum_deserialize);
PG_FUNCTION_INFO_V1(chimera_split_amount);
PG_FUNCTION_INFO_V1(chimera_pps_value);

Uint128
work_or_error(double difficulty)
{
	Uint128 work;

	if (!work_of(difficulty, &work))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("difficulty must be at least 0 and below 2^64, not %g",
						difficulty)));
	return work;
}

Datum
chimera_work(PG_FUNCTION_ARGS)
{
	Uint256 work = uint256_from_uint128(work_or_error(PG_GETARG_FLOAT8(0)));

	PG_RETURN_NUMERIC(uint256_to_numeric(&work, 0));
}

/* ---------- sums ---------- */

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR,
			 "aggregate transition function called in non-aggregate context");
	return context;
}

/* The sum so far, from 0. */
static Uint256 *
get_sum(FunctionCallInfo fcinfo)
{
	MemoryContext context = aggregate_context(fcinfo);

	if (PG_ARGISNULL(0))
		return MemoryContextAllocZero(context, sizeof(Uint256));
	return (Uint256 *) PG_GETARG_POINTER(0);
}

/* A sum without any row is NULL, as SQL's sum() is. */
static Datum
unchanged_sum(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

Datum
chimera_sum_work_step(PG_FUNCTION_ARGS)
{
	Uint256 *sum;
	Uint256 work;

	if (PG_ARGISNULL(1))
		return unchanged_sum(fcinfo);
	sum = get_sum(fcinfo);
	work = uint256_from_uint128(work_or_error(PG_GETARG_FLOAT8(1)));
	uint256_add(sum, &work);
	PG_RETURN_POINTER(sum);
}

Datum
chimera_sum_score_step(PG_FUNCTION_ARGS)
{
	Uint256 *sum;
	Uint256 score;
	TimestampTz at, until;
	int64 constant;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3) ||
		PG_ARGISNULL(4))
		return unchanged_sum(fcinfo);
	at = PG_GETARG_TIMESTAMPTZ(2);
	until = PG_GETARG_TIMESTAMPTZ(3);
	constant = PG_GETARG_INT64(4);
	if (constant < 1 || constant > INT64CONST(1) << 50 ||
		TIMESTAMP_NOT_FINITE(at) || TIMESTAMP_NOT_FINITE(until))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a score requires finite times and a constant "
							   "between 1 and 2^50 microseconds")));

	sum = get_sum(fcinfo);
	score = uint256_product(
		work_or_error(PG_GETARG_FLOAT8(1)),
		work_decay(at < until ? (uint64) (until - at) : 0, (uint64) constant));
	uint256_add(sum, &score);
	PG_RETURN_POINTER(sum);
}

Datum
chimera_sum_combine(PG_FUNCTION_ARGS)
{
	Uint256 *sum;

	if (PG_ARGISNULL(1))
		return unchanged_sum(fcinfo);
	sum = get_sum(fcinfo);
	uint256_add(sum, (Uint256 *) PG_GETARG_POINTER(1));
	PG_RETURN_POINTER(sum);
}

Datum
chimera_sum_final(PG_FUNCTION_ARGS)
{
	aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(uint256_to_numeric((Uint256 *) PG_GETARG_POINTER(0), 0));
}

/* Passed between the processes of one query in the in-memory format. */
Datum
chimera_sum_serialize(PG_FUNCTION_ARGS)
{
	bytea *bytes = palloc(VARHDRSZ + sizeof(Uint256));

	aggregate_context(fcinfo);
	SET_VARSIZE(bytes, VARHDRSZ + sizeof(Uint256));
	memcpy(VARDATA(bytes), PG_GETARG_POINTER(0), sizeof(Uint256));
	PG_RETURN_BYTEA_P(bytes);
}

Datum
chimera_sum_deserialize(PG_FUNCTION_ARGS)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);
	Uint256 *sum = palloc(sizeof(Uint256));

	aggregate_context(fcinfo);
	if (VARSIZE_ANY_EXHDR(bytes) != sizeof(Uint256))
		elog(ERROR, "malformed sum of work");
	memcpy(sum, VARDATA_ANY(bytes), sizeof(Uint256));
	PG_RETURN_POINTER(sum);
}

/* ---------- splitting ---------- */

/* Read the weights as integers, all scaled by the same power of ten. */
static SplitPart *
read_weights(ArrayType *array, int *count)
{
	Datum *weights;
	bool *nulls;
	SplitPart *parts;
	int scale = 0;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("weights must be a one-dimensional array")));
	deconstruct_array(array, NUMERICOID, -1, false, 'i', &weights, &nulls,
					  count);
	for (int i = 0; i < *count; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("weights must not contain nulls")));
		scale =
			Max(scale, numeric_fraction_digits(DatumGetNumeric(weights[i])));
	}

	parts = palloc0(sizeof(SplitPart) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
		parts[i].weight = uint256_from_numeric(DatumGetNumeric(weights[i]),
											   scale, "a weight");
	return parts;
}

/*
 * A whole amount.  It is passed as numeric because balances are: the sums of a
 * coin may exceed an int64, but an amount to split does not.
 */
static int64
whole_amount(Numeric value)
{
	Datum amount = DirectFunctionCall1(numeric_int8, NumericGetDatum(value));
	Datum whole = DirectFunctionCall1(int8_numeric, amount);

	if (!DatumGetBool(
			DirectFunctionCall2(numeric_eq, whole, NumericGetDatum(value))))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("amount to split must be a whole number")));
	return DatumGetInt64(amount);
}

Datum
chimera_split_amount(PG_FUNCTION_ARGS)
{
	int64 amount = whole_amount(PG_GETARG_NUMERIC(0));
	int count;
	SplitPart *parts = read_weights(PG_GETARG_ARRAYTYPE_P(1), &count);
	Datum *amounts = palloc(sizeof(Datum) * Max(count, 1));

	if (amount < 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg(
				 "amount to split must not be negative, but is " INT64_FORMAT,
				 amount)));
	switch (split_amount((uint64) amount, parts, count))
	{
		case SPLIT_NO_WEIGHT:
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("cannot split " INT64_FORMAT
								   " because all weights are zero",
								   amount)));
			break;
		case SPLIT_TOO_HEAVY:
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("sum of weights is out of range")));
			break;
		case SPLIT_DONE:
			break;
	}
	for (int i = 0; i < count; i++)
		amounts[i] = Int64GetDatum((int64) parts[i].amount);
	PG_RETURN_ARRAYTYPE_P(construct_array(amounts, count, INT8OID,
										  sizeof(int64), FLOAT8PASSBYVAL, 'd'));
}

/* ---------- pay per share ---------- */

Datum
chimera_pps_value(PG_FUNCTION_ARGS)
{
	Uint256 work, network, remainder, worth;
	int64 pays;

	/* a share whose value is unknown must not count as zero */
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("difficulty of the share, difficulty of the network, "
						"and reward of a block must not be null")));
	work = uint256_from_uint128(work_or_error(PG_GETARG_FLOAT8(0)));
	network = uint256_from_uint128(work_or_error(PG_GETARG_FLOAT8(1)));
	pays = PG_GETARG_INT64(2);
	if (pays < 0 || uint256_is_zero(&network))
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("reward of a block must not be negative, and difficulty of "
					"the network must be greater than zero")));

	/* no share is worth more than the one block that it may be */
	if (uint256_compare(&work, &network) > 0)
		work = network;
	worth = uint256_from_uint128(uint256_part((Uint128) pays * WORTH_PER_UNIT,
											  &work, &network, &remainder));
	PG_RETURN_NUMERIC(uint256_to_numeric(&worth, WORTH_SCALE));
}
