/*
 * swarm.h
 *	  Many miners in one process: their connections over one epoll, from
 *	  connect to subscribed and authorized, and their lines.
 */
#ifndef BENCH_SWARM_H
#define BENCH_SWARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "swarm/job.h"

/* ids of requests; those from SWARM_FIRST_ID on are the user's */
#define SWARM_SUBSCRIBE_ID 1
#define SWARM_AUTHORIZE_ID 2
#define SWARM_FIRST_ID	   10

#define SWARM_MAX_USER 128

typedef enum MinerState
{
	MINER_UNOPENED,
	MINER_CONNECTING,
	MINER_GREETING, /* subscribing, authorizing, waiting for work */
	MINER_READY,
	MINER_LOST,
} MinerState;

typedef struct Miner
{
	int number; /* in the swarm */
	int fd;
	MinerState state;
	bool is_subscribed;
	bool is_authorized;
	bool wants_writable;
	char user[SWARM_MAX_USER];
	double difficulty; /* last told; 1 before */
	Job *job;		   /* the newest */
	Extranonces extranonces;
	char *partial; /* the beginning of a line */
	size_t partial_length;
	char *unsent;
	size_t unsent_length;
	int64_t
		arrived_at; /* by CLOCK_REALTIME: when the kernel had what was read */
	void *data;		/* the user's */
} Miner;

typedef struct SwarmEvents
{
	/* a ready miner has been sent a job, its first one included */
	void (*job)(Miner *miner);

	/* an answer to a request of the user's; error_code is 0 when accepted */
	void (*answer)(Miner *miner, int id, int error_code);

	/* all that was read from a ready miner has been handled */
	void (*served)(Miner *miner);
} SwarmEvents;

typedef struct SwarmSettings
{
	const char *host;
	const char *port;
	const char *user; /* miners are USER.number */
	const char *password;
	int first_number;	/* the number in the first one's name */
	bool notes_arrival; /* Miner.arrived_at is kept */
	int count;
} SwarmSettings;

typedef struct Swarm
{
	SwarmSettings settings;
	const SwarmEvents *events; /* members may be NULL */
	Miner *miners;
	int ready_count;
	int lost_count;
	int opened_count; /* how many have been given a connection */
	int64_t now;	  /* when what is being handled was read */
	int epoll_fd;
} Swarm;

extern void swarm_init(Swarm *swarm, const SwarmSettings *settings,
					   const SwarmEvents *events);

/* Connect, subscribe and authorize all; the end if that takes too long. */
extern void swarm_open(Swarm *swarm, double timeout_s);

/* Handle what comes; wait at most that long for it. */
extern void swarm_poll(Swarm *swarm, int64_t timeout_ns);

/* Send bytes; what the socket doesn't take waits in memory. */
extern void
swarm_send(Swarm *swarm, Miner *miner, const char *data, size_t length);
extern void swarm_close(Swarm *swarm);

#endif
