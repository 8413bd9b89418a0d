/*
 * response.h
 *	  Responses to a miner's requests.
 */
#ifndef STRATUMD_RESPONSE_H
#define STRATUMD_RESPONSE_H

#include "protocol/request.h"
#include "session/session.h"

/* Stratum V1's error codes, from slush's description of the protocol. */
typedef enum StratumError
{
	STRATUM_UNKNOWN_METHOD = -3,
	STRATUM_OTHER = 20,
	STRATUM_STALE = 21, /* job not found */
	STRATUM_DUPLICATE = 22,
	STRATUM_LOW_DIFFICULTY = 23,
	STRATUM_UNAUTHORIZED = 24,
	STRATUM_NOT_SUBSCRIBED = 25
} StratumError;

extern void respond_true(Session *session, const RequestId *id);

/* The message is any UTF-8 text; it is escaped. */
extern void respond_error(Session *session, const RequestId *id,
						  StratumError code, const char *message);

/* The result is JSON text. */
extern void
respond_json(Session *session, const RequestId *id, const char *result);

#endif
