/*
 * problem.h
 *	  What went wrong with a request, as the client is told (RFC 9457).
 */
#ifndef WEBD_PROBLEM_H
#define WEBD_PROBLEM_H

#include "http/strbuf.h"

typedef struct Problem
{
	unsigned status;
	int retry_after_s; /* 0: nothing is said */
	unsigned allow;	   /* of 405: a set of methods (routes.h) */
	char code[6];	   /* SQLSTATE, or "" */
	char detail[1024]; /* may be "" */
	char hint[512];	   /* what to do about it, or "" */
} Problem;

extern Problem problem_make(unsigned status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The words of the status line, "Bad Request". */
extern const char *problem_title(unsigned status);

/*
 * What an error of the database is to the client.  Its message and hint are
 * shown for the mistakes of clients only; of the others nothing but the
 * SQLSTATE is.  message NULL: one that clients should not see; so may hint be.
 */
extern Problem problem_from_sqlstate(const char *sqlstate, const char *message,
									 const char *hint);

/* As JSON. */
extern void problem_write(const Problem *problem, StrBuf *text);

#endif
