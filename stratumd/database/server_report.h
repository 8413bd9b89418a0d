/*
 * server_report.h
 *	  Reports this process's state to the operator by way of the database:
 *	  chimera.stratum_report_listeners and chimera.stratum_goodbye, on the
 *	  connection for logins.
 */
#ifndef STRATUMD_SERVER_REPORT_H
#define STRATUMD_SERVER_REPORT_H

/* The set of ports that cannot be opened has changed: report it soon. */
extern void server_report_listeners(void);

/* The process ends in good order: say goodbye. */
extern void server_report_goodbye(void);

/* Send what waits; called in each iteration once presence is confirmed. */
extern void server_report_dispatch(void);

#endif
