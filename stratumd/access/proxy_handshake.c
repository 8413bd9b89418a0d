/*
 * proxy_handshake.c
 *	  Connections of a load balancer whose PROXY header has not come yet.
 *
 * The header is peeked at before it is read, so that the bytes after it stay
 * in the socket for TLS or for lines.
 */
#include "access/proxy_handshake.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "net/proxy_header.h"

#define HEADER_WITHIN_S		5.0
#define COMPLAIN_INTERVAL_S 60.0

typedef struct Newcomer
{
	TAILQ_ENTRY(Newcomer) link;
	Listener *listener;
	NewcomerDone done;
	Peer peer;
	ev_io readable;
	double opened_at;
	size_t length;
	uint8_t header[PROXY_HEADER_MAX];
} Newcomer;

/* the oldest first */
static TAILQ_HEAD(, Newcomer) newcomers = TAILQ_HEAD_INITIALIZER(newcomers);
static int newcomer_count = 0;

int
proxy_handshakes_count(void)
{
	return newcomer_count;
}

static void
newcomer_free(Newcomer *newcomer)
{
	ev_io_stop(main_loop, &newcomer->readable);
	TAILQ_REMOVE(&newcomers, newcomer, link);
	newcomer_count--;
	listener_unref(newcomer->listener);
	free(newcomer);
}

/* Once a minute: a balancer without the PROXY protocol keeps trying. */
static void
complain(const Newcomer *newcomer, const char *problem)
{
	static double complained_at = 0;
	double now = clock_now();
	char text[PEER_TEXT_LENGTH];

	if (complained_at != 0 && now - complained_at < COMPLAIN_INTERVAL_S)
		return;
	complained_at = now;
	log_warning("%s: refused by port %d, which has PROXY protocol: %s",
				peer_text(&newcomer->peer, text),
				newcomer->listener->settings.port, problem);
}

static void
refuse(Newcomer *newcomer, const char *problem)
{
	complain(newcomer, problem);
	counters.proxy_refused++;
	close(newcomer->readable.fd);
	newcomer_free(newcomer);
}

/* The listener may have been closed meanwhile. */
static void
finish(Newcomer *newcomer)
{
	int fd = newcomer->readable.fd;

	if (newcomer->listener->fd < 0)
		close(fd);
	else
		newcomer->done(newcomer->listener, fd, &newcomer->peer);
	newcomer_free(newcomer);
}

static bool
take(Newcomer *newcomer, size_t length)
{
	ssize_t got = recv(newcomer->readable.fd,
					   newcomer->header + newcomer->length, length, 0);

	newcomer->length += length;
	return got == (ssize_t) length;
}

static void
on_readable(struct ev_loop *loop UNUSED, ev_io *watcher, int events UNUSED)
{
	Newcomer *newcomer = watcher->data;
	uint8_t *end = newcomer->header + newcomer->length;
	ssize_t there = recv(watcher->fd, end,
						 sizeof(newcomer->header) - newcomer->length, MSG_PEEK);
	int header;

	if (there < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (there <= 0)
	{
		refuse(newcomer, "it left before its header");
		return;
	}
	header = proxy_header_parse(
		newcomer->header, newcomer->length + (size_t) there, &newcomer->peer);
	if (header == PROXY_HEADER_BAD)
		refuse(newcomer, "it has no valid header");
	else if (!take(newcomer, header == PROXY_HEADER_MORE
								 ? (size_t) there
								 : (size_t) header - newcomer->length))
		refuse(newcomer, "it cannot be read from");
	else if (header != PROXY_HEADER_MORE)
		finish(newcomer);
}

void
proxy_handshake_open(Listener *listener, int fd, const Peer *peer,
					 NewcomerDone done)
{
	Newcomer *newcomer = memory_alloc(sizeof(Newcomer));

	newcomer->listener = listener;
	listener->references++;
	newcomer->done = done;
	newcomer->peer = *peer;
	newcomer->opened_at = clock_now();
	newcomer->length = 0;
	ev_io_init(&newcomer->readable, on_readable, fd, EV_READ);
	newcomer->readable.data = newcomer;
	ev_io_start(main_loop, &newcomer->readable);
	TAILQ_INSERT_TAIL(&newcomers, newcomer, link);
	newcomer_count++;
}

void
proxy_handshakes_expire(double now)
{
	Newcomer *newcomer;

	while ((newcomer = TAILQ_FIRST(&newcomers)) != NULL &&
		   now - newcomer->opened_at > HEADER_WITHIN_S)
		refuse(newcomer, "its header does not come");
}
