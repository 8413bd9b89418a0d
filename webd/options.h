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
	int rate;			   /* requests a second of an address; 0: any */
	int max_streams;
	int streams_per_address;
	int metrics_port; /* 0: none */
	bool secure_cookies;
	char trusted_proxy[INET6_ADDRSTRLEN]; /* "": none */

	const char *set_password; /* of this account, then end; or NULL */
	bool is_admin;			  /* that account is to be */
} Options;

/* Reads the command line; prints and exits for --help, --version, mistakes. */
extern void options_read(int argc, char **argv, Options *options);

#endif
