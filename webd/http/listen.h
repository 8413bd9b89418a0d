/*
 * listen.h
 *	  Sockets that listen.
 */
#ifndef WEBD_LISTEN_H
#define WEBD_LISTEN_H

/* ADDRESS:PORT, of IPv6 [ADDRESS]:PORT; -1, and the log says why. */
extern int socket_listen(const char *where);
extern int socket_listen_on_loopback(int port);

#endif
