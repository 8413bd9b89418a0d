/*
 * spi_transaction.h
 *	  A background worker's transaction: one short piece of work with SPI.
 */
#ifndef CHIMERA_SPI_TRANSACTION_H
#define CHIMERA_SPI_TRANSACTION_H

#include "postgres.h"

/*
 * Begin a transaction with SPI connected and a snapshot; pg_stat_activity
 * shows 'activity' until it ends.  Returns the caller's memory context, to be
 * passed to spi_transaction_commit().  Results that outlive the transaction
 * are copied there.
 */
extern MemoryContext spi_transaction_begin(const char *activity);

extern void spi_transaction_commit(MemoryContext caller);

#endif
