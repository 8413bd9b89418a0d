/*
 * settings.h
 *	  The extension's GUCs.  Defined in chimera.c.
 */
#ifndef CHIMERA_SETTINGS_H
#define CHIMERA_SETTINGS_H

/* the one database whose pool this server runs */
extern char *chimera_database;

/* shared memory, fixed at server start */
extern int chimera_share_set_size_mb;

/* how background workers call their nodes */
extern int chimera_node_timeout_ms;
extern int chimera_node_retry_interval_ms;
extern int chimera_tip_poll_interval_ms;
extern int chimera_template_refresh_interval_ms;
extern int chimera_block_poll_interval_ms;
extern int chimera_merge_interval_ms;

/* how long a superseded job on the same tip still takes shares */
extern int chimera_job_lifetime_s;

/* how often pending share deltas are added to the rollups */
extern int chimera_rollup_interval_ms;

#ifdef CHIMERA_CRASH_POINTS
/* where a test makes a worker exit; see payout/crash_point.h */
extern char *chimera_crash_point;
#endif

#endif
