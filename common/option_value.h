/*
 * option_value.h
 *	  The values of a command line's options: each is taken, or ends the program
 *	  with what is wrong with it.
 */
#ifndef COMMON_OPTION_VALUE_H
#define COMMON_OPTION_VALUE_H

/* Say what is wrong with a value, and end with status 2. */
extern void
option_refuse(const char *what, const char *value) __attribute__((noreturn));

/* A number within the limits, or the end with that complaint. */
extern int
option_number(const char *value, int least, int most, const char *complaint);

/* --metrics=PORT */
extern int option_metrics_port(const char *value);

/* --log-level=LEVEL, which holds from now on */
extern void option_log_level(const char *value);

/* --database=CONNINFO: the end, where libpq can't read it. */
extern const char *option_database(const char *value);

#endif
