/*
 * spi_transaction.c
 *	  A background worker's transaction.
 *
 * Workers keep no transaction open while they wait for a node: each piece of
 * work is one transaction with its own snapshot.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "pgstat.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "spi/spi_transaction.h"

MemoryContext
spi_transaction_begin(const char *activity)
{
	MemoryContext caller = CurrentMemoryContext;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, activity);
	return caller;
}

void
spi_transaction_commit(MemoryContext caller)
{
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller);

	/* a worker has no command loop that would do this */
	pgstat_report_stat(false);
	pgstat_report_activity(STATE_IDLE, NULL);
}
