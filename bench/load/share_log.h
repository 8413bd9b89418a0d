/*
 * share_log.h
 *	  The accepted shares, as a file of COPY's binary format.
 *
 * Columns: job_id bigint, extranonce1 int, extranonce2 bigint, ntime int,
 * nonce int.  bench/compare reads it.
 */
#ifndef LOAD_SHARE_LOG_H
#define LOAD_SHARE_LOG_H

#include "load/share.h"

extern void share_log_open(const Options *options, int process);
extern void share_log_add(const Miner *miner, const Share *share);
extern void share_log_close(void);

#endif
