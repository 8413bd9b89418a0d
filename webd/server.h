/*
 * server.h
 *	  Connections and requests on the web port and the metrics port.
 */
#ifndef WEBD_SERVER_H
#define WEBD_SERVER_H

#include <stdbool.h>

typedef struct ServerSettings
{
	const char *listen; /* ADDRESS:PORT, for IPv6 [ADDRESS]:PORT */
	int metrics_port;	/* on the loopback address; 0: none */
	int max_connections;
	bool is_behind_proxy; /* then there is no limit per address */
} ServerSettings;

/* False if a port could not be opened, which is logged. */
extern bool server_start(const ServerSettings *settings);

/* Accept no more connections, and close idle ones. */
extern void server_quiesce(void);

/* No request is being processed.  The server may be stopped only then. */
extern bool server_is_idle(void);
extern void server_stop(void);

extern int server_connection_count(void);

#endif
