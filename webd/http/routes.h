/*
 * routes.h
 *	  The table of the API's routes.
 *
 * A route names the SQL routine that serves it and the source of each of the
 * routine's arguments.  openapi.json describes the same to clients;
 * test/t/web/api.pl checks that both agree.
 */
#ifndef WEBD_ROUTES_H
#define WEBD_ROUTES_H

#include <stdbool.h>

#include "http/uri.h"

#define API_PATH	  "/api/v1"
#define MAX_ARGUMENTS 8

typedef enum Method
{
	METHOD_NONE = 0, /* unknown */
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
	ACCESS_PUBLIC, /* the same response for everybody */
	ACCESS_GUEST,  /* to sign in, or to see whether one is signed in */
	ACCESS_USER,   /* with cookie or token */
	ACCESS_COOKIE  /* with cookie only */
} Access;

typedef enum Place
{
	IN_PATH, /* the next ":name" of the pattern */
	IN_QUERY,
	IN_BODY,
	WHOLE_BODY, /* an object whose members the routine checks */
	IN_SESSION	/* the hash of the caller's cookie or token */
} Place;

typedef enum ValueType
{
	TYPE_TEXT,
	TYPE_INTEGER, /* 64 bits, not negative */
	TYPE_LIMIT,	  /* the number of items per page */
	TYPE_BOOLEAN, /* in the body only */
	TYPE_RANGE,
	TYPE_SHORT_RANGE,
	TYPE_OBJECT,
	TYPE_ARRAY
} ValueType;

typedef struct Argument
{
	const char *name; /* also the name of the routine's parameter */
	Place place;
	ValueType type;
	bool is_required;
	bool may_be_empty; /* "" is a valid text */
} Argument;

/* Routes that need more than one call of a routine (dispatch.c: run_route). */
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
	const char *routine; /* without schema; NULL for some special routes */
	Argument arguments[MAX_ARGUMENTS]; /* end with a NULL name */
	Special special;
	unsigned status; /* on success; 0: 200 */
	bool is_slow;	 /* may take a minute because it calls a node */
} Route;

extern const Route routes[];
extern const int route_count;

/*
 * The route for a method and path, or NULL.  In the latter case 'allowed' is
 * set to the methods of the path, with OPTIONS if it is public, or to 0 if the
 * path does not exist.
 */
extern const Route *
routes_find(Method method, const Uri *uri, unsigned *allowed);

/* The segment for the n-th ":name" of the pattern, or NULL. */
extern const char *route_path_value(const Route *route, const Uri *uri, int n);

extern int route_argument_count(const Route *route);

extern Method method_from_name(const char *name);

/* Write a set of methods as the header Allow wants it: "GET, HEAD". */
extern void methods_write(unsigned methods, char *text, unsigned size);

#endif
