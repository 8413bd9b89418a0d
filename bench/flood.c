/*
 * flood.c
 *	  flood: connections that send what no pool wants, as fast as it accepts
 *	  it.
 *
 * Each connection subscribes, authorizes and then sends lines regardless of
 * the responses, which it reads and discards.  A closed connection reconnects
 * at once.  Addresses are 127.x.y.z, as many as requested, so that a pool on
 * the loopback interface sees a flood from many hosts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/die.h"

#define MAX_FLOODERS 20000
#define MAX_EVENTS	 256
#define MAX_LINE	 256
#define MAX_BURST	 64 /* lines in one send */
#define TURN_NS		 (2 * NS_PER_MS)
#define RETRY_NS	 (100 * NS_PER_MS) /* after a connection was rejected */

typedef enum Kind
{
	KIND_LOW,	  /* real work that misses the difficulty */
	KIND_UNKNOWN, /* for a job that does not exist */
	KIND_GARBAGE, /* not valid JSON */
	KINDS
} Kind;

static const char *const kind_names[KINDS] = {"low", "unknown", "garbage"};

typedef struct Options
{
	int port;
	int connections;
	int addresses;
	double rate; /* lines a second in all */
	double seconds;
	Kind kind;
} Options;

typedef struct Flooder
{
	int fd;
	int number;
	bool is_connected;
	char job[32]; /* empty: none yet */
	int64_t retry_at;
} Flooder;

typedef struct Counts
{
	uint64_t lines;
	uint64_t connected;
	uint64_t closed;  /* by the pool, after a line was sent */
	uint64_t refused; /* before */
} Counts;

static Options options = {.port = 3333,
						  .connections = 1000,
						  .addresses = 1000,
						  .rate = 20000,
						  .seconds = 10};
static Flooder *flooders;
static Counts counts;
static int epoll_fd;
static uint64_t nonce = 0;

static const char usage[] =
	"flood sends unwanted lines to a pool on the loopback interface.\n"
	"\n"
	"Options:\n"
	"  -p, --port=PORT       (3333)\n"
	"  -c, --connections=N   (1000)\n"
	"  -a, --addresses=N     source addresses (1000)\n"
	"  -r, --rate=N          lines per second in total, if the pool accepts as "
	"many\n"
	"                        (20000)\n"
	"  -s, --seconds=S       (10)\n"
	"  -k, --kind=KIND       low: shares that miss the difficulty; unknown: "
	"of\n"
	"                        a job that does not exist; garbage: not JSON "
	"(low)\n"
	"  -h, --help\n";

/* ---------- connections ---------- */

static void
watch(Flooder *flooder, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = flooder};

	if (epoll_ctl(epoll_fd, operation, flooder->fd, &event) != 0)
		die_errno("epoll_ctl");
}

static void
connect_flooder(Flooder *flooder)
{
	int index = flooder->number % options.addresses;
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr = {htonl(0x7f400000u + 256 + (uint32_t) index)}};
	struct sockaddr_in to = {.sin_family = AF_INET,
							 .sin_port = htons((uint16_t) options.port),
							 .sin_addr = {htonl(INADDR_LOOPBACK)}};

	flooder->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (flooder->fd < 0)
		die_errno("socket");
	if (bind(flooder->fd, (struct sockaddr *) &from, sizeof(from)) != 0)
		die_errno("bind");
	if (connect(flooder->fd, (struct sockaddr *) &to, sizeof(to)) != 0 &&
		errno != EINPROGRESS)
		die_errno("connect");
	flooder->is_connected = false;
	flooder->job[0] = '\0';
	watch(flooder, EPOLL_CTL_ADD, EPOLLOUT);
}

static void
lose(Flooder *flooder)
{
	if (flooder->job[0] != '\0')
		counts.closed++;
	else
		counts.refused++;
	close(flooder->fd);
	flooder->fd = -1;
	flooder->retry_at = clock_ns() + (flooder->job[0] != '\0' ? 0 : RETRY_NS);
}

static void
greet(Flooder *flooder)
{
	char text[512];
	int length = snprintf(
		text, sizeof(text),
		"{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"flood\"]}\n"
		"{\"id\":2,\"method\":\"mining.authorize\",\"params\":"
		"[\"flood.%d\",\"d=1000000\"]}\n",
		flooder->number);

	if (send(flooder->fd, text, (size_t) length, MSG_NOSIGNAL) != length)
	{
		lose(flooder);
		return;
	}
	flooder->is_connected = true;
	counts.connected++;
	watch(flooder, EPOLL_CTL_MOD, EPOLLIN);
}

static void
find_job(Flooder *flooder, const char *text)
{
	static const char key[] = "\"mining.notify\",\"params\":[\"";
	const char *found = strstr(text, key);
	size_t length;

	if (found == NULL)
		return;
	found += sizeof(key) - 1;
	length = strcspn(found, "\"");
	if (length < sizeof(flooder->job))
	{
		memcpy(flooder->job, found, length);
		flooder->job[length] = '\0';
	}
}

static void
serve(Flooder *flooder, uint32_t events)
{
	static char text[65536];
	ssize_t got;

	if (!flooder->is_connected && !(events & (EPOLLERR | EPOLLHUP)))
	{
		greet(flooder);
		return;
	}
	got = recv(flooder->fd, text, sizeof(text) - 1, 0);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0)
	{
		lose(flooder);
		return;
	}
	text[got] = '\0';
	find_job(flooder, text);
}

/* ---------- lines ---------- */

static size_t
write_line(const Flooder *flooder, char *out)
{
	if (options.kind == KIND_GARBAGE)
		return (size_t) sprintf(out, "nonsense %" PRIu64 "\n", nonce++);
	nonce++;
	return (size_t) sprintf(
		out,
		"{\"id\":9,\"method\":\"mining.submit\",\"params\":[\"flood.%d\","
		"\"%s\",\"%016" PRIx64 "\",\"%08" PRIx64 "\",\"%08" PRIx64 "\"]}\n",
		flooder->number, options.kind == KIND_LOW ? flooder->job : "ffffffff",
		nonce, (uint64_t) time(NULL), nonce & 0xffffffff);
}

static int
send_lines(Flooder *flooder, int count)
{
	static char text[MAX_BURST * MAX_LINE];
	size_t length = 0;

	if (flooder->fd < 0 || flooder->job[0] == '\0')
		return 0;
	for (int i = 0; i < count; i++)
		length += write_line(flooder, text + length);
	/* a partial write is not completed: the stream is garbage anyway */
	if (send(flooder->fd, text, length, MSG_NOSIGNAL) != (ssize_t) length)
		return 0;
	counts.lines += (uint64_t) count;
	return count;
}

/* Send the lines that are due, in turn for all connections. */
static void
send_due(int64_t elapsed)
{
	static uint64_t dealt = 0;
	static int next = 0;
	uint64_t due = (uint64_t) ((double) elapsed / NS_PER_S * options.rate);
	int burst = (int) ((due - dealt) / (uint64_t) options.connections) + 1;

	if (burst > MAX_BURST)
		burst = MAX_BURST;
	for (int i = 0; i < options.connections && dealt < due; i++)
	{
		send_lines(&flooders[next], burst);
		dealt += (uint64_t) burst;
		next = (next + 1) % options.connections;
	}
	dealt = due;
}

/* ---------- the run ---------- */

static void
connect_lost(int64_t now)
{
	for (int i = 0; i < options.connections; i++)
		if (flooders[i].fd < 0 && now >= flooders[i].retry_at)
			connect_flooder(&flooders[i]);
}

static void
poll_once(void)
{
	struct epoll_event events[MAX_EVENTS];
	struct timespec timeout = {.tv_nsec = TURN_NS};
	int count = epoll_pwait2(epoll_fd, events, MAX_EVENTS, &timeout, NULL);

	for (int i = 0; i < count; i++)
		serve(events[i].data.ptr, events[i].events);
}

static void
run(void)
{
	int64_t begin = clock_ns();
	int64_t end = begin + (int64_t) (options.seconds * NS_PER_S);
	int64_t now;

	while ((now = clock_ns()) < end)
	{
		connect_lost(now);
		send_due(now - begin);
		poll_once();
	}
}

static Kind
read_kind(const char *name)
{
	for (int kind = 0; kind < KINDS; kind++)
		if (strcmp(kind_names[kind], name) == 0)
			return (Kind) kind;
	die("unknown kind \"%s\"", name);
}

static void
read_option(int option, const char *value)
{
	switch (option)
	{
		case 'p':
			options.port = (int) parse_number("--port", value, 1, 65535);
			break;
		case 'c':
			options.connections =
				(int) parse_number("--connections", value, 1, MAX_FLOODERS);
			break;
		case 'a':
			options.addresses =
				(int) parse_number("--addresses", value, 1, MAX_FLOODERS);
			break;
		case 'r':
			options.rate = (double) parse_number("--rate", value, 1, 10000000);
			break;
		case 's':
			options.seconds =
				(double) parse_number("--seconds", value, 1, 3600);
			break;
		case 'k':
			options.kind = read_kind(value);
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			exit(2);
	}
}

int
main(int argc, char **argv)
{
	static const struct option known[] = {
		{"port", required_argument, NULL, 'p'},
		{"connections", required_argument, NULL, 'c'},
		{"addresses", required_argument, NULL, 'a'},
		{"rate", required_argument, NULL, 'r'},
		{"seconds", required_argument, NULL, 's'},
		{"kind", required_argument, NULL, 'k'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "p:c:a:r:s:k:h", known, NULL)) !=
		   -1)
		read_option(option, optarg);
	signal(SIGPIPE, SIG_IGN);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	flooders = allocate((size_t) options.connections, sizeof(Flooder));
	for (int i = 0; i < options.connections; i++)
		flooders[i] = (Flooder){.fd = -1, .number = i};
	run();
	printf("%s: %" PRIu64 " lines, %" PRIu64 " connections, %" PRIu64
		   " closed, %" PRIu64 " refused\n",
		   kind_names[options.kind], counts.lines, counts.connected,
		   counts.closed, counts.refused);
	return 0;
}
