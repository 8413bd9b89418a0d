/*
 * method_submit.h
 *	  mining.submit [worker, job, extranonce2, ntime, nonce, version bits].
 */
#ifndef STRATUMD_METHOD_SUBMIT_H
#define STRATUMD_METHOD_SUBMIT_H

#include "database/share.h"
#include "protocol/request.h"
#include "protocol/submit_scanner.h"
#include "session/session.h"
#include "share_result.h"

extern void method_submit(Session *session, const Request *request);

/* The same for a request that the scanner has read. */
extern void method_submit_params(Session *session, const RequestId *id,
								 const Span params[SUBMIT_PARAMS]);

/* The database has decided about a share; for share_queue.c. */
extern void method_submit_done(const Share *share, ShareResult result);

#endif
