/*
 * ingest.c
 *	  How many shares a second chimera.submit_shares() takes, against the COPY
 *	  of the same rows in the same run.
 *
 * Each of N processes has a connection and sends batches of shares as fast as
 * they are answered.  The shares are at the lowest difficulty, where every
 * hash but one in 65536 is a share, so making them costs nothing here while
 * each is hashed, checked, stored and committed there.  The limit measured
 * beside it is a binary COPY of rows of the same columns into a table without
 * an index, in transactions of the same size.
 *
 * usage: ingest CONNINFO ALGORITHM CONNECTIONS BATCH SECONDS
 */
#include <arpa/inet.h>
#include <endian.h>
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECORD_BYTES	 48
#define COPY_COLUMNS	 13
#define MAX_BATCH		 4096
#define MAX_CONNECTIONS	 64
#define COPY_ROW_MAX	 256
#define MICROSECONDS	 1000000

typedef struct Settings
{
	const char *conninfo;
	const char *algorithm;
	int connections;
	int batch;
	int seconds;
} Settings;

/* What the benchmark's network offers to mine on; made once by the parent. */
typedef struct Work
{
	int64_t job_id;
	int32_t miner_id;
	double difficulty;
} Work;

/* Shared with the children. */
typedef struct Counts
{
	uint64_t accepted[MAX_CONNECTIONS];
	uint64_t refused[MAX_CONNECTIONS];
} Counts;

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "ingest: %s: %s\n", what, why);
	exit(1);
}

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static PGconn *
connect_or_die(const Settings *settings)
{
	PGconn *conn = PQconnectdb(settings->conninfo);

	if (PQstatus(conn) != CONNECTION_OK)
		die("connect", PQerrorMessage(conn));
	return conn;
}

static PGresult *
expect(PGconn *conn, PGresult *result, ExecStatusType status)
{
	if (PQresultStatus(result) != status)
		die("query", PQerrorMessage(conn));
	return result;
}

static void
put32(uint8_t **at, uint32_t value)
{
	value = htonl(value);
	memcpy(*at, &value, sizeof(value));
	*at += sizeof(value);
}

static void
put64(uint8_t **at, uint64_t value)
{
	value = htobe64(value);
	memcpy(*at, &value, sizeof(value));
	*at += sizeof(value);
}

static void
put_double(uint8_t **at, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put64(at, bits);
}

/* ---------- through the submission path ---------- */

static void
encode_batch(const Settings *settings, const Work *work, uint32_t extranonce1,
			 uint64_t first, uint8_t *out)
{
	put32(&out, 1);
	for (int i = 0; i < settings->batch; i++)
	{
		put64(&out, (uint64_t) work->job_id);
		put32(&out, (uint32_t) work->miner_id);
		put32(&out, extranonce1);
		put64(&out, (first + (uint64_t) i) >> 16);
		put32(&out, 1700000000);
		put32(&out, (uint32_t) ((first + (uint64_t) i) & 0xffff));
		put32(&out, 0);
		put32(&out, 0);
		put_double(&out, work->difficulty);
	}
}

static void
submit_for(const Settings *settings, const Work *work, int child,
		   Counts *counts)
{
	static uint8_t batch[4 + RECORD_BYTES * MAX_BATCH];
	PGconn *conn = connect_or_die(settings);
	const char *values[] = {(const char *) batch};
	int lengths[] = {4 + RECORD_BYTES * settings->batch};
	int formats[] = {1};
	double end = now_s() + settings->seconds;
	uint64_t first = 0;

	PQclear(expect(conn,
				   PQprepare(conn, "s", "SELECT chimera.submit_shares($1)", 1,
							 NULL),
				   PGRES_COMMAND_OK));
	while (now_s() < end)
	{
		PGresult *result;

		encode_batch(settings, work, (uint32_t) child, first, batch);
		first += (uint64_t) settings->batch;
		result = expect(conn,
						PQexecPrepared(conn, "s", 1, values, lengths, formats,
									   1),
						PGRES_TUPLES_OK);
		for (int i = 0; i < settings->batch; i++)
			if (PQgetvalue(result, 0, 0)[i] <= 1)
				counts->accepted[child]++;
			else
				counts->refused[child]++;
		PQclear(result);
	}
	PQfinish(conn);
}

/* ---------- COPY of the same rows ---------- */

static void
put_field(uint8_t **at, uint32_t length)
{
	put32(at, length);
}

static size_t
encode_row(const Work *work, int child, uint64_t n, uint8_t *out)
{
	uint8_t *at = out;
	uint16_t columns = htons(COPY_COLUMNS);
	float share_difficulty = 1;
	uint32_t float_bits;

	memcpy(&float_bits, &share_difficulty, sizeof(float_bits));
	memcpy(at, &columns, sizeof(columns));
	at += sizeof(columns);
	put_field(&at, 8);
	put64(&at, n);
	put_field(&at, 16);
	put64(&at, 1);
	put64(&at, 2);
	put_field(&at, 8);
	put64(&at, n);
	put_field(&at, 8);
	put64(&at, (uint64_t) work->job_id);
	put_field(&at, 8);
	put64(&at, n);
	put_field(&at, 8);
	put_double(&at, work->difficulty);
	for (int i = 0; i < 6; i++)
	{
		put_field(&at, 4);
		put32(&at, (uint32_t) child);
	}
	put_field(&at, 4);
	put32(&at, float_bits);
	return (size_t) (at - out);
}

static void
put_copy(PGconn *conn, const void *data, size_t length)
{
	if (PQputCopyData(conn, data, (int) length) != 1)
		die("copy", PQerrorMessage(conn));
}

static void
copy_for(const Settings *settings, const Work *work, int child, Counts *counts)
{
	static const char header[19] = "PGCOPY\n\377\r\n\0";
	static uint8_t rows[COPY_ROW_MAX * MAX_BATCH];
	PGconn *conn = connect_or_die(settings);
	double end = now_s() + settings->seconds;
	uint64_t n = 0;

	while (now_s() < end)
	{
		size_t length = 0;

		PQclear(expect(conn,
					   PQexec(conn, "COPY chimera_bench_shares FROM STDIN "
									"(FORMAT binary)"),
					   PGRES_COPY_IN));
		for (int i = 0; i < settings->batch; i++)
			length += encode_row(work, child, n++, rows + length);
		put_copy(conn, header, sizeof(header));
		put_copy(conn, rows, length);
		put_copy(conn, "\377\377", 2);
		if (PQputCopyEnd(conn, NULL) != 1)
			die("copy", PQerrorMessage(conn));
		PQclear(expect(conn, PQgetResult(conn), PGRES_COMMAND_OK));
		PQclear(PQgetResult(conn));
		counts->accepted[child] += (uint64_t) settings->batch;
	}
	PQfinish(conn);
}

/* ---------- the run ---------- */

typedef void (*Load)(const Settings *settings, const Work *work, int child,
					 Counts *counts);

/* Run a load in all processes; returns the rows a second. */
static double
run_load(const Settings *settings, const Work *work, Load load,
		 uint64_t *refused)
{
	Counts *counts = mmap(NULL, sizeof(Counts), PROT_READ | PROT_WRITE,
						  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double began = now_s();
	uint64_t accepted = 0;
	double elapsed;
	int status;

	for (int child = 0; child < settings->connections; child++)
		if (fork() == 0)
		{
			load(settings, work, child, counts);
			_exit(0);
		}
	for (int child = 0; child < settings->connections; child++)
		if (wait(&status) < 0 || status != 0)
			die("load", "a process failed");
	elapsed = now_s() - began;

	*refused = 0;
	for (int child = 0; child < settings->connections; child++)
	{
		accepted += counts->accepted[child];
		*refused += counts->refused[child];
	}
	munmap(counts, sizeof(Counts));
	return (double) accepted / elapsed;
}

/* A network without a node, and a job on it that no share can solve. */
static void
prepare(const Settings *settings, Work *work)
{
	PGconn *conn = connect_or_die(settings);
	const char *values[] = {settings->algorithm};
	PGresult *result;

	PQclear(expect(conn,
				   PQexec(conn,
						  "DROP TABLE IF EXISTS chimera_bench_shares;"
						  "CREATE TABLE chimera_bench_shares"
						  " (LIKE chimera.shares)"),
				   PGRES_COMMAND_OK));
	result = expect(
		conn,
		PQexecParams(
			conn,
			"WITH network AS (SELECT chimera.add_network("
			"  'bench_' || $1 || '_' || floor(extract(epoch FROM"
			"   clock_timestamp()) * 1000)::bigint, $1, 'BENCH',"
			"  repeat('0', 64), 'http://127.0.0.1:1',"
			"  '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', p2pkh_version => 0)"
			"  AS network_id),"
			" job AS (INSERT INTO chimera.jobs SELECT"
			"  nextval('chimera.jobs_job_id_seq'), network_id, 0, $1, 1,"
			"  536870912, sha256('p'), 386000000, 1700000000, 1600000000,"
			"  5000000000, decode(repeat('ab', 80), 'hex'),"
			"  decode(repeat('cd', 90), 'hex'), decode(repeat('ef', 352),"
			"  'hex'), true, 0, true FROM network RETURNING job_id,"
			"  network_id),"
			" account AS (INSERT INTO chimera.accounts (name) SELECT"
			"  'bench' || job_id FROM job RETURNING account_id),"
			" miner AS (INSERT INTO chimera.miners (account_id, name)"
			"  SELECT account_id, '' FROM account RETURNING miner_id)"
			" SELECT job_id, miner_id, 1 / hashes_per_difficulty"
			" FROM job, miner, chimera.algorithms() WHERE name = $1",
			1, NULL, values, NULL, NULL, 0),
		PGRES_TUPLES_OK);
	work->job_id = atoll(PQgetvalue(result, 0, 0));
	work->miner_id = atoi(PQgetvalue(result, 0, 1));
	work->difficulty = atof(PQgetvalue(result, 0, 2));
	PQclear(result);
	PQfinish(conn);
}

int
main(int argc, char **argv)
{
	Settings settings;
	Work work;
	double copied, submitted;
	uint64_t refused;

	if (argc < 6)
		die("usage", "ingest CONNINFO ALGORITHM CONNECTIONS BATCH SECONDS");
	settings.conninfo = argv[1];
	settings.algorithm = argv[2];
	settings.connections = atoi(argv[3]);
	settings.batch = atoi(argv[4]);
	settings.seconds = atoi(argv[5]);
	if (settings.connections < 1 || settings.connections > MAX_CONNECTIONS ||
		settings.batch < 1 || settings.batch > MAX_BATCH)
		die("usage", "1 to 64 connections, batches of 1 to 4096");

	prepare(&settings, &work);
	copied = argc > 6 ? 1 : run_load(&settings, &work, copy_for, &refused);
	submitted = run_load(&settings, &work, submit_for, &refused);
	printf("%-8s %2d connections, batches of %4d: COPY %8.0f rows/s, "
		   "submit_shares %8.0f shares/s (%.2f), %llu refused\n",
		   settings.algorithm, settings.connections, settings.batch, copied,
		   submitted, submitted / copied, (unsigned long long) refused);
	return 0;
}
