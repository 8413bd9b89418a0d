/*
 * share.h
 *	  A miner's shares: making them, as lines, and which answer is right.
 */
#ifndef LOAD_SHARE_H
#define LOAD_SHARE_H

#include "chain/target.h"
#include "load/options.h"
#include "load/results.h"
#include "pow/pow.h"
#include "swarm/swarm.h"

#define SHARE_LINE_MAX (SWARM_MAX_USER + JOB_ID_MAX + 160)

/* A share on its way. */
typedef struct Share
{
	int64_t since; /* when it was sent or due; 0: the slot is free */
	Job *job;
	uint64_t extranonce2;
	uint32_t nonce;
	ShareKind kind;
} Share;

/* A miner's data in addition to its connection; its Miner.data. */
typedef struct Rig
{
	Share *slots; /* as many as the window */
	int in_flight;

	/* where it searches */
	uint64_t extranonce2;
	uint32_t nonce;
	bool every_hash_counts;
	Uint256 target;
	uint8_t header[HEADER_BYTES]; /* of extranonce2; needed to hash only */

	Share accepted; /* the last one, to be sent again; job NULL: none yet */

	/* the line with places for id, extranonce2 and nonce */
	char line[SHARE_LINE_MAX];
	size_t line_length;
	size_t extranonce2_at;
	size_t nonce_at;
} Rig;

extern void share_init(const Options *options);
extern Rig *rig_new(const Options *options);

/* The miner has a new job or difficulty. */
extern void rig_take_job(Rig *rig, const Miner *miner);

/* Put a new share into a free slot and its line to 'out'; the line's length. */
extern size_t
rig_make_share(Rig *rig, const Miner *miner, int64_t since, char *out);

/* The slot of a response's id, or NULL if no share waits there. */
extern Share *rig_find_share(Rig *rig, int id);

/* Is that the correct response to a share of this kind? */
extern bool share_answer_is_right(ShareKind kind, int error_code);

#endif
