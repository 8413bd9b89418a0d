/*
 * work_steps.c
 *	  chimera.sum_work_steps: sums of work by steps of a stretch of time.
 *
 * share_window.c uses it to locate the beginning of a window.  It is an
 * aggregate rather than a GROUP BY, since the planner cannot know that there
 * are few groups, and would sort all shares.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/timestamp.h"

#include "accounting/uint256_numeric.h"
#include "accounting/work_functions.h"

PG_FUNCTION_INFO_V1(chimera_steps_step);
PG_FUNCTION_INFO_V1(chimera_steps_combine);
PG_FUNCTION_INFO_V1(chimera_steps_final);
PG_FUNCTION_INFO_V1(chimera_steps_serialize);
PG_FUNCTION_INFO_V1(chimera_steps_deserialize);

typedef struct StepSums
{
	Uint256 sums[WORK_STEPS];
} StepSums;

/* The sums so far, from 0. */
static StepSums *
get_sums(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR,
			 "aggregate transition function called in non-aggregate context");
	if (PG_ARGISNULL(0))
		return MemoryContextAllocZero(context, sizeof(StepSums));
	return (StepSums *) PG_GETARG_POINTER(0);
}

Datum
chimera_steps_step(PG_FUNCTION_ARGS)
{
	StepSums *sums = get_sums(fcinfo);
	TimestampTz at, from, to;
	Uint256 work;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3) ||
		PG_ARGISNULL(4))
		PG_RETURN_POINTER(sums);
	at = PG_GETARG_TIMESTAMPTZ(2);
	from = PG_GETARG_TIMESTAMPTZ(3);
	to = PG_GETARG_TIMESTAMPTZ(4);
	if (TIMESTAMP_NOT_FINITE(from) || TIMESTAMP_NOT_FINITE(to) || at < from ||
		at >= to)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("time is outside the stretch that is divided into steps")));
	work = uint256_from_uint128(work_or_error(PG_GETARG_FLOAT8(1)));
	uint256_add(&sums->sums[(at - from) / work_step(from, to)], &work);
	PG_RETURN_POINTER(sums);
}

Datum
chimera_steps_combine(PG_FUNCTION_ARGS)
{
	StepSums *sums = get_sums(fcinfo);

	if (!PG_ARGISNULL(1))
		for (int i = 0; i < WORK_STEPS; i++)
			uint256_add(&sums->sums[i],
						&((StepSums *) PG_GETARG_POINTER(1))->sums[i]);
	PG_RETURN_POINTER(sums);
}

Datum
chimera_steps_final(PG_FUNCTION_ARGS)
{
	Datum sums[WORK_STEPS];

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	for (int i = 0; i < WORK_STEPS; i++)
		sums[i] =
			NumericGetDatum(uint256_to_numeric(&get_sums(fcinfo)->sums[i], 0));
	PG_RETURN_ARRAYTYPE_P(
		construct_array(sums, WORK_STEPS, NUMERICOID, -1, false, 'i'));
}

/* Passed between the processes of one query in the in-memory format. */
Datum
chimera_steps_serialize(PG_FUNCTION_ARGS)
{
	bytea *bytes = palloc(VARHDRSZ + sizeof(StepSums));

	SET_VARSIZE(bytes, VARHDRSZ + sizeof(StepSums));
	memcpy(VARDATA(bytes), get_sums(fcinfo), sizeof(StepSums));
	PG_RETURN_BYTEA_P(bytes);
}

Datum
chimera_steps_deserialize(PG_FUNCTION_ARGS)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);
	StepSums *sums = palloc(sizeof(StepSums));

	if (!AggCheckCallContext(fcinfo, NULL) ||
		VARSIZE_ANY_EXHDR(bytes) != sizeof(StepSums))
		elog(ERROR, "malformed sums of work");
	memcpy(sums, VARDATA_ANY(bytes), sizeof(StepSums));
	PG_RETURN_POINTER(sums);
}
