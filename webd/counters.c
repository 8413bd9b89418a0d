/*
 * counters.c
 *	  Counters of this process.
 */
#include "counters.h"

Counters counters;
