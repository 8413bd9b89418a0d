/*
 * uri.h
 *	  What a request's target says: the segments of its path, and its query.
 *
 * Strict: what is not UTF-8, has a control character, or more parts than any
 * route, is refused, so that nothing behind it has to think of such.
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
	char *text; /* what the others point into */
	int segment_count;
	int query_count;
	const char *segments[MAX_SEGMENTS];
	QueryField query[MAX_QUERY];
} Uri;

/* NULL, or what is wrong with it; uri_free is due in either case. */
extern const char *uri_read(Uri *uri, const char *target);
extern void uri_free(Uri *uri);

/* The value of a field of the query, or NULL. */
extern const char *uri_query(const Uri *uri, const char *name);

/* Whether it is UTF-8 without control characters. */
extern bool is_clean_text(const char *text);

#endif
