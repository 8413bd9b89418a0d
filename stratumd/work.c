/*
 * work.c
 *	  Which jobs a session is sent, and at which difficulty.
 *
 * A share is credited at the difficulty that was in force when its job was
 * sent.  So a new difficulty waits for the next job and is told right before
 * it, and a job that is sent again is sent at its first difficulty: one job
 * never has two.
 */
#include "work.h"

#include <math.h>

#include "difficulties.h"
#include "loop.h"
#include "render.h"

/* The limits where it works, with the miner's own floor. */
static VardiffLimits
session_limits(const Session *session)
{
	VardiffLimits limits = *difficulty_limits(session);

	if (session->floor > limits.min_difficulty)
		limits.min_difficulty = session->floor;
	return limits;
}

static double
clamp_for(const Session *session, double difficulty)
{
	VardiffLimits limits = session_limits(session);

	return vardiff_clamp(&limits, difficulty);
}

/*
 * What the miner will have with its next job.  The limits may have changed
 * since it was chosen.
 */
static double
coming_difficulty(const Session *session)
{
	if (session->next_difficulty > 0)
		return clamp_for(session, session->next_difficulty);
	if (session->difficulty > 0)
		return clamp_for(session, session->difficulty);
	return clamp_for(session, difficulty_start(session));
}

/* ---------- sending ---------- */

static void
send_line(Session *session, const char *line, size_t length)
{
	session_write(session, line, length);
}

/* The network's mask may have changed since it was negotiated. */
static void
update_version_mask(Session *session)
{
	uint32_t mask = session->requested_mask & session->network->version_mask;
	char line[RENDER_MAX_LINE];

	if (!session->rolls_version || mask == session->version_mask)
		return;
	session->version_mask = mask;
	send_line(session, line, render_set_version_mask(line, mask));
}

static void
update_difficulty(Session *session, double difficulty)
{
	char line[RENDER_MAX_LINE];

	if (difficulty == session->difficulty)
		return;
	session->difficulty = difficulty;
	send_line(session, line, render_set_difficulty(line, difficulty));
}

static void
send_job(Session *session, bool clean_jobs)
{
	Network *network = session->network;
	int64_t job_id = network_newest_job(network);
	const SentRange *before = history_find(&session->history, job_id);
	double difficulty;

	if (before)
		difficulty = before->difficulty;
	else
	{
		difficulty = coming_difficulty(session);
		session->next_difficulty = 0;
	}

	update_version_mask(session);
	update_difficulty(session, difficulty);
	session_write_buffer(session, network_notify(network, clean_jobs));
	history_add(&session->history,
				&(SentRange){.network = network,
							 .first_job = job_id,
							 .last_job = job_id,
							 .difficulty = difficulty,
							 .version_mask = session->version_mask});
}

void
work_broadcast(Network *network, bool clean_jobs)
{
	Session *session;

	LIST_FOREACH(session, &network->sessions, work_link)
	{
		send_job(session, clean_jobs);
	}
}

/* ---------- beginning, moving, ending ---------- */

/* What a stopped network had sent out last is stale: nobody new gets it. */
static bool
has_work(const Session *session)
{
	return session->network && network_has_job(session->network) &&
		   (session->choice || session->listener->settings.no_work[0] == '\0');
}

static void
enter_network(Session *session)
{
	vardiff_restart(&session->window, clock_now());
	if (session->network == NULL)
		return;
	LIST_INSERT_HEAD(&session->network->sessions, session, work_link);
	if (has_work(session))
		send_job(session, true);
}

static void
leave_network(Session *session)
{
	if (session->is_working && session->network)
		LIST_REMOVE(session, work_link);
}

void
work_start_if_ready(Session *session)
{
	if (session->is_working || !session->is_subscribed ||
		session->workers.count == 0 || session->state != SESSION_OPEN)
		return;
	session->is_working = true;
	enter_network(session);
}

void
work_stop(Session *session)
{
	leave_network(session);
	session->is_working = false;
}

void
work_resume(Session *session)
{
	if (session->is_working && has_work(session) &&
		history_find(&session->history, network_newest_job(session->network)) ==
			NULL)
		send_job(session, true);
}

/*
 * With the same hashes behind a unit of difficulty the miner's speed is known
 * already, and thousands of miners sent back to the starting difficulty would
 * flood the pool: the difficulty is kept, within the listener's limits.
 */
static double
difficulty_after_move(const Session *session, const Network *from,
					  const Network *to)
{
	if (from && to && from->hashes_per_difficulty != to->hashes_per_difficulty)
		return clamp_for(session, difficulty_start(session));
	return coming_difficulty(session);
}

/*
 * The miner gets the new network's job at once, and notices no more than a new
 * block.  Its extranonce1 stays good: the values are unique in the whole pool,
 * not in a network, and every network's coinbase leaves the same 4 + 8 bytes.
 * Its history stays, so that shares under way are credited to the network of
 * the job they were made for.
 */
static void
move(Session *session, Network *to)
{
	const Network *from = session->network;

	if (from == to)
		return;
	leave_network(session);
	session->network = to;
	if (session->difficulty > 0)
		session->next_difficulty = difficulty_after_move(session, from, to);
	if (session->is_working)
		enter_network(session);
}

void
work_follow(Session *session)
{
	move(session, session->listener->settings.network);
}

void
work_choose(Session *session, Network *choice)
{
	const ListenerSettings *settings = &session->listener->settings;

	session->choice = choice;
	/* of the listener's algorithm, whether a listener serves it or not */
	if (choice)
		choice->hashes_per_difficulty = settings->hashes_per_difficulty;
	move(session, choice ? choice : settings->network);
}

void
work_forget_network(const Network *network)
{
	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		history_forget(&session->history, network);
}

/* ---------- difficulty ---------- */

void
work_suggest_difficulty(Session *session, double difficulty)
{
	session->next_difficulty = clamp_for(session, difficulty);
	vardiff_restart(&session->window, clock_now());
}

/* Of several floors, the firmware's and the user's, the highest counts. */
void
work_set_floor(Session *session, double difficulty)
{
	session->floor = fmax(
		session->floor, vardiff_clamp(difficulty_limits(session), difficulty));
}

static void
retarget(Session *session, double now)
{
	VardiffLimits limits = session_limits(session);
	double difficulty = coming_difficulty(session);

	if (!vardiff_retarget(&session->window, &limits, now, &difficulty))
		return;
	session->next_difficulty = difficulty;
	vardiff_restart(&session->window, now);
}

void
work_share_accepted(Session *session, double difficulty)
{
	if (!session->is_working)
		return;
	vardiff_add_share(&session->window, difficulty);
	retarget(session, clock_now());
}

void
work_check_vardiff(Session *session, double now, bool is_measured)
{
	/* what is not answered yet may be as many shares as are missed */
	if (!session->is_working || session->difficulty == 0 ||
		session->answers_owed > 0)
		return;
	if (is_measured && session->network)
		retarget(session, now);
	else
		vardiff_restart(&session->window, now);
}
