/*
 * session.c
 *	  A miner's connection: its life, its state, its bytes.
 */
#include "session/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "session/read_scheduler.h"

#define MAX_UNSENT (256 * 1024) /* bytes; a slower reader is disconnected */

typedef TAILQ_HEAD(SessionQueue, Session) SessionQueue;

static SessionQueue sessions = TAILQ_HEAD_INITIALIZER(sessions);
static SessionQueue unsent = TAILQ_HEAD_INITIALIZER(unsent);
static int session_count = 0;

static const SessionHooks *hooks;

Session *
sessions_first(void)
{
	return TAILQ_FIRST(&sessions);
}

Session *
sessions_next(Session *session)
{
	return TAILQ_NEXT(session, link);
}

int
sessions_count(void)
{
	return session_count;
}

bool
sessions_have_unsent(void)
{
	return !TAILQ_EMPTY(&unsent);
}

/* ---------- references ---------- */

static void
session_free(Session *session)
{
	workers_clear(&session->workers);
	free(session->notice);
	sent_jobs_clear(&session->history);
	difficulty_schedule_clear(&session->schedule);
	address_record_leave(session->connections);
	listener_unref(session->listener);
	free(session);
}

static void
session_unref(Session *session)
{
	if (--session->references == 0)
		session_free(session);
}

/* ---------- reading ---------- */

static void
mark_unsent(Session *session)
{
	if (session->has_unsent)
		return;
	session->has_unsent = true;
	TAILQ_INSERT_TAIL(&unsent, session, unsent_link);
}

/* Watch for the other direction if TLS waits for it. */
static void
watch_what_tls_wants(Session *session)
{
	if (session->state == SESSION_CLOSED || session->transport.tls == NULL)
		return;
	if (session->transport.read_wants_write)
		ev_io_start(main_loop, &session->writable);
	if (session->transport.send_wants_read)
		mark_unsent(session);
}

/* Start to read from a session again. */
static void
watch_session(Session *session)
{
	ev_io_start(main_loop, &session->readable);
	watch_what_tls_wants(session);
}

static bool
handle_line(void *owner, const char *line, size_t length)
{
	Session *session = owner;

	counters.lines++;
	hooks->line(session, line, length);
	return session->state == SESSION_OPEN;
}

static void
read_lines(Session *session)
{
	switch (line_reader_read(&session->input, &session->transport,
							 read_scheduler_size(session), handle_line,
							 session))
	{
		case INPUT_OPEN:
			break;
		case INPUT_END:
			session->peer_ended = true;
			session_finish(session);
			break;
		case INPUT_FAILED:
			session_close(session, "connection lost");
			break;
		case INPUT_TOO_LONG:
			hooks->line_too_long(session);
			session_finish(session);
			break;
	}
}

/* Whether its first bytes belong to another protocol; then it is finished. */
static bool
is_dismissed_at_first(Session *session)
{
	if (session->has_spoken || session->transport.tls)
		return false;
	session->has_spoken = true;
	return hooks->first_bytes(session);
}

static void
on_readable(struct ev_loop *loop UNUSED, ev_io *watcher, int events UNUSED)
{
	Session *session = watcher->data;

	if (session->state == SESSION_LINGERING)
	{
		if (line_reader_discard(&session->transport) != INPUT_OPEN)
			session_close(session, "finished");
		return;
	}
	if (!read_scheduler_admit(session) || is_dismissed_at_first(session))
		return;
	session->references++;
	read_lines(session);
	watch_what_tls_wants(session);
	session_unref(session);
}

/* ---------- writing ---------- */

static void
forget_unsent(Session *session)
{
	if (!session->has_unsent)
		return;
	session->has_unsent = false;
	TAILQ_REMOVE(&unsent, session, unsent_link);
}

static bool
is_writable(const Session *session)
{
	return session->state == SESSION_OPEN ||
		   session->state == SESSION_FINISHING;
}

void
session_write(Session *session, const char *data, size_t length)
{
	if (!is_writable(session))
		return;
	send_queue_append(&session->output, data, length);
	mark_unsent(session);
}

void
session_write_buffer(Session *session, SharedBuffer *buffer)
{
	if (!is_writable(session))
		return;
	send_queue_append_buffer(&session->output, buffer);
	mark_unsent(session);
}

/* Close the sending side of a finishing session after its last response. */
static void
end_if_finished(Session *session)
{
	if (session->state != SESSION_FINISHING || session->responses_owed > 0 ||
		session->output.length > 0)
		return;

	if (session->peer_ended)
	{
		session_close(session, "closed by the miner");
		return;
	}
	session->state = SESSION_LINGERING;
	session->ending_at = clock_now();
	transport_end_sending(&session->transport);
	ev_io_start(main_loop, &session->readable);
}

/* TLS may have to read before it can send; the read then resumes sending. */
static void
wait_to_send(Session *session)
{
	if (!session->transport.send_wants_read)
		ev_io_start(main_loop, &session->writable);
	else if (session->state == SESSION_FINISHING)
		session_close(session, "TLS handshake not finished");
}

static void
flush_session(Session *session)
{
	switch (send_queue_send(&session->output, &session->transport))
	{
		case OUTPUT_SENT:
			ev_io_stop(main_loop, &session->writable);
			read_scheduler_reconsider(session);
			end_if_finished(session);
			break;
		case OUTPUT_BLOCKED:
			if (session->output.length > MAX_UNSENT)
				session_close(session, "it reads too slowly");
			else
				wait_to_send(session);
			break;
		case OUTPUT_FAILED:
			session_close(session, "connection lost");
			break;
	}
}

static void
on_writable(struct ev_loop *loop, ev_io *watcher, int events UNUSED)
{
	Session *session = watcher->data;

	if (!session->transport.read_wants_write || session->state != SESSION_OPEN)
	{
		flush_session(session);
		return;
	}
	/* resume reading; the flush waits for the socket again */
	ev_io_stop(main_loop, watcher);
	if (session->output.length > 0)
		mark_unsent(session);
	on_readable(loop, &session->readable, EV_READ);
}

void
sessions_flush(void)
{
	Session *session;

	while ((session = TAILQ_FIRST(&unsent)) != NULL)
	{
		forget_unsent(session);
		/* a full socket's writable event will send it */
		if (ev_is_active(&session->writable) &&
			session->output.length <= MAX_UNSENT)
			continue;
		flush_session(session);
	}
}

/* ---------- answers ---------- */

void
session_begin_response(Session *session)
{
	session->references++;
	session->responses_owed++;
}

void
session_end_response(Session *session)
{
	session->responses_owed--;
	if (session->state == SESSION_FINISHING)
		mark_unsent(session); /* the flush decides whether it is finished */
	else
		read_scheduler_reconsider(session);
	session_unref(session);
}

/* ---------- life and death ---------- */

void
sessions_init(const SessionHooks *session_hooks)
{
	hooks = session_hooks;
	read_scheduler_init(watch_session);
}

void
session_open(Listener *listener, int fd, const Peer *peer,
			 AddressConnections *connections)
{
	static uint64_t opened = 0;
	Session *session = memory_zalloc(sizeof(Session));

	session->number = ++opened;
	counters.sessions_opened++;
	session->state = SESSION_OPEN;
	transport_open(&session->transport, fd, listener->settings.uses_tls);
	session->peer = *peer;
	session->connections = connections;
	session->references = 1;
	session->credit = address_record_is_doubtful(connections)
						  ? SESSION_LEAST_CREDIT
						  : SESSION_FIRST_CREDIT;
	session->listener = listener;
	listener->references++;
	session->network = listener->settings.network;
	session->opened_at = session->last_line_at = clock_now();
	session->lines_left = INFINITY; /* a full bucket */

	ev_io_init(&session->readable, on_readable, fd, EV_READ);
	ev_io_init(&session->writable, on_writable, fd, EV_WRITE);
	session->readable.data = session;
	session->writable.data = session;
	ev_io_start(main_loop, &session->readable);

	TAILQ_INSERT_TAIL(&sessions, session, link);
	session_count++;
}

void
session_finish(Session *session)
{
	if (session->state != SESSION_OPEN)
		return;
	session->state = SESSION_FINISHING;
	session->ending_at = clock_now();
	read_scheduler_forget(session);
	ev_io_stop(main_loop, &session->readable);
	mark_unsent(session);
}

void
session_close(Session *session, const char *why)
{
	char peer[PEER_TEXT_LENGTH];

	if (session->state == SESSION_CLOSED)
		return;
	log_debug("%s: closed: %s", peer_text(&session->peer, peer), why);
	hooks->closed(session);

	session->state = SESSION_CLOSED;
	read_scheduler_forget(session);
	forget_unsent(session);
	ev_io_stop(main_loop, &session->readable);
	ev_io_stop(main_loop, &session->writable);
	transport_close(&session->transport);
	line_reader_clear(&session->input);
	send_queue_clear(&session->output);
	TAILQ_REMOVE(&sessions, session, link);
	session_count--;
	session_unref(session);
}
