/*
 * submit_failures.h
 *	  Whether batches of shares fail, and why, for whoever looks at the pool.
 */
#ifndef CHIMERA_SUBMIT_FAILURES_H
#define CHIMERA_SUBMIT_FAILURES_H

extern void share_trouble_request(void);
extern void share_trouble_attach(void);

/* A batch has failed with the ERROR being handled, or has not. */
extern void share_trouble_note(void);
extern void share_trouble_end(void);

#endif
