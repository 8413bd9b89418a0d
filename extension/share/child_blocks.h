/*
 * child_blocks.h
 *	  Blocks of children that a share is (merged mining).
 */
#ifndef CHIMERA_CHILD_BLOCKS_H
#define CHIMERA_CHILD_BLOCKS_H

#include "postgres.h"

#include "share/submission.h"

/*
 * Store the blocks of children whose targets the share at 'place' meets;
 * returns how many are new.  Needs SPI.
 */
extern int store_child_blocks(const Batch *batch, int place);

#endif
