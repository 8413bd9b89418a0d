/*
 * difficulty_limits_of.h
 *	  Which difficulties a session may have: chimera.stratum_difficulties.
 *
 * They are its listener's, and where that says nothing the ones of the network
 * it works on.  A session that has a network of its own, by its password or by
 * an admin, has that network's.
 */
#ifndef STRATUMD_DIFFICULTY_LIMITS_H
#define STRATUMD_DIFFICULTY_LIMITS_H

#include <libpq-fe.h>

#include "session/session.h"

/* Take the table: these and no others. */
extern void difficulty_limits_read(const PGresult *result);

extern const VardiffLimits *difficulty_limits_of(const Session *session);
extern double difficulty_start_of(const Session *session);

#endif
