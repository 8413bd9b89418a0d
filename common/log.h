/*
 * log.h
 *	  The log: one line per event, on standard error.
 *
 * Control characters are replaced by spaces here, in one place, so that no
 * text from a client or a server can forge a line.  Passwords are never passed
 * to it.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>

typedef enum LogLevel
{
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
} LogLevel;

extern void log_set_level(LogLevel level);
extern bool log_level_from_name(const char *name, LogLevel *level);
extern bool log_is_wanted(LogLevel level);
extern void log_write(LogLevel level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_at(level, ...)                 \
	do                                     \
	{                                      \
		if (log_is_wanted(level))          \
			log_write(level, __VA_ARGS__); \
	} while (0)

#define log_error(...)	 log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_at(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)	 log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	 log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
