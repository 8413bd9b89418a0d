/*
 * read_scheduler.h
 *	  Decides when a session is read from.
 *
 * A session is not read from while it leaves its responses unread, waits for
 * as many as it may, or the database cannot keep up.  Sessions that have shown
 * no good share take turns: each iteration of the event loop reads from only
 * some of them, and little, so that it stays short however many of them send
 * at once.
 */
#ifndef STRATUMD_READ_SCHEDULER_H
#define STRATUMD_READ_SCHEDULER_H

#include "session/session_struct.h"

/* resume: starts to watch a session's socket again. */
extern void read_scheduler_init(void (*resume)(Session *session));

/* Whether to read from a session now; if not, it is queued. */
extern bool read_scheduler_admit(Session *session);

/* How many bytes to read at once. */
extern size_t read_scheduler_size(const Session *session);

/* A reason why a session had to wait has changed. */
extern void read_scheduler_reconsider(Session *session);

/* The session will not be read from again. */
extern void read_scheduler_forget(Session *session);

/*
 * Stop or resume reading from such sessions while the database cannot keep up.
 */
extern void read_scheduler_hold(SessionTrust trust, bool hold);

/* Let the next sessions have their turn; called in each iteration. */
extern void read_scheduler_next_turn(void);

#endif
