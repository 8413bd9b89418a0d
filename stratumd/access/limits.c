/*
 * limits.c
 *	  What a connection or an address may do.
 */
#include "access/limits.h"

#include <stdlib.h>
#include <string.h>

Limits limits = {
	.bad_share_percent = 50,
	.bad_share_window = 100,
	.ban_seconds = 600,
	.lines_per_second = 100,
	.line_burst = 2000,
	.line_seconds = 30,
	.authorize_seconds = 60,
	.workers_per_connection = 1000,
	.logins_per_second = 50,
	.login_burst = 20000,
	.new_names_per_address = 10000,
	.idle_seconds = 3600,
	.unread_seconds = 60,
};

static const struct
{
	const char *name;
	size_t offset;
} members[] = {
	{"bad_share_percent", offsetof(Limits, bad_share_percent)},
	{"bad_share_window", offsetof(Limits, bad_share_window)},
	{"ban_seconds", offsetof(Limits, ban_seconds)},
	{"lines_per_second", offsetof(Limits, lines_per_second)},
	{"line_burst", offsetof(Limits, line_burst)},
	{"line_seconds", offsetof(Limits, line_seconds)},
	{"authorize_seconds", offsetof(Limits, authorize_seconds)},
	{"workers_per_connection", offsetof(Limits, workers_per_connection)},
	{"logins_per_second", offsetof(Limits, logins_per_second)},
	{"login_burst", offsetof(Limits, login_burst)},
	{"new_names_per_address", offsetof(Limits, new_names_per_address)},
	{"idle_seconds", offsetof(Limits, idle_seconds)},
	{"unread_seconds", offsetof(Limits, unread_seconds)},
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

static double *
value_of(size_t index)
{
	return (double *) (void *) ((char *) &limits + members[index].offset);
}

static void
take_limit(const char *name, double value)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (strcmp(members[i].name, name) == 0)
			*value_of(i) = value;
}

void
limits_read(const PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++)
		take_limit(PQgetvalue(result, row, 0),
				   strtod(PQgetvalue(result, row, 1), NULL));
}

bool
limits_get(size_t index, const char **name, double *value)
{
	if (index >= MEMBERS)
		return false;
	*name = members[index].name;
	*value = *value_of(index);
	return true;
}
