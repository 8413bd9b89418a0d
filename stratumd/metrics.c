/*
 * metrics.c
 *	  The page of metrics for Prometheus.
 */
#include "metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "access/limits.h"
#include "counters.h"
#include "database/share_queue.h"
#include "session/session.h"

static const char *const answers[SHARE_RESULTS] = {
	[SHARE_ACCEPTED] = "accepted",
	[SHARE_IS_BLOCK] = "block",
	[SHARE_STALE] = "stale",
	[SHARE_DUPLICATE] = "duplicate",
	[SHARE_LOW_DIFFICULTY] = "low_difficulty",
	[SHARE_UNKNOWN_MINER] = "unknown_miner",
	[SHARE_BAD_NTIME] = "bad_ntime",
	[SHARE_BAD_VERSION] = "bad_version",
	[SHARE_SET_FULL] = "set_full",
	[SHARE_NEARLY] = "nearly",
	[SHARE_BAD_EXTRANONCE2] = "bad_extranonce2",
	[SHARE_FAILED] = "failed",
	[SHARE_NOT_SENT] = "not_sent",
	[SHARE_UNANSWERED] = "unanswered",
	[SHARE_BANNED] = "banned",
};

typedef struct Page
{
	char *text;
	size_t size;
	size_t length; /* what it would need; if not less than size, the text was
					* cut */
} Page;

static void __attribute__((format(printf, 2, 3)))
add_text(Page *page, const char *format, ...)
{
	size_t at = page->length < page->size ? page->length : page->size;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(page->text + at, page->size - at, format, arguments);
	va_end(arguments);
	if (length > 0)
		page->length += (size_t) length;
}

static void
add_number(Page *page, const char *name, const char *type, const char *help,
		   uint64_t value)
{
	add_text(page,
			 "# HELP chimera_stratumd_%s %s\n"
			 "# TYPE chimera_stratumd_%s %s\n"
			 "chimera_stratumd_%s %" PRIu64 "\n",
			 name, help, name, type, name, value);
}

static uint64_t
count_authorized(void)
{
	uint64_t count = 0;

	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		count += session->workers.count > 0;
	return count;
}

static void
add_shares(Page *page)
{
	static const char name[] = "chimera_stratumd_shares_total";

	add_text(page,
			 "# HELP %s Shares by result; unchecked: rejected without"
			 " asking the database\n"
			 "# TYPE %s counter\n",
			 name, name);
	for (size_t i = 0; i < SHARE_RESULTS; i++)
		add_text(page, "%s{answer=\"%s\"} %" PRIu64 "\n", name, answers[i],
				 counters.shares[i]);
	add_text(page, "%s{answer=\"unchecked\"} %" PRIu64 "\n", name,
			 counters.shares_refused);
}

static void
add_limits(Page *page)
{
	static const char name[] = "chimera_stratumd_limit";
	const char *limit;
	double value;

	add_text(page,
			 "# HELP %s Connection limits in force, from"
			 " chimera.connection_limits\n"
			 "# TYPE %s gauge\n",
			 name, name);
	for (size_t i = 0; limits_get(i, &limit, &value); i++)
	{
		add_text(page, "%s{name=\"%s\"} ", name, limit);
		/* the exposition format spells infinity its own way */
		if (isinf(value))
			add_text(page, "+Inf\n");
		else
			add_text(page, "%.17g\n", value);
	}
}

size_t
metrics_write(char *text, size_t size)
{
	Page page = {text, size, 0};

	add_number(&page, "sessions", "gauge", "Connections of miners",
			   (uint64_t) sessions_count());
	add_number(&page, "sessions_authorized", "gauge",
			   "Connections that may submit", count_authorized());
	add_number(&page, "sessions_opened_total", "counter",
			   "Connections accepted", counters.sessions_opened);
	add_number(&page, "sessions_refused_total", "counter",
			   "Connections refused because there were too many",
			   counters.sessions_refused);
	add_number(&page, "banned_refused_total", "counter",
			   "Connections refused because their address is banned",
			   counters.banned_refused);
	add_number(&page, "sessions_banned_total", "counter",
			   "Connections closed because of a ban", counters.sessions_banned);
	add_number(&page, "sessions_slow_total", "counter",
			   "Connections closed because they were too slow or silent",
			   counters.sessions_slow);
	add_number(&page, "sessions_foreign_total", "counter",
			   "Connections closed because they spoke TLS, HTTP or PROXY"
			   " protocol at a plain port",
			   counters.sessions_foreign);
	add_number(&page, "sessions_fast_total", "counter",
			   "Connections closed because they sent too many lines",
			   counters.sessions_fast);
	add_number(&page, "bans_total", "counter",
			   "Addresses that this process has banned", counters.bans);
	add_number(&page, "proxy_refused_total", "counter",
			   "Connections refused without a valid PROXY header",
			   counters.proxy_refused);
	add_number(&page, "lines_total", "counter", "Lines from miners",
			   counters.lines);
	add_number(&page, "received_bytes_total", "counter",
			   "Bytes from miners, excluding TLS", counters.bytes_received);
	add_number(&page, "sent_bytes_total", "counter",
			   "Bytes to miners, excluding TLS", counters.bytes_sent);
	add_number(&page, "database_up", "gauge",
			   "Whether a connection that carries shares is up",
			   share_queue_is_served());
	add_shares(&page);
	add_limits(&page);
	return page.length < page.size ? page.length : 0;
}
