/*
 * read_scheduler.c
 *	  Decides when a session is read from.
 *
 * A session that has to wait is in one of two queues, and its readable watcher
 * is stopped: what it has sent waits in the kernel.
 */
#include "session/read_scheduler.h"

#include "log.h"
#include "loop.h"
#include "net/line_reader.h"

#define MUCH_UNSENT	   (64 * 1024) /* bytes */
#define DOUBTFUL_READS 32		   /* sessions per iteration */
#define DOUBTFUL_SIZE  2048		   /* bytes per session */

static TAILQ_HEAD(ReadQueue, Session) queues[READ_STATES] = {
	[READ_PAUSED] = TAILQ_HEAD_INITIALIZER(queues[READ_PAUSED]),
	[READ_WAITS] = TAILQ_HEAD_INITIALIZER(queues[READ_WAITS]),
};
static bool is_held[TRUST_LEVELS];
static int reads_left = DOUBTFUL_READS;
static void (*watch_again)(Session *session);

void
read_scheduler_init(void (*resume)(Session *session))
{
	watch_again = resume;
}

static bool
may_read(const Session *session)
{
	return !is_held[session_trust(session)] &&
		   session->responses_owed <= session->credit &&
		   session->output.length <= MUCH_UNSENT;
}

static void
put_off(Session *session, ReadState state)
{
	read_scheduler_forget(session);
	session->read_state = state;
	TAILQ_INSERT_TAIL(&queues[state], session, read_link);
	ev_io_stop(main_loop, &session->readable);
}

void
read_scheduler_forget(Session *session)
{
	if (session->read_state == READ_PAUSED || session->read_state == READ_WAITS)
		TAILQ_REMOVE(&queues[session->read_state], session, read_link);
	session->read_state = READ_OPEN;
}

static bool
has_turn(Session *session)
{
	if (session->read_state == READ_TURN)
	{
		session->read_state = READ_OPEN;
		return true;
	}
	return session_trust(session) == SESSION_TRUSTED || reads_left-- > 0;
}

bool
read_scheduler_admit(Session *session)
{
	if (!may_read(session))
		put_off(session, READ_PAUSED);
	else if (!has_turn(session))
		put_off(session, READ_WAITS);
	return session->read_state == READ_OPEN;
}

/*
 * TLS needs reads of whole records: nobody would see bytes that OpenSSL keeps.
 */
size_t
read_scheduler_size(const Session *session)
{
	return session_trust(session) == SESSION_TRUSTED || session->transport.tls
			   ? INPUT_READ_SIZE
			   : DOUBTFUL_SIZE;
}

static void
resume_reading(Session *session, ReadState state)
{
	read_scheduler_forget(session);
	session->read_state = state;
	watch_again(session);
}

/*
 * With some distance, so that reading does not stop and start with each
 * response.
 */
void
read_scheduler_reconsider(Session *session)
{
	if (session->read_state == READ_PAUSED && may_read(session) &&
		session->responses_owed <= session->credit / 2)
		resume_reading(session, READ_OPEN);
}

void
read_scheduler_hold(SessionTrust trust, bool hold)
{
	Session *next;

	if (hold == is_held[trust])
		return;
	is_held[trust] = hold;
	log_warning(hold ? "reading from %s pauses: too many shares wait for the"
					   " database"
					 : "reading from %s resumes",
				trust == SESSION_TRUSTED ? "miners"
										 : "miners without good shares");
	if (hold)
		return;

	for (Session *session = TAILQ_FIRST(&queues[READ_PAUSED]); session;
		 session = next)
	{
		next = TAILQ_NEXT(session, read_link);
		read_scheduler_reconsider(session);
	}
}

void
read_scheduler_next_turn(void)
{
	Session *session;

	reads_left = DOUBTFUL_READS;
	while (reads_left > 0 &&
		   (session = TAILQ_FIRST(&queues[READ_WAITS])) != NULL)
	{
		resume_reading(session, READ_TURN);
		reads_left--;
	}
}
