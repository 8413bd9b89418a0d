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

static TAILQ_HEAD(IntakeQueue, Session) queues[INTAKE_STATES] = {
	[INTAKE_PAUSED] = TAILQ_HEAD_INITIALIZER(queues[INTAKE_PAUSED]),
	[INTAKE_WAITS] = TAILQ_HEAD_INITIALIZER(queues[INTAKE_WAITS]),
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
		   session->answers_owed <= session->credit &&
		   session->output.length <= MUCH_UNSENT;
}

static void
put_off(Session *session, IntakeState state)
{
	read_scheduler_forget(session);
	session->intake = state;
	TAILQ_INSERT_TAIL(&queues[state], session, intake_link);
	ev_io_stop(main_loop, &session->readable);
}

void
read_scheduler_forget(Session *session)
{
	if (session->intake == INTAKE_PAUSED || session->intake == INTAKE_WAITS)
		TAILQ_REMOVE(&queues[session->intake], session, intake_link);
	session->intake = INTAKE_OPEN;
}

static bool
has_turn(Session *session)
{
	if (session->intake == INTAKE_TURN)
	{
		session->intake = INTAKE_OPEN;
		return true;
	}
	return session_trust(session) == SESSION_TRUSTED || reads_left-- > 0;
}

bool
read_scheduler_admit(Session *session)
{
	if (!may_read(session))
		put_off(session, INTAKE_PAUSED);
	else if (!has_turn(session))
		put_off(session, INTAKE_WAITS);
	return session->intake == INTAKE_OPEN;
}

/*
 * TLS needs reads of whole records: nobody would see bytes that OpenSSL keeps.
 */
size_t
read_scheduler_size(const Session *session)
{
	return session_trust(session) == SESSION_TRUSTED || session->wire.tls
			   ? INPUT_READ_SIZE
			   : DOUBTFUL_SIZE;
}

static void
resume_reading(Session *session, IntakeState state)
{
	read_scheduler_forget(session);
	session->intake = state;
	watch_again(session);
}

/*
 * With some distance, so that reading does not stop and start with each
 * response.
 */
void
read_scheduler_reconsider(Session *session)
{
	if (session->intake == INTAKE_PAUSED && may_read(session) &&
		session->answers_owed <= session->credit / 2)
		resume_reading(session, INTAKE_OPEN);
}

void
read_scheduler_hold(SessionTrust trust, bool hold)
{
	Session *next;

	if (hold == is_held[trust])
		return;
	is_held[trust] = hold;
	log_warning("%s: %s",
				trust == SESSION_TRUSTED ? "miners"
										 : "miners without good shares",
				hold ? "too many shares wait for the database, reading pauses"
					 : "reading goes on");
	if (hold)
		return;

	for (Session *session = TAILQ_FIRST(&queues[INTAKE_PAUSED]); session;
		 session = next)
	{
		next = TAILQ_NEXT(session, intake_link);
		read_scheduler_reconsider(session);
	}
}

void
read_scheduler_next_turn(void)
{
	Session *session;

	reads_left = DOUBTFUL_READS;
	while (reads_left > 0 &&
		   (session = TAILQ_FIRST(&queues[INTAKE_WAITS])) != NULL)
	{
		resume_reading(session, INTAKE_TURN);
		reads_left--;
	}
}
