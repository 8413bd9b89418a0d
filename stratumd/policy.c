/*
 * policy.c
 *	  What a connection or an address may do.
 */
#include "policy.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

Policy policy = {
	.bad_share_percent = 50,
	.bad_share_window = 100,
	.ban_seconds = 600,
};

static const struct
{
	const char *name;
	size_t offset;
} members[] = {
	{"bad_share_percent", offsetof(Policy, bad_share_percent)},
	{"bad_share_window", offsetof(Policy, bad_share_window)},
	{"ban_seconds", offsetof(Policy, ban_seconds)},
};

static void
take_limit(const char *name, double value)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (strcmp(members[i].name, name) == 0)
			*(double *) (void *) ((char *) &policy + members[i].offset) = value;
}

void
policy_take(const PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++)
		take_limit(PQgetvalue(result, row, 0),
				   strtod(PQgetvalue(result, row, 1), NULL));
}
