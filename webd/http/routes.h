/*
 * routes.h
 *	  What can be asked for: the one table of the API.
 *
 * A route names the SQL routine that answers it and where each of the
 * routine's arguments comes from.  openapi.json describes the same to the
 * world; test/t/web/api.pl holds the two together.
 */
#ifndef WEBD_ROUTES_H
#define WEBD_ROUTES_H

#include <stdbool.h>

#include "http/uri.h"

#define API_PATH	  "/api/v1"
#define MAX_ARGUMENTS 8

typedef enum Method
{
	METHOD_NONE = 0, /* none that we know */
	METHOD_GET = 1,
	METHOD_HEAD = 2,
	METHOD_POST = 4,
	METHOD_PUT = 8,
	METHOD_PATCH = 16,
	METHOD_DELETE = 32,
	METHOD_OPTIONS = 64
} Method;

typedef enum Access
{
	ACCESS_PUBLIC, /* the same answer for everybody */
	ACCESS_GUEST,  /* signs in, or asks whether it is */
	ACCESS_USER,   /* by cookie or token */
	ACCESS_COOKIE  /* by cookie only */
} Access;

typedef enum Place
{
	IN_PATH, /* the next ":name" of the pattern */
	IN_QUERY,
	IN_BODY,
	WHOLE_BODY, /* an object whose members the routine knows */
	IN_SESSION	/* the hash of the caller's cookie or token */
} Place;

typedef enum ValueType
{
	TYPE_TEXT,
	TYPE_INTEGER, /* of 64 bits, positive */
	TYPE_LIMIT,	  /* a page's length */
	TYPE_BOOLEAN, /* in a body */
	TYPE_RANGE,
	TYPE_SHORT_RANGE,
	TYPE_OBJECT,
	TYPE_ARRAY
} ValueType;

typedef struct Argument
{
	const char *name; /* of the routine's parameter as well */
	Place place;
	ValueType type;
	bool is_required;
	bool may_be_empty; /* a text that may be "" */
} Argument;

/* Routes that take more than one routine's call (request.c: run_route). */
typedef enum Special
{
	SPECIAL_NONE,
	SPECIAL_SIGN_UP,
	SPECIAL_LOG_IN,
	SPECIAL_LOG_OUT,
	SPECIAL_SESSION,
	SPECIAL_PASSWORD,
	SPECIAL_ADD_TOKEN,
	SPECIAL_EVENTS,
	SPECIAL_OPENAPI
} Special;

typedef struct Route
{
	Method method;
	const char *pattern; /* below API_PATH */
	Access access;
	const char *routine; /* without its schema; of some specials NULL */
	Argument arguments[MAX_ARGUMENTS]; /* end with a NULL name */
	Special special;
	unsigned status; /* of success; 0: 200 */
	bool is_slow;	 /* may take a minute: asks a coin's node */
} Route;

extern const Route routes[];
extern const int route_count;

/*
 * The route for a path, or NULL; then 'allowed' is the set of methods which
 * the path has, 0 if there is no such path: OPTIONS where it is public.
 * Arguments of IN_PATH are the segments of the uri where the pattern has a
 * ":name".
 */
extern const Route *
routes_find(Method method, const Uri *uri, unsigned *allowed);

/* The n-th segment that stands for a ":name" of the pattern, or NULL. */
extern const char *route_path_value(const Route *route, const Uri *uri, int n);

extern int route_argument_count(const Route *route);
extern bool route_has_body(const Route *route);

extern Method method_from_name(const char *name);

/* "GET, HEAD": the set of methods as the header Allow names it. */
extern void methods_write(unsigned methods, char *text, unsigned size);

#endif
