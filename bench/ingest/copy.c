/*
 * copy.c
 *	  The limit of storing: binary COPY of rows as chimera.shares has them,
 *	  into a table without an index, in transactions of the batch's size.
 */
#include <stdlib.h>

#include "common/clock.h"
#include "common/database.h"
#include "common/die.h"
#include "common/wire.h"
#include "ingest/loads.h"
#include "share/batch_format.h"

#define COLUMNS 12
#define ROW_MAX 256

static size_t
encode_row(const Work *work, int process, uint64_t n, uint8_t *out)
{
	uint8_t *at = out;

	put16(&at, COLUMNS);
	put_field64(&at, n); /* share_id */
	put32(&at, 16);		 /* network_id */
	put64(&at, 1);
	put64(&at, 2);
	put_field64(&at, n); /* submitted_at */
	put_field64(&at, (uint64_t) work->job_id);
	put_field64(&at, n >> 16); /* extranonce2 */
	put_field_double(&at, work->difficulty);
	for (int i = 0; i < 5; i++) /* miner_id to version */
		put_field32(&at, (uint32_t) process);
	put_field32(&at, 0x3f800000); /* share_difficulty: float4 1 */
	return (size_t) (at - out);
}

static void
put_data(PGconn *conn, const void *data, size_t length)
{
	if (PQputCopyData(conn, data, (int) length) != 1)
		die("COPY: %s", PQerrorMessage(conn));
}

uint64_t
load_copy(const Settings *settings, const Work *work, int process)
{
	static uint8_t rows[ROW_MAX * BATCH_MAX_SHARES];
	PGconn *conn = database_connect(settings->conninfo);
	int64_t end = clock_ns() + (int64_t) (settings->seconds * NS_PER_S);
	uint64_t done = 0;

	while (clock_ns() < end)
	{
		size_t length = 0;

		PQclear(database_expect(
			conn, PQexec(conn, "COPY bench_copy FROM STDIN (FORMAT binary)"),
			PGRES_COPY_IN));
		for (int i = 0; i < settings->batch; i++)
			length += encode_row(work, process, done++, rows + length);
		put_data(conn, copy_header, sizeof(copy_header));
		put_data(conn, rows, length);
		put_data(conn, copy_trailer, sizeof(copy_trailer));
		if (PQputCopyEnd(conn, NULL) != 1)
			die("COPY: %s", PQerrorMessage(conn));
		PQclear(database_expect(conn, PQgetResult(conn), PGRES_COMMAND_OK));
		PQclear(PQgetResult(conn));
	}
	PQfinish(conn);
	return done;
}
