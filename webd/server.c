/*
 * server.c
 *	  Connections and requests on the web port and the metrics port.
 *
 * MHD closes idle connections.  A connection that keeps sending but never
 * completes its request is closed here, by shutting its socket down.
 */
#include "server.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"
#include "memory.h"
#include "counters.h"
#include "dispatch.h"
#include "http/listen.h"
#include "http/mhd_loop.h"
#include "http/request.h"

#define IDLE_TIMEOUT_S	  30   /* without a byte sent or received */
#define REQUEST_TIMEOUT_S 20.0 /* for a request to arrive completely */
#define CHECK_INTERVAL_S  1.0
#define CONNECTION_MEMORY (32 * 1024) /* a request's line and headers */
#define MAX_PER_ADDRESS	  256
#define MAX_SCRAPERS	  8

typedef struct Server
{
	MhdLoop mhd;
	bool is_metrics;
} Server;

typedef struct Connection
{
	LIST_ENTRY(Connection) link;
	int fd;
	double since; /* when it began to wait for a request */
	bool is_busy; /* a request is being processed */
} Connection;

static Server web;
static Server scrape = {.is_metrics = true};
static LIST_HEAD(, Connection) connections = LIST_HEAD_INITIALIZER(connections);
static int connection_count = 0;
static int busy_count = 0;
static bool is_quiesced = false;
static ev_timer check_timer;

/* ---------- connections ---------- */

static void
add_connection(struct MHD_Connection *mhd, void **context)
{
	Connection *connection = memory_zalloc(sizeof(Connection));

	connection->fd =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)
			->connect_fd;
	connection->since = clock_now();
	LIST_INSERT_HEAD(&connections, connection, link);
	connection_count++;
	*context = connection;
}

static void
on_connection(void *cls UNUSED, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	Connection *connection = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		add_connection(mhd, context);
	else if (connection)
	{
		LIST_REMOVE(connection, link);
		connection_count--;
		busy_count -= connection->is_busy;
		free(connection);
		*context = NULL;
	}
}

static void
set_busy(struct MHD_Connection *mhd, bool is_busy)
{
	Connection *connection =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			->socket_context;

	busy_count += is_busy - connection->is_busy;
	connection->is_busy = is_busy;
	connection->since = clock_now();
	if (is_quiesced && !is_busy)
		shutdown(connection->fd, SHUT_RD);
}

static void
end_slow_connections(struct ev_loop *loop UNUSED, ev_timer *timer UNUSED,
					 int events UNUSED)
{
	Connection *connection;
	double now = clock_now();

	LIST_FOREACH(connection, &connections, link)
	{
		if (!connection->is_busy && now - connection->since > REQUEST_TIMEOUT_S)
			shutdown(connection->fd, SHUT_RDWR);
	}
}

/* ---------- requests ---------- */

static void *
on_target(void *cls UNUSED, const char *target, struct MHD_Connection *mhd)
{
	return request_new(mhd, target);
}

static void
begin_request(const Server *server, Request *request, const char *method)
{
	if (request_reject_ambiguous(request))
		counters.requests++;
	else if (server->is_metrics)
		dispatch_begin_metrics(request, method);
	else
		dispatch_begin(request, method);
	request->has_begun = true;
}

static bool
has_body(const Request *request)
{
	const char *length =
		request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return (length && strcmp(length, "0") != 0) ||
		   request_header(request, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

static enum MHD_Result
respond_or_suspend(Request *request)
{
	if (request->response)
		return response_send(request->response, request->connection);
	request->is_suspended = true;
	MHD_suspend_connection(request->connection);
	return MHD_YES;
}

/*
 * MHD calls this when the headers have arrived, for each piece of the body,
 * when the request is complete, and when a suspended connection is resumed.
 */
static enum MHD_Result
on_request(void *cls, struct MHD_Connection *mhd, const char *path UNUSED,
		   const char *method, const char *version UNUSED, const char *data,
		   size_t *size, void **context)
{
	Request *request = *context;

	if (!request->has_begun)
	{
		begin_request(cls, request, method);
		/* MHD closes the connection instead of reading the body */
		return request->response && has_body(request)
				   ? response_send(request->response, mhd)
				   : MHD_YES;
	}
	if (*size > 0)
	{
		request_add_body(request, data, *size);
		*size = 0;
		return MHD_YES;
	}
	if (!request->is_running && request->response == NULL)
	{
		set_busy(mhd, true);
		request->is_running = true;
		request->run(request);
	}
	return respond_or_suspend(request);
}

static void
on_completed(void *cls UNUSED, struct MHD_Connection *mhd, void **context,
			 enum MHD_RequestTerminationCode code UNUSED)
{
	request_free(*context);
	*context = NULL;
	set_busy(mhd, false);
}

/* ---------- the ports ---------- */

static bool
open_server(Server *server, int fd, int max_connections, int max_per_address)
{
	struct MHD_Daemon *daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request,
		server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
		on_target, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned) IDLE_TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned) max_connections,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned) max_per_address,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);

	if (daemon == NULL)
	{
		log_error("could not start libmicrohttpd");
		close(fd);
		return false;
	}
	mhd_loop_watch(&server->mhd, daemon);
	return true;
}

bool
server_start(const ServerSettings *settings)
{
	int fd = listen_on_address(settings->listen);

	if (fd < 0 || !open_server(&web, fd, settings->max_connections,
							   settings->is_behind_proxy ? 0 : MAX_PER_ADDRESS))
		return false;
	if (settings->metrics_port > 0)
	{
		fd = listen_on_loopback(settings->metrics_port);
		if (fd < 0 || !open_server(&scrape, fd, MAX_SCRAPERS, 0))
			return false;
	}
	ev_timer_init(&check_timer, end_slow_connections, CHECK_INTERVAL_S,
				  CHECK_INTERVAL_S);
	ev_timer_start(main_loop, &check_timer);
	return true;
}

/* ---------- the end ---------- */

static void
quiesce_server(Server *server)
{
	if (server->mhd.daemon)
		close(MHD_quiesce_daemon(server->mhd.daemon));
}

void
server_quiesce(void)
{
	Connection *connection;

	is_quiesced = true;
	quiesce_server(&web);
	quiesce_server(&scrape);
	LIST_FOREACH(connection, &connections, link)
	{
		if (!connection->is_busy)
			shutdown(connection->fd, SHUT_RD);
	}
}

bool
server_is_idle(void)
{
	return busy_count == 0;
}

static void
stop_server(Server *server)
{
	if (server->mhd.daemon)
		mhd_loop_stop(&server->mhd);
}

void
server_stop(void)
{
	ev_timer_stop(main_loop, &check_timer);
	stop_server(&web);
	stop_server(&scrape);
}

int
server_connection_count(void)
{
	return connection_count;
}
