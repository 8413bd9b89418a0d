/*
 * main.c
 *	  ingest: how many shares per second chimera.submit_shares() accepts,
 *	  compared with the limits of the machine in the same run.
 *
 * Each of N processes has a connection and sends batches as fast as they are
 * answered.  Every hash meets the difficulty, so creating shares costs nothing
 * here, while the server hashes, checks, stores and commits each.
 *
 * With --children, shares of a job that carries as many jobs of children
 *(merged mining) are compared with those of one that carries none.
 *
 * usage: ingest [--no-limits] [--network NAME] [--children N] CONNINFO
 *ALGORITHM CONNECTIONS BATCH SECONDS
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/database.h"
#include "common/die.h"
#include "ingest/loads.h"
#include "share/batch_format.h"
#include "pow/pow.h"

/* Run a load in 'processes' processes; returns the rate per second. */
static double
run_load(const Settings *settings, const Work *work, Load load, int processes)
{
	uint64_t *counts =
		mmap(NULL, sizeof(uint64_t) * MAX_CONNECTIONS, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int64_t began = clock_ns();
	uint64_t sum = 0;
	double elapsed_s;
	int status;

	fflush(stdout);
	for (int process = 0; process < processes; process++)
		if (fork() == 0)
		{
			counts[process] = load(settings, work, process);
			_exit(0);
		}
	for (int process = 0; process < processes; process++)
		if (wait(&status) < 0 || status != 0)
			die("a process failed");
	elapsed_s = ns_to_s(clock_ns() - began);

	for (int process = 0; process < processes; process++)
		sum += counts[process];
	munmap(counts, sizeof(uint64_t) * MAX_CONNECTIONS);
	return (double) sum / elapsed_s;
}

/* Create a network without a node; returns its name. */
static const char *
add_network(PGconn *conn, const char *algorithm)
{
	static char name[64];
	PGresult *result = database_query(
		conn,
		"SELECT name, chimera.add_network(name, $1, 'BENCH', repeat('0', 64),"
		"  'http://127.0.0.1:1', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',"
		"  settings => '{\"p2pkh_version\": 0}')"
		" FROM (SELECT 'ingest_' || $1 || '_' || floor(extract(epoch FROM"
		"  clock_timestamp()) * 1000)::bigint AS name) named",
		algorithm);

	snprintf(name, sizeof(name), "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return name;
}

/* A job that no share can solve, and miners. */
static void
add_work(PGconn *conn, const char *network, Work *work)
{
	PGresult *result = database_query(
		conn,
		"WITH job AS (INSERT INTO chimera.jobs SELECT"
		"  nextval('chimera.jobs_job_id_seq'), network_id, 0, algorithm, 1,"
		"  536870912, sha256('p'), 386000000, extract(epoch FROM now()),"
		"  extract(epoch FROM now()) - 3600, 5000000000,"
		"  decode(repeat('ab', 80), 'hex'), decode(repeat('cd', 110), 'hex'),"
		"  decode(repeat('ef', 12 * 32), 'hex'), true, 0, true"
		"  FROM chimera.network_configs WHERE name = $1"
		"  RETURNING job_id, algorithm),"
		" account AS (INSERT INTO chimera.accounts (name) SELECT"
		"  'ingest' || job_id FROM job RETURNING account_id),"
		" miner AS (INSERT INTO chimera.miners (account_id, name)"
		"  SELECT account_id, n FROM account, generate_series(1, 1000) n"
		"  RETURNING miner_id)"
		" SELECT job_id, (SELECT min(miner_id) FROM miner),"
		"  1 / hashes_per_difficulty / 4"
		" FROM job JOIN chimera.algorithms() a ON a.name = job.algorithm",
		network);

	if (PQntuples(result) != 1)
		die("network \"%s\" does not exist", network);
	work->job_id = atoll(PQgetvalue(result, 0, 0));
	work->first_miner_id = atoi(PQgetvalue(result, 0, 1));
	work->difficulty = atof(PQgetvalue(result, 0, 2));
	PQclear(result);
}

static void
prepare(const Settings *settings, Work *work)
{
	PGconn *conn = database_connect(settings->conninfo);

	database_command(conn, "SET client_min_messages = warning;"
						   "DROP TABLE IF EXISTS bench_copy;"
						   "CREATE TABLE bench_copy (LIKE chimera.shares)");
	add_work(conn,
			 settings->network ? settings->network
							   : add_network(conn, settings->algorithm),
			 work);
	PQfinish(conn);
}

static void
clean_up(const Settings *settings)
{
	PGconn *conn = database_connect(settings->conninfo);

	database_command(conn, "DROP TABLE bench_copy");
	PQfinish(conn);
}

static void
measure(const Settings *settings, bool with_limits)
{
	Work work = {0};
	int n = settings->connections;
	double submitted, copied, hashed, synced;

	prepare(settings, &work);
	submitted = run_load(settings, &work, load_submit, n);
	printf("| %s | %d | %d | %.0f |", settings->algorithm, n, settings->batch,
		   submitted);
	if (with_limits)
	{
		copied = run_load(settings, &work, load_copy, n);
		hashed = run_load(settings, &work, load_hash, n);
		synced = run_load(settings, &work, load_fsync, 1);
		printf(" %.0f | %.2f | %.0f | %.3f | %.0f | %.2f |", copied,
			   submitted / copied, hashed, submitted / hashed, synced,
			   submitted / settings->batch / synced);
	}
	putchar('\n');
	clean_up(settings);
}

/*
 * The two take turns, so that what else the machine does falls on both; all
 * turns together take the given time.
 */
static void
measure_children(const Settings *settings, int children)
{
	enum
	{
		TURNS = 4
	};
	Settings turn = *settings;
	PGconn *conn = database_connect(settings->conninfo);
	Work plain = {0}, carrying;
	double without = 0, with = 0;

	turn.seconds /= 2 * TURNS;
	prepare(settings, &plain);
	carrying = carry_children(conn, &plain, children);
	PQfinish(conn);
	for (int i = 0; i < 2 * TURNS; i++)
	{
		plain.run = carrying.run = i;
		/* each is first as often as the other */
		if (i % 4 == 0 || i % 4 == 3)
			without += run_load(&turn, &plain, load_submit, turn.connections);
		else
			with += run_load(&turn, &carrying, load_submit, turn.connections);
	}
	printf("%s, %d connections, batches of %d: %.0f shares/s, with %d children "
		   "%.0f: %.3f of it\n",
		   settings->algorithm, settings->connections, settings->batch,
		   without / TURNS, children, with / TURNS, with / without);
	clean_up(settings);
}

static void
print_markdown_head(void)
{
	puts("| algorithm | connections | batch | submit_shares/s | COPY rows/s | "
		 "of COPY | hashes/s | of hashing | fdatasync/s | commits of fdatasync "
		 "|");
	puts("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
}

int
main(int argc, char **argv)
{
	static const struct option known[] = {
		{"no-limits", no_argument, NULL, 'l'},
		{"network", required_argument, NULL, 'n'},
		{"children", required_argument, NULL, 'c'},
		{"markdown-head", no_argument, NULL, 'm'},
		{NULL, 0, NULL, 0},
	};
	Settings settings = {0};
	bool with_limits = true;
	int children = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (option == 'l')
			with_limits = false;
		else if (option == 'n')
			settings.network = optarg;
		else if (option == 'c')
			children = (int) parse_number("--children", optarg, 1, 64);
		else if (option == 'm')
		{
			print_markdown_head();
			return 0;
		}
		else
			return 2;
	argv += optind;
	if (argc - optind != 5)
		die("usage: ingest [--no-limits] [--network NAME] [--children N] "
			"CONNINFO ALGORITHM CONNECTIONS BATCH SECONDS");

	settings.conninfo = argv[0];
	settings.algorithm = argv[1];
	settings.connections =
		(int) parse_number("CONNECTIONS", argv[2], 1, MAX_CONNECTIONS);
	settings.batch = (int) parse_number("BATCH", argv[3], 1, BATCH_MAX_SHARES);
	settings.seconds = (double) parse_number("SECONDS", argv[4], 1, 86400);
	if (pow_find(settings.algorithm) == NULL)
		die("algorithm \"%s\" does not exist", settings.algorithm);
	if (children)
		measure_children(&settings, children);
	else
		measure(&settings, with_limits);
	return 0;
}
