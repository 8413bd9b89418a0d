/*
 * settings.h
 *	  The ingest benchmark's settings, and what it mines on.
 */
#ifndef INGEST_SETTINGS_H
#define INGEST_SETTINGS_H

#include <stdint.h>

#define MAX_CONNECTIONS 64

typedef struct Settings
{
	const char *conninfo;
	const char *algorithm;
	const char *network; /* NULL: create one */
	int connections;
	int batch;
	double seconds;
} Settings;

/* The benchmark's network; made once, by the parent. */
typedef struct Work
{
	int64_t job_id;
	int32_t first_miner_id;
	double difficulty; /* one that every hash meets */
	int run;		   /* so that no run repeats the shares of an earlier one */
} Work;

#endif
