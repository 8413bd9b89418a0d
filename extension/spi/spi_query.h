/*
 * spi_query.h
 *	  Queries through SPI, and the columns of their rows.
 *
 * All of it needs SPI connected.  The row_...() functions return 0, false or
 * NULL for an SQL null.
 */
#ifndef CHIMERA_SPI_QUERY_H
#define CHIMERA_SPI_QUERY_H

#include "postgres.h"

#include "executor/spi.h"
#include "utils/uuid.h"

typedef struct SpiQuery
{
	const char *text;
	int count; /* of parameters */
	Oid *types;
	Datum *values;
	const char *nulls; /* as for SPI_execute_with_args() */
} SpiQuery;

typedef struct SpiRow
{
	HeapTuple tuple;
	TupleDesc desc;
} SpiRow;

/* Get the bigint of a query's only row; false if no row or a null. */
extern bool spi_query_int64(const SpiQuery *query, int64 *result);

/* Prepare a query once and keep its plan; *plan is NULL before. */
extern SPIPlanPtr
spi_keep_plan(SPIPlanPtr *plan, const char *query, int count, Oid *types);

/* A row of the last query's result, from 0. */
static inline SpiRow
spi_row(uint64 number)
{
	return (SpiRow){SPI_tuptable->vals[number], SPI_tuptable->tupdesc};
}

static inline Datum
row_datum(SpiRow row, int column)
{
	bool isnull;
	Datum value = SPI_getbinval(row.tuple, row.desc, column, &isnull);

	return isnull ? (Datum) 0 : value;
}

static inline bool
row_is_null(SpiRow row, int column)
{
	bool isnull;

	(void) SPI_getbinval(row.tuple, row.desc, column, &isnull);
	return isnull;
}

static inline int64
row_int64(SpiRow row, int column)
{
	return DatumGetInt64(row_datum(row, column));
}

static inline int32
row_int32(SpiRow row, int column)
{
	return DatumGetInt32(row_datum(row, column));
}

static inline bool
row_bool(SpiRow row, int column)
{
	return DatumGetBool(row_datum(row, column));
}

/* Any column as text, in the current memory context. */
static inline char *
row_text(SpiRow row, int column)
{
	return SPI_getvalue(row.tuple, row.desc, column);
}

/* A copy of a bytea's bytes in the current memory context. */
extern uint8 *row_bytes(SpiRow row, int column, size_t *length);

#endif
