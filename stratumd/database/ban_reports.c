/*
 * ban_reports.c
 *	  Reports the bans that this process decides to the database.
 *
 * The list of bans is read on another connection, so a list that arrives after
 * a report may be older than the report.  A reported ban is therefore kept
 * until a list arrives that was requested later.
 */
#include "database/ban_reports.h"

#include <stdio.h>
#include <stdlib.h>

#include "access/ban_list.h"
#include "access/limits.h"
#include "database/login_link.h"
#include "database/pg_array.h"
#include "loop.h"
#include "outbox.h"

#define MAX_BANS 1000 /* per batch */
#define PAUSE_S	 0.1

typedef struct QueuedBan
{
	Peer peer;
	double ends_at;
	double stored_at;
	char reason[BAN_REASON_LENGTH]; /* without quotes and backslashes */
} QueuedBan;

static void
bans_stored(void *items, int count)
{
	QueuedBan *bans = items;
	double now = clock_now();

	for (int i = 0; i < count; i++)
		bans[i].stored_at = now;
}

static void
send_bans(PgCommand *command, const void *items, int count)
{
	const QueuedBan *bans = items;
	PgArray addresses;
	PgArray reasons;
	const char *values[2];
	PgParameters parameters = {.count = 2, .values = values};

	pg_array_open(&addresses);
	pg_array_open(&reasons);
	for (int i = 0; i < count; i++)
	{
		const char *comma = i > 0 ? "," : "";
		char host[PEER_HOST_LENGTH];

		fprintf(addresses.stream, "%s%s", comma,
				peer_host(&bans[i].peer, host));
		fprintf(reasons.stream, "%s\"%s\"", comma, bans[i].reason);
	}
	pg_array_close(&addresses);
	pg_array_close(&reasons);
	values[0] = addresses.text;
	values[1] = reasons.text;
	login_link_send(command, "ban", &parameters);
	free(addresses.text);
	free(reasons.text);
}

static Outbox outbox = {.task = "store bans",
						.item_size = sizeof(QueuedBan),
						.batch_size = MAX_BANS,
						.pause_s = PAUSE_S,
						.send = send_bans,
						.stored = bans_stored};

void
ban_reports_add(const Peer *peer, const char *reason)
{
	QueuedBan *ban = outbox_add(&outbox);

	ban->peer = *peer;
	ban->ends_at = clock_now() + limits.ban_seconds;
	snprintf(ban->reason, sizeof(ban->reason), "%s", reason);
	ban_list_add(peer, limits.ban_seconds, reason);
}

static void
forget_stored_before(double time)
{
	int outdated = 0;

	for (; outdated < outbox.kept; outdated++)
	{
		const QueuedBan *ban = outbox_item(&outbox, outdated);

		if (ban->stored_at >= time)
			break;
	}
	outbox_forget(&outbox, outdated);
}

void
ban_reports_keep(double asked_at)
{
	double now = clock_now();

	forget_stored_before(asked_at);
	for (int i = 0; i < outbox.count; i++)
	{
		const QueuedBan *ban = outbox_item(&outbox, i);

		ban_list_add(&ban->peer, ban->ends_at - now, ban->reason);
	}
}

void
ban_reports_dispatch(void)
{
	if (login_link_is_ready())
		outbox_dispatch(&outbox);
}
