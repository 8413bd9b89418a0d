/*
 * difficulty_choice.h
 *	  Difficulties that are chosen, until the jobs come that they hold for.
 *
 * A choice waits for the database twice: for its mark (difficulty_schedule.h),
 *and for a job above that.  The next one comes by itself, in seconds or half a
 *minute; an urgent choice has the database make the newest job once more, at
 *most once a second for all who wait.
 */
#ifndef STRATUMD_DIFFICULTY_CHOICE_H
#define STRATUMD_DIFFICULTY_CHOICE_H

#include "session/session.h"

/* The difficulty for jobs that nobody knows yet. */
extern void
difficulty_choice_make(Session *session, double difficulty, bool is_urgent);

/* Whether one of a session's choices waits for its mark or its job. */
extern bool difficulty_choice_is_pending(const Session *session);

/* The session works on its network from now on; it goes elsewhere. */
extern void difficulty_choice_entered(Session *session);
extern void difficulty_choice_left(Session *session);

/* Asks the database for a network's mark, and to renew its job or not. */
typedef void (*MarkAsker)(const Network *network, bool renew);

/* Ask for what choices wait for; only while the database is there. */
extern void difficulty_choices_dispatch(MarkAsker ask);

/* The database has answered for a network, or has not. */
extern void
difficulty_choices_marked(Network *network, int64_t mark, bool is_renewed);
extern void difficulty_choices_unanswered(Network *network);

#endif
