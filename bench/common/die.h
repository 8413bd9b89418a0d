/*
 * die.h
 *	  Ends a benchmark that cannot continue, with a message and exit code 1.
 */
#ifndef BENCH_DIE_H
#define BENCH_DIE_H

#include <stddef.h>

extern void
die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The same with errno's text after it. */
extern void die_errno(const char *what) __attribute__((noreturn));

/* Zeroed memory, or the end. */
extern void *allocate(size_t count, size_t size);

/* A whole number from min to max out of a command line, or the end. */
extern long
parse_number(const char *what, const char *text, long min, long max);

#endif
