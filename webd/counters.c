/*
 * counters.c
 *	  What this process has done.
 */
#include "counters.h"

Counters counters;
