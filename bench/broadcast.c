/*
 * broadcast.c
 *	  How long a new job takes to reach every miner, and how much memory a
 *	  miner's connection costs in stratumd.
 *
 * N connections have authorized and wait.  A job is inserted and announced as
 * extension/job/job_store.c does it; the time runs from sending the COMMIT
 * until mining.notify has arrived on each connection, by the kernel's
 * timestamps.  Nothing is read meanwhile: real miners read on their own
 * machines, and here they would use the pool's cores.  The memory per
 * connection is only known for a stratumd that has not had more connections
 * before.
 *
 * With NETWORK - the pool is bench/nullpool, which writes a job of the same
 * size to every connection when it is signalled: the limit of one process.
 *
 * usage: broadcast HOST PORT NETWORK PID_OF_STRATUMD ROUNDS MINERS...
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/cpu.h"
#include "common/database.h"
#include "common/die.h"
#include "common/histogram.h"
#include "swarm/swarm.h"

#define OPEN_TIMEOUT_S	   120
#define ARRIVAL_TIMEOUT_NS (10LL * NS_PER_S)
#define REST_NS			   (200 * NS_PER_MS) /* between two jobs */
#define UNREAD_NS		   (300 * NS_PER_MS) /* while a job goes out */

typedef struct Settings
{
	const char *host;
	const char *port;
	const char *network;
	pid_t stratumd;
	bool is_limit; /* the pool is nullpool: a signal is all it needs */
	int rounds;
} Settings;

static const char insert_job[] =
	"INSERT INTO chimera.jobs SELECT nextval('chimera.jobs_job_id_seq'),"
	" network_id, template_id, algorithm, height, version, prevhash, nbits,"
	" curtime, mintime, coinbase_value, coinbase_prefix, coinbase_suffix,"
	" merkle_branch, has_witness, version_mask, clean_jobs"
	" FROM chimera.jobs WHERE network_id = chimera.network_id($1)"
	" ORDER BY job_id DESC LIMIT 1 RETURNING job_id";

static Swarm swarm;
static char awaited[JOB_ID_MAX + 1] = ""; /* the new job's id */
static int arrived;
static Histogram *arrivals;	 /* since the COMMIT was sent */
static int64_t committed_at; /* by the clock of the kernel's notes */
static int64_t last_arrival;

static int64_t
real_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t) now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void
on_job(Miner *miner)
{
	if (strcmp(miner->job->id, awaited) != 0)
		return;
	arrived++;
	if (miner->arrived_at > last_arrival)
		last_arrival = miner->arrived_at;
	histogram_add(arrivals, miner->arrived_at - committed_at);
}

/* The result is not read before the miners are: it has gone out. */
static void
announce(PGconn *conn, const Settings *settings)
{
	char command[64];
	PGresult *job;

	database_command(conn, "BEGIN");
	job = database_query(conn, insert_job, settings->network);
	snprintf(awaited, sizeof(awaited), "%llx",
			 strtoull(PQgetvalue(job, 0, 0), NULL, 10));
	snprintf(command, sizeof(command), "NOTIFY chimera_jobs, '%s'",
			 PQgetvalue(job, 0, 0));
	PQclear(job);
	database_command(conn, command);

	arrived = 0;
	committed_at = last_arrival = real_ns();
	if (PQsendQuery(conn, "COMMIT") != 1)
		die("%s", PQerrorMessage(conn));
}

/* nullpool counts its jobs as we do. */
static void
signal_nullpool(const Settings *settings)
{
	static unsigned int jobs = 1;

	snprintf(awaited, sizeof(awaited), "%x", ++jobs);
	arrived = 0;
	committed_at = last_arrival = real_ns();
	if (kill(settings->stratumd, SIGUSR1) != 0)
		die_errno("kill");
}

static void
finish(PGconn *conn)
{
	PGresult *result;

	while ((result = PQgetResult(conn)) != NULL)
		PQclear(database_expect(conn, result, PGRES_COMMAND_OK));
}

static void
rest(void)
{
	int64_t until = clock_ns() + REST_NS;

	while (clock_ns() < until)
		swarm_poll(&swarm, NS_PER_MS);
}

/* One job to all; when the last of them had it. */
static int64_t
broadcast(PGconn *conn, const Settings *settings)
{
	struct timespec unread = {.tv_nsec = UNREAD_NS};

	if (settings->is_limit)
		signal_nullpool(settings);
	else
		announce(conn, settings);
	nanosleep(&unread, NULL);
	while (arrived < swarm.settings.count)
	{
		swarm_poll(&swarm, NS_PER_MS);
		if (real_ns() - committed_at > ARRIVAL_TIMEOUT_NS)
			die("only %d of %d miners got the job", arrived,
				swarm.settings.count);
	}
	if (!settings->is_limit)
		finish(conn);
	rest();
	return last_arrival - committed_at;
}

static int
compare_times(const void *a, const void *b)
{
	int64_t left = *(const int64_t *) a;
	int64_t right = *(const int64_t *) b;

	return (left > right) - (left < right);
}

static void
print_row(const Settings *settings, int64_t *last, long memory, double cpu_s)
{
	int count = swarm.settings.count;

	qsort(last, (size_t) settings->rounds, sizeof(*last), compare_times);
	printf("| %s | %d | %.2f | %.2f | %.2f | %.2f | %.2f | %.1f | %.0f |\n",
		   settings->is_limit ? "limit: nullpool" : "stratumd", count,
		   ns_to_ms(histogram_quantile(arrivals, 0)),
		   ns_to_ms(histogram_quantile(arrivals, 0.5)), ns_to_ms(last[0]),
		   ns_to_ms(last[settings->rounds / 2]),
		   ns_to_ms(last[settings->rounds - 1]),
		   cpu_s * 1e6 / settings->rounds / count, (double) memory / count);
	fflush(stdout);
}

static void
measure(PGconn *conn, const Settings *settings, int miners)
{
	static const SwarmEvents events = {.job = on_job};
	SwarmSettings swarm_settings = {
		.host = settings->host,
		.port = settings->port,
		.user = "idle",
		.password = "x",
		.count = miners,
		.notes_arrival = true,
	};
	int64_t *last = allocate((size_t) settings->rounds, sizeof(int64_t));
	long memory = memory_resident(settings->stratumd);
	double cpu_s;

	arrivals = allocate(1, sizeof(Histogram));
	swarm_init(&swarm, &swarm_settings, &events);
	swarm_open(&swarm, OPEN_TIMEOUT_S);
	rest();
	memory = memory_resident(settings->stratumd) - memory;

	cpu_s = cpu_seconds(settings->stratumd);
	for (int round = 0; round < settings->rounds; round++)
		last[round] = broadcast(conn, settings);
	cpu_s = cpu_seconds(settings->stratumd) - cpu_s;
	print_row(settings, last, memory, cpu_s);
	swarm_close(&swarm);
	free(last);
	free(arrivals);
}

int
main(int argc, char **argv)
{
	Settings settings;
	PGconn *conn;

	if (argc < 7)
		die("usage: broadcast HOST PORT NETWORK PID_OF_STRATUMD ROUNDS "
			"MINERS...");
	settings.host = argv[1];
	settings.port = argv[2];
	settings.network = argv[3];
	settings.is_limit = strcmp(argv[3], "-") == 0;
	settings.stratumd = (pid_t) parse_number("the pid", argv[4], 1, 1L << 30);
	settings.rounds = (int) parse_number("ROUNDS", argv[5], 1, 10000);

	puts("| pool | idle miners | first miner, best ms | median miner ms | last "
		 "miner, best ms | last miner, median ms | last miner, worst ms | CPU "
		 "us/miner | bytes/miner |");
	puts("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
	conn = settings.is_limit ? NULL : database_connect("");
	for (int i = 6; i < argc; i++)
		measure(conn, &settings,
				(int) parse_number("MINERS", argv[i], 1, 60000));
	PQfinish(conn);
	return 0;
}
