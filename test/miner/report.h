/*
 * report.h
 *	  What the user sees: lines on standard output, and the log of
 *	  submissions that tests read.
 */
#ifndef MINER_REPORT_H
#define MINER_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "work.h"

typedef enum ShareResult
{
	SHARE_ACCEPTED,
	SHARE_REJECTED,
	SHARE_UNANSWERED, /* the connection broke before the answer */
} ShareResult;

typedef struct Report
{
	FILE *log; /* NULL: none */
	bool quiet;
	double started;
	uint64_t hashes;
	uint64_t accepted;
	uint64_t rejected;
	uint64_t unanswered;
	uint64_t blocks; /* accepted shares that met the network's target */
} Report;

extern bool report_open(Report *report, const char *log_path, bool quiet);
extern void report_close(Report *report);

/* A line for the user, unless quiet. */
extern void report_line(const Report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Count, show and log a submission; code and message are the pool's. */
extern void report_share(Report *report, const FoundShare *share,
						 ShareResult result, int code, const char *message);

/* Totals and hashrate, even if quiet. */
extern void report_summary(const Report *report);

#endif
