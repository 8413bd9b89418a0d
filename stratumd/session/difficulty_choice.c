/*
 * difficulty_choice.c
 *	  Chosen difficulties that wait for the job from which they apply.
 *
 * At most one question per network is under way.  It includes the choices of
 * all sessions there; a choice made meanwhile waits for the next question.
 */
#include "session/difficulty_choice.h"

#include <math.h>

#include "loop.h"

#define ASK_INTERVAL_S	 1.0
#define RETRY_INTERVAL_S 0.25 /* when no job was renewed */

/* Note what a network's sessions wait for. */
static void
note_wants(Network *network, NetworkWants wants)
{
	if (network->wants < wants)
		network->wants = wants;
}

static bool
awaits_job(const Session *session)
{
	return session->is_urgent && difficulty_choice_is_pending(session);
}

void
difficulty_choice_make(Session *session, double difficulty, bool is_urgent)
{
	if (difficulty == difficulty_schedule_latest(&session->schedule))
		return;
	difficulty_schedule_choose(&session->schedule, difficulty);
	session->is_urgent |= is_urgent;
	difficulty_choice_entered(session);
}

bool
difficulty_choice_is_pending(const Session *session)
{
	return difficulty_schedule_awaits(&session->schedule, session->newest_job);
}

void
difficulty_choice_entered(Session *session)
{
	if (!session->is_mining || session->network == NULL ||
		!difficulty_choice_is_pending(session))
		return;
	note_wants(session->network,
			   session->is_urgent ? NETWORK_WANTS_JOB : NETWORK_WANTS_MARK);
}

void
difficulty_choice_left(Session *session)
{
	difficulty_schedule_ask_again(&session->schedule);
}

/* ---------- asking ---------- */

static double
due_at(const Network *network)
{
	return network->wants == NETWORK_WANTS_JOB ? network->renew_after
											   : network->ask_after;
}

/* Mark the choices of all sessions as asked for; what to ask for. */
static NetworkWants
gather_choices(Network *network)
{
	NetworkWants wants = NETWORK_WANTS_NOTHING;
	Session *session;

	LIST_FOREACH(session, &network->sessions, job_link)
	{
		if (awaits_job(session))
			wants = NETWORK_WANTS_JOB;
		if (difficulty_schedule_ask(&session->schedule) &&
			wants < NETWORK_WANTS_MARK)
			wants = NETWORK_WANTS_MARK;
	}
	return wants;
}

static void
ask_for_network(Network *network, double now, MarkAsker ask)
{
	NetworkWants wants = gather_choices(network);

	network->wants = NETWORK_WANTS_NOTHING;
	if (wants == NETWORK_WANTS_NOTHING)
		return;
	network->is_asked = true;
	network->ask_after = now + ASK_INTERVAL_S;
	if (wants == NETWORK_WANTS_JOB)
		network->renew_after = now + ASK_INTERVAL_S;
	ask(network, wants == NETWORK_WANTS_JOB);
}

/*
 * The timer only wakes the loop: what is due is asked at the iteration's end.
 */
static void
on_due(struct ev_loop *loop UNUSED, ev_timer *timer UNUSED, int events UNUSED)
{
}

static void
wake_at(double when, double now)
{
	static ev_timer timer;

	ev_timer_stop(main_loop, &timer);
	ev_timer_init(&timer, on_due, fmax(when - now, 0), 0);
	ev_timer_start(main_loop, &timer);
}

void
difficulty_choices_dispatch(MarkAsker ask)
{
	double now = clock_now();
	double next = INFINITY;

	for (Network *network = networks_first(); network;
		 network = networks_next(network))
	{
		if (network->wants == NETWORK_WANTS_NOTHING || network->is_asked)
			continue;
		if (due_at(network) <= now)
			ask_for_network(network, now, ask);
		else
			next = fmin(next, due_at(network));
	}
	if (next < INFINITY)
		wake_at(next, now);
}

/* ---------- answers ---------- */

void
difficulty_choices_marked(Network *network, int64_t mark, bool is_renewed)
{
	double now = clock_now();
	Session *session;

	network->is_asked = false;
	if (!is_renewed)
		network->renew_after =
			fmin(network->renew_after, now + RETRY_INTERVAL_S);
	LIST_FOREACH(session, &network->sessions, job_link)
	{
		difficulty_schedule_mark(&session->schedule, mark, now);
		if (awaits_job(session))
			note_wants(network, NETWORK_WANTS_JOB);
	}
}

void
difficulty_choices_unanswered(Network *network)
{
	Session *session;

	network->is_asked = false;
	LIST_FOREACH(session, &network->sessions, job_link)
	{
		difficulty_schedule_ask_again(&session->schedule);
		difficulty_choice_entered(session);
	}
}
