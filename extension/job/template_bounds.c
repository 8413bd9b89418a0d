/*
 * template_bounds.c
 *	  Checks that a template claims no more than the chain's rules can give.
 *
 * chimera.template_problem() decides, by the network's jobs of the day before
 * (sql/network/template_bounds.sql).  It is called whenever a job is about to
 * be stored, whenever a node proposes a template, so that a lying one is never
 * used, and by chimera.test_network().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "job/template_bounds.h"
#include "spi/spi_transaction.h"

const char *
template_bounds_error(const Network *network, const BlockTemplate *template,
					  MemoryContext context)
{
	Oid types[] = {UUIDOID, INT8OID, INT8OID, INT8OID};
	Datum values[] = {
		UUIDPGetDatum(&network->network_id), Int64GetDatum(template->nbits),
		Int64GetDatum(template->coinbase_value), Int64GetDatum(template->fees)};
	char nulls[] = {' ', ' ', ' ', template->fees_known ? ' ' : 'n', '\0'};
	char *problem;

	if (SPI_execute_with_args("SELECT chimera.template_problem($1, $2, $3, $4)",
							  lengthof(types), types, values, nulls, false,
							  1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not check a template");
	problem = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	return problem ? MemoryContextStrdup(context, problem) : NULL;
}

const char *
template_bounds_check(const Network *network, const BlockTemplate *template)
{
	MemoryContext caller = spi_transaction_begin("checking a template");
	const char *error = template_bounds_error(network, template, caller);

	spi_transaction_commit(caller);
	return error;
}
