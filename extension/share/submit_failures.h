/*
 * submit_failures.h
 *	  Whether batches of shares fail, and why; shown in chimera.health.
 */
#ifndef CHIMERA_SUBMIT_FAILURES_H
#define CHIMERA_SUBMIT_FAILURES_H

extern void submit_failures_request(void);
extern void submit_failures_attach(void);

/* Record that a batch failed with the ERROR being handled, or succeeded. */
extern void submit_failures_note(void);
extern void submit_failures_end(void);

#endif
