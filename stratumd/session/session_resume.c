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

#define MAX_GONE 16384 /* a power of two */

typedef struct GoneSession
{
	uint64_t id; /* 0: resumed, or never used */
	uint32_t extranonce1;
	int next; /* in its bucket */
	double gone_at;
	double hashes_per_difficulty; /* of its listener */
	double wish;
	double floor;
	DifficultySchedule schedule;
	SentJobs history;
} GoneSession;

static GoneSession ring[MAX_GONE];
static int buckets[MAX_GONE]; /* index + 1; 0: empty */
static int oldest = 0;
static int count = 0;

/* Ids are random, so their low bits are a hash. */
static int *
bucket_of(uint64_t id)
{
	return &buckets[id % MAX_GONE];
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
unlink_entry(GoneSession *gone)
{
	if (gone->id == 0)
		return;
	*find_link(gone->id) = gone->next;
	gone->id = 0;
}

static void
drop_oldest(void)
{
	unlink_entry(&ring[oldest]);
	sent_jobs_clear(&ring[oldest].history);
	difficulty_schedule_clear(&ring[oldest].schedule);
	oldest = (oldest + 1) % MAX_GONE;
	count--;
}

void
session_resume_remember(Session *session)
{
	GoneSession *gone;
	int *bucket = bucket_of(session->id);
	int place;

	if (!session->is_subscribed)
		return;
	if (count == MAX_GONE)
		drop_oldest();

	place = (oldest + count++) % MAX_GONE;
	gone = &ring[place];
	*gone = (GoneSession){
		.id = session->id,
		.extranonce1 = session->extranonce1,
		.next = *bucket,
		.gone_at = clock_now(),
		.hashes_per_difficulty =
			session->listener->settings.hashes_per_difficulty,
		.wish = session->wish,
		.floor = session->floor,
		.schedule = session->schedule,
		.history = session->history,
	};
	difficulty_schedule_ask_again(&gone->schedule);
	*bucket = place + 1;
	session->schedule = (DifficultySchedule){0};
	session->history = (SentJobs){0};
}

/*
 * The earlier session's difficulties apply to its jobs; what the miner has
 * chosen since it reconnected is a choice like any other.
 */
static void
take_up(Session *session, GoneSession *gone)
{
	double chosen = difficulty_schedule_latest(&session->schedule);

	difficulty_schedule_clear(&session->schedule);
	session->schedule = gone->schedule;
	session->history = gone->history;
	gone->schedule = (DifficultySchedule){0};
	gone->history = (SentJobs){0};
	if (chosen > 0)
		difficulty_schedule_choose(&session->schedule, chosen);
	else
	{
		session->wish = gone->wish;
		session->floor = fmax(session->floor, gone->floor);
	}
}

bool
session_resume_take(Session *session, uint64_t id)
{
	int found = id != 0 ? *find_link(id) : 0;
	GoneSession *gone;

	if (found == 0)
		return false;
	gone = &ring[found - 1];
	/* difficulties of another algorithm mean nothing here */
	if (gone->hashes_per_difficulty !=
		session->listener->settings.hashes_per_difficulty)
		return false;

	session->id = id;
	session->extranonce1 = gone->extranonce1;
	take_up(session, gone);
	session->resumed_job = sent_jobs_newest(&session->history);
	unlink_entry(gone);
	return true;
}

void
session_resume_forget_network(const Network *network)
{
	for (int i = 0; i < MAX_GONE; i++)
	{
		sent_jobs_forget(&ring[i].history, network);
		difficulty_schedule_forget_jobs(&ring[i].schedule);
	}
}

void
session_resume_expire(double now)
{
	while (count > 0 && (ring[oldest].id == 0 || now - ring[oldest].gone_at >
													 SESSION_RESUME_LIFETIME_S))
		drop_oldest();
}
