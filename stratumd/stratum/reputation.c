/*
 * reputation.c
 *	  Judges how miners behave, and bans those that behave badly.
 */
#include "stratum/reputation.h"

#include <stdio.h>
#include <stdlib.h>

#include "access/ban_list.h"
#include "access/limits.h"
#include "counters.h"
#include "database/ban_reports.h"
#include "log.h"
#include "loop.h"
#include "protocol/notification.h"
#include "session/job_delivery.h"
#include "session/response.h"

#define TOO_FAST_MARKS 10 /* bad submissions that too many lines count as */

typedef enum Mark
{
	MARK_NONE,
	MARK_GOOD,
	MARK_ODD, /* of a broken miner: it waits longer than others, no more */
	MARK_BAD
} Mark;

/* Tell a miner that it is banned, and close its connection. */
static void
dismiss_banned(Session *session, const char *reason)
{
	char text[256];
	SharedBuffer *message;

	if (session->state != SESSION_OPEN)
		return;
	snprintf(text, sizeof(text), "banned: %s", reason);
	message = notification_show_message(text);
	session_write_buffer(session, message);
	shared_buffer_unref(message);
	session->is_banned = true;
	session_finish(session);
	counters.sessions_banned++;
}

/*
 * Other sessions of the address are dismissed with their next line or within a
 * second, unless they are spared.
 */
static void
ban_address(Session *session, const AddressRecord *record, const char *what)
{
	char reason[BAN_REASON_LENGTH];
	char peer[PEER_TEXT_LENGTH];

	snprintf(reason, sizeof(reason),
			 "%d of %d submissions were bad, the last one: %s", record->bad,
			 record->bad + record->good, what);
	log_info("%s: banned for %.0f s: %s", peer_text(&session->peer, peer),
			 limits.ban_seconds, reason);
	counters.bans++;
	ban_reports_add(&session->peer, reason);
	dismiss_banned(session, reason);
}

/*
 * Credit grows by one with each good share, and falls by an eighth with each
 * bad one, so that a flood soon has less than a new connection.
 */
static void
adjust_credit(Session *session, Mark mark)
{
	if (mark == MARK_GOOD && session->credit < SESSION_MOST_CREDIT)
		session->credit++;
	else if (mark == MARK_ODD || mark == MARK_BAD)
		session->credit -= 1 + session->credit / 8;
	if (session->credit < SESSION_LEAST_CREDIT)
		session->credit = SESSION_LEAST_CREDIT;
}

static bool
is_too_bad(const AddressRecord *record)
{
	return record->bad * 100.0 >
		   limits.bad_share_window * limits.bad_share_percent;
}

/* Counts restart with each window, and with a ban. */
static void
count_mark(Session *session, Mark mark, const char *what)
{
	AddressRecord *record = address_record_get(session->connections);

	adjust_credit(session, mark);
	if (mark == MARK_NONE || mark == MARK_ODD)
		return;
	if (mark == MARK_BAD)
	{
		record->bad++;
		session->own.bad++;
	}
	else
	{
		record->good++;
		session->own.good++;
	}
	if (is_too_bad(record))
	{
		ban_address(session, record, what);
		*record = (AddressRecord){0};
	}
	else if (record->good + record->bad >= limits.bad_share_window)
		*record = (AddressRecord){0};
}

/*
 * A duplicate counts only if the miner caused it.  stratumd may have sent the
 * share again, or the miner may have reconnected and resubmitted a share for a
 * job that it had before.
 */
static bool
is_own_duplicate(const Share *share)
{
	return !share->may_be_stored && share->job_id > share->session->resumed_job;
}

void
reputation_judge(const Share *share, ShareResult result)
{
	Mark mark = MARK_NONE;
	const char *what = "low difficulty share";

	switch (result)
	{
		case SHARE_ACCEPTED:
		case SHARE_IS_BLOCK:
			mark = MARK_GOOD;
			break;
		case SHARE_LOW_DIFFICULTY:
			mark = MARK_BAD;
			break;
		case SHARE_BAD_NTIME:
		case SHARE_BAD_VERSION:
			mark = MARK_ODD;
			break;
		case SHARE_DUPLICATE:
			what = "duplicate share";
			if (is_own_duplicate(share))
				mark = MARK_BAD;
			break;
		default:
			break;
	}
	count_mark(share->session, mark, what);
}

void
reputation_bad_share(Session *session, const char *what)
{
	count_mark(session, MARK_BAD, what);
}

void
reputation_odd_line(Session *session)
{
	count_mark(session, MARK_ODD, NULL);
}

/*
 * An automatic ban spares a session that is authorized and has given no more
 * bad shares than good ones: another client behind the same address caused it.
 */
static bool
is_spared(const Session *session)
{
	return session->workers.count > 0 && session->own.bad <= session->own.good;
}

bool
reputation_enforce_ban(Session *session)
{
	bool is_automatic;
	const char *reason = ban_list_find(&session->peer, &is_automatic);

	if (reason == NULL || (is_automatic && is_spared(session)))
		return true;
	dismiss_banned(session, reason);
	return false;
}

/* Each line takes one token from a bucket that fills with time. */
static bool
take_from_bucket(Session *session)
{
	double now = clock_now();

	session->lines_left +=
		(now - session->last_line_at) * limits.lines_per_second;
	if (!(session->lines_left < limits.line_burst))
		session->lines_left = limits.line_burst;
	session->last_line_at = now;
	if (session->lines_left < 1 && job_delivery_excuses_pace(session))
		return true;
	session->lines_left -= 1;
	return session->lines_left >= 0;
}

static void
dismiss_fast(Session *session)
{
	char text[80];

	snprintf(text, sizeof(text), "too many lines: %.0f per second are allowed",
			 limits.lines_per_second);
	respond_error(session, &request_null_id, STRATUM_OTHER, text);
	counters.sessions_fast++;
	for (int i = 0; i < TOO_FAST_MARKS; i++)
		count_mark(session, MARK_BAD, "too many lines");
	session_finish(session);
}

bool
reputation_admit_line(Session *session)
{
	if (!reputation_enforce_ban(session))
		return false;
	if (take_from_bucket(session))
		return true;
	dismiss_fast(session);
	return false;
}

/* Rows and sessions are both ordered by number. */
void
reputation_dismiss_listed(const PGresult *result)
{
	Session *session = sessions_first();

	for (int row = 0; row < PQntuples(result); row++)
	{
		uint64_t number = strtoull(PQgetvalue(result, row, 0), NULL, 10);

		while (session && session->number < number)
			session = sessions_next(session);
		if (session && session->number == number)
			dismiss_banned(session, PQgetvalue(result, row, 1));
	}
}
