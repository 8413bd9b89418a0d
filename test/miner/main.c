/*
 * main.c
 *	  chimera-miner: a small Stratum V1 miner for tests and demos.
 *
 * One thread.  It hashes for some milliseconds, looks at the socket without
 * waiting, and hashes on; with nothing to hash it waits in poll().
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "options.h"
#include "report.h"
#include "stratum.h"
#include "work.h"

#define SLICE_SECONDS			0.010
#define IDLE_WAIT_MS			20
#define FIRST_RECONNECT_DELAY	0.2
#define LONGEST_RECONNECT_DELAY 5.0
/* how long to wait for the last responses at the end */
#define DRAIN_SECONDS 5.0

typedef struct Miner
{
	Options options;
	Report report;
	Stratum stratum;
	Work work;
	double reconnect_delay;
	double reconnect_at;
	double hashes_allowed; /* the limit's bucket */
	double bucket_filled_at;
} Miner;

static Miner miner;
static volatile sig_atomic_t stop_signal = 0;

static void
on_signal(int signal_number)
{
	stop_signal = signal_number;
}

static void
catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static bool
have_enough_shares(const Miner *m)
{
	return m->options.shares > 0 && m->report.accepted >= m->options.shares;
}

static bool
time_is_up(const Miner *m)
{
	return m->options.seconds > 0 &&
		   clock_seconds() - m->report.started >= m->options.seconds;
}

/* May another share be submitted, or would it be one too many? */
static bool
wants_shares(const Miner *m)
{
	uint64_t pending = (uint64_t) m->stratum.pending_count;

	if (m->options.shares > 0 &&
		m->report.accepted + pending >= m->options.shares)
		return false;
	return pending + WORK_BATCH < MAX_PENDING;
}

/* How many hashes --hashes-per-second allows now. */
static int
allowed_batch(Miner *m)
{
	double rate = m->options.hashes_per_second;
	double now = clock_seconds();

	if (rate == 0)
		return WORK_BATCH;
	m->hashes_allowed += (now - m->bucket_filled_at) * rate;
	m->bucket_filled_at = now;
	m->hashes_allowed = fmin(m->hashes_allowed, fmax(WORK_BATCH, rate / 10));
	return (int) fmin(m->hashes_allowed, WORK_BATCH);
}

/* Hash for one slice; false if there was nothing to do. */
static bool
mine_slice(Miner *m)
{
	static FoundShare found[WORK_BATCH];
	double end = clock_seconds() + SLICE_SECONDS;
	int batch;

	if (!m->stratum.authorized || !m->work.ready || !wants_shares(m) ||
		(batch = allowed_batch(m)) == 0)
		return false;
	do
	{
		int shares = work_hash(&m->work, batch, found);

		m->report.hashes += (uint64_t) batch;
		m->hashes_allowed -= batch;
		for (int i = 0; i < shares && wants_shares(m); i++)
			stratum_submit(&m->stratum, &found[i]);
	} while (clock_seconds() < end && wants_shares(m) &&
			 (batch = allowed_batch(m)) > 0);
	return true;
}

static void
take_new_job(Miner *m)
{
	const Job *job = &m->stratum.job;

	if (!m->stratum.job_is_new)
		return;
	m->stratum.job_is_new = false;
	work_start(&m->work, m->options.algorithm, job);
	report_line(&m->report, "job %s%s difficulty %g", job->id,
				job->clean ? " (clean)" : "", job->difficulty);
	m->reconnect_delay = FIRST_RECONNECT_DELAY;
}

static void
disconnect(Miner *m)
{
	if (m->stratum.reconnect)
		report_line(&m->report, "the pool asks to reconnect");
	else
		report_line(&m->report, "disconnected: %s",
					m->stratum.connection.error);
	stratum_disconnect(&m->stratum);
	m->work.ready = false;
	m->reconnect_at = clock_seconds() + m->reconnect_delay;
	m->reconnect_delay = fmin(2 * m->reconnect_delay, LONGEST_RECONNECT_DELAY);
}

static void
sleep_ms(int ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

/* Reconnect when it is time; true if there is a connection to serve. */
static bool
ensure_connected(Miner *m)
{
	if (m->stratum.connection.fd >= 0)
		return true;
	if (clock_seconds() < m->reconnect_at)
	{
		sleep_ms(IDLE_WAIT_MS);
		return false;
	}
	if (stratum_connect(&m->stratum))
		return true;
	disconnect(m);
	return false;
}

/* Exchange bytes with the pool; false if the connection is gone. */
static bool
serve_pool(Miner *m, int timeout_ms)
{
	Stratum *stratum = &m->stratum;

	if (connection_serve(&stratum->connection, timeout_ms) &&
		stratum_handle_lines(stratum) && !stratum->reconnect)
	{
		take_new_job(m);
		return true;
	}
	disconnect(m);
	return false;
}

static void
mine_until_done(Miner *m)
{
	bool busy = false;

	while (!stop_signal && !have_enough_shares(m) && !time_is_up(m))
	{
		if (ensure_connected(m) && serve_pool(m, busy ? 0 : IDLE_WAIT_MS))
			busy = mine_slice(m);
		else if (m->stratum.refused ||
				 (m->options.once && !m->stratum.reconnect))
			return;
		else
			busy = false;
	}
}

/* Read the responses to submissions, so that the log is complete. */
static void
drain_answers(Miner *m)
{
	double end = clock_seconds() + DRAIN_SECONDS;

	while (m->stratum.connection.fd >= 0 && m->stratum.pending_count > 0 &&
		   clock_seconds() < end)
		if (!serve_pool(m, IDLE_WAIT_MS))
			break;
	stratum_disconnect(&m->stratum);
}

/* 0 if the requested work was done, 1 if not, 2 if it cannot be done. */
static int
exit_code(const Miner *m)
{
	if (m->stratum.refused)
		return 2;
	if (m->options.shares > 0)
		return have_enough_shares(m) ? 0 : 1;
	if (m->options.seconds > 0)
		return time_is_up(m) ? 0 : 1;
	return stop_signal ? 0 : 1;
}

int
main(int argc, char **argv)
{
	Miner *m = &miner;
	int code;

	options_parse(&m->options, argc, argv);
	if (!report_open(&m->report, m->options.log_path, m->options.quiet))
		return 2;
	stratum_init(&m->stratum, &m->options, &m->report);
	m->reconnect_delay = FIRST_RECONNECT_DELAY;
	m->bucket_filled_at = clock_seconds();
	catch_signals();

	mine_until_done(m);
	code = exit_code(m);
	drain_answers(m);
	report_summary(&m->report);
	report_close(&m->report);
	return code;
}
