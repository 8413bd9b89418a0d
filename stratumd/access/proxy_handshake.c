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

#define HEADER_WITHIN_S 5.0
#define LOG_INTERVAL_S	60.0

typedef struct ProxyHandshake
{
	TAILQ_ENTRY(ProxyHandshake) link;
	Listener *listener;
	ProxyHandshakeDone done;
	Peer peer;
	ev_io readable;
	double opened_at;
	size_t length;
	uint8_t header[PROXY_HEADER_MAX];
} ProxyHandshake;

/* the oldest first */
static TAILQ_HEAD(, ProxyHandshake)
	handshakes = TAILQ_HEAD_INITIALIZER(handshakes);
static int handshake_count = 0;

int
proxy_handshakes_count(void)
{
	return handshake_count;
}

static void
handshake_free(ProxyHandshake *handshake)
{
	ev_io_stop(main_loop, &handshake->readable);
	TAILQ_REMOVE(&handshakes, handshake, link);
	handshake_count--;
	listener_unref(handshake->listener);
	free(handshake);
}

/* Once a minute: a balancer without the PROXY protocol keeps trying. */
static void
log_problem(const ProxyHandshake *handshake, const char *problem)
{
	static double logged_at = 0;
	double now = clock_now();
	char text[PEER_TEXT_LENGTH];

	if (logged_at != 0 && now - logged_at < LOG_INTERVAL_S)
		return;
	logged_at = now;
	log_warning("%s: refused by port %d, which requires the PROXY protocol: %s",
				peer_text(&handshake->peer, text),
				handshake->listener->settings.port, problem);
}

static void
refuse_handshake(ProxyHandshake *handshake, const char *problem)
{
	log_problem(handshake, problem);
	counters.proxy_refused++;
	close(handshake->readable.fd);
	handshake_free(handshake);
}

/* The listener may have been closed meanwhile. */
static void
finish_handshake(ProxyHandshake *handshake)
{
	int fd = handshake->readable.fd;

	if (handshake->listener->fd < 0)
		close(fd);
	else
		handshake->done(handshake->listener, fd, &handshake->peer);
	handshake_free(handshake);
}

static bool
consume_header(ProxyHandshake *handshake, size_t length)
{
	ssize_t got = recv(handshake->readable.fd,
					   handshake->header + handshake->length, length, 0);

	handshake->length += length;
	return got == (ssize_t) length;
}

static void
on_readable(struct ev_loop *loop UNUSED, ev_io *watcher, int events UNUSED)
{
	ProxyHandshake *handshake = watcher->data;
	uint8_t *end = handshake->header + handshake->length;
	ssize_t there =
		recv(watcher->fd, end, sizeof(handshake->header) - handshake->length,
			 MSG_PEEK);
	int header;

	if (there < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (there <= 0)
	{
		refuse_handshake(handshake, "connection closed before the header");
		return;
	}
	header = proxy_header_parse(handshake->header,
								handshake->length + (size_t) there,
								&handshake->peer);
	if (header == PROXY_HEADER_BAD)
		refuse_handshake(handshake, "invalid header");
	else if (!consume_header(handshake,
							 header == PROXY_HEADER_MORE
								 ? (size_t) there
								 : (size_t) header - handshake->length))
		refuse_handshake(handshake, "could not read the header");
	else if (header != PROXY_HEADER_MORE)
		finish_handshake(handshake);
}

void
proxy_handshake_open(Listener *listener, int fd, const Peer *peer,
					 ProxyHandshakeDone done)
{
	ProxyHandshake *handshake = memory_alloc(sizeof(ProxyHandshake));

	handshake->listener = listener;
	listener->references++;
	handshake->done = done;
	handshake->peer = *peer;
	handshake->opened_at = clock_now();
	handshake->length = 0;
	ev_io_init(&handshake->readable, on_readable, fd, EV_READ);
	handshake->readable.data = handshake;
	ev_io_start(main_loop, &handshake->readable);
	TAILQ_INSERT_TAIL(&handshakes, handshake, link);
	handshake_count++;
}

void
proxy_handshakes_expire(double now)
{
	ProxyHandshake *handshake;

	while ((handshake = TAILQ_FIRST(&handshakes)) != NULL &&
		   now - handshake->opened_at > HEADER_WITHIN_S)
		refuse_handshake(handshake, "no header in time");
}
