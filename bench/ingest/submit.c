/*
 * submit.c
 *	  Shares through the submission path.
 */
#include <stdlib.h>

#include "common/clock.h"
#include "common/database.h"
#include "common/die.h"
#include "common/wire.h"
#include "ingest/loads.h"
#include "share/batch_format.h"

/* a batch from stratumd belongs to many miners, too */
#define MINERS 1000

static void
encode_batch(const Settings *settings, const Work *work, int process,
			 uint64_t first, uint8_t *at)
{
	uint32_t ntime = (uint32_t) time(NULL);

	put32(&at, BATCH_VERSION);
	for (uint64_t n = first; n < first + (uint64_t) settings->batch; n++)
	{
		put64(&at, (uint64_t) work->job_id);
		put32(&at, (uint32_t) work->first_miner_id + n % MINERS);
		put32(&at, (uint32_t) (work->run * MAX_CONNECTIONS + process));
		put64(&at, n >> 16);
		put32(&at, ntime);
		put32(&at, (uint32_t) n & 0xffff);
		put32(&at, 0);
		put32(&at, 0);
		put_double(&at, work->difficulty);
	}
}

static void
require_accepted(const Settings *settings, PGresult *result)
{
	const char *answers = PQgetvalue(result, 0, 0);

	for (int i = 0; i < settings->batch; i++)
		if (answers[i] != SUBMIT_ACCEPTED)
			die("a share was refused: result %d", answers[i]);
}

uint64_t
load_submit(const Settings *settings, const Work *work, int process)
{
	static uint8_t
		batch[BATCH_HEADER_BYTES + BATCH_RECORD_BYTES * BATCH_MAX_SHARES];
	PGconn *conn = database_connect(settings->conninfo);
	const char *values[] = {(const char *) batch};
	int lengths[] = {BATCH_HEADER_BYTES + BATCH_RECORD_BYTES * settings->batch};
	int formats[] = {1};
	int64_t end = clock_ns() + (int64_t) (settings->seconds * NS_PER_S);
	uint64_t done = 0;

	PQclear(database_expect(
		conn,
		PQprepare(conn, "submit", "SELECT chimera.submit_shares($1)", 1, NULL),
		PGRES_COMMAND_OK));
	while (clock_ns() < end)
	{
		PGresult *result;

		encode_batch(settings, work, process, done, batch);
		result = database_expect(
			conn,
			PQexecPrepared(conn, "submit", 1, values, lengths, formats, 1),
			PGRES_TUPLES_OK);
		require_accepted(settings, result);
		PQclear(result);
		done += (uint64_t) settings->batch;
	}
	PQfinish(conn);
	return done;
}
