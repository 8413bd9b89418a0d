/*
 * session_resume.c
 *	  Keeps sessions that ended recently, for miners that reconnect.
 *
 * A ring in the order of their ends; each is also in the chain of its hash
 * bucket.  When the ring is full the oldest is dropped: its miner gets a new
 * extranonce1.
 */
#include "session/session_resume.h"

#include <math.h>

#include "loop.h"

#define MAX_ENDED 16384 /* a power of two */

typedef struct EndedSession
{
	uint64_t id; /* 0: resumed, or never used */
	uint32_t extranonce1;
	int next; /* in its bucket */
	double ended_at;
	double hashes_per_difficulty; /* of its listener */
	double chosen_difficulty;
	double floor;
	DifficultySchedule schedule;
	SentJobs history;
} EndedSession;

static EndedSession ring[MAX_ENDED];
static int buckets[MAX_ENDED]; /* index + 1; 0: empty */
static int oldest = 0;
static int count = 0;

/* Ids are random, so their low bits are a hash. */
static int *
bucket_of(uint64_t id)
{
	return &buckets[id % MAX_ENDED];
}

static int *
find_link(uint64_t id)
{
	int *link = bucket_of(id);

	while (*link != 0 && ring[*link - 1].id != id)
		link = &ring[*link - 1].next;
	return link;
}

/* Unlink an entry from its bucket; its place in the ring stays, empty. */
static void
unlink_entry(EndedSession *ended)
{
	if (ended->id == 0)
		return;
	*find_link(ended->id) = ended->next;
	ended->id = 0;
}

static void
drop_oldest(void)
{
	unlink_entry(&ring[oldest]);
	sent_jobs_clear(&ring[oldest].history);
	difficulty_schedule_clear(&ring[oldest].schedule);
	oldest = (oldest + 1) % MAX_ENDED;
	count--;
}

void
session_resume_remember(Session *session)
{
	EndedSession *ended;
	int *bucket = bucket_of(session->id);
	int place;

	if (!session->is_subscribed)
		return;
	if (count == MAX_ENDED)
		drop_oldest();

	place = (oldest + count++) % MAX_ENDED;
	ended = &ring[place];
	*ended = (EndedSession){
		.id = session->id,
		.extranonce1 = session->extranonce1,
		.next = *bucket,
		.ended_at = clock_now(),
		.hashes_per_difficulty =
			session->listener->settings.hashes_per_difficulty,
		.chosen_difficulty = session->chosen_difficulty,
		.floor = session->floor,
		.schedule = session->schedule,
		.history = session->history,
	};
	difficulty_schedule_ask_again(&ended->schedule);
	*bucket = place + 1;
	session->schedule = (DifficultySchedule){0};
	session->history = (SentJobs){0};
}

/*
 * The earlier session's difficulties apply to its jobs; what the miner has
 * chosen since it reconnected is a choice like any other.
 */
static void
restore_session(Session *session, EndedSession *ended)
{
	double chosen = difficulty_schedule_latest(&session->schedule);

	difficulty_schedule_clear(&session->schedule);
	session->schedule = ended->schedule;
	session->history = ended->history;
	ended->schedule = (DifficultySchedule){0};
	ended->history = (SentJobs){0};
	if (chosen > 0)
		difficulty_schedule_choose(&session->schedule, chosen);
	else
	{
		session->chosen_difficulty = ended->chosen_difficulty;
		session->floor = fmax(session->floor, ended->floor);
	}
}

bool
session_resume_take(Session *session, uint64_t id)
{
	int found = id != 0 ? *find_link(id) : 0;
	EndedSession *ended;

	if (found == 0)
		return false;
	ended = &ring[found - 1];
	/* difficulties of another algorithm mean nothing here */
	if (ended->hashes_per_difficulty !=
		session->listener->settings.hashes_per_difficulty)
		return false;

	session->id = id;
	session->extranonce1 = ended->extranonce1;
	restore_session(session, ended);
	session->resumed_job = sent_jobs_newest(&session->history);
	unlink_entry(ended);
	return true;
}

void
session_resume_forget_network(const Network *network)
{
	for (int i = 0; i < MAX_ENDED; i++)
	{
		sent_jobs_forget(&ring[i].history, network);
		difficulty_schedule_forget_jobs(&ring[i].schedule);
	}
}

void
session_resume_expire(double now)
{
	while (count > 0 && (ring[oldest].id == 0 || now - ring[oldest].ended_at >
													 SESSION_RESUME_LIFETIME_S))
		drop_oldest();
}
