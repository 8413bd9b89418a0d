/*
 * options.h
 *	  The command line.
 */
#ifndef MINER_OPTIONS_H
#define MINER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "pow/pow.h"

typedef struct Options
{
	char host[256];
	char port[6];
	const char *user;
	const char *password;
	const PowAlgorithm *algorithm;
	uint64_t shares;		  /* stop after that many accepted; 0: never */
	double seconds;			  /* stop after that long; 0: never */
	double hashes_per_second; /* 0: as fast as it goes */
	const char *log_path;	  /* NULL: none */
	bool once;				  /* end where the connection ends */
	bool version_rolling;
	bool quiet;
} Options;

/* Exits with a message on standard error if the command line is invalid. */
extern void options_parse(Options *options, int argc, char **argv);

/* "host:port" with or without stratum+tcp:// into host and port. */
extern bool options_set_url(Options *options, const char *url);

#endif
