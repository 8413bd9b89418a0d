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

/* The settings of a listener; a change applies to its existing sessions. */
typedef struct ListenerSettings
{
	int listener_id;
	char address[64];
	int port;
	Network *network;	   /* NULL: none at present */
	char no_work[128];	   /* why it has no jobs; empty if it has */
	bool is_draining;	   /* it accepts no new connections */
	bool uses_tls;		   /* connections use TLS */
	bool has_proxy_header; /* connections begin with a PROXY header */
	double hashes_per_difficulty;
	double start_difficulty;
	VardiffLimits limits;
} ListenerSettings;

typedef struct Listener
{
	TAILQ_ENTRY(Listener) link;
	ListenerSettings settings;
	int fd; /* -1: not listening */
	ev_io acceptable;
	ev_timer retry;
	bool complained;  /* the log has said that the port cannot be opened */
	char problem[96]; /* why it cannot be opened; "" if it can */
	int references;	  /* by sessions, and by the list of listeners */
} Listener;

typedef struct ListenerEvents
{
	/* takes over an accepted, non-blocking socket */
	void (*accepted)(Listener *listener, int fd);
	void (*moved)(Listener *listener);	 /* it serves another network */
	void (*stopped)(Listener *listener); /* no_work has the reason */
	void (*resumed)(Listener *listener); /* it has jobs again */
	void (*removed)(Listener *listener); /* close its sessions */
	void (*failures_changed)(
		void); /* the set of ports that cannot be opened, or a reason */
} ListenerEvents;

extern void listeners_init(const ListenerEvents *events);

/* Open, change and close ports so that exactly these listeners exist. */
extern void listeners_apply(const ListenerSettings *settings, int count);

/* The listeners that could not be opened, one after the other; NULL ends. */
extern const Listener *listeners_next_failed(const Listener *before);

/* Accept no more connections. */
extern void listeners_stop(void);
extern void listener_unref(Listener *listener);

#endif
