/*
 * job_stop.h
 *	  Stops a network's work, when its jobs are known to be worth nothing.
 */
#ifndef CHIMERA_JOB_STOP_H
#define CHIMERA_JOB_STOP_H

#include "node/network.h"

/*
 * Take the network's jobs out of use until the next one; 'reason' is what
 * miners and chimera.health are told.  In a transaction of its own.
 */
extern void job_stop(const Network *network, const char *reason);

#endif
