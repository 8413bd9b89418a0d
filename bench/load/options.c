/*
 * options.c
 *	  The load generator's command line.
 */
#include "load/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"
#include "load/report.h"

#define MAX_CONNECTIONS 60000

static const char usage[] =
	"load drives a Stratum V1 pool with honest shares and measures it.\n"
	"\n"
	"Usage:\n"
	"  load [OPTION]...\n"
	"\n"
	"Options:\n"
	"  -H, --host=HOST         the pool (127.0.0.1)\n"
	"  -p, --port=PORT         (3333)\n"
	"  -u, --user=NAME         miners are NAME.0, NAME.1, ... (bench)\n"
	"      --password=TEXT     (x)\n"
	"  -a, --algorithm=NAME    what the pool hashes with (sha256d)\n"
	"  -c, --connections=N     (100)\n"
	"  -P, --processes=N       that share the connections (1)\n"
	"  -w, --window=N          shares in flight a connection (16)\n"
	"  -r, --rate=N            shares per second in total, whatever the "
	"responses\n"
	"                          take; a latency counts from when the share was\n"
	"                          due (0: as fast as the window lets them go)\n"
	"  -b, --burst=N           with a rate: shares sent at once on a "
	"connection (1)\n"
	"  -s, --seconds=S         measured (10)\n"
	"      --warmup=S          before that (1)\n"
	"      --open-timeout=S    for all to connect and get work (60)\n"
	"      --duplicate=PERCENT shares sent again after their acceptance\n"
	"      --low=PERCENT       shares that don't meet the difficulty; the "
	"pool\n"
	"                          must hand out one that not every hash meets\n"
	"      --stale=PERCENT     shares for a job that does not exist\n"
	"      --log=FILE          every accepted share, a binary COPY file for\n"
	"                          bench/compare; with more processes FILE.0, ...\n"
	"      --cpu=NAME:PID      account this process and its children too, up\n"
	"                          to 4 times\n"
	"  -m, --markdown=LABEL    print one row of a table\n"
	"      --markdown-head     print the table's head and end\n"
	"  -h, --help\n"
	"\n"
	"Exit code 1 when an answer was not the one expected, or one is missing.\n";

/* A number of at least 'min'; exits otherwise. */
static double
read_double(const char *what, const char *text, double min, double max)
{
	char *end;
	double number = strtod(text, &end);

	if (*text == '\0' || *end != '\0' || !(number >= min && number <= max))
		die("%s must be %g to %g, not \"%s\"", what, min, max, text);
	return number;
}

static void
read_watched(Options *options, char *text)
{
	char *colon = strchr(text, ':');
	Watched *watched = &options->watched[options->watched_count];

	if (colon == NULL || options->watched_count == MAX_WATCHED)
		die("--cpu takes NAME:PID, up to %d times", MAX_WATCHED);
	*colon = '\0';
	watched->name = text;
	watched->pid = (pid_t) parse_number("a pid", colon + 1, 1, 1L << 30);
	options->watched_count++;
}

enum
{
	OPTION_PASSWORD = 256,
	OPTION_WARMUP,
	OPTION_OPEN_TIMEOUT,
	OPTION_DUPLICATE,
	OPTION_LOW,
	OPTION_STALE,
	OPTION_LOG,
	OPTION_CPU,
	OPTION_MARKDOWN_HEAD,
};

static const struct option known[] = {
	{"host", required_argument, NULL, 'H'},
	{"port", required_argument, NULL, 'p'},
	{"user", required_argument, NULL, 'u'},
	{"password", required_argument, NULL, OPTION_PASSWORD},
	{"algorithm", required_argument, NULL, 'a'},
	{"connections", required_argument, NULL, 'c'},
	{"processes", required_argument, NULL, 'P'},
	{"window", required_argument, NULL, 'w'},
	{"rate", required_argument, NULL, 'r'},
	{"burst", required_argument, NULL, 'b'},
	{"seconds", required_argument, NULL, 's'},
	{"warmup", required_argument, NULL, OPTION_WARMUP},
	{"open-timeout", required_argument, NULL, OPTION_OPEN_TIMEOUT},
	{"duplicate", required_argument, NULL, OPTION_DUPLICATE},
	{"low", required_argument, NULL, OPTION_LOW},
	{"stale", required_argument, NULL, OPTION_STALE},
	{"log", required_argument, NULL, OPTION_LOG},
	{"cpu", required_argument, NULL, OPTION_CPU},
	{"markdown", required_argument, NULL, 'm'},
	{"markdown-head", no_argument, NULL, OPTION_MARKDOWN_HEAD},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* Options that are numbers; false for all others. */
static bool
read_number_option(int option, const char *value, Options *options)
{
	switch (option)
	{
		case 'c':
			options->connections =
				(int) parse_number("--connections", value, 1, MAX_CONNECTIONS);
			return true;
		case 'P':
			options->processes =
				(int) parse_number("--processes", value, 1, MAX_PROCESSES);
			return true;
		case 'w':
			options->window =
				(int) parse_number("--window", value, 1, MAX_WINDOW);
			return true;
		case 'r':
			options->rate = read_double("--rate", value, 0, 1e9);
			return true;
		case 'b':
			options->burst =
				(int) parse_number("--burst", value, 1, MAX_WINDOW);
			return true;
		case 's':
			options->seconds = read_double("--seconds", value, 0.1, 86400);
			return true;
		case OPTION_WARMUP:
			options->warmup_s = read_double("--warmup", value, 0, 3600);
			return true;
		case OPTION_OPEN_TIMEOUT:
			options->open_timeout_s =
				read_double("--open-timeout", value, 1, 3600);
			return true;
		case OPTION_DUPLICATE:
			options->duplicate =
				read_double("--duplicate", value, 0, 100) / 100;
			return true;
		case OPTION_LOW:
			options->low = read_double("--low", value, 0, 100) / 100;
			return true;
		case OPTION_STALE:
			options->stale = read_double("--stale", value, 0, 100) / 100;
			return true;
	}
	return false;
}

static void
read_text_option(int option, char *value, Options *options)
{
	switch (option)
	{
		case 'H':
			options->host = value;
			break;
		case 'p':
			options->port = value;
			break;
		case 'u':
			options->user = value;
			break;
		case OPTION_PASSWORD:
			options->password = value;
			break;
		case 'a':
			options->algorithm = value;
			break;
		case OPTION_LOG:
			options->log_path = value;
			break;
		case OPTION_CPU:
			read_watched(options, value);
			break;
		case 'm':
			options->label = value;
			break;
		case OPTION_MARKDOWN_HEAD:
			report_markdown_head();
			exit(0);
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs("Try \"load --help\" for more information.\n", stderr);
			exit(2);
	}
}

void
options_read(int argc, char **argv, Options *options)
{
	int option;

	*options = (Options){
		.host = "127.0.0.1",
		.port = "3333",
		.user = "bench",
		.password = "x",
		.algorithm = "sha256d",
		.connections = 100,
		.processes = 1,
		.window = 16,
		.burst = 1,
		.seconds = 10,
		.warmup_s = 1,
		.open_timeout_s = 60,
	};
	while ((option = getopt_long(argc, argv, "H:p:u:a:c:P:w:r:b:s:m:h", known,
								 NULL)) != -1)
		if (!read_number_option(option, optarg, options))
			read_text_option(option, optarg, options);
	if (optind < argc)
		die("unexpected argument \"%s\"", argv[optind]);
	if (options->processes > options->connections)
		die("processes must not outnumber connections");
	if (options->burst > options->window)
		die("burst must not exceed the window");
	if (options->duplicate + options->low + options->stale > 1)
		die("the mix exceeds 100 percent");
}
