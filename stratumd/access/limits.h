/*
 * limits.h
 *	  What a connection or an address may do, as chimera.connection_limits has
 *	  it; the same in every stratumd.
 */
#ifndef STRATUMD_LIMITS_H
#define STRATUMD_LIMITS_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

/* The table's comments have units and meanings. */
typedef struct Limits
{
	double bad_share_percent;
	double bad_share_window;
	double ban_seconds;
	double lines_per_second;
	double line_burst;
	double line_seconds;
	double authorize_seconds;
	double workers_per_connection;
	double logins_per_second;
	double login_burst;
	double new_names_per_address;
	double idle_seconds;
	double unread_seconds;
} Limits;

/* The defaults apply until the database has been read. */
extern Limits limits;

/* Take the rows of chimera.stratum_limits; unknown names are ignored. */
extern void limits_read(const PGresult *result);

/* The limits one by one, starting from 0; false after the last one. */
extern bool limits_get(size_t index, const char **name, double *value);

#endif
