/*
 * first_share.h
 *	  Shares of rigs that the database has not seen yet:
 *	  chimera.submit_first_share.
 *
 * A rig, and its account, get their rows with the first accepted share and not
 * with a login: names cost work.  Until the database has answered, the rig's
 * other shares wait here; from then on they go to share_queue.c.
 */
#ifndef STRATUMD_FIRST_SHARE_H
#define STRATUMD_FIRST_SHARE_H

#include "database/share.h"
#include "database/share_queue.h"

extern void first_share_start(ShareDone done);

/* Queue a share of a worker without a number. */
extern void first_share_add(Share *share, Worker *worker);

#endif
