/*
 * login_link.h
 *	  The connection that carries logins, and its statements.
 *
 * It also carries everything that must stay in order with logins: who is
 * connected (presence.c), first shares, bans, reports.  It is open as long as
 * the process lives, and by it the database knows that the process does.
 */
#ifndef STRATUMD_LOGIN_LINK_H
#define STRATUMD_LOGIN_LINK_H

#include "pipeline.h"

/* The events must stay valid. */
extern void
login_link_start(const char *conninfo, const PipelineEvents *events);

extern bool login_link_is_ready(void);

/* Whether the database owes no response. */
extern bool login_link_is_idle(void);

/* Run one of the statements; only when the link is ready. */
extern void login_link_send(PgCommand *command, const char *statement,
							const PgParameters *parameters);

/* Close the connection and open another one. */
extern void login_link_reset(const char *why);
extern void login_link_stop(void);

#endif
