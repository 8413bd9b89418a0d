/*
 * server.h
 *	  Connections and requests of the web's port, and of the metrics'.
 */
#ifndef WEBD_SERVER_H
#define WEBD_SERVER_H

#include <stdbool.h>

typedef struct ServerSettings
{
	const char *listen; /* ADDRESS:PORT, of IPv6 [ADDRESS]:PORT */
	int metrics_port;	/* of the loopback address; 0: none */
	int max_connections;
	bool is_behind_proxy; /* one address has many connections then */
} ServerSettings;

/* False, and the log says why, when a port can't be had. */
extern bool server_start(const ServerSettings *settings);

/* No new connections; those that are idle end. */
extern void server_quiesce(void);

/* Nothing is being answered any more: only then may it be stopped. */
extern bool server_is_idle(void);
extern void server_stop(void);

extern int server_connections(void);

#endif
