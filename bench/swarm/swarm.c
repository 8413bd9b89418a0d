/*
 * swarm.c
 *	  Many miners in one process.
 */
#include "swarm/swarm.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chain/hex.h"
#include "common/clock.h"
#include "common/die.h"
#include "swarm/scan.h"

#define MAX_EVENTS	 1024
#define READ_SIZE	 (64 * 1024)
#define MAX_LINE	 (64 * 1024)
#define OPEN_AT_ONCE 128 /* a listener's backlog is to hold them */
#define POLL_NS		 (10 * NS_PER_MS)

static char space[MAX_LINE + READ_SIZE];

/* ---------- beginning ---------- */

static void
raise_descriptor_limit(int wanted)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < (rlim_t) wanted + 64)
		die("%d connections need more open files than %ld", wanted,
			(long) limit.rlim_cur);
}

void
swarm_init(Swarm *swarm, const SwarmSettings *settings,
		   const SwarmEvents *events)
{
	memset(swarm, 0, sizeof(*swarm));
	swarm->settings = *settings;
	swarm->events = events;
	swarm->miners = allocate((size_t) settings->count, sizeof(Miner));
	for (int i = 0; i < settings->count; i++)
	{
		Miner *miner = &swarm->miners[i];

		miner->number = i;
		miner->fd = -1;
		miner->difficulty = 1;
		snprintf(miner->user, sizeof(miner->user), "%s.%d", settings->user,
				 settings->first_number + i);
	}
	raise_descriptor_limit(settings->count);
	swarm->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (swarm->epoll_fd < 0)
		die_errno("epoll_create1");
}

static void
watch(Swarm *swarm, Miner *miner, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = miner};

	if (epoll_ctl(swarm->epoll_fd, operation, miner->fd, &event) != 0)
		die_errno("epoll_ctl");
}

static void
lose(Swarm *swarm, Miner *miner, const char *why)
{
	if (swarm->lost_count++ == 0)
		fprintf(stderr, "%s: miner %d is lost: %s\n",
				program_invocation_short_name, miner->number, why);
	if (miner->state == MINER_READY)
		swarm->ready_count--;
	miner->state = MINER_LOST;
	close(miner->fd);
	miner->fd = -1;
}

/* ---------- sending ---------- */

static void
keep_unsent(Swarm *swarm, Miner *miner, const char *data, size_t length)
{
	miner->unsent = realloc(miner->unsent, miner->unsent_length + length);
	if (miner->unsent == NULL)
		die("out of memory");
	memcpy(miner->unsent + miner->unsent_length, data, length);
	miner->unsent_length += length;
	if (!miner->wants_writable)
		watch(swarm, miner, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	miner->wants_writable = true;
}

void
swarm_send(Swarm *swarm, Miner *miner, const char *data, size_t length)
{
	ssize_t sent = 0;

	if (miner->state == MINER_LOST || length == 0)
		return;
	if (miner->unsent_length == 0)
	{
		sent = send(miner->fd, data, length, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
		{
			lose(swarm, miner, strerror(errno));
			return;
		}
		if (sent < 0)
			sent = 0;
	}
	if ((size_t) sent < length)
		keep_unsent(swarm, miner, data + sent, length - (size_t) sent);
}

static void
send_unsent(Swarm *swarm, Miner *miner)
{
	char *unsent = miner->unsent;
	size_t length = miner->unsent_length;

	miner->unsent = NULL;
	miner->unsent_length = 0;
	miner->wants_writable = false;
	watch(swarm, miner, EPOLL_CTL_MOD, EPOLLIN);
	swarm_send(swarm, miner, unsent, length);
	free(unsent);
}

/* ---------- lines ---------- */

/* [[...],"extranonce1",extranonce2_size]: the last string and the number. */
static void
take_subscription(Miner *miner, const Line *line)
{
	const char *at = line->value;
	const char *hex = NULL;
	const char *next;
	const char *behind = at;
	size_t digits = 0;
	size_t length;

	/* strings behind the result belong to the answer's other members */
	while ((next = scan_string(&at, line->end, &length)) != NULL &&
		   next[length + 1] != ':')
	{
		hex = next;
		digits = length;
		behind = at;
	}
	if (hex == NULL || digits / 2 > EXTRANONCE1_MAX || *behind != ',' ||
		!hex_to_bytes(hex, digits, miner->extranonces.extranonce1, digits / 2))
		die("could not parse the pool's response to mining.subscribe: %.*s",
			(int) (line->end - line->value), line->value);
	miner->extranonces.extranonce1_length = digits / 2;
	miner->extranonces.extranonce2_length = strtoul(behind + 1, NULL, 10);
	if (miner->extranonces.extranonce2_length < 1 ||
		miner->extranonces.extranonce2_length > EXTRANONCE2_MAX)
		die("extranonce2 must be 1 to %d bytes", EXTRANONCE2_MAX);
	miner->is_subscribed = true;
}

static void
get_ready(Swarm *swarm, Miner *miner)
{
	if (miner->state != MINER_GREETING || !miner->is_subscribed ||
		!miner->is_authorized || miner->job == NULL)
		return;
	miner->state = MINER_READY;
	swarm->ready_count++;
	if (swarm->events->job)
		swarm->events->job(miner);
}

static void
take_answer(Swarm *swarm, Miner *miner, const Line *line)
{
	bool is_good = line->kind != LINE_ERROR;

	if (line->id >= SWARM_FIRST_ID)
	{
		if (swarm->events->answer)
			swarm->events->answer(miner, line->id,
								  is_good ? 0 : line->error_code);
		return;
	}
	if (!is_good)
		die("login of %s was refused: error %d", miner->user, line->error_code);
	if (line->id == SWARM_SUBSCRIBE_ID)
		take_subscription(miner, line);
	else if (line->id == SWARM_AUTHORIZE_ID)
		miner->is_authorized = true;
	get_ready(swarm, miner);
}

static void
take_job(Swarm *swarm, Miner *miner, const Line *line)
{
	Job *job = job_from_notify(line->value, line->end);

	if (job == NULL)
		die("could not parse a mining.notify: %.*s",
			(int) (line->end - line->value), line->value);
	miner->job = job;
	if (miner->state == MINER_READY)
	{
		if (swarm->events->job)
			swarm->events->job(miner);
	}
	else
		get_ready(swarm, miner);
}

static void
take_line(Swarm *swarm, Miner *miner, const char *text, size_t length)
{
	Line line = line_scan(text, length);

	switch (line.kind)
	{
		case LINE_ACCEPTED:
		case LINE_RESULT:
		case LINE_ERROR:
			take_answer(swarm, miner, &line);
			break;
		case LINE_NOTIFY:
			take_job(swarm, miner, &line);
			break;
		case LINE_SET_DIFFICULTY:
			miner->difficulty = strtod(line.value + 1, NULL);
			break;
		case LINE_OTHER:
			break;
	}
}

static void
keep_partial(Miner *miner, const char *data, size_t length)
{
	if (length == 0 && miner->partial == NULL)
		return;
	miner->partial_length = length;
	if (length == 0)
	{
		free(miner->partial);
		miner->partial = NULL;
		return;
	}
	miner->partial = realloc(miner->partial, length);
	if (miner->partial == NULL)
		die("out of memory");
	memcpy(miner->partial, data, length);
}

/* The kernel's note of when the last of it came, which is not when it is read.
 */
static void
note_arrival(Miner *miner, struct msghdr *message)
{
	struct timespec stamp;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part;
		 part = CMSG_NXTHDR(message, part))
		if (part->cmsg_level == SOL_SOCKET &&
			part->cmsg_type == SCM_TIMESTAMPNS)
		{
			memcpy(&stamp, CMSG_DATA(part), sizeof(stamp));
			miner->arrived_at =
				(int64_t) stamp.tv_sec * NS_PER_S + stamp.tv_nsec;
		}
}

static ssize_t
receive(Miner *miner, char *data, size_t size)
{
	char control[CMSG_SPACE(sizeof(struct timespec))];
	struct iovec bytes = {.iov_base = data, .iov_len = size};
	struct msghdr message = {.msg_iov = &bytes,
							 .msg_iovlen = 1,
							 .msg_control = control,
							 .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(miner->fd, &message, 0);

	if (got > 0)
		note_arrival(miner, &message);
	return got;
}

static void
read_lines(Swarm *swarm, Miner *miner)
{
	size_t have = miner->partial_length;
	ssize_t got = swarm->settings.notes_arrival
					  ? receive(miner, space + have, READ_SIZE)
					  : recv(miner->fd, space + have, READ_SIZE, 0);
	const char *line = space;
	const char *search = space + have;
	const char *end;
	const char *newline;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
	{
		lose(swarm, miner,
			 got == 0 ? "the pool closed the connection" : strerror(errno));
		return;
	}
	swarm->now = clock_ns();
	memcpy(space, miner->partial ? miner->partial : space, have);
	end = search + got;
	while ((newline = memchr(search, '\n', (size_t) (end - search))) != NULL)
	{
		take_line(swarm, miner, line, (size_t) (newline - line));
		if (miner->state == MINER_LOST)
			return;
		line = search = newline + 1;
	}
	if (end - line > MAX_LINE)
		die("the pool sent a line of more than %d bytes", MAX_LINE);
	keep_partial(miner, line, (size_t) (end - line));
	if (miner->state == MINER_READY && swarm->events->served)
		swarm->events->served(miner);
}

/* ---------- connecting ---------- */

static void
greet(Swarm *swarm, Miner *miner)
{
	char text[512];
	int length =
		snprintf(text, sizeof(text),
				 "{\"id\":%d,\"method\":\"mining.subscribe\",\"params\":"
				 "[\"chimera-bench\"]}\n"
				 "{\"id\":%d,\"method\":\"mining.authorize\",\"params\":"
				 "[\"%s\",\"%s\"]}\n",
				 SWARM_SUBSCRIBE_ID, SWARM_AUTHORIZE_ID, miner->user,
				 swarm->settings.password);

	miner->state = MINER_GREETING;
	watch(swarm, miner, EPOLL_CTL_MOD, EPOLLIN);
	swarm_send(swarm, miner, text, (size_t) length);
}

static void
finish_connect(Swarm *swarm, Miner *miner)
{
	int error = 0;
	socklen_t length = sizeof(error);

	getsockopt(miner->fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error != 0)
		die("could not connect: %s", strerror(error));
	greet(swarm, miner);
}

static void
connect_miner(Swarm *swarm, Miner *miner, const struct addrinfo *where)
{
	int on = 1;

	miner->fd =
		socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (miner->fd < 0)
		die_errno("socket");
	setsockopt(miner->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (swarm->settings.notes_arrival)
		setsockopt(miner->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	if (connect(miner->fd, where->ai_addr, where->ai_addrlen) != 0 &&
		errno != EINPROGRESS)
		die_errno("connect");
	miner->state = MINER_CONNECTING;
	watch(swarm, miner, EPOLL_CTL_ADD, EPOLLOUT);
	swarm->opened_count++;
}

static struct addrinfo *
resolve(const SwarmSettings *settings)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	int error = getaddrinfo(settings->host, settings->port, &hints, &found);

	if (error != 0)
		die("%s port %s: %s", settings->host, settings->port,
			gai_strerror(error));
	return found;
}

void
swarm_open(Swarm *swarm, double timeout_s)
{
	struct addrinfo *where = resolve(&swarm->settings);
	int64_t deadline = clock_ns() + (int64_t) (timeout_s * NS_PER_S);

	while (swarm->ready_count + swarm->lost_count < swarm->settings.count)
	{
		while (swarm->opened_count < swarm->settings.count &&
			   swarm->opened_count - swarm->ready_count < OPEN_AT_ONCE)
			connect_miner(swarm, &swarm->miners[swarm->opened_count], where);
		swarm_poll(swarm, POLL_NS);
		if (clock_ns() > deadline)
			die("only %d of %d miners got work in %g s", swarm->ready_count,
				swarm->settings.count, timeout_s);
	}
	freeaddrinfo(where);
}

/* ---------- events ---------- */

static void
serve(Swarm *swarm, Miner *miner, uint32_t events)
{
	if (miner->state == MINER_LOST)
		return;
	if (miner->state == MINER_CONNECTING)
	{
		finish_connect(swarm, miner);
		return;
	}
	if (events & EPOLLOUT)
		send_unsent(swarm, miner);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && miner->state != MINER_LOST)
		read_lines(swarm, miner);
}

void
swarm_poll(Swarm *swarm, int64_t timeout_ns)
{
	struct epoll_event events[MAX_EVENTS];
	struct timespec timeout = {.tv_sec = timeout_ns / NS_PER_S,
							   .tv_nsec = timeout_ns % NS_PER_S};
	int count =
		epoll_pwait2(swarm->epoll_fd, events, MAX_EVENTS, &timeout, NULL);

	if (count < 0 && errno != EINTR)
		die_errno("epoll_pwait2");
	for (int i = 0; i < count; i++)
		serve(swarm, events[i].data.ptr, events[i].events);
}

void
swarm_close(Swarm *swarm)
{
	for (int i = 0; i < swarm->settings.count; i++)
		if (swarm->miners[i].fd >= 0)
			close(swarm->miners[i].fd);
	close(swarm->epoll_fd);
}
