/*
 * problem.c
 *	  What went wrong with a request, as the client is told (RFC 9457).
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

/* The first that fits counts. */
static const Rule rules[] = {
	{"22", 400, 0},		/* data exception */
	{"23502", 400, 0},	/* not null */
	{"23514", 400, 0},	/* check */
	{"28", 401, 0},		/* who is it? */
	{"42501", 403, 0},	/* not allowed */
	{"42704", 404, 0},	/* no such object */
	{"P0002", 404, 0},	/* no such row */
	{"42710", 409, 0},	/* exists already */
	{"23505", 409, 0},	/* the same */
	{"55000", 409, 0},	/* not in the state for it */
	{"53400", 429, 60}, /* too many attempts */
	{"53", 503, 1},		/* out of some resource */
	{"55P03", 503, 1},	/* lock not had in time */
	{"57014", 503, 1},	/* took too long */
	{"57P", 503, 1},	/* shutting down, starting up */
	{"40001", 503, 1},	/* serialization */
	{"40P01", 503, 1},	/* deadlock */
	{"25006", 503, 1},	/* a standby */
	{"08", 503, 1},		/* connection */
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

const char *
problem_title(unsigned status)
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
				 rule ? "the database can't answer now, please try again"
					  : "the database has not answered as it should");
	return problem;
}

/* Cut at its size, a text may end amid a character. */
static void
end_clean(char *text)
{
	size_t length = strlen(text);

	for (int i = 0; i < 4 && length > 0 && !is_clean_text(text); i++)
		text[--length] = '\0';
}

/* If there is something to say; on one line. */
static void
add_text(json_t *object, const char *name, const char *text)
{
	char *line = memory_strdup(text);

	for (char *at = line; *at; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	end_clean(line);
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
						json_string(problem_title(problem->status)));
	json_object_set_new(object, "status",
						json_integer((json_int_t) problem->status));
	add_text(object, "detail", problem->detail);
	add_text(object, "hint", problem->hint);
	add_text(object, "code", problem->code);
	dump = json_dumps(object, JSON_COMPACT);
	if (dump == NULL)
		memory_exhausted();
	strbuf_adds(text, dump);
	free(dump);
	json_decref(object);
}
