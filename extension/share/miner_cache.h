/*
 * miner_cache.h
 *	  The account of each miner, cached by each backend.
 */
#ifndef CHIMERA_MINER_CACHE_H
#define CHIMERA_MINER_CACHE_H

#include "postgres.h"

/*
 * The account of a miner; false if the miner does not exist.  Needs SPI.  The
 * cache belongs to the extension whose chimera.shares has that oid.
 */
extern bool miner_cache_account(int32 miner_id, Oid shares, int32 *account_id);

#endif
