/*
 * difficulty_choice.h
 *	  Chosen difficulties that wait for the job from which they apply.
 *
 * A choice waits for the database twice: for its mark (difficulty_schedule.h),
 * and for a job above that.  The next job comes by itself within seconds or
 * half a minute; for an urgent choice the database renews the newest job, at
 * most once a second for all sessions together.
 */
#ifndef STRATUMD_DIFFICULTY_CHOICE_H
#define STRATUMD_DIFFICULTY_CHOICE_H

#include "session/session.h"

/* Choose a difficulty for jobs that do not exist yet. */
extern void
difficulty_choice_make(Session *session, double difficulty, bool is_urgent);

/* Whether one of a session's choices waits for its mark or its job. */
extern bool difficulty_choice_is_pending(const Session *session);

/* The session starts to mine on its network, or stops. */
extern void difficulty_choice_entered(Session *session);
extern void difficulty_choice_left(Session *session);

/* Asks the database for a network's mark, and to renew its job or not. */
typedef void (*MarkAsker)(const Network *network, bool renew);

/* Ask for what choices wait for; only while the database is available. */
extern void difficulty_choices_dispatch(MarkAsker ask);

/* The database has returned a network's mark, or has failed to. */
extern void
difficulty_choices_marked(Network *network, int64_t mark, bool is_renewed);
extern void difficulty_choices_unanswered(Network *network);

#endif
