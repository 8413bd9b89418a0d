/*
 * janitor.c
 *	  Periodic work, once a second.
 *
 * One timer for all sessions: ten thousand timers would cost more than a walk.
 */
#include "janitor.h"

#include "access/address_record.h"
#include "access/limits.h"
#include "access/proxy_handshake.h"
#include "counters.h"
#include "database/logins.h"
#include "database/share_queue.h"
#include "feed.h"
#include "loop.h"
#include "mining/network.h"
#include "session/job_delivery.h"
#include "session/session.h"
#include "session/session_resume.h"
#include "stratum/reputation.h"

#define PERIOD_S		1.0
#define FINISH_WITHIN_S 60.0 /* after that, unsent responses are dropped */
#define LINGER_S		5.0

static ev_timer timer;

/* Why to close an open session, or NULL. */
static const char *
reason_to_close(const Session *session, double now)
{
	if (session->workers.count == 0 && session->logins == 0 &&
		now - session->opened_at > limits.authorize_seconds)
		return "it has not authorized in time";
	if (session->input.length > 0 &&
		now - session->input.begun_at > limits.line_seconds)
		return "its line has not ended in time";
	if (session->output.length > 0 &&
		now - session->output.since > limits.unread_seconds)
		return "it does not read what it is sent";
	if (now - session->last_line_at > limits.idle_seconds)
		return "it is idle";
	return NULL;
}

static void
check_open(Session *session, double now, bool is_measured)
{
	const char *reason = reason_to_close(session, now);

	if (reason)
	{
		counters.sessions_slow++;
		session_close(session, reason);
	}
	else if (reputation_enforce_ban(session))
		job_delivery_check(session, now, is_measured);
}

static void
check_session(Session *session, double now, bool is_measured)
{
	double ending = now - session->ending_at;

	switch (session->state)
	{
		case SESSION_OPEN:
			check_open(session, now, is_measured);
			break;
		case SESSION_FINISHING:
			if (ending > FINISH_WITHIN_S)
				session_close(session, "it does not read its responses");
			break;
		case SESSION_LINGERING:
			if (ending > LINGER_S)
				session_close(session, "finished");
			break;
		case SESSION_CLOSED:
			break;
	}
}

static void
on_tick(struct ev_loop *loop UNUSED, ev_timer *watcher UNUSED,
		int events UNUSED)
{
	double now = clock_now();
	bool is_measured = share_queue_is_served();
	Session *next;

	feed_check_bans(now);

	share_queue_expire(now);
	logins_expire(now);
	networks_expire_jobs(now);
	session_resume_expire(now);
	proxy_handshakes_expire(now);
	address_records_expire(now);
	for (Session *session = sessions_first(); session; session = next)
	{
		next = sessions_next(session);
		check_session(session, now, is_measured);
	}
}

void
janitor_start(void)
{
	ev_timer_init(&timer, on_tick, PERIOD_S, PERIOD_S);
	ev_timer_start(main_loop, &timer);
}
