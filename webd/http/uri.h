/*
 * uri.h
 *	  Splits a request's target into path segments and query parameters.
 *
 * Targets that are not UTF-8, contain control characters, or have more segments
 * or parameters than any route are rejected here, so that later code need not
 * handle them.
 */
#ifndef WEBD_URI_H
#define WEBD_URI_H

#include <stdbool.h>

#define MAX_SEGMENTS 12
#define MAX_QUERY	 12

typedef struct QueryField
{
	const char *name;
	const char *value;
} QueryField;

typedef struct Uri
{
	char *text; /* the other members point into it */
	int segment_count;
	int query_count;
	const char *segments[MAX_SEGMENTS];
	QueryField query[MAX_QUERY];
} Uri;

/* NULL, or the error.  Call uri_free in either case. */
extern const char *uri_read(Uri *uri, const char *target);
extern void uri_free(Uri *uri);

/* The value of a query parameter, or NULL. */
extern const char *uri_query(const Uri *uri, const char *name);

/* Whether the text is UTF-8 without control characters. */
extern bool is_clean_text(const char *text);

#endif
