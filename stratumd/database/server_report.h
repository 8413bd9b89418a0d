/*
 * server_report.h
 *	  What the database is told of this process for its operator:
 *	  chimera.stratum_report_listeners and chimera.stratum_goodbye, on the
 *	  connection that carries logins.
 */
#ifndef STRATUMD_SERVER_REPORT_H
#define STRATUMD_SERVER_REPORT_H


/* Another port can't be opened, or one can: tell it when the time comes. */
extern void server_report_listeners(void);

/* This process ends in good order: tell it. */
extern void server_report_goodbye(void);

/* Send what waits; called in each iteration, once the database knows us. */
extern void server_report_dispatch(void);

#endif
