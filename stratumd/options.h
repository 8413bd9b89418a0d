/*
 * options.h
 *	  The command line.
 */
#ifndef STRATUMD_OPTIONS_H
#define STRATUMD_OPTIONS_H

typedef struct Options
{
	const char *database; /* libpq connection string or URI */
	int submit_connections;
	const char *tls_certificate; /* both or neither */
	const char *tls_key;
	int max_per_address; /* connections; 0: any number */
	int metrics_port;	 /* 0: none */
} Options;

/* Read the command line; exits after --help, --version and errors. */
extern void options_read(int argc, char **argv, Options *options);

#endif
