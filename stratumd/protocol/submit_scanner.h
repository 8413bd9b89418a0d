/*
 * submit_scanner.h
 *	  The mining.submit that nearly every line is, read without a JSON tree.
 */
#ifndef STRATUMD_SUBMIT_SCANNER_H
#define STRATUMD_SUBMIT_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/request.h"

/* worker, job, extranonce2, ntime, nonce, version bits */
#define SUBMIT_PARAMS 6

/* A string within somebody else's memory; text NULL: there is none. */
typedef struct Span
{
	const char *text;
	size_t length;
} Span;

/*
 * Read a line if it is a mining.submit in plain form: an object of just id (an
 * integer), method and params, each once, in any order; params five or six
 * strings without escapes, of printable ASCII.  False for any other line, good
 * or bad, of which nothing is said here.  The params point into the line.
 */
extern bool submit_scanner_scan(const char *line, size_t length, RequestId *id,
								Span params[SUBMIT_PARAMS]);

#endif
