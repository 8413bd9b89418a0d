/*
 * scan.h
 *	  Parses a pool's lines by searching for what must be there.
 *
 * A load generator that parsed JSON would cost as much as the pool that it
 * measures.  Pools write their lines without spaces; a line that cannot be
 * parsed this way is LINE_OTHER.
 */
#ifndef BENCH_SCAN_H
#define BENCH_SCAN_H

#include <stdbool.h>
#include <stddef.h>

typedef enum LineKind
{
	LINE_ACCEPTED, /* result true */
	LINE_RESULT,   /* another result, such as subscribe's */
	LINE_ERROR,
	LINE_NOTIFY,
	LINE_SET_DIFFICULTY,
	LINE_OTHER,
} LineKind;

typedef struct Line
{
	LineKind kind;
	int id;			   /* of an answer */
	int error_code;	   /* of LINE_ERROR */
	const char *value; /* of LINE_RESULT and notifications: result or params */
	const char *end;
} Line;

extern Line line_scan(const char *text, size_t length);

/*
 * The next string literal in [*at, end): its characters, without escapes; *at
 * moves past it.  NULL if there is none.
 */
extern const char *
scan_string(const char **at, const char *end, size_t *length);

#endif
