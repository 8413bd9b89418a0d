/*
 * report.c
 *	  What the user sees, and the log of submissions that tests read.
 */
#include "report.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

bool
report_open(Report *report, const char *log_path, bool quiet)
{
	*report = (Report){.quiet = quiet, .started = clock_seconds()};
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (log_path == NULL)
		return true;
	report->log = fopen(log_path, "a");
	if (report->log == NULL)
		fprintf(stderr, "chimera-miner: %s: %s\n", log_path, strerror(errno));
	return report->log != NULL;
}

void
report_close(Report *report)
{
	if (report->log != NULL)
		fclose(report->log);
}

void
report_line(const Report *report, const char *format, ...)
{
	va_list arguments;

	if (report->quiet)
		return;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

static double
wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double) now.tv_sec + (double) (now.tv_nsec / 1000) / 1e6;
}

static const char *
result_name(ShareResult result)
{
	switch (result)
	{
		case SHARE_ACCEPTED:
			return "accepted";
		case SHARE_REJECTED:
			return "rejected";
		case SHARE_UNANSWERED:
			break;
	}
	return "unanswered";
}

static void
set_hex32(json_t *object, const char *key, uint32_t number)
{
	char hex[9];

	snprintf(hex, sizeof(hex), "%08x", number);
	json_object_set_new(object, key, json_string(hex));
}

/* One JSON object a line, in the file before the next share is looked at. */
static void
log_share(const Report *report, const FoundShare *share, ShareResult result,
		  int code, const char *message)
{
	json_t *line = json_object();

	json_object_set_new(line, "time", json_real(wall_clock()));
	json_object_set_new(line, "job", json_string(share->job_id));
	json_object_set_new(line, "extranonce1", json_string(share->extranonce1));
	json_object_set_new(line, "extranonce2", json_string(share->extranonce2));
	set_hex32(line, "ntime", share->ntime);
	set_hex32(line, "nonce", share->nonce);
	if (share->version_rolled)
		set_hex32(line, "version_bits", share->version_bits);
	json_object_set_new(line, "difficulty", json_real(share->difficulty));
	json_object_set_new(line, "share_difficulty",
						json_real(share->share_difficulty));
	json_object_set_new(line, "hash", json_string(share->block_hash));
	json_object_set_new(line, "block", json_boolean(share->is_block));
	json_object_set_new(line, "result", json_string(result_name(result)));
	if (result == SHARE_REJECTED)
	{
		json_object_set_new(line, "error", json_integer(code));
		json_object_set_new(line, "message", json_string(message));
	}

	json_dumpf(line, report->log, JSON_COMPACT | JSON_PRESERVE_ORDER);
	fputc('\n', report->log);
	fflush(report->log);
	json_decref(line);
}

void
report_share(Report *report, const FoundShare *share, ShareResult result,
			 int code, const char *message)
{
	const char *block = share->is_block ? " BLOCK " : "";
	const char *hash = share->is_block ? share->block_hash : "";

	switch (result)
	{
		case SHARE_ACCEPTED:
			report->accepted++;
			report->blocks += share->is_block;
			report_line(report, "accepted %llu: job %s difficulty %g of %g%s%s",
						(unsigned long long) report->accepted, share->job_id,
						share->share_difficulty, share->difficulty, block,
						hash);
			break;
		case SHARE_REJECTED:
			report->rejected++;
			report_line(report, "rejected: job %s difficulty %g: %d %s%s%s",
						share->job_id, share->share_difficulty, code, message,
						block, hash);
			break;
		case SHARE_UNANSWERED:
			report->unanswered++;
			report_line(report, "unanswered: job %s difficulty %g%s%s",
						share->job_id, share->share_difficulty, block, hash);
			break;
	}
	if (report->log != NULL)
		log_share(report, share, result, code, message);
}

void
report_summary(const Report *report)
{
	double seconds = clock_seconds() - report->started;

	printf("%llu hashes in %.1f s (%.0f hashes/s): %llu accepted, "
		   "%llu rejected, %llu unanswered, %llu blocks\n",
		   (unsigned long long) report->hashes, seconds,
		   (double) report->hashes / seconds,
		   (unsigned long long) report->accepted,
		   (unsigned long long) report->rejected,
		   (unsigned long long) report->unanswered,
		   (unsigned long long) report->blocks);
}
