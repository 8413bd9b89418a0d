/*
 * counters.c
 *	  What this process has done, counted since it started.
 */
#include "counters.h"

Counters counters;
