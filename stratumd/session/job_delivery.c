/*
 * job_delivery.c
 *	  Which jobs a session is sent, and at which difficulty.
 *
 * A share is credited at the difficulty that its job was sent with.  The
 * session's schedule has it, capped by the network's own difficulty, so that a
 * miner submits every block.  It is sent right before the job.
 */
#include "session/job_delivery.h"

#include <math.h>
#include <stdio.h>

#include "loop.h"
#include "protocol/notification.h"
#include "session/difficulty_choice.h"
#include "session/difficulty_limits.h"

/* The limits of its listener or network, with the miner's own floor. */
static VardiffLimits
session_limits(const Session *session)
{
	VardiffLimits limits = *difficulty_limits_of(session);

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

/* The limits or the miner's floor may have changed. */
static void
keep_within_limits(Session *session)
{
	double latest = difficulty_schedule_latest(&session->schedule);

	if (latest > 0)
		difficulty_choice_make(session, clamp_for(session, latest), true);
}

void
job_delivery_apply_limits(void)
{
	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		if (session->is_mining)
			keep_within_limits(session);
}

/* ---------- sending ---------- */

/* The network's mask may have changed since the miner negotiated it. */
static void
update_version_mask(Session *session)
{
	uint32_t mask = session->requested_mask & session->network->version_mask;
	char line[NOTIFICATION_MAX_LINE];

	if (!session->rolls_version || mask == session->version_mask)
		return;
	session->version_mask = mask;
	session_write(session, line, notification_set_version_mask(line, mask));
}

static void
update_difficulty(Session *session, double difficulty)
{
	char line[NOTIFICATION_MAX_LINE];

	if (difficulty == session->difficulty)
		return;
	session->difficulty = difficulty;
	session_write(session, line, notification_set_difficulty(line, difficulty));
}

static double
difficulty_for(const Session *session, int64_t job_id)
{
	const SentRange *before = sent_jobs_find(&session->history, job_id);

	if (before)
		return before->difficulty;
	return fmin(difficulty_schedule_at(&session->schedule, job_id),
				session->network->difficulty_cap);
}

/* The session has been sent the job: it may be the one that it waited for. */
static void
note_job(Session *session, int64_t job_id)
{
	if (job_id > session->newest_job)
		session->newest_job = job_id;
	session->held_since = 0;
	if (difficulty_choice_is_pending(session))
		return;
	session->is_urgent = false;
	session->is_raised = false;
}

static void
send_job(Session *session, bool clean_jobs)
{
	Network *network = session->network;
	int64_t job_id = network_newest_job(network);
	double difficulty = difficulty_for(session, job_id);

	update_version_mask(session);
	update_difficulty(session, difficulty);
	session_write_buffer(session, network_notify(network, clean_jobs));
	sent_jobs_add(&session->history,
				  &(SentRange){.network = network,
							   .first_job = job_id,
							   .last_job = job_id,
							   .difficulty = difficulty,
							   .version_mask = session->version_mask});
	note_job(session, job_id);
}

/*
 * A miner that chooses a difficulty gets no job of another one at first, since
 * some miners leave when it is too low.  The job from which the choice applies
 * comes within a second if the database is well.
 */
#define HELD_S 2.0

static bool
is_held(const Session *session, int64_t job_id)
{
	return session->held_since > 0 &&
		   difficulty_schedule_awaits(&session->schedule, job_id);
}

void
job_delivery_broadcast(Network *network, bool clean_jobs)
{
	int64_t job_id = network_newest_job(network);
	Session *session;

	LIST_FOREACH(session, &network->sessions, job_link)
	{
		if (!is_held(session, job_id))
			send_job(session, clean_jobs);
	}
}

/*
 * A session whose next difficulty applies from this job must not finish its
 * queue of jobs at the previous one.
 */
void
job_delivery_send_renewal(Network *network)
{
	int64_t job_id = network_newest_job(network);
	Session *session;

	LIST_FOREACH(session, &network->sessions, job_link)
	{
		if (difficulty_schedule_changes(&session->schedule, session->newest_job,
										job_id) &&
			!is_held(session, job_id))
			send_job(session, session->is_urgent);
	}
}

/* ---------- beginning, moving, ending ---------- */

/* The last job of a stopped network is stale: new sessions are not sent it. */
static bool
has_job_for(const Session *session)
{
	return session->network && network_has_job(session->network) &&
		   (session->choice || session->listener->settings.no_work[0] == '\0');
}

/* The listener may serve another network than when the base was fixed. */
static void
choose_start(Session *session)
{
	if (!job_delivery_has_chosen(session))
		difficulty_choice_make(
			session, clamp_for(session, difficulty_start_of(session)), true);
}

static void
enter_network(Session *session)
{
	vardiff_restart(&session->window, clock_now());
	if (session->network == NULL)
		return;
	LIST_INSERT_HEAD(&session->network->sessions, session, job_link);
	choose_start(session);
	keep_within_limits(session);
	difficulty_choice_entered(session);
	if (!has_job_for(session))
		return;
	if (session->difficulty == 0 && session->history.count == 0)
		session->held_since = clock_now();
	if (!is_held(session, network_newest_job(session->network)))
		send_job(session, true);
}

static void
leave_network(Session *session)
{
	if (!session->is_mining || session->network == NULL)
		return;
	LIST_REMOVE(session, job_link);
	difficulty_choice_left(session);
}

void
job_delivery_start_if_ready(Session *session)
{
	if (session->is_mining || !session->is_subscribed ||
		session->workers.count == 0 || session->state != SESSION_OPEN)
		return;
	session->is_mining = true;
	enter_network(session);
}

void
job_delivery_stop(Session *session)
{
	leave_network(session);
	session->is_mining = false;
}

void
job_delivery_resume(Session *session)
{
	if (session->is_mining && has_job_for(session) &&
		!is_held(session, network_newest_job(session->network)) &&
		sent_jobs_find(&session->history,
					   network_newest_job(session->network)) == NULL)
		send_job(session, true);
}

/*
 * If a unit of difficulty stands for as many hashes as before, the miner's
 * speed is known, and sending thousands of miners back to the starting
 * difficulty would flood the pool: the difficulty stays, within the listener's
 * limits.  It restarts only if the operator has given the listener another
 * algorithm, which a miner cannot cause.
 */
static void
carry_difficulty(Session *session, const Network *from, const Network *to)
{
	if (!session->is_subscribed || from == NULL || to == NULL ||
		from->hashes_per_difficulty == to->hashes_per_difficulty)
		return;
	difficulty_schedule_clear(&session->schedule);
	difficulty_schedule_begin(&session->schedule,
							  clamp_for(session, difficulty_start_of(session)));
}

/*
 * The miner gets the new network's job at once and sees no more than a new
 * block.  Its extranonce1 stays valid: the values are unique in the whole
 * pool, and every network's coinbase leaves the same 4 + 8 bytes.  Its history
 * stays, so that shares under way are credited to the network of their job.
 */
static void
move_session(Session *session, Network *to)
{
	const Network *from = session->network;

	if (from == to)
		return;
	leave_network(session);
	session->network = to;
	carry_difficulty(session, from, to);
	if (session->is_mining)
		enter_network(session);
}

void
job_delivery_follow(Session *session)
{
	move_session(session, session->listener->settings.network);
}

void
job_delivery_choose(Session *session, Network *choice)
{
	const ListenerSettings *settings = &session->listener->settings;

	session->choice = choice;
	/* a session's own network has its listener's algorithm */
	if (choice)
		choice->hashes_per_difficulty = settings->hashes_per_difficulty;
	move_session(session, choice ? choice : settings->network);
}

void
job_delivery_forget_network(const Network *network)
{
	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
	{
		sent_jobs_forget(&session->history, network);
		difficulty_schedule_forget_jobs(&session->schedule);
		session->newest_job = 0;
	}
}

/* ---------- difficulty ---------- */

void
job_delivery_begin_credit(Session *session)
{
	difficulty_schedule_begin(&session->schedule,
							  clamp_for(session, difficulty_start_of(session)));
}

bool
job_delivery_has_chosen(const Session *session)
{
	return session->difficulty > 0 || session->chosen_difficulty > 0 ||
		   session->schedule.count > 0 ||
		   difficulty_schedule_is_unmarked(&session->schedule);
}

/* Tell the miner why its difficulty is not the one that it chose. */
static void
explain_limit(Session *session, double chosen, double given)
{
	char text[160];
	SharedBuffer *message;

	if (given == chosen)
		return;
	snprintf(text, sizeof(text), "difficulty %.6g is %s of this port, %.6g",
			 chosen, given > chosen ? "below the minimum" : "above the maximum",
			 given);
	message = notification_show_message(text);
	session_write_buffer(session, message);
	shared_buffer_unref(message);
}

/* Some miners repeat their choice as a keep-alive. */
void
job_delivery_choose_difficulty(Session *session, double difficulty)
{
	double given = clamp_for(session, difficulty);

	if (difficulty == session->chosen_difficulty)
		return;
	session->chosen_difficulty = difficulty;
	explain_limit(session, difficulty, given);
	difficulty_choice_make(session, given, true);
	vardiff_restart(&session->window, clock_now());
}

/* Of several floors, by firmware and by password, the highest applies. */
void
job_delivery_set_floor(Session *session, double difficulty)
{
	session->floor =
		fmax(session->floor,
			 vardiff_clamp(difficulty_limits_of(session), difficulty));
	keep_within_limits(session);
}

static void
retarget_session(Session *session, double now)
{
	VardiffLimits limits = session_limits(session);
	double difficulty = difficulty_schedule_latest(&session->schedule);
	VardiffStep step =
		vardiff_retarget(&session->window, &limits, now, &difficulty);

	if (step == VARDIFF_NO_STEP)
		return;
	if (step == VARDIFF_FAST_STEP)
		session->is_raised = true;
	difficulty_choice_make(session, difficulty, step == VARDIFF_FAST_STEP);
	vardiff_restart(&session->window, now);
}

/* ---------- pace ---------- */

/*
 * for a while after the first one, since shares under way belong to an earlier
 * job
 */
#define EXCUSED_S		15.0
#define EXCUSED_APART_S 60.0

static void
note_fast_pace(Session *session, double now)
{
	VardiffLimits limits = session_limits(session);

	if ((session->excused_at == 0 ||
		 now - session->excused_at > EXCUSED_APART_S) &&
		vardiff_is_fast(&session->window, &limits, now,
						difficulty_schedule_latest(&session->schedule)))
		session->excused_at = now;
}

bool
job_delivery_excuses_pace(const Session *session)
{
	bool is_capped =
		session->network && difficulty_schedule_latest(&session->schedule) >
								session->network->difficulty_cap;

	return session->is_raised || is_capped ||
		   (session->excused_at > 0 &&
			clock_now() - session->excused_at < EXCUSED_S);
}

/*
 * The time of submission counts, not that of the response.  Shares submitted
 * before the window began, or found while disconnected, do not count.
 */
void
job_delivery_share_accepted(Session *session, const AcceptedShare *share)
{
	if (!session->is_mining || share->queued_at < session->window.start ||
		share->job_id <= session->resumed_job)
		return;
	vardiff_add_share(&session->window, share->queued_at, share->difficulty);
	note_fast_pace(session, share->queued_at);
	retarget_session(session, share->queued_at);
}

static void
check_vardiff(Session *session, double now, bool is_measured)
{
	VardiffLimits limits = session_limits(session);

	/* the missing shares may be among those not yet answered */
	if (session->difficulty == 0 || session->responses_owed > 0)
		return;
	/*
	 * the next share shows whether it is too fast: after a delay, many come at
	 * once
	 */
	if (vardiff_is_fast(&session->window, &limits, now,
						difficulty_schedule_latest(&session->schedule)))
		return;
	if (is_measured && session->network)
		retarget_session(session, now);
	else
		vardiff_restart(&session->window, now);
}

void
job_delivery_check(Session *session, double now, bool is_measured)
{
	if (!session->is_mining)
		return;
	if (session->held_since > 0 && now - session->held_since > HELD_S &&
		has_job_for(session))
		send_job(session, true);
	check_vardiff(session, now, is_measured);
}
