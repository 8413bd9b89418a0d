/*
 * read_scheduler.h
 *	  When a session is read from.
 *
 * Not while it leaves its answers unread or waits for as many as it may, nor
 * while the database can't follow.  And those that have shown no good share
 * take turns: in each iteration of the event loop only some are read from, and
 * little, so that an iteration stays short however many of them send at once.
 */
#ifndef STRATUMD_READ_SCHEDULER_H
#define STRATUMD_READ_SCHEDULER_H

#include "session/session_struct.h"

/* resume: watches a session's socket again. */
extern void read_scheduler_init(void (*resume)(Session *session));

/* Whether a session is to be read from now; else it is put off till later. */
extern bool read_scheduler_admit(Session *session);

/* How much is to be read of it at once. */
extern size_t read_scheduler_size(const Session *session);

/* Something it was put off for has changed. */
extern void read_scheduler_reconsider(Session *session);

/* It is not to be read from any more. */
extern void read_scheduler_forget(Session *session);

/* Read nothing from such miners while the database can't follow. */
extern void read_scheduler_hold(SessionTrust trust, bool hold);

/* Those whose turn is next; called in each iteration. */
extern void read_scheduler_next_turn(void);

#endif
