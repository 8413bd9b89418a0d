/*
 * job_stop.c
 *	  Stops a network's mining when its jobs are known to be worthless.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "job/job_stop.h"
#include "spi/spi_transaction.h"

void
job_stop(const Network *network, const char *reason)
{
	Oid types[] = {UUIDOID, TEXTOID};
	Datum values[] = {UUIDPGetDatum(&network->network_id),
					  CStringGetTextDatum(reason)};
	MemoryContext caller = spi_transaction_begin("stopping the network");

	if (SPI_execute_with_args("SELECT chimera.stop_network($1, $2)", 2, types,
							  values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not stop the network");
	spi_transaction_commit(caller);
}
