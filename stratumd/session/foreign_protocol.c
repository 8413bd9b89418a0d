/*
 * foreign_protocol.c
 *	  Connections that speak another protocol at a plain port.
 */
#include "session/foreign_protocol.h"

#include <string.h>
#include <sys/socket.h>

#include "counters.h"
#include "log.h"
#include "loop.h"

#define LOG_INTERVAL_S 60.0

typedef struct Protocol
{
	const char *name;
	const char *start;	/* its first bytes */
	const char *answer; /* NULL: close without a response */
} Protocol;

/* RFC 9112, 2.3: the response to an invalid request. */
static const char http_answer[] = "HTTP/1.1 400 Bad Request\r\n"
								  "Content-Type: text/plain\r\n"
								  "Content-Length: 35\r\n"
								  "Connection: close\r\n"
								  "\r\n"
								  "This port speaks Stratum to miners\n";

static const Protocol protocols[] = {
	/* RFC 8446, 5.1: a handshake record */
	{"TLS", "\x16", NULL},
	{"HTTP", "GET ", http_answer},
	{"HTTP", "POST ", http_answer},
	{"HTTP", "HEAD ", http_answer},
	{"HTTP", "PUT ", http_answer},
	{"HTTP", "PATCH ", http_answer},
	{"HTTP", "TRACE ", http_answer},
	{"HTTP", "DELETE ", http_answer},
	{"HTTP", "OPTIONS ", http_answer},
	{"HTTP", "CONNECT ", http_answer},
	{"HTTP/2", "PRI * HT", NULL},
	{"PROXY protocol", "PROXY ", NULL},
};

/* the beginning of a PROXY header of version 2; it contains a zero byte */
static const char proxy_v2[] = "\r\n\r\n\0\r\n";
static const Protocol proxy_protocol = {"PROXY protocol", "", NULL};

static const Protocol *
find_protocol(const char *bytes, size_t length)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
	{
		size_t start = strlen(protocols[i].start);

		if (length >= start && memcmp(bytes, protocols[i].start, start) == 0)
			return &protocols[i];
	}
	if (length > sizeof(proxy_v2) - 1 &&
		memcmp(bytes, proxy_v2, sizeof(proxy_v2) - 1) == 0)
		return &proxy_protocol;
	return NULL;
}

/* Once a minute: a balancer that is configured wrongly keeps trying. */
static void
log_protocol(const Session *session, const char *protocol)
{
	static double logged_at = 0;
	double now = clock_now();
	char peer[PEER_TEXT_LENGTH];

	if (logged_at != 0 && now - logged_at < LOG_INTERVAL_S)
		return;
	logged_at = now;
	log_info(
		"%s: closing: it speaks %s on port %d, which expects plain Stratum",
		peer_text(&session->peer, peer), protocol,
		session->listener->settings.port);
}

bool
foreign_protocol_dismiss(Session *session, const char *bytes, size_t length)
{
	const Protocol *protocol = find_protocol(bytes, length);

	if (protocol == NULL)
		return false;
	log_protocol(session, protocol->name);
	counters.sessions_foreign++;
	if (protocol->answer)
		session_write(session, protocol->answer, strlen(protocol->answer));
	session_finish(session);
	return true;
}

bool
foreign_protocol_dismiss_first(Session *session)
{
	char bytes[FOREIGN_PROTOCOL_BYTES];
	ssize_t there;

	there = recv(session->transport.fd, bytes, sizeof(bytes), MSG_PEEK);
	return there > 0 &&
		   foreign_protocol_dismiss(session, bytes, (size_t) there);
}
