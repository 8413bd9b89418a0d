/*
 * problem.c
 *	  Errors as clients see them (RFC 9457).
 */
#include "http/problem.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "http/uri.h"

typedef struct Rule
{
	const char *prefix; /* of the SQLSTATE */
	unsigned status;
	int retry_after_s;
} Rule;

/* The first match counts. */
static const Rule rules[] = {
	{"22", 400, 0},		/* data exception */
	{"23502", 400, 0},	/* not null violation */
	{"23514", 400, 0},	/* check violation */
	{"28", 401, 0},		/* invalid authorization */
	{"42501", 403, 0},	/* insufficient privilege */
	{"42704", 404, 0},	/* undefined object */
	{"P0002", 404, 0},	/* no data found */
	{"42710", 409, 0},	/* duplicate object */
	{"23505", 409, 0},	/* unique violation */
	{"55000", 409, 0},	/* object not in prerequisite state */
	{"53400", 429, 60}, /* configuration limit exceeded: too many attempts */
	{"53", 503, 1},		/* insufficient resources */
	{"55P03", 503, 1},	/* lock not available */
	{"57014", 503, 1},	/* query canceled: statement timeout */
	{"57P", 503, 1},	/* shutting down or starting up */
	{"40001", 503, 1},	/* serialization failure */
	{"40P01", 503, 1},	/* deadlock */
	{"25006", 503, 1},	/* read-only transaction: a standby */
	{"08", 503, 1},		/* connection exception */
};

static const struct
{
	unsigned status;
	const char *title;
} titles[] = {
	{400, "Bad Request"},		  {401, "Unauthorized"},
	{403, "Forbidden"},			  {404, "Not Found"},
	{405, "Method Not Allowed"},  {409, "Conflict"},
	{413, "Content Too Large"},	  {415, "Unsupported Media Type"},
	{429, "Too Many Requests"},	  {500, "Internal Server Error"},
	{503, "Service Unavailable"},
};

static const char *
title_of(unsigned status)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

Problem
problem_make(unsigned status, const char *format, ...)
{
	Problem problem = {.status = status};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(problem.detail, sizeof(problem.detail), format, arguments);
	va_end(arguments);
	if (status == 503)
		problem.retry_after_s = 1;
	return problem;
}

static const Rule *
find_rule(const char *sqlstate)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strncmp(sqlstate, rules[i].prefix, strlen(rules[i].prefix)) == 0)
			return &rules[i];
	return NULL;
}

Problem
problem_from_sqlstate(const char *sqlstate, const char *message,
					  const char *hint)
{
	const Rule *rule = find_rule(sqlstate);
	Problem problem = {.status = rule ? rule->status : 500,
					   .retry_after_s = rule ? rule->retry_after_s : 0};

	snprintf(problem.code, sizeof(problem.code), "%s", sqlstate);
	if (problem.status < 500)
	{
		snprintf(problem.detail, sizeof(problem.detail), "%s",
				 message ? message : "these values are not allowed");
		snprintf(problem.hint, sizeof(problem.hint), "%s", hint ? hint : "");
	}
	else
		snprintf(problem.detail, sizeof(problem.detail), "%s",
				 rule ? "the database is unavailable, please try again"
					  : "unexpected error of the database");
	return problem;
}

/* A truncated text may end in the middle of a character. */
static void
trim_to_text(char *text)
{
	size_t length = strlen(text);

	for (int i = 0; i < 4 && length > 0 && !is_clean_text(text); i++)
		text[--length] = '\0';
}

/* Add a text, if it is not empty, as a single line. */
static void
add_member(json_t *object, const char *name, const char *text)
{
	char *line = memory_strdup(text);

	for (char *at = line; *at; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	trim_to_text(line);
	if (*line)
		json_object_set_new(object, name, json_string(line));
	free(line);
}

void
problem_write(const Problem *problem, StrBuf *text)
{
	json_t *object = json_object();
	char *dump;

	json_object_set_new(object, "type", json_string("about:blank"));
	json_object_set_new(object, "title",
						json_string(title_of(problem->status)));
	json_object_set_new(object, "status",
						json_integer((json_int_t) problem->status));
	add_member(object, "detail", problem->detail);
	add_member(object, "hint", problem->hint);
	add_member(object, "code", problem->code);
	dump = json_dumps(object, JSON_COMPACT);
	if (dump == NULL)
		memory_exhausted();
	strbuf_adds(text, dump);
	free(dump);
	json_decref(object);
}
