/*
 * salt.h
 *	  The bytes that make a job's coinbase unpredictable.
 */
#ifndef CHIMERA_SALT_H
#define CHIMERA_SALT_H

#include "postgres.h"

#include "chain/aux_tree.h"
#include "chain/coinbase.h"

/*
 * Fill a coinbase's salt, after the number of its job was drawn.  The first and
 * the last byte of merged mining's magic are left out: so the magic neither
 * begins nor ends in the salt, where it would void the children's blocks.
 */
static inline void
coinbase_salt(uint8 salt[COINBASE_SALT_BYTES])
{
	for (int i = 0; i < COINBASE_SALT_BYTES;)
	{
		if (!pg_strong_random(&salt[i], 1))
			ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
							errmsg("could not generate random bytes")));
		if (salt[i] != aux_magic[0] &&
			salt[i] != aux_magic[AUX_MAGIC_BYTES - 1])
			i++;
	}
}

#endif
