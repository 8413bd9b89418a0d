/*
 * listener.h
 *	  The ports that miners connect to, as the database lists them.
 */
#ifndef STRATUMD_LISTENER_H
#define STRATUMD_LISTENER_H

#include <ev.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "mining/network.h"
#include "mining/vardiff.h"

/* What is asked of a listener; a change applies to the sessions it has. */
typedef struct ListenerSettings
{
	int listener_id;
	char address[64];
	int port;
	Network *network;  /* NULL: it serves none now */
	char no_work[128]; /* why there is none; empty when there is */
	bool is_draining;  /* it accepts nobody any more */
	bool by_tls;	   /* its connections are encrypted */
	bool by_proxy;	   /* each begins with a PROXY header */
	double hashes_per_difficulty;
	double start_difficulty;
	VardiffLimits limits;
} ListenerSettings;

typedef struct Listener
{
	TAILQ_ENTRY(Listener) link;
	ListenerSettings settings;
	int fd; /* -1 while it does not listen */
	ev_io acceptable;
	ev_timer retry;
	bool complained;  /* the log knows that the port can't be opened */
	char problem[96]; /* why it can't be; "": it can */
	int references;	  /* sessions, and the list of listeners */
} Listener;

typedef struct ListenerEvents
{
	/* takes an accepted, non-blocking socket over */
	void (*accepted)(Listener *listener, int fd);
	void (*moved)(Listener *listener);	 /* it serves another network now */
	void (*stopped)(Listener *listener); /* no_work says why */
	void (*resumed)(Listener *listener); /* there is work again */
	void (*removed)(Listener *listener); /* its sessions are to go */
	void (*failures_changed)(void);		 /* which can't be opened, or why */
} ListenerEvents;

extern void listeners_init(const ListenerEvents *events);

/* Open, change and close ports so that these are the listeners. */
extern void listeners_apply(const ListenerSettings *settings, int count);

/* Those that could not be opened, one after the other; NULL: no more. */
extern const Listener *listeners_next_failed(const Listener *before);

/* Accept nobody any more. */
extern void listeners_stop(void);
extern void listener_unref(Listener *listener);

#endif
