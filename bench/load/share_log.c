/*
 * share_log.c
 *	  The accepted shares, as a file of COPY's binary format.
 */
#include "load/share_log.h"

#include <stdio.h>
#include <stdlib.h>

#include "byte_order.h"
#include "common/die.h"
#include "common/wire.h"

#define COLUMNS		5
#define ROW_BYTES	(2 + 5 * 4 + 2 * 8 + 3 * 4)
#define BUFFER_SIZE (1024 * 1024)

static FILE *file = NULL;

static void
write_bytes(const void *bytes, size_t length)
{
	if (fwrite(bytes, length, 1, file) != 1)
		die_errno("cannot write the log");
}

void
share_log_open(const Options *options, int process)
{
	char path[4096];

	if (options->log_path == NULL)
		return;
	snprintf(path, sizeof(path), options->processes > 1 ? "%s.%d" : "%s",
			 options->log_path, process);
	file = fopen(path, "wb");
	if (file == NULL)
		die_errno(path);
	setvbuf(file, NULL, _IOFBF, BUFFER_SIZE);
	write_bytes(copy_header, sizeof(copy_header));
}

void
share_log_add(const Miner *miner, const Share *share)
{
	uint8_t row[ROW_BYTES];
	uint8_t *at = row;

	if (file == NULL)
		return;
	put16(&at, COLUMNS);
	put_field64(&at, strtoull(share->job->id, NULL, 16));
	put_field32(&at, load_be32(miner->extranonces.extranonce1));
	put_field64(&at, share->extranonce2);
	put_field32(&at, share->job->ntime);
	put_field32(&at, share->nonce);
	write_bytes(row, sizeof(row));
}

void
share_log_close(void)
{
	if (file == NULL)
		return;
	write_bytes(copy_trailer, sizeof(copy_trailer));
	if (fclose(file) != 0)
		die_errno("cannot write the log");
	file = NULL;
}
