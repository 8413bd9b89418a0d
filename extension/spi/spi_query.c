/*
 * spi_query.c
 *	  Queries through SPI, and the columns of their rows.
 */
#include "postgres.h"

#include "spi/spi_query.h"

bool
spi_query_int64(const SpiQuery *query, int64 *result)
{
	SpiRow row;

	if (SPI_execute_with_args(query->text, query->count, query->types,
							  query->values, query->nulls, false, 0) < 0)
		elog(ERROR, "could not execute \"%s\"", query->text);
	if (SPI_processed != 1)
		return false;
	row = spi_row(0);
	if (row_is_null(row, 1))
		return false;
	*result = row_int64(row, 1);
	return true;
}

SPIPlanPtr
spi_keep_plan(SPIPlanPtr *plan, const char *query, int count, Oid *types)
{
	if (*plan == NULL)
	{
		SPIPlanPtr prepared = SPI_prepare(query, count, types);

		if (prepared == NULL || SPI_keepplan(prepared) != 0)
			elog(ERROR, "could not prepare \"%s\"", query);
		*plan = prepared;
	}
	return *plan;
}

uint8 *
row_bytes(SpiRow row, int column, size_t *length)
{
	bytea *copy;

	*length = 0;
	if (row_is_null(row, column))
		return NULL;
	copy = DatumGetByteaPCopy(row_datum(row, column));
	*length = VARSIZE(copy) - VARHDRSZ;
	return (uint8 *) VARDATA(copy);
}
