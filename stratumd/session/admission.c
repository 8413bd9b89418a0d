/*
 * admission.c
 *	  Decides which accepted sockets become sessions.
 *
 * A connection that is refused is closed without a response, so that a flood
 * of them costs as little as possible.
 */
#include "session/admission.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "access/address_record.h"
#include "access/ban_list.h"
#include "access/proxy_handshake.h"
#include "counters.h"
#include "log.h"
#include "loop.h"
#include "net/socket_option.h"
#include "session/session.h"

#define LOG_INTERVAL_S	   60.0
#define KEEPALIVE_IDLE_S   60
#define KEEPALIVE_PERIOD_S 15
#define KEEPALIVE_PROBES   4
#define UNACKNOWLEDGED_MS  120000 /* then the connection counts as lost */
#define UNSENT_BYTES	   16384 /* in the kernel: the rest waits in send_queue.c */

static int connection_limit = INT_MAX;

void
admission_set_limit(int limit)
{
	connection_limit = limit;
}

/* Whether one more connection would leave no descriptors for the database. */
static bool
is_full(void)
{
	static double logged_at = 0;
	double now = clock_now();
	int count = sessions_count() + proxy_handshakes_count();

	if (count < connection_limit)
		return false;
	if (logged_at == 0 || now - logged_at > LOG_INTERVAL_S)
	{
		log_warning("connection limit of %d reached, refusing new connections:"
					" raise the limit of open files",
					connection_limit);
		logged_at = now;
	}
	return true;
}

static void
refuse_connection(int fd)
{
	counters.sessions_refused++;
	close(fd);
}

static void
set_up_socket(int fd)
{
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_PERIOD_S);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS);
	set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES);
}

static void
admit(Listener *listener, int fd, const Peer *peer)
{
	AddressConnections *connections;
	bool is_automatic;

	if (ban_list_find(peer, &is_automatic))
	{
		counters.banned_refused++;
		close(fd);
	}
	else if (address_record_join(peer, &connections))
	{
		set_up_socket(fd);
		session_open(listener, fd, peer, connections);
	}
	else
		refuse_connection(fd);
}

void
admission_accept(Listener *listener, int fd)
{
	Peer peer;

	if (is_full() || !peer_of_socket(fd, &peer))
		refuse_connection(fd);
	else if (listener->settings.has_proxy_header)
		proxy_handshake_open(listener, fd, &peer, admit);
	else
		admit(listener, fd, &peer);
}
