/*
 * method_subscribe.h
 *	  mining.subscribe [agent, previous session]: an extranonce1 for a miner.
 */
#ifndef STRATUMD_METHOD_SUBSCRIBE_H
#define STRATUMD_METHOD_SUBSCRIBE_H

#include "protocol/request.h"
#include "session/session.h"

extern void method_subscribe(Session *session, const Request *request);

/* Values have come for a session that waits for one: respond to it. */
extern void method_subscribe_finish(Session *session);

#endif
