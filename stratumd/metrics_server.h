/*
 * metrics_server.h
 *	  GET /metrics on a loopback port.
 */
#ifndef STRATUMD_METRICS_SERVER_H
#define STRATUMD_METRICS_SERVER_H

#include <stdbool.h>

/* False, told in the log, when the port can't be had. */
extern bool metrics_server_start(int port);

#endif
