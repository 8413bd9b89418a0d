/*
 * listener.c
 *	  The ports that miners connect to, as the database lists them.
 *
 * A listener that drains closes its socket and continues without one: its
 * sessions stay and follow its settings.  They are closed when the listener is
 * no longer listed.  A port that cannot be opened is tried again and again:
 * its owner may be a stratumd that is about to end.
 */
#include "access/listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen_socket.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "net/tls.h"

#define ACCEPTS_AT_ONCE 16 /* miners that are connected wait meanwhile */
#define RETRY_OPEN_S	2.0
#define ACCEPT_PAUSE_S	0.5 /* when out of descriptors */

static TAILQ_HEAD(, Listener) listeners = TAILQ_HEAD_INITIALIZER(listeners);
static const ListenerEvents *callbacks;

void
listeners_init(const ListenerEvents *events)
{
	callbacks = events;
}

void
listener_unref(Listener *listener)
{
	if (--listener->references == 0)
		free(listener);
}

/* ---------- accepting ---------- */

static bool
ran_out(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
		   error == ENOMEM;
}

static void
pause_accepting(Listener *listener)
{
	if (!listener->complained)
		log_warning("could not accept connections on port %d: %s",
					listener->settings.port, strerror(errno));
	listener->complained = true;
	ev_io_stop(main_loop, &listener->acceptable);
	ev_timer_set(&listener->retry, ACCEPT_PAUSE_S, 0);
	ev_timer_start(main_loop, &listener->retry);
}

static void
accept_some(struct ev_loop *loop UNUSED, ev_io *watcher, int events UNUSED)
{
	Listener *listener = watcher->data;

	for (int i = 0; i < ACCEPTS_AT_ONCE; i++)
	{
		int fd =
			accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
		{
			if (ran_out(errno))
				pause_accepting(listener);
			return;
		}
		listener->complained = false;
		callbacks->accepted(listener, fd);
	}
}

/* ---------- opening and closing ---------- */

/* Why the port cannot be opened; "" if it is open or not needed. */
static void
set_problem(Listener *listener, const char *problem)
{
	if (strncmp(listener->problem, problem, sizeof(listener->problem) - 1) == 0)
		return;
	snprintf(listener->problem, sizeof(listener->problem), "%s", problem);
	callbacks->failures_changed();
}

const Listener *
listeners_next_failed(const Listener *before)
{
	const Listener *listener =
		before ? TAILQ_NEXT(before, link) : TAILQ_FIRST(&listeners);

	while (listener && listener->problem[0] == '\0')
		listener = TAILQ_NEXT(listener, link);
	return listener;
}

static void
listener_open(Listener *listener)
{
	const ListenerSettings *settings = &listener->settings;
	const char *problem;

	if (settings->uses_tls && !tls_is_ready())
		problem = "TLS is enabled for this listener, but --tls-certificate is "
				  "not set";
	else
		/* a successor may open the port before this process closes it */
		listener->fd =
			listen_socket_open(settings->address, settings->port,
							   LISTEN_SHARES_PORT | LISTEN_IPV6_ONLY, &problem);
	if (listener->fd < 0)
	{
		if (!listener->complained)
			log_warning("could not listen on %s port %d, retrying: %s",
						settings->address, settings->port, problem);
		listener->complained = true;
		set_problem(listener, problem);
		ev_timer_set(&listener->retry, RETRY_OPEN_S, 0);
		ev_timer_start(main_loop, &listener->retry);
		return;
	}
	listener->complained = false;
	set_problem(listener, "");
	ev_io_set(&listener->acceptable, listener->fd, EV_READ);
	ev_io_start(main_loop, &listener->acceptable);
	log_info("listening on %s port %d%s%s", settings->address, settings->port,
			 settings->uses_tls ? ", TLS" : "",
			 settings->has_proxy_header ? ", PROXY protocol" : "");
}

static void
try_again(struct ev_loop *loop, ev_timer *timer, int events UNUSED)
{
	Listener *listener = timer->data;

	if (listener->fd < 0)
		listener_open(listener);
	else
		ev_io_start(loop, &listener->acceptable);
}

static Listener *
listener_new(const ListenerSettings *settings)
{
	Listener *listener = memory_zalloc(sizeof(Listener));

	listener->settings = *settings;
	listener->fd = -1;
	listener->references = 1;
	ev_init(&listener->acceptable, accept_some);
	listener->acceptable.data = listener;
	ev_init(&listener->retry, try_again);
	listener->retry.data = listener;
	TAILQ_INSERT_TAIL(&listeners, listener, link);
	return listener;
}

static void
listener_stop(Listener *listener)
{
	ev_timer_stop(main_loop, &listener->retry);
	set_problem(listener, "");
	if (listener->fd < 0)
		return;
	ev_io_stop(main_loop, &listener->acceptable);
	close(listener->fd);
	listener->fd = -1;
	log_info("no longer listening on %s port %d", listener->settings.address,
			 listener->settings.port);
}

void
listeners_stop(void)
{
	Listener *listener;

	TAILQ_FOREACH(listener, &listeners, link)
	{
		listener_stop(listener);
	}
}

/* ---------- what the database lists ---------- */

static Listener *
find_listener(const ListenerSettings *settings)
{
	Listener *listener;

	TAILQ_FOREACH(listener, &listeners, link)
	{
		if (listener->settings.listener_id == settings->listener_id)
			return listener;
	}
	return NULL;
}

static bool
is_listed(const Listener *listener, const ListenerSettings *settings, int count)
{
	for (int i = 0; i < count; i++)
		if (settings[i].listener_id == listener->settings.listener_id)
			return true;
	return false;
}

static void
remove_unlisted(const ListenerSettings *settings, int count)
{
	Listener *next;

	for (Listener *listener = TAILQ_FIRST(&listeners); listener;
		 listener = next)
	{
		next = TAILQ_NEXT(listener, link);
		if (is_listed(listener, settings, count))
			continue;
		listener_stop(listener);
		callbacks->removed(listener);
		TAILQ_REMOVE(&listeners, listener, link);
		listener_unref(listener);
	}
}

static bool
is_same_port(const ListenerSettings *a, const ListenerSettings *b)
{
	return a->port == b->port && strcmp(a->address, b->address) == 0 &&
		   a->is_draining == b->is_draining && a->uses_tls == b->uses_tls;
}

/* The port changes or is closed; existing sessions stay. */
static void
change_port(Listener *listener, const ListenerSettings *settings)
{
	listener_stop(listener);
	listener->settings = *settings;
	if (!settings->is_draining)
		listener_open(listener);
}

static void
change_settings(Listener *listener, const ListenerSettings *settings)
{
	const ListenerSettings before = listener->settings;

	if (!is_same_port(&before, settings))
		change_port(listener, settings);
	listener->settings = *settings;

	if (before.network != settings->network)
	{
		log_info("port %d now serves %s", settings->port,
				 settings->network ? settings->network->id : "no network");
		callbacks->moved(listener);
	}
	if (strcmp(before.no_work, settings->no_work) == 0)
		return;
	if (settings->no_work[0] != '\0')
	{
		log_info("port %d has no jobs: %s", settings->port, settings->no_work);
		callbacks->stopped(listener);
	}
	else
		callbacks->resumed(listener);
}

static void
add_listener(const ListenerSettings *settings)
{
	Listener *listener = listener_new(settings);

	if (!settings->is_draining)
		listener_open(listener);
}

void
listeners_apply(const ListenerSettings *settings, int count)
{
	/* remove first: a port may move from one listener to another */
	remove_unlisted(settings, count);

	for (int i = 0; i < count; i++)
	{
		Listener *listener = find_listener(&settings[i]);

		if (listener)
			change_settings(listener, &settings[i]);
		else
			add_listener(&settings[i]);
	}
}
