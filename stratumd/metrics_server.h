/*
 * metrics_server.h
 *	  A minimal HTTP responder for GET /metrics on a loopback port.
 */
#ifndef STRATUMD_METRICS_SERVER_H
#define STRATUMD_METRICS_SERVER_H

#include <stdbool.h>

/* False, after logging why, if the port cannot be opened. */
extern bool metrics_server_start(int port);

#endif
