/*
 * options.c
 *	  The command line.
 */
#include "options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/client_address.h"
#include "option_value.h"

#define MAX_CONNECTIONS 64
#define MAX_RATE		1000000
#define MAX_STREAMS		100000

static const char usage[] =
	"webd serves the REST API and the dashboard of a Chimera pool database.\n"
	"\n"
	"Usage:\n"
	"  webd [OPTION]...\n"
	"  webd --set-password NAME [--admin] [--database CONNINFO]\n"
	"\n"
	"Options:\n"
	"  -d, --database=CONNINFO   libpq connection string or URI, which may\n"
	"                            name several hosts (default: from PGHOST,\n"
	"                            PGDATABASE, ...)\n"
	"      --listen=ADDRESS:PORT address to listen on, for IPv6\n"
	"                            [ADDRESS]:PORT (default 127.0.0.1:8080)\n"
	"      --dashboard=DIR       serve the dashboard built into DIR; reloaded\n"
	"                            on SIGHUP\n"
	"      --connections=N       connections to the database (default 4)\n"
	"      --rate=N              limit of requests per second and address,\n"
	"                            for IPv6 per /64; bursts may be five times\n"
	"                            as many; 0: unlimited (default 20)\n"
	"      --max-streams=N       limit of clients subscribed to events\n"
	"                            (default 1000)\n"
	"      --streams-per-address=N\n"
	"                            limit of these clients per address, and\n"
	"                            half as many per session (default 20)\n"
	"      --trusted-proxy=ADDRESS\n"
	"                            trust X-Forwarded-For from this proxy\n"
	"      --secure-cookies      set cookies for HTTPS only, to be used\n"
	"                            behind a proxy with TLS\n"
	"      --metrics=PORT        serve /metrics for Prometheus on this port\n"
	"                            of the loopback address (default: off)\n"
	"      --log-level=LEVEL     error, warning, info or debug (default info)\n"
	"      --set-password=NAME   set the password of an account, which is\n"
	"                            created if it does not exist, and exit; the\n"
	"                            password is read from the terminal or\n"
	"                            standard input; --admin makes the user an\n"
	"                            admin\n"
	"  -V, --version             show the version, then exit\n"
	"  -h, --help                show this help, then exit\n"
	"\n"
	"The database role must be a member of chimera_web, or for\n"
	"--set-password of chimera_admin. Put its password into a file and set\n"
	"PGPASSFILE to its name.\n";

static void
read_option(int option, const char *value, Options *options)
{
	switch (option)
	{
		case 'd':
			options->database = option_database(value);
			break;
		case 'a':
			options->listen = value;
			break;
		case 'f':
			options->dashboard = value;
			break;
		case 'c':
			options->connections = option_number(
				value, 1, MAX_CONNECTIONS, "--connections must be 1 to 64");
			break;
		case 'r':
			options->rate = option_number(value, 0, MAX_RATE,
										  "--rate must be 0 to 1000000");
			break;
		case 's':
			options->max_streams = option_number(
				value, 1, MAX_STREAMS, "--max-streams must be 1 to 100000");
			break;
		case 'S':
			options->streams_per_address =
				option_number(value, 1, MAX_STREAMS,
							  "--streams-per-address must be 1 to 100000");
			break;
		case 't':
			if (!client_address_normalize(value, options->trusted_proxy))
				option_refuse("--trusted-proxy must be an IP address", value);
			break;
		case 'k':
			options->secure_cookies = true;
			break;
		case 'm':
			options->metrics_port = option_metrics_port(value);
			break;
		case 'l':
			option_log_level(value);
			break;
		case 'p':
			options->set_password = value;
			break;
		case 'A':
			options->is_admin = true;
			break;
		case 'V':
			puts("webd (Chimera) " PROGRAM_VERSION);
			exit(0);
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs("Try \"webd --help\" for more information.\n", stderr);
			exit(2);
	}
}

void
options_read(int argc, char **argv, Options *options)
{
	static const struct option known[] = {
		{"database", required_argument, NULL, 'd'},
		{"listen", required_argument, NULL, 'a'},
		{"dashboard", required_argument, NULL, 'f'},
		{"connections", required_argument, NULL, 'c'},
		{"rate", required_argument, NULL, 'r'},
		{"max-streams", required_argument, NULL, 's'},
		{"streams-per-address", required_argument, NULL, 'S'},
		{"trusted-proxy", required_argument, NULL, 't'},
		{"secure-cookies", no_argument, NULL, 'k'},
		{"metrics", required_argument, NULL, 'm'},
		{"log-level", required_argument, NULL, 'l'},
		{"set-password", required_argument, NULL, 'p'},
		{"admin", no_argument, NULL, 'A'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*options = (Options){.database = "",
						 .listen = "127.0.0.1:8080",
						 .connections = 4,
						 .rate = 20,
						 .max_streams = 1000,
						 .streams_per_address = 20};
	while ((option = getopt_long(argc, argv, "d:Vh", known, NULL)) != -1)
		read_option(option, optarg, options);
	if (optind < argc)
		option_refuse("unexpected argument", argv[optind]);
	if (options->is_admin && options->set_password == NULL)
		option_refuse("--admin requires --set-password", "--admin");
}
