/*
 * listen.h
 *	  Listening sockets.
 */
#ifndef WEBD_LISTEN_H
#define WEBD_LISTEN_H

/* Listen on ADDRESS:PORT, for IPv6 [ADDRESS]:PORT; -1 on an error, which is
 * logged. */
extern int listen_on_address(const char *where);
extern int listen_on_loopback(int port);

#endif
