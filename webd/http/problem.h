/*
 * problem.h
 *	  Errors as clients see them (RFC 9457).
 */
#ifndef WEBD_PROBLEM_H
#define WEBD_PROBLEM_H

#include "http/strbuf.h"

typedef struct Problem
{
	unsigned status;
	int retry_after_s; /* the header Retry-After; 0: omitted */
	unsigned allow;	   /* for 405: a set of methods (routes.h) */
	char code[6];	   /* SQLSTATE, or "" */
	char detail[1024]; /* may be "" */
	char hint[512];	   /* may be "" */
} Problem;

extern Problem problem_make(unsigned status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The problem for an error of the database.  Message and hint are shown only if
 * the client caused the error; otherwise only the SQLSTATE is.  message is NULL
 * if clients must not see it; hint may be NULL.
 */
extern Problem problem_from_sqlstate(const char *sqlstate, const char *message,
									 const char *hint);

/* Write the problem as JSON. */
extern void problem_write(const Problem *problem, StrBuf *text);

#endif
