/*
 * socket_option.h
 *	  Socket options.  An option that the kernel does not support is skipped.
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
