/*
 * driver.c
 *	  One process of the load generator.
 *
 * Without a rate, each response makes room for the next share of its
 * connection (a closed loop).  With a rate, shares are sent when they are due,
 * on whichever connection is next, and their latency is measured from then: a
 * pool that stalls cannot hide it by getting fewer shares.
 */
#include "load/driver.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/cpu.h"
#include "common/die.h"
#include "load/share.h"
#include "load/share_log.h"

#define WAIT_NS		(10 * NS_PER_MS)
#define PACE_NS		(200 * NS_PER_US) /* between two looks at what is due */
#define DRAIN_NS	(40LL * NS_PER_S) /* stratumd gives up sooner */
#define SEND_BUFFER (MAX_WINDOW * SHARE_LINE_MAX)

static const Options *settings;
static Results *results;
static Swarm swarm;

/* the clock of the run; before begin nothing is sent */
static int64_t begin_at;
static int64_t measure_from;
static int64_t measure_until;

static bool is_sending = false;
static uint64_t in_flight = 0;
static uint64_t due_count = 0; /* shares sent at a rate */
static int next_miner = 0;

static bool
is_measured(int64_t at)
{
	return at >= measure_from && at < measure_until;
}

/* ---------- answers ---------- */

static void
note_unexpected(const Share *share, int error_code)
{
	if (results->unexpected++ > 0)
		return;
	results->first_unexpected_kind = (int) share->kind;
	results->first_unexpected_code = error_code;
}

static void
on_answer(Miner *miner, int id, int error_code)
{
	Rig *rig = miner->data;
	Share *share = rig_find_share(rig, id);

	if (share == NULL)
		die("unexpected response with id %d", id);
	if (is_measured(swarm.now))
	{
		results->answered[share->kind]++;
		histogram_add(&results->latency, swarm.now - share->since);
	}
	if (!share_answer_is_right(share->kind, error_code))
		note_unexpected(share, error_code);
	if (error_code == 0)
	{
		results->accepted++;
		rig->accepted = *share;
		share_log_add(miner, share);
	}
	share->since = 0;
	rig->in_flight--;
	in_flight--;
}

static void
on_job(Miner *miner)
{
	if (miner->data == NULL)
		miner->data = rig_new(settings);
	rig_take_job(miner->data, miner);
}

/* ---------- shares ---------- */

static void
count_sent(int count)
{
	results->sent += (uint64_t) count;
	in_flight += (uint64_t) count;
}

/* Fill the window of a connection. */
static void
fill_window(Miner *miner)
{
	static char buffer[SEND_BUFFER];
	Rig *rig = miner->data;
	size_t length = 0;
	int count = settings->window - rig->in_flight;
	int64_t now = clock_ns();

	for (int i = 0; i < count; i++)
		length += rig_make_share(rig, miner, now, buffer + length);
	count_sent(count);
	swarm_send(&swarm, miner, buffer, length);
}

static void
on_served(Miner *miner)
{
	if (is_sending && settings->rate == 0)
		fill_window(miner);
}

/* The next connection with room for a burst, or NULL. */
static Miner *
find_room(void)
{
	for (int i = 0; i < swarm.settings.count; i++)
	{
		Miner *miner = &swarm.miners[next_miner];
		Rig *rig = miner->data;

		next_miner = (next_miner + 1) % swarm.settings.count;
		if (miner->state == MINER_READY &&
			rig->in_flight + settings->burst <= settings->window)
			return miner;
	}
	return NULL;
}

static void
send_burst(Miner *miner, double rate)
{
	static char buffer[SEND_BUFFER];
	size_t length = 0;
	int64_t since;

	/* it is due when its last share is */
	due_count += (uint64_t) settings->burst;
	since = begin_at + (int64_t) ((double) due_count / rate);
	for (int i = 0; i < settings->burst; i++)
		length += rig_make_share(miner->data, miner, since, buffer + length);
	count_sent(settings->burst);
	swarm_send(&swarm, miner, buffer, length);
}

static void
send_due(int64_t now)
{
	double rate = settings->rate / settings->processes / NS_PER_S;
	uint64_t due = (uint64_t) ((double) (now - begin_at) * rate);

	while (due_count + (uint64_t) settings->burst <= due)
	{
		Miner *miner = find_room();

		if (miner == NULL)
			return;
		send_burst(miner, rate);
	}
}

/* ---------- the run ---------- */

static const SwarmEvents events = {
	.job = on_job,
	.answer = on_answer,
	.served = on_served,
};

static void
open_swarm(int process)
{
	int share = settings->connections / settings->processes;
	int rest = settings->connections % settings->processes;
	SwarmSettings swarm_settings = {
		.host = settings->host,
		.port = settings->port,
		.user = settings->user,
		.password = settings->password,
		.first_number = process * share + (process < rest ? process : rest),
		.count = share + (process < rest ? 1 : 0),
	};

	swarm_init(&swarm, &swarm_settings, &events);
	swarm_open(&swarm, settings->open_timeout_s);
}

static void
wait_for_begin(Shared *shared)
{
	shared->ready++;
	while (shared->begin_ns == 0)
		swarm_poll(&swarm, NS_PER_MS);
	begin_at = shared->begin_ns;
	measure_from = begin_at + (int64_t) (settings->warmup_s * NS_PER_S);
	measure_until = measure_from + (int64_t) (settings->seconds * NS_PER_S);
	while (clock_ns() < begin_at)
		swarm_poll(&swarm, NS_PER_MS);
}

static void
send_until_end(void)
{
	double cpu_before = 0;
	int64_t now;

	is_sending = true;
	if (settings->rate == 0)
		for (int i = 0; i < swarm.settings.count; i++)
			if (swarm.miners[i].state == MINER_READY)
				fill_window(&swarm.miners[i]);
	while ((now = clock_ns()) < measure_until)
	{
		if (settings->rate > 0)
			send_due(now);
		swarm_poll(&swarm, settings->rate > 0 ? PACE_NS : WAIT_NS);
		if (now < measure_from)
			cpu_before = cpu_seconds_own();
	}
	results->cpu_s = cpu_seconds_own() - cpu_before;
	is_sending = false;
}

static void
drain(void)
{
	int64_t deadline = clock_ns() + DRAIN_NS;

	while (in_flight > 0 && clock_ns() < deadline &&
		   swarm.lost_count < swarm.settings.count)
		swarm_poll(&swarm, WAIT_NS);
	results->unanswered = in_flight;
	results->lost = (uint64_t) swarm.lost_count;
}

void
driver_run(const Options *options, int process, Shared *shared)
{
	settings = options;
	results = &shared->results[process];
	share_init(options);
	share_log_open(options, process);
	open_swarm(process);
	wait_for_begin(shared);
	send_until_end();
	drain();
	share_log_close();
	swarm_close(&swarm);
}
