/*
 * job_stop.h
 *	  Stops a network's mining when its jobs are known to be worthless.
 */
#ifndef CHIMERA_JOB_STOP_H
#define CHIMERA_JOB_STOP_H

#include "node/network.h"

/*
 * Take the network's jobs out of use until the next one.  Miners and
 * chimera.health see 'reason'.  Uses its own transaction.
 */
extern void job_stop(const Network *network, const char *reason);

#endif
