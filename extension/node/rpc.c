/*
 * rpc.c
 *	  JSON-RPC calls to a coin's nodes, over libcurl, from a worker or a
 *	  backend.
 *
 * A loop owns a curl multi handle; each call, to whichever node, is an easy
 * handle in it. libcurl's sockets and the process's latch are waited for
 * together, so no signal waits for a node, and no node for another.  The
 * rules:
 *
 * - No curl callback calls into PostgreSQL: bodies are collected with malloc,
 *   and processed after curl has returned.
 * - curl's resolver threads must not run PostgreSQL's signal handlers: all
 *   signals are blocked while curl runs, and the threads inherit that.
 * - Each handle is released by a callback of the memory context of the call or
 *   loop that owns it, so an ERROR leaks none.  Contexts are deleted from the
 *   leaves up: calls, then their node, then the loop.
 */
#include "postgres.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "utils/memutils.h"

#include "compat.h"
#include "instant.h"
#include "node/rpc.h"
#include "settings.h"

/* a template of a full 4 MB block in hex, and more */
#define NODE_RESPONSE_MAX_BYTES (64 * 1024 * 1024)
#define NODE_COOKIE_MAX_BYTES	512

/*
 * What a node's cookie begins with (COOKIEAUTH_USER of bitcoin's
 * rpc/request.cpp).  Who may add nodes can name any file and any host: no other
 * file is ever sent anywhere.
 */
#define NODE_COOKIE_USER "__cookie__:"

/* sockets that one wait reports; the others follow in the next */
#define NODE_WAIT_EVENTS 64

typedef struct NodeSocket
{
	curl_socket_t fd;
	int what; /* CURL_POLL_IN, ... */
} NodeSocket;

struct NodeLoop
{
	MemoryContext context;
	MemoryContextCallback at_delete;
	CURLM *multi;
	struct curl_slist *headers;
	NodeSocket *sockets; /* malloc'd: grown by curl's callback */
	int socket_count;
	int socket_capacity;
	Instant timer; /* when curl wants to be called */
	int finished;  /* calls that ended since node_wait began */
};

struct NodeClient
{
	MemoryContext context;
	NodeLoop *loop;
	char *url;
	char *user;
	char *password;
	char *cookie_file;
};

struct NodeCall
{
	NodeClient *node;
	MemoryContext context; /* the call itself and the answer's JSON */
	MemoryContextCallback at_delete;
	CURL *easy;
	char *request;
	char *body; /* malloc'd: written by curl's callback */
	size_t body_length;
	size_t body_capacity;
	RpcAnswer answer;
};

/* ---------- jansson in memory contexts ---------- */

static void *
json_palloc(size_t size)
{
	return palloc_extended(size, MCXT_ALLOC_HUGE);
}

static void
json_pfree(void *pointer)
{
	if (pointer)
		pfree(pointer);
}

void
node_use_palloc_for_json(void)
{
	json_set_alloc_funcs(json_palloc, json_pfree);
}

JsonAllocators
node_borrow_palloc_for_json(void)
{
	JsonAllocators before;

	json_get_alloc_funcs(&before.allocate, &before.release);
	node_use_palloc_for_json();
	return before;
}

void
node_return_json_allocators(JsonAllocators before)
{
	json_set_alloc_funcs(before.allocate, before.release);
}

/* ---------- calling curl with signals blocked ---------- */

static sigset_t signals_before;

static void
block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &signals_before);
}

static void
unblock_signals(void)
{
	sigprocmask(SIG_SETMASK, &signals_before, NULL);
}

/* ---------- curl's callbacks: no PostgreSQL in here ---------- */

static size_t
gather_body(char *data, size_t size, size_t count, void *arg)
{
	NodeCall *call = arg;
	size_t length = size * count;

	if (call->body_length + length > NODE_RESPONSE_MAX_BYTES)
		return 0; /* curl ends the call with CURLE_WRITE_ERROR */

	if (call->body_length + length > call->body_capacity)
	{
		size_t capacity = (call->body_length + length) * 2;
		char *grown = realloc(call->body, capacity);

		if (grown == NULL)
			return 0;
		call->body = grown;
		call->body_capacity = capacity;
	}
	memcpy(call->body + call->body_length, data, length);
	call->body_length += length;
	return length;
}

/* Make room for another socket; false if out of memory. */
static bool
grow_sockets(NodeLoop *loop)
{
	int capacity = loop->socket_capacity ? loop->socket_capacity * 2 : 16;
	NodeSocket *grown =
		realloc(loop->sockets, sizeof(NodeSocket) * (size_t) capacity);

	if (grown == NULL)
		return false;
	loop->sockets = grown;
	loop->socket_capacity = capacity;
	return true;
}

static int
update_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
			  void *socket_arg)
{
	NodeLoop *loop = arg;
	int i = 0;

	while (i < loop->socket_count && loop->sockets[i].fd != fd)
		i++;

	if (what == CURL_POLL_REMOVE)
	{
		if (i < loop->socket_count)
			loop->sockets[i] = loop->sockets[--loop->socket_count];
		return 0;
	}
	if (i == loop->socket_capacity && !grow_sockets(loop))
		return -1;
	if (i == loop->socket_count)
		loop->socket_count++;
	loop->sockets[i].fd = fd;
	loop->sockets[i].what = what;
	return 0;
}

static int
update_timer(CURLM *multi, long timeout_ms, void *arg)
{
	NodeLoop *loop = arg;

	loop->timer = timeout_ms < 0 ? INSTANT_NEVER : instant_in_ms(timeout_ms);
	return 0;
}

/* ---------- creating and deleting loops and nodes ---------- */

static void
release_loop(void *arg)
{
	NodeLoop *loop = arg;

	block_signals();
	if (loop->multi)
		curl_multi_cleanup(loop->multi);
	curl_slist_free_all(loop->headers);
	unblock_signals();
	free(loop->sockets);
}

/*
 * A block is longer than the megabyte from which on curl would first ask, by
 * "Expect: 100-continue", and wait up to a second for leave to send it.
 */
static struct curl_slist *
make_headers(void)
{
	struct curl_slist *headers =
		curl_slist_append(NULL, "Content-Type: application/json");
	struct curl_slist *more = curl_slist_append(headers, "Expect:");

	if (more == NULL)
		curl_slist_free_all(headers);
	return more;
}

NodeLoop *
node_loop_create(MemoryContext parent)
{
	MemoryContext context =
		AllocSetContextCreate(parent, "chimera nodes", ALLOCSET_DEFAULT_SIZES);
	NodeLoop *loop = MemoryContextAllocZero(context, sizeof(NodeLoop));

	loop->context = context;
	loop->at_delete.func = release_loop;
	loop->at_delete.arg = loop;
	MemoryContextRegisterResetCallback(context, &loop->at_delete);

	/* calls are counted: the first one in a process initializes the library */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		loop->multi = curl_multi_init();
	loop->headers = make_headers();
	if (loop->multi == NULL || loop->headers == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY),
						errmsg("could not create an HTTP client")));
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, update_socket);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, update_timer);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
	loop->timer = INSTANT_NEVER;
	return loop;
}

static char *
copy_or_null(const char *string)
{
	return string ? pstrdup(string) : NULL;
}

NodeClient *
node_create(NodeLoop *loop, const NodeAddress *address)
{
	MemoryContext context = AllocSetContextCreate(loop->context, "chimera node",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	NodeClient *node = palloc0(sizeof(NodeClient));

	node->context = context;
	node->loop = loop;
	node->url = pstrdup(address->url);
	node->user = copy_or_null(address->user);
	node->password = copy_or_null(address->password);
	node->cookie_file = copy_or_null(address->cookie_file);
	MemoryContextSwitchTo(old);
	return node;
}

void
node_destroy(NodeClient *node)
{
	MemoryContextDelete(node->context);
}

/* ---------- starting a call ---------- */

/* Write the cookie file's user:password; false with the call's answer set. */
static bool
read_cookie(NodeCall *call, char *cookie, size_t size)
{
	/* a FIFO, whose writer may never come, must not keep a worker waiting */
	int fd = OpenTransientFile(call->node->cookie_file, O_RDONLY | O_NONBLOCK);
	struct stat status;
	ssize_t length;

	if (fd < 0)
	{
		rpc_answer_failed(&call->answer,
						  "could not open the node's cookie file: %s",
						  strerror(errno));
		return false;
	}
	length = fstat(fd, &status) == 0 && S_ISREG(status.st_mode)
				 ? read(fd, cookie, size - 1)
				 : 0;
	CloseTransientFile(fd);
	if (length < 0)
	{
		rpc_answer_failed(&call->answer,
						  "could not read the node's cookie file: %s",
						  strerror(errno));
		return false;
	}
	cookie[length] = '\0';
	cookie[strcspn(cookie, "\r\n")] = '\0';
	if (strncmp(cookie, NODE_COOKIE_USER, strlen(NODE_COOKIE_USER)) != 0)
	{
		rpc_answer_failed(&call->answer,
						  "the node's cookie file does not contain a cookie");
		return false;
	}
	return true;
}

static bool
set_credentials(NodeCall *call)
{
	const NodeClient *node = call->node;

	if (node->cookie_file)
	{
		char cookie[NODE_COOKIE_MAX_BYTES];
		bool ok = read_cookie(call, cookie, sizeof(cookie));

		if (ok)
			curl_easy_setopt(call->easy, CURLOPT_USERPWD, cookie);
		explicit_bzero(cookie, sizeof(cookie));
		return ok;
	}
	if (node->user || node->password)
	{
		curl_easy_setopt(call->easy, CURLOPT_USERNAME,
						 node->user ? node->user : "");
		curl_easy_setopt(call->easy, CURLOPT_PASSWORD,
						 node->password ? node->password : "");
	}
	return true;
}

static void
set_options(NodeCall *call, int timeout_ms)
{
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_URL, call->node->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->node->loop->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->request);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
					 (curl_off_t) strlen(call->request));
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, gather_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
					 (long) chimera_node_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) timeout_ms);
}

static void
release_call(void *arg)
{
	NodeCall *call = arg;

	block_signals();
	curl_multi_remove_handle(call->node->loop->multi, call->easy);
	curl_easy_cleanup(call->easy);
	unblock_signals();
	free(call->body);
}

/*
 * A kept connection may be dead without our knowing, and the call would learn
 * that by its timeout; a new one can't be.
 */
static void
use_own_connection(NodeCall *call)
{
	curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(call->easy, CURLOPT_FORBID_REUSE, 1L);
}

static NodeCall *
start_call(NodeClient *node, const char *method, json_t *params, int timeout_ms,
		   bool own_connection)
{
	MemoryContext context = AllocSetContextCreate(
		node->context, "chimera node call", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	NodeCall *call = palloc0(sizeof(NodeCall));
	json_t *request;

	call->node = node;
	call->context = context;
	call->answer.outcome = NODE_PENDING;
	request = json_pack("{s:s, s:s, s:s, s:o}", "jsonrpc", "1.0", "id",
						"chimera", "method", method, "params", params);
	call->request = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	MemoryContextSwitchTo(old);

	call->easy = curl_easy_init();
	if (call->easy == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY),
						errmsg("could not create an HTTP request")));
	call->at_delete.func = release_call;
	call->at_delete.arg = call;
	MemoryContextRegisterResetCallback(context, &call->at_delete);

	if (!set_credentials(call))
		return call;
	set_options(call, timeout_ms);
	if (own_connection)
		use_own_connection(call);
	block_signals();
	curl_multi_add_handle(node->loop->multi, call->easy);
	unblock_signals();
	return call;
}

NodeCall *
node_call_start(NodeClient *node, const char *method, json_t *params,
				int timeout_ms)
{
	return start_call(node, method, params, timeout_ms, false);
}

NodeCall *
node_call_start_apart(NodeClient *node, const char *method, json_t *params,
					  int timeout_ms)
{
	return start_call(node, method, params, timeout_ms, true);
}

/* ---------- reading a response ---------- */

static void
read_answer(NodeCall *call, CURLcode code)
{
	MemoryContext old;
	long http_status = 0;

	if (code == CURLE_WRITE_ERROR)
	{
		rpc_answer_failed(&call->answer,
						  "the node's response is longer than %d MB",
						  NODE_RESPONSE_MAX_BYTES / 1024 / 1024);
		return;
	}
	if (code != CURLE_OK)
	{
		rpc_answer_failed(&call->answer, "the node cannot be reached: %s",
						  curl_easy_strerror(code));
		return;
	}

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &http_status);
	old = MemoryContextSwitchTo(call->context);
	rpc_answer_read(&call->answer, call->body ? call->body : "",
					call->body_length, http_status);
	MemoryContextSwitchTo(old);

	free(call->body);
	call->body = NULL;
	call->body_length = call->body_capacity = 0;
}

static void
collect_finished(NodeLoop *loop)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(loop->multi, &left)) != NULL)
	{
		NodeCall *call;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		read_answer(call, message->data.result);
		loop->finished++;
	}
}

/* ---------- waiting ---------- */

static void
run_curl(NodeLoop *loop, curl_socket_t fd, int events)
{
	int running;

	block_signals();
	curl_multi_socket_action(loop->multi, fd, events, &running);
	unblock_signals();
}

/* The time to sleep, given curl's timer and the caller's deadline. */
static long
sleep_ms(const NodeLoop *loop, Instant deadline)
{
	Instant until = Min(loop->timer, deadline);

	return until == INSTANT_NEVER ? -1 : instant_ms_left(until);
}

static WaitEventSet *
make_wait_set(const NodeLoop *loop)
{
	WaitEventSet *set = compat_create_wait_event_set(loop->socket_count + 2);

	AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	for (int i = 0; i < loop->socket_count; i++)
	{
		const NodeSocket *s = &loop->sockets[i];
		uint32 events = 0;

		if (s->what & CURL_POLL_IN)
			events |= WL_SOCKET_READABLE;
		if (s->what & CURL_POLL_OUT)
			events |= WL_SOCKET_WRITEABLE;
		if (events)
			AddWaitEventToSet(set, events, s->fd, NULL, NULL);
	}
	return set;
}

/* Sleep once and let curl process the events; true if the latch was set. */
static bool
wait_once(NodeLoop *loop, Instant deadline)
{
	WaitEvent events[NODE_WAIT_EVENTS];
	WaitEventSet *set = make_wait_set(loop);
	int count = WaitEventSetWait(set, sleep_ms(loop, deadline), events,
								 lengthof(events), PG_WAIT_EXTENSION);
	bool latch_was_set = false;

	FreeWaitEventSet(set);
	for (int i = 0; i < count; i++)
	{
		int action = 0;

		if (events[i].events & WL_LATCH_SET)
		{
			latch_was_set = true;
			continue;
		}
		if (events[i].events & WL_SOCKET_READABLE)
			action |= CURL_CSELECT_IN;
		if (events[i].events & WL_SOCKET_WRITEABLE)
			action |= CURL_CSELECT_OUT;
		run_curl(loop, events[i].fd, action);
	}
	if (instant_now() >= loop->timer)
	{
		loop->timer = INSTANT_NEVER;
		run_curl(loop, CURL_SOCKET_TIMEOUT, 0);
	}
	return latch_was_set;
}

bool
node_wait(NodeLoop *loop, long timeout_ms)
{
	Instant deadline =
		timeout_ms < 0 ? INSTANT_NEVER : instant_in_ms((int) timeout_ms);

	loop->finished = 0;
	for (;;)
	{
		bool latch_was_set = wait_once(loop, deadline);

		collect_finished(loop);
		if (latch_was_set)
			ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (latch_was_set || loop->finished > 0)
			return latch_was_set;
		if (instant_now() >= deadline)
			return false;
	}
}

NodeCall *
node_call(NodeClient *node, const char *method, json_t *params, int timeout_ms)
{
	NodeCall *call = node_call_start(node, method, params, timeout_ms);
	bool latch_was_set = false;

	/* a latch set meanwhile is set again below, so that it is not lost */
	while (call->answer.outcome == NODE_PENDING)
	{
		latch_was_set |= wait_once(node->loop, INSTANT_NEVER);
		if (latch_was_set)
			ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		collect_finished(node->loop);
	}
	if (latch_was_set)
		SetLatch(MyLatch);
	return call;
}

/* ---------- results ---------- */

NodeOutcome
node_call_outcome(const NodeCall *call)
{
	return call->answer.outcome;
}

json_t *
node_call_result(const NodeCall *call)
{
	Assert(call->answer.outcome == NODE_OK);
	return call->answer.result;
}

int
node_call_error_code(const NodeCall *call)
{
	return call->answer.error_code;
}

const char *
node_call_error(const NodeCall *call)
{
	return call->answer.error;
}

void
node_call_free(NodeCall *call)
{
	MemoryContextDelete(call->context);
}
