/*
 * signals.h
 *	  What an administrator or service manager signals: SIGTERM and SIGINT end
 *	  the process, SIGHUP has it read its files anew.
 *
 * The end is in good order: nothing new is taken, and the loop goes on until
 * all that is owed is done, for some seconds at most.  A second signal ends it
 * at once.
 */
#ifndef COMMON_SIGNALS_H
#define COMMON_SIGNALS_H

#include <stdbool.h>

typedef struct SignalEvents
{
	void (*stop)(int signal_number); /* take nothing new */
	bool (*is_done)(void);			 /* asked at the end of each iteration */
	void (*hang_up)(void);
} SignalEvents;

/* events must stay where it is. */
extern void signals_watch(const SignalEvents *events);

#endif
