/*
 * merkle.h
 *	  Bitcoin's merkle trees: the root of a block, the branch by which a share
 *	  computes that root from its coinbase alone, and BIP141's witness
 *	  commitment.  All hashes are in internal byte order.
 */
#ifndef CHIMERA_MERKLE_H
#define CHIMERA_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#define MERKLE_BRANCH_MAX 32

/*
 * Compute the branch from the coinbase (leaf 0) to the root.  'txids' are the
 * other transactions in block order; the array is overwritten.  Returns the
 * number of steps written to branch.
 */
extern size_t merkle_branch(uint8_t (*txids)[32], size_t count,
							uint8_t branch[MERKLE_BRANCH_MAX][32]);

/* Fold the branch over the coinbase's txid. */
extern void merkle_root_from_branch(const uint8_t coinbase_txid[32],
									const uint8_t (*branch)[32], size_t steps,
									uint8_t root[32]);

/*
 * The same for 'count' coinbases of one job at once: 'roots' holds their txids
 * on entry and their roots on return.
 */
extern void merkle_roots_from_branch(uint8_t (*roots)[32], size_t count,
									 const uint8_t (*branch)[32], size_t steps);

/* The root of all leaves (count >= 1); the array is overwritten. */
extern void merkle_root(uint8_t (*leaves)[32], size_t count, uint8_t root[32]);

/*
 * BIP141: sha256d(witness merkle root || reserved value of 32 zero bytes).
 * 'wtxids' excludes the coinbase, whose wtxid counts as zero; it needs room
 * for count + 1 leaves and is overwritten.
 */
extern void witness_commitment(uint8_t (*wtxids)[32], size_t count,
							   uint8_t commitment[32]);

#endif
