/*
 * limits.c
 *	  The limits of the machine: its hash rate, and how many durable writes
 *	  per second it achieves.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/die.h"
#include "ingest/loads.h"
#include "pow/pow.h"

#define HEADERS	   64 /* hashed in a row, as the extension does */
#define PAGE_BYTES 8192

uint64_t
load_hash(const Settings *settings, const Work *work, int process)
{
	static uint8_t headers[HEADERS][POW_HEADER_BYTES];
	static uint8_t hashes[HEADERS][POW_HASH_BYTES];
	const PowAlgorithm *algorithm = pow_find(settings->algorithm);
	int64_t end = clock_ns() + (int64_t) (settings->seconds * NS_PER_S);
	uint64_t done = 0;

	(void) work;
	memset(headers, process, sizeof(headers));
	while (clock_ns() < end)
	{
		for (int i = 0; i < HEADERS; i++)
			memcpy(headers[i] + POW_HEADER_BYTES - sizeof(uint32_t), &done,
				   sizeof(uint32_t));
		algorithm->hash_headers((const uint8_t(*)[POW_HEADER_BYTES]) headers,
								HEADERS, hashes);
		done += HEADERS;
	}
	return done;
}

/* Uses the current directory: the caller starts us on the database's disk. */
uint64_t
load_fsync(const Settings *settings, const Work *work, int process)
{
	static const char page[PAGE_BYTES];
	char path[] = "bench_fsync.XXXXXX";
	int64_t end = clock_ns() + (int64_t) (settings->seconds * NS_PER_S);
	int fd = mkstemp(path);
	uint64_t done = 0;

	(void) work;
	(void) process;
	if (fd < 0)
		die_errno("could not create a file to sync");
	unlink(path);

	/* WAL files exist in full length before they are written: no new blocks */
	for (int i = 0; i < 1024; i++)
		if (write(fd, page, sizeof(page)) != sizeof(page))
			die_errno("write");
	fsync(fd);
	while (clock_ns() < end)
	{
		if (pwrite(fd, page, sizeof(page),
				   (off_t) (done++ % 1024 * PAGE_BYTES)) != sizeof(page) ||
			fdatasync(fd) != 0)
			die_errno("fdatasync");
	}
	close(fd);
	return done;
}
