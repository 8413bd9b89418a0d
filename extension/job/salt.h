/*
 * salt.h
 *	  The bytes that make a job's coinbase unpredictable.
 */
#ifndef CHIMERA_SALT_H
#define CHIMERA_SALT_H

#include "postgres.h"

#include "chain/coinbase.h"

/* Fill a coinbase's salt, after the number of its job was drawn. */
static inline void
coinbase_salt(uint8 salt[COINBASE_SALT_BYTES])
{
	if (!pg_strong_random(salt, COINBASE_SALT_BYTES))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not generate random bytes")));
}

#endif
