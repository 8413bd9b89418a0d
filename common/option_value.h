/*
 * option_value.h
 *	  The values of command line options.  An invalid value ends the program
 *	  with a message.
 */
#ifndef COMMON_OPTION_VALUE_H
#define COMMON_OPTION_VALUE_H

/* Report an invalid value, and exit with status 2. */
extern void
option_refuse(const char *what, const char *value) __attribute__((noreturn));

/* A number within the limits; otherwise exits with the given complaint. */
extern int
option_number(const char *value, int least, int most, const char *complaint);

/* --metrics=PORT */
extern int option_metrics_port(const char *value);

/* --log-level=LEVEL, effective at once */
extern void option_log_level(const char *value);

/* --database=CONNINFO; exits if libpq cannot parse it. */
extern const char *option_database(const char *value);

#endif
