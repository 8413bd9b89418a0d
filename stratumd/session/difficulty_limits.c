/*
 * difficulty_limits.c
 *	  Which difficulties a session may have.
 *
 * A listener has the limits for the network that it serves.  The others are an
 * array with one row per listener and network, sorted for bisection.
 */
#include "session/difficulty_limits.h"

#include <stdlib.h>
#include <string.h>

#include "access/listener_rows.h"
#include "memory.h"

typedef struct Difficulties
{
	int listener_id;
	const Network *network;
	double start;
	VardiffLimits limits;
} Difficulties;

static Difficulties *rows = NULL;
static size_t row_count = 0;

static int
compare_rows(const void *a, const void *b)
{
	const Difficulties *left = a;
	const Difficulties *right = b;

	if (left->listener_id != right->listener_id)
		return left->listener_id < right->listener_id ? -1 : 1;
	return (left->network > right->network) - (left->network < right->network);
}

void
difficulty_limits_read(const PGresult *result)
{
	row_count = (size_t) PQntuples(result);
	rows = memory_resize(rows, sizeof(Difficulties) * (row_count + 1));
	for (size_t i = 0; i < row_count; i++)
	{
		const char *network =
			PQgetvalue(result, (int) i, PQfnumber(result, "network_id"));

		rows[i] = (Difficulties){
			.listener_id =
				(int) listener_row_number(result, (int) i, "listener_id", 0),
			.network = network_get(network),
			.start =
				listener_row_number(result, (int) i, "start_difficulty", 1),
			.limits = listener_row_limits(result, (int) i),
		};
	}
	qsort(rows, row_count, sizeof(Difficulties), compare_rows);
}

/* The row of a network that a session has of its own; NULL: neither exists. */
static const Difficulties *
find_own(const Session *session)
{
	Difficulties key = {.network = session->choice};

	if (session->choice == NULL || row_count == 0)
		return NULL;
	key.listener_id = session->listener->settings.listener_id;
	return bsearch(&key, rows, row_count, sizeof(Difficulties), compare_rows);
}

const VardiffLimits *
difficulty_limits_of(const Session *session)
{
	const Difficulties *own = find_own(session);

	return own ? &own->limits : &session->listener->settings.limits;
}

double
difficulty_start_of(const Session *session)
{
	const Difficulties *own = find_own(session);

	return own ? own->start : session->listener->settings.start_difficulty;
}
