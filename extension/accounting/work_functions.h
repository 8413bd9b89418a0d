/*
 * work_functions.h
 *	  Functions of work_functions.c that other C code uses.
 */
#ifndef CHIMERA_WORK_FUNCTIONS_H
#define CHIMERA_WORK_FUNCTIONS_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "accounting/work.h"

/* chimera.sum_work_steps divides a stretch of time into this many steps */
#define WORK_STEPS 64

/* The length of a step such that WORK_STEPS of them cover the stretch. */
static inline int64
work_step(TimestampTz from, TimestampTz to)
{
	return (to - from) / WORK_STEPS + 1;
}

/* ERROR 22003 for a difficulty that has no work. */
extern Uint128 work_or_error(double difficulty);

#endif
