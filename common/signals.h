/*
 * signals.h
 *	  Signals of an administrator or service manager: SIGTERM and SIGINT end
 *	  the process, SIGHUP makes it read its files again.
 *
 * The shutdown is orderly: no new work is accepted, and the loop continues
 * until everything owed is done, for some seconds at most.  A second signal
 * ends the process at once.
 */
#ifndef COMMON_SIGNALS_H
#define COMMON_SIGNALS_H

#include <stdbool.h>

typedef struct SignalEvents
{
	void (*stop)(int signal_number); /* accept nothing new */
	bool (*is_done)(void);			 /* asked at the end of each iteration */
	void (*hang_up)(void);
} SignalEvents;

/* 'events' must remain valid. */
extern void signals_watch(const SignalEvents *events);

#endif
