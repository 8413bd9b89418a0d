/*
 * gone.c
 *	  Sessions that ended a short while ago, for miners that come back.
 *
 * A ring in the order in which they went, each also in the chain of its hash
 * bucket.  When the ring is full the oldest is forgotten: its miner gets a new
 * extranonce1.
 */
#include "gone.h"

#include "loop.h"

#define MAX_GONE 16384 /* a power of two */

typedef struct GoneSession
{
	uint64_t id; /* 0: taken up again, or never used */
	uint32_t extranonce1;
	int next; /* in its bucket */
	double gone_at;
	Network *network;
	double difficulty;
	double floor;
	History history;
} GoneSession;

static GoneSession ring[MAX_GONE];
static int buckets[MAX_GONE]; /* index + 1, so that 0 is nobody */
static int oldest = 0;
static int count = 0;

/* Ids are random: their low bits are a hash. */
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

/* Take an entry out of its bucket; its place in the ring stays, empty. */
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
	history_clear(&ring[oldest].history);
	oldest = (oldest + 1) % MAX_GONE;
	count--;
}

void
gone_remember(Session *session)
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
		.network = session->network,
		.difficulty = session->difficulty,
		.floor = session->floor,
		.history = session->history,
	};
	if (session->next_difficulty > 0)
		gone->difficulty = session->next_difficulty;
	*bucket = place + 1;
	session->history = (History){0};
}

/* Whether a difficulty of one network means the same in the other. */
static bool
is_like(const Network *one, const Network *other)
{
	return one == other ||
		   (one && other &&
			one->hashes_per_difficulty == other->hashes_per_difficulty);
}

bool
gone_resume(Session *session, uint64_t id)
{
	int found = id != 0 ? *find_link(id) : 0;
	GoneSession *gone;

	if (found == 0)
		return false;
	gone = &ring[found - 1];

	session->id = id;
	session->extranonce1 = gone->extranonce1;
	session->history = gone->history;
	session->resumed_job = history_newest_job(&session->history);
	if (is_like(gone->network, session->network) && gone->difficulty > 0 &&
		session->next_difficulty == 0)
	{
		session->next_difficulty = gone->difficulty;
		session->floor = gone->floor;
	}
	unlink_entry(gone);
	gone->history = (History){0};
	return true;
}

void
gone_forget_network(const Network *network)
{
	for (int i = 0; i < MAX_GONE; i++)
		history_forget(&ring[i].history, network);
}

void
gone_expire(double now)
{
	while (count > 0 && (ring[oldest].id == 0 ||
						 now - ring[oldest].gone_at > GONE_LIFETIME_S))
		drop_oldest();
}
