/*
 * option_value.c
 *	  The values of command line options.
 */
#include "option_value.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "log.h"

#define MAX_PORT 65535

void
option_refuse(const char *what, const char *value)
{
	fprintf(stderr,
			PROGRAM_NAME ": %s: \"%s\"\n"
						 "Try \"" PROGRAM_NAME
						 " --help\" for more information.\n",
			what, value);
	exit(2);
}

int
option_number(const char *value, int least, int most, const char *complaint)
{
	char *end;
	long number = strtol(value, &end, 10);

	if (*value == '\0' || *end != '\0' || number < least || number > most)
		option_refuse(complaint, value);
	return (int) number;
}

int
option_metrics_port(const char *value)
{
	return option_number(value, 1, MAX_PORT,
						 "--metrics must be a port, 1 to 65535");
}

void
option_log_level(const char *value)
{
	LogLevel level;

	if (!log_level_from_name(value, &level))
		option_refuse("unknown --log-level", value);
	log_set_level(level);
}

/*
 * libpq's own message may quote a part of the string, perhaps a password, so
 * it is not shown.
 */
const char *
option_database(const char *value)
{
	PQconninfoOption *parts = PQconninfoParse(value, NULL);

	if (parts == NULL)
	{
		fputs(PROGRAM_NAME
			  ": --database is not a valid libpq connection string\n",
			  stderr);
		exit(2);
	}
	PQconninfoFree(parts);
	return value;
}
