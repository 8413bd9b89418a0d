/*
 * options.c
 *	  The command line.
 */
#include "options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USAGE                                                              \
	"usage: chimera-miner --url [stratum+tcp://]HOST:PORT --user NAME\n"   \
	"       [--pass WORD] [--algorithm scrypt|sha256d|...] [--shares N]\n" \
	"       [--seconds S] [--hashes-per-second R] [--log FILE]\n"          \
	"       [--version-rolling] [--once] [--quiet]\n"

#define URL_SCHEME "stratum+tcp://"

static void __attribute__((noreturn)) usage(const char *problem)
{
	fprintf(stderr, "chimera-miner: %s\n" USAGE, problem);
	exit(2);
}

bool
options_set_url(Options *options, const char *url)
{
	const char *colon;
	size_t host_length;

	if (strncmp(url, URL_SCHEME, strlen(URL_SCHEME)) == 0)
		url += strlen(URL_SCHEME);
	colon = strrchr(url, ':');
	if (colon == NULL || colon == url)
		return false;

	/* an IPv6 address is enclosed in brackets */
	host_length = (size_t) (colon - url);
	if (url[0] == '[' && colon[-1] == ']')
	{
		url++;
		host_length -= 2;
	}
	if (host_length == 0 || host_length >= sizeof(options->host))
		return false;

	/* a slash at the end is common in miners' settings */
	memcpy(options->host, url, host_length);
	options->host[host_length] = '\0';
	if (strlen(colon + 1) > sizeof(options->port))
		return false;
	snprintf(options->port, sizeof(options->port), "%.*s",
			 (int) strspn(colon + 1, "0123456789"), colon + 1);
	return options->port[0] != '\0';
}

static double
parse_positive(const char *value, const char *problem)
{
	char *end;
	double number = strtod(value, &end);

	if (*value == '\0' || *end != '\0' || !isfinite(number) || number <= 0)
		usage(problem);
	return number;
}

static void
set_option(Options *options, int option, const char *value)
{
	switch (option)
	{
		case 'o':
			if (!options_set_url(options, value))
				usage("--url must be HOST:PORT");
			break;
		case 'u':
			options->user = value;
			break;
		case 'p':
			options->password = value;
			break;
		case 'a':
			options->algorithm = pow_find(value);
			if (options->algorithm == NULL)
				usage("--algorithm is unknown");
			break;
		case 'n':
			options->shares = (uint64_t) parse_positive(
				value, "--shares must be a number above 0");
			break;
		case 's':
			options->seconds =
				parse_positive(value, "--seconds must be a number above 0");
			break;
		case 'r':
			options->hashes_per_second = parse_positive(
				value, "--hashes-per-second must be a number above 0");
			break;
		case 'l':
			options->log_path = value;
			break;
		case '1':
			options->once = true;
			break;
		case 'v':
			options->version_rolling = true;
			break;
		case 'q':
			options->quiet = true;
			break;
		case 'h':
			fputs(USAGE, stdout);
			exit(0);
		default:
			usage("unknown option");
	}
}

void
options_parse(Options *options, int argc, char **argv)
{
	static const struct option long_options[] = {
		{"url", required_argument, NULL, 'o'},
		{"user", required_argument, NULL, 'u'},
		{"pass", required_argument, NULL, 'p'},
		{"algorithm", required_argument, NULL, 'a'},
		{"shares", required_argument, NULL, 'n'},
		{"seconds", required_argument, NULL, 's'},
		{"hashes-per-second", required_argument, NULL, 'r'},
		{"log", required_argument, NULL, 'l'},
		{"once", no_argument, NULL, '1'},
		{"version-rolling", no_argument, NULL, 'v'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*options = (Options){.password = "x", .algorithm = pow_find("scrypt")};
	opterr = 0;
	while ((option = getopt_long(argc, argv, "o:u:p:a:n:s:r:l:1vqh",
								 long_options, NULL)) != -1)
		set_option(options, option, optarg);

	if (optind < argc)
		usage("unexpected argument");
	if (options->host[0] == '\0')
		usage("--url is missing");
	if (options->user == NULL)
		usage("--user is missing");
}
