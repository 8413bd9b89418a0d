/*
 * loads.h
 *	  The work of the ingest benchmark's processes, until the time is up.  All
 *	  return the amount they have done.
 */
#ifndef INGEST_LOADS_H
#define INGEST_LOADS_H

#include <libpq-fe.h>

#include "ingest/settings.h"

typedef uint64_t (*Load)(const Settings *settings, const Work *work,
						 int process);

/* The same work by a job that also carries that many jobs of children. */
extern Work carry_children(PGconn *conn, const Work *work, int children);

/*
 * Shares through chimera.submit_shares; ends the benchmark if one is refused.
 */
extern uint64_t
load_submit(const Settings *settings, const Work *work, int process);

/* The same rows by binary COPY into a table without an index. */
extern uint64_t
load_copy(const Settings *settings, const Work *work, int process);

/* Hashes of headers, by the code that checks shares. */
extern uint64_t
load_hash(const Settings *settings, const Work *work, int process);

/* Appends of 8 kB, each made durable as WAL is. */
extern uint64_t
load_fsync(const Settings *settings, const Work *work, int process);

#endif
