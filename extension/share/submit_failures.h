/*
 * submit_failures.h
 *	  Whether batches of shares fail, and why, for whoever looks at the pool.
 */
#ifndef CHIMERA_SUBMIT_FAILURES_H
#define CHIMERA_SUBMIT_FAILURES_H

extern void submit_failures_request(void);
extern void submit_failures_attach(void);

/* A batch has failed with the ERROR being handled, or has not. */
extern void submit_failures_note(void);
extern void submit_failures_end(void);

#endif
