/*
 * options.h
 *	  The load generator's command line.
 */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

#define MAX_PROCESSES 16
#define MAX_WATCHED	  4
#define MAX_WINDOW	  1024

typedef struct Watched
{
	const char *name;
	pid_t pid;
} Watched;

typedef struct Options
{
	const char *host;
	const char *port;
	const char *user;
	const char *password;
	const char *algorithm;
	int connections;
	int processes;
	int window;	 /* shares in flight a connection */
	double rate; /* shares a second in all; 0: as fast as they are answered */
	int burst;	 /* of them sent at once on a connection */
	double seconds;
	double warmup_s;
	double open_timeout_s;
	double duplicate; /* of all, 0 to 1 */
	double low;
	double stale;
	const char *log_path; /* or NULL */
	const char *label;	  /* of a Markdown row; NULL: print for people */
	Watched watched[MAX_WATCHED];
	int watched_count;
} Options;

extern void options_read(int argc, char **argv, Options *options);

#endif
