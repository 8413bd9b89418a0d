/*
 * log.c
 *	  The log: one line per event, on standard error.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 1024 /* longer lines are truncated */

static const char *const level_names[] = {"error", "warning", "info", "debug"};

static LogLevel wanted_level = LOG_LEVEL_INFO;

void
log_set_level(LogLevel level)
{
	wanted_level = level;
}

bool
log_level_from_name(const char *name, LogLevel *level)
{
	for (int i = 0; i <= LOG_LEVEL_DEBUG; i++)
		if (strcmp(name, level_names[i]) == 0)
		{
			*level = (LogLevel) i;
			return true;
		}
	return false;
}

bool
log_is_wanted(LogLevel level)
{
	return level <= wanted_level;
}

/* "2009-01-03 18:15:05.123 UTC [42] info: ", and its length. */
static size_t
write_prefix(char *line, LogLevel level)
{
	struct timespec now;
	struct tm utc;
	size_t length;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	length = strftime(line, LINE_SIZE, "%Y-%m-%d %H:%M:%S", &utc);
	length += (size_t) snprintf(line + length, LINE_SIZE - length,
								".%03ld UTC [%d] %s: ", now.tv_nsec / 1000000,
								(int) getpid(), level_names[level]);
	return length;
}

void
log_write(LogLevel level, const char *format, ...)
{
	char line[LINE_SIZE];
	size_t length = write_prefix(line, level);
	size_t space = LINE_SIZE - length - 1;
	va_list arguments;
	int wanted;

	va_start(arguments, format);
	wanted = vsnprintf(line + length, space, format, arguments);
	va_end(arguments);
	if (wanted < 0)
		return;
	length += (size_t) wanted < space ? (size_t) wanted : space - 1;

	while (line[length - 1] == '\n')
		length--;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char) line[i] < ' ' || line[i] == 127)
			line[i] = ' ';
	line[length++] = '\n';

	/* one write, so that lines of two processes don't mix */
	if (write(STDERR_FILENO, line, length) < 0)
		return;
}
