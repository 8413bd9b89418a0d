/*
 * socket_option.h
 *	  Options of sockets; one that this kernel does not have is done without.
 */
#ifndef STRATUMD_SOCKET_OPTION_H
#define STRATUMD_SOCKET_OPTION_H

#include <sys/socket.h>

static inline void
set_option(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

#endif
