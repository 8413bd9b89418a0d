/*
 * stratum.h
 *	  Lines from miners: requests to methods.
 *
 * Each method_*.c file has a group of methods; stratum.c has their table.
 */
#ifndef STRATUMD_STRATUM_H
#define STRATUMD_STRATUM_H

#include "session/session.h"

/* For SessionHooks. */
extern void stratum_line(Session *session, const char *line, size_t length);
extern void stratum_line_too_long(Session *session);
extern void stratum_session_closed(Session *session);

#endif
