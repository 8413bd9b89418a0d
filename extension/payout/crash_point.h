/*
 * crash_point.h
 *	  Where tests make a worker exit as if by kill -9.
 *
 * Compiled in only with CHIMERA_CRASH_POINTS (`make crash-points`);
 * chimera.crash_point then names the place.
 */
#ifndef CHIMERA_CRASH_POINT_H
#define CHIMERA_CRASH_POINT_H

#ifdef CHIMERA_CRASH_POINTS
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "settings.h"

#define CRASH_POINT(name)                           \
	do                                              \
	{                                               \
		if (strcmp(chimera_crash_point, name) == 0) \
			kill(getpid(), SIGKILL);                \
	} while (0)
#else
#define CRASH_POINT(name) ((void) 0)
#endif

#endif
