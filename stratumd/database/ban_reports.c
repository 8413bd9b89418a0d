/*
 * ban_reports.c
 *	  Reports the bans that this process decides to the database.
 *
 * Bans are sent in batches, one at a time with a pause between them.  A batch
 * that failed is sent again, which does no harm.
 *
 * The list of bans is read on another connection, so a list that arrives after
 * a report may be older than the report.  A reported ban is therefore kept
 * until a list arrives that was requested later.
 */
#include "database/ban_reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/ban_list.h"
#include "access/limits.h"
#include "database/login_link.h"
#include "database/pg_array.h"
#include "log.h"
#include "loop.h"
#include "memory.h"

#define MAX_BANS	  1000 /* per batch */
#define APART_S		  0.1
#define RETRY_PAUSE_S 0.5

typedef struct QueuedBan
{
	Peer peer;
	double ends_at;
	double stored_at;
	char reason[BAN_REASON_LENGTH]; /* without quotes and backslashes */
} QueuedBan;

static QueuedBan *queue; /* the oldest first */
static int count = 0;
static int capacity = 0;
static int stored = 0; /* the first ones: the database has them */
static int sent = 0;   /* the next ones: under way */
static double paused_until = 0;

void
ban_reports_add(const Peer *peer, const char *reason)
{
	QueuedBan *ban;

	if (count == capacity)
	{
		capacity = capacity ? capacity * 2 : 64;
		queue = memory_resize(queue, sizeof(QueuedBan) * (size_t) capacity);
	}
	ban = &queue[count++];
	ban->peer = *peer;
	ban->ends_at = clock_now() + limits.ban_seconds;
	snprintf(ban->reason, sizeof(ban->reason), "%s", reason);
	ban_list_add(peer, limits.ban_seconds, reason);
}

static void
forget_stored_before(double time)
{
	int outdated = 0;

	while (outdated < stored && queue[outdated].stored_at < time)
		outdated++;
	if (outdated == 0)
		return;
	stored -= outdated;
	count -= outdated;
	memmove(queue, queue + outdated, sizeof(QueuedBan) * (size_t) count);
}

void
ban_reports_keep(double asked_at)
{
	double now = clock_now();

	forget_stored_before(asked_at);
	for (int i = 0; i < count; i++)
		ban_list_add(&queue[i].peer, queue[i].ends_at - now, queue[i].reason);
}

static void
bans_stored(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	double now = clock_now();

	free(command);
	if (outcome == PG_DONE)
	{
		for (int i = stored; i < stored + sent; i++)
			queue[i].stored_at = now;
		stored += sent;
		paused_until = now + APART_S;
	}
	else if (outcome == PG_FAILED)
	{
		log_warning("could not store bans: %s", pg_error_text(result));
		paused_until = now + RETRY_PAUSE_S;
	}
	sent = 0;
}

void
ban_reports_dispatch(void)
{
	PgCommand *command;
	PgArray addresses;
	PgArray reasons;
	const char *values[2];
	PgParameters parameters = {.count = 2, .values = values};

	if (count == stored || sent > 0 || !login_link_is_ready() ||
		clock_now() < paused_until)
		return;
	pg_array_open(&addresses);
	pg_array_open(&reasons);
	for (; stored + sent < count && sent < MAX_BANS; sent++)
	{
		const QueuedBan *ban = &queue[stored + sent];
		const char *comma = sent > 0 ? "," : "";
		char host[PEER_HOST_LENGTH];

		fprintf(addresses.stream, "%s%s", comma, peer_host(&ban->peer, host));
		fprintf(reasons.stream, "%s\"%s\"", comma, ban->reason);
	}
	pg_array_close(&addresses);
	pg_array_close(&reasons);
	values[0] = addresses.text;
	values[1] = reasons.text;
	command = memory_zalloc(sizeof(PgCommand));
	command->done = bans_stored;
	login_link_send(command, "ban", &parameters);
	free(addresses.text);
	free(reasons.text);
}
