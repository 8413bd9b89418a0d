/*
 * child_blocks.h
 *	  Blocks of children that a share is (merged mining).
 */
#ifndef CHIMERA_CHILD_BLOCKS_H
#define CHIMERA_CHILD_BLOCKS_H

#include "postgres.h"

#include "share/submission.h"

/*
 * Store the blocks of children whose targets the share at 'place' meets.
 * Returns SUBMIT_BLOCK if one of them is new, or why the share is refused if it
 * is nothing else.  Needs SPI.
 */
extern SubmitResult store_child_blocks(const Batch *batch, int place);

#endif
