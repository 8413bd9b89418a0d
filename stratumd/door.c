/*
 * door.c
 *	  Who is let in: from an accepted socket to a session.
 *
 * A connection that is refused is closed without a word: whoever sends too
 * many is to cost as little as can be.
 */
#include "door.h"

#include <limits.h>
#include <unistd.h>

#include "bans.h"
#include "crowd.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "newcomer.h"
#include "session.h"

#define COMPLAIN_INTERVAL_S 60.0

static int connection_limit = INT_MAX;

void
door_set_limit(int limit)
{
	connection_limit = limit;
}

/* Whether one more would leave no descriptors for the database. */
static bool
is_full(void)
{
	static double complained_at = 0;
	double now = clock_now();
	int count = sessions_count() + newcomers_count();

	if (count < connection_limit)
		return false;
	if (complained_at == 0 || now - complained_at > COMPLAIN_INTERVAL_S)
	{
		log_warning("no more miners are let in: %d are connected, raise the"
					" limit of open files",
					count);
		complained_at = now;
	}
	return true;
}

static void
refuse(int fd)
{
	metrics.sessions_refused++;
	close(fd);
}

static void
let_in(Listener *listener, int fd, const Peer *peer)
{
	Crowd *crowd;

	if (bans_find(peer))
	{
		metrics.banned_refused++;
		close(fd);
	}
	else if (crowd_join(peer, &crowd))
		session_open(listener, fd, peer, crowd);
	else
		refuse(fd);
}

void
door_accept(Listener *listener, int fd)
{
	Peer peer;

	if (is_full() || !peer_of_socket(fd, &peer))
		refuse(fd);
	else if (listener->settings.by_proxy)
		newcomer_open(listener, fd, &peer, let_in);
	else
		let_in(listener, fd, &peer);
}
