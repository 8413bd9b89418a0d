/*
 * driver.h
 *	  One process of the load generator: its miners, from open to drained.
 */
#ifndef LOAD_DRIVER_H
#define LOAD_DRIVER_H

#include "load/options.h"
#include "load/results.h"

/* Run as the process of that number; returns when all has been answered. */
extern void driver_run(const Options *options, int process, Shared *shared);

#endif
