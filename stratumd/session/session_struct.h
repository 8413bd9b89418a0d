/*
 * session_struct.h
 *	  The Session structure.
 *
 * It is apart from session.h because session.c calls read_scheduler.c, which
 * needs it.  Other files include session.h.
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
#include "net/transport.h"
#include "protocol/request.h"

typedef enum SessionState
{
	SESSION_OPEN,
	SESSION_FINISHING, /* no more is read; what is owed is still sent */
	SESSION_LINGERING, /* all is sent; the peer's bytes are discarded, since a
						* reset could destroy its last response */
	SESSION_CLOSED
} SessionState;

/* Whether its shares have precedence: reputation.c. */
typedef enum SessionTrust
{
	SESSION_DOUBTFUL,
	SESSION_TRUSTED,
	TRUST_LEVELS /* how many there are */
} SessionTrust;

/* Whether it is read from: read_scheduler.c. */
typedef enum ReadState
{
	READ_OPEN,
	READ_PAUSED, /* until something changes */
	READ_WAITS,	 /* waits for its turn */
	READ_TURN,	 /* has its turn now */
	READ_STATES	 /* how many there are */
} ReadState;

/* How many responses a session may wait for. */
#define SESSION_LEAST_CREDIT 1
#define SESSION_FIRST_CREDIT 4
#define SESSION_MOST_CREDIT	 4096

typedef struct Session
{
	/* session.c's lists */
	TAILQ_ENTRY(Session) link;
	TAILQ_ENTRY(Session) unsent_link;
	TAILQ_ENTRY(Session) read_link; /* of read_scheduler.c */

	/* connection */
	uint64_t number; /* identifies it to the database; grows along the list */
	SessionState state;
	Transport transport;
	Peer peer;
	AddressConnections *connections; /* of its address */
	ev_io readable;
	ev_io writable;
	LineReader input;
	SendQueue output;
	int references;
	int responses_owed;
	int credit;	   /* the most that may be owed: reputation.c */
	int bad_lines; /* in a row */
	bool has_unsent;
	ReadState read_state;
	bool has_spoken;   /* its first bytes have been examined */
	bool peer_ended;   /* the peer has ended its sending */
	bool is_banned;	   /* and was told: it is finishing */
	AddressRecord own; /* its own submissions: reputation.c */
	double opened_at;
	double last_line_at;
	double lines_left; /* that it may send at once: reputation.c */
	double ending_at;  /* when it began to finish or to linger */

	/* subscription: method_subscribe.c, extranonce.c */
	TAILQ_ENTRY(Session) waiting_link; /* for an extranonce1 */
	bool is_subscribed;
	bool is_waiting;
	uint64_t id; /* by which a miner resumes it */
	uint32_t extranonce1;
	int64_t resumed_job;	/* the newest one sent on the connections that it
							 * resumes */
	RequestId subscribe_id; /* of the response that is held back */

	/* authorization: method_authorize.c */
	Workers workers;
	int logins;					/* logins and first shares without a response */
	unsigned long chosen_after; /* reads of stratum_sessions sent before its
								 * first worker was authorized */
	Network *asked;				/* by its password, or NULL */

	/* version rolling: method_configure.c */
	bool rolls_version;
	uint32_t requested_mask;
	uint32_t version_mask; /* in force; 0: none */

	/* jobs: job_delivery.c */
	LIST_ENTRY(Session) job_link; /* in its network's list */
	Listener *listener;
	Network *choice;  /* its own network; NULL: its listener's */
	Network *network; /* NULL: none at present */
	bool is_mining;
	char *notice;		/* to send with its first job */
	Network *unpaid_on; /* where the miner was told that it cannot be paid */
	double difficulty;	/* that it was sent last; 0: none */
	double chosen_difficulty; /* that the miner chose last, or 0 */
	double floor;			  /* the least for vardiff; 0: none */
	SentJobs history;
	VardiffWindow window;
	double held_since; /* since when it waits for its first job, or 0 */
	double excused_at; /* when it was found to be much too fast, or 0 */
	bool is_raised;	   /* because of that, and it has not been sent yet */

	/* credit: difficulty_schedule.c, difficulty_choice.c */
	DifficultySchedule schedule;
	bool is_urgent;		/* its choice does not wait for the next job */
	int64_t newest_job; /* sent on this connection, or 0 */
} Session;

/* A trusted session has given more good shares than bad ones recently. */
static inline SessionTrust
session_trust(const Session *session)
{
	return session->credit > SESSION_FIRST_CREDIT ? SESSION_TRUSTED
												  : SESSION_DOUBTFUL;
}

#endif
