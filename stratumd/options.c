/*
 * options.c
 *	  The command line.
 */
#include "options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option_value.h"

#define MAX_SUBMIT_CONNECTIONS 64

static const char usage[] =
	"stratumd serves Stratum V1 miners from a Chimera pool database.\n"
	"\n"
	"Usage:\n"
	"  stratumd [OPTION]...\n"
	"\n"
	"Options:\n"
	"  -d, --database=CONNINFO     libpq connection string or URI, which may\n"
	"                              name several hosts (default: from PGHOST,\n"
	"                              PGDATABASE, ...)\n"
	"      --submit-connections=N  connections that carry shares (default 2)\n"
	"      --tls-certificate=FILE  certificate chain (PEM) for listeners with\n"
	"                              TLS; reloaded on SIGHUP\n"
	"      --tls-key=FILE          its private key (PEM, without passphrase)\n"
	"      --metrics=PORT          serve /metrics for Prometheus on this port\n"
	"                              of the loopback address (default: off)\n"
	"      --max-per-address=N     limit of connections per address, for IPv6\n"
	"                              per /64 (default: unlimited)\n"
	"      --log-level=LEVEL       error, warning, info or debug (default "
	"info)\n"
	"  -V, --version               show the version, then exit\n"
	"  -h, --help                  show this help, then exit\n"
	"\n"
	"Ports, networks and difficulties come from the database: see\n"
	"chimera.add_listener. A password belongs in a file named by PGPASSFILE.\n";

static void
read_option(int option, const char *value, Options *options)
{
	switch (option)
	{
		case 'd':
			options->database = option_database(value);
			break;
		case 's':
			options->submit_connections =
				option_number(value, 1, MAX_SUBMIT_CONNECTIONS,
							  "--submit-connections must be 1 to 64");
			break;
		case 'c':
			options->tls_certificate = value;
			break;
		case 'k':
			options->tls_key = value;
			break;
		case 'a':
			options->max_per_address =
				option_number(value, 1, INT_MAX,
							  "--max-per-address must be a positive number");
			break;
		case 'm':
			options->metrics_port = option_metrics_port(value);
			break;
		case 'l':
			option_log_level(value);
			break;
		case 'V':
			puts("stratumd (Chimera) " PROGRAM_VERSION);
			exit(0);
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs("Try \"stratumd --help\" for more information.\n", stderr);
			exit(2);
	}
}

void
options_read(int argc, char **argv, Options *options)
{
	static const struct option known[] = {
		{"database", required_argument, NULL, 'd'},
		{"submit-connections", required_argument, NULL, 's'},
		{"tls-certificate", required_argument, NULL, 'c'},
		{"tls-key", required_argument, NULL, 'k'},
		{"max-per-address", required_argument, NULL, 'a'},
		{"metrics", required_argument, NULL, 'm'},
		{"log-level", required_argument, NULL, 'l'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*options = (Options){.database = "", .submit_connections = 2};
	while ((option = getopt_long(argc, argv, "d:Vh", known, NULL)) != -1)
		read_option(option, optarg, options);
	if (optind < argc)
		option_refuse("unexpected argument", argv[optind]);
	if (!options->tls_certificate != !options->tls_key)
		option_refuse("--tls-certificate and --tls-key must be given together",
					  options->tls_key ? options->tls_key
									   : options->tls_certificate);
}
