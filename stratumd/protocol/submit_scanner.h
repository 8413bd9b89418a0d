/*
 * submit_scanner.h
 *	  Reads the usual form of mining.submit without a JSON tree.
 */
#ifndef STRATUMD_SUBMIT_SCANNER_H
#define STRATUMD_SUBMIT_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/request.h"

/* worker, job, extranonce2, ntime, nonce, version bits */
#define SUBMIT_PARAMS 6

/* A part of a text that belongs to somebody else; text NULL: missing. */
typedef struct Span
{
	const char *text;
	size_t length;
} Span;

/*
 * Read a line if it is a mining.submit in plain form: an object with just id
 * (an integer), method and params, each once, in any order; params are five or
 * six strings of printable ASCII without escapes.  False for any other line,
 * valid or not.  The params point into the line.
 */
extern bool submit_scanner_scan(const char *line, size_t length, RequestId *id,
								Span params[SUBMIT_PARAMS]);

#endif
