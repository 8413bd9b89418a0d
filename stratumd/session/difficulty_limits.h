/*
 * difficulty_limits.h
 *	  Which difficulties a session may have: chimera.stratum_difficulties.
 *
 * They are the listener's, or else those of the network that the session mines
 * on.  A session may have a network of its own, by its password or by an
 * admin; that network's limits apply then.
 */
#ifndef STRATUMD_DIFFICULTY_LIMITS_H
#define STRATUMD_DIFFICULTY_LIMITS_H

#include <libpq-fe.h>

#include "session/session.h"

/* Replace the limits with these rows. */
extern void difficulty_limits_read(const PGresult *result);

extern const VardiffLimits *difficulty_limits_of(const Session *session);
extern double difficulty_start_of(const Session *session);

#endif
