/*
 * session_struct.h
 *	  The Session structure.
 *
 * It is apart from session.h for read_scheduler.c, which session.c calls.
 * Other files include session.h.
 */
#ifndef STRATUMD_SESSION_STRUCT_H
#define STRATUMD_SESSION_STRUCT_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "access/address_record.h"
#include "access/listener.h"
#include "mining/authorized_workers.h"
#include "mining/difficulty_schedule.h"
#include "mining/sent_jobs.h"
#include "mining/vardiff.h"
#include "net/line_reader.h"
#include "net/peer.h"
#include "net/send_queue.h"
#include "net/shared_buffer.h"
#include "net/transport.h"
#include "protocol/request.h"

typedef enum SessionState
{
	SESSION_OPEN,
	SESSION_FINISHING, /* nothing more is read; what is owed is sent */
	SESSION_LINGERING, /* all is sent; the peer's bytes are thrown away, or
						* its last answer would be lost to a reset */
	SESSION_CLOSED
} SessionState;

/* Whether its shares are worth going first: reputation.c. */
typedef enum SessionTrust
{
	SESSION_DOUBTFUL,
	SESSION_TRUSTED,
	TRUST_LEVELS /* how many there are */
} SessionTrust;

/* Whether it is read from: read_scheduler.c. */
typedef enum IntakeState
{
	INTAKE_OPEN,
	INTAKE_PAUSED, /* put off until something changes */
	INTAKE_WAITS,  /* for its turn */
	INTAKE_TURN,   /* it is the next */
	INTAKE_STATES  /* how many there are */
} IntakeState;

/* Answers that a session may wait for at once. */
#define SESSION_LEAST_CREDIT 1
#define SESSION_FIRST_CREDIT 4
#define SESSION_MOST_CREDIT	 4096

typedef struct Session
{
	/* in lists of this file */
	TAILQ_ENTRY(Session) link;
	TAILQ_ENTRY(Session) unsent_link;
	TAILQ_ENTRY(Session) intake_link; /* of read_scheduler.c */

	/* connection */
	uint64_t number; /* the database's name for it; grows along the list */
	SessionState state;
	Transport wire;
	Peer peer;
	AddressConnections *crowd; /* who else comes from its address */
	ev_io readable;
	ev_io writable;
	LineReader input;
	SendQueue output;
	int references;
	int answers_owed;
	int credit;	   /* how many may be: reputation.c */
	int bad_lines; /* in a row */
	bool has_unsent;
	IntakeState intake;
	bool has_spoken; /* its first bytes have been looked at */
	bool peer_ended; /* it has shut its side down */
	bool is_banned;	 /* and told so: it is finishing */
	AddressRecord own; /* what it has submitted: reputation.c */
	double opened_at;
	double last_line_at;
	double lines_left; /* that it may send at once: reputation.c */
	double ending_at;  /* when it began to finish or linger */

	/* subscription: method_subscribe.c, extranonce.c */
	TAILQ_ENTRY(Session) waiting_link; /* for an extranonce1 */
	bool is_subscribed;
	bool is_waiting;
	uint64_t id; /* what a reconnecting miner names */
	uint32_t extranonce1;
	int64_t resumed_job;	/* the newest sent to its earlier connections */
	RequestId subscribe_id; /* of the answer that is held back */

	/* authorization: method_authorize.c */
	Workers workers;
	int logins;					/* and first shares, not yet answered */
	unsigned long chosen_after; /* reads of stratum_sessions sent when its
								 * first worker was let in */
	Network *asked;				/* by the password, or NULL */

	/* version rolling: method_configure.c */
	bool rolls_version;
	uint32_t requested_mask;
	uint32_t version_mask; /* in force: 0 for none */

	/* work: job_delivery.c */
	LIST_ENTRY(Session) work_link; /* of the network's sessions */
	Listener *listener;
	Network *choice;  /* a network of its own; NULL: its listener's */
	Network *network; /* NULL: none is served */
	bool is_working;
	char *notice;		/* to be told with its first job */
	Network *unpaid_on; /* where it was told that it can't be paid */
	double difficulty;	/* last told, 0 before */
	double wish;		/* what the miner has asked for last, or 0 */
	double floor;		/* vardiff goes no lower; 0 for none */
	SentJobs history;
	VardiffWindow window;
	double held_since; /* waiting for its first job, or 0 */
	double excused_at; /* when it was found to be much too fast, or 0 */
	bool is_raised;	   /* for that, and not told yet */

	/* what its jobs are worth: difficulty_schedule.c, difficulty_choice.c */
	DifficultySchedule schedule;
	bool is_urgent;		/* its choice does not wait for the next job */
	int64_t newest_job; /* sent on this connection, or 0 */
} Session;

/* A session that has given more good shares than bad ones of late. */
static inline SessionTrust
session_trust(const Session *session)
{
	return session->credit > SESSION_FIRST_CREDIT ? SESSION_TRUSTED
												  : SESSION_DOUBTFUL;
}

#endif
