/*
 * options.h
 *	  The command line.
 */
#ifndef WEBD_OPTIONS_H
#define WEBD_OPTIONS_H

#include <netinet/in.h>
#include <stdbool.h>

typedef struct Options
{
	const char *database;  /* libpq connection string or URI */
	const char *listen;	   /* ADDRESS:PORT */
	const char *dashboard; /* a directory, or NULL */
	int connections;	   /* to the database */
	int rate;			   /* requests per second and address; 0: unlimited */
	int max_streams;
	int streams_per_address;
	int metrics_port; /* 0: none */
	bool secure_cookies;
	char trusted_proxy[INET6_ADDRSTRLEN]; /* "": none */

	const char *set_password; /* set the password of this account and exit */
	bool is_admin;			  /* and make its user an admin */
} Options;

/* Read the command line; exits for --help, --version and invalid options. */
extern void options_read(int argc, char **argv, Options *options);

#endif
