/*
 * method_suggest.h
 *	  mining.suggest_difficulty [number] and mining.suggest_target [hex].
 */
#ifndef STRATUMD_METHOD_SUGGEST_H
#define STRATUMD_METHOD_SUGGEST_H

#include "protocol/request.h"
#include "session/session.h"

extern void method_suggest_difficulty(Session *session, const Request *request);
extern void method_suggest_target(Session *session, const Request *request);

#endif
