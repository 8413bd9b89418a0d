/*
 * merkle.c
 *	  Bitcoin's merkle trees.
 *
 * The nodes of a level are hashed in pairs, the last with itself if it has no
 * partner, until one is left.
 */
#include "chain/merkle.h"

#include <string.h>

#include "pow/sha256.h"

/*
 * Hash a level; returns the number of parents.  The parents may overwrite the
 * nodes or the array right before them, since writes never overtake reads.
 */
static size_t
hash_level(uint8_t (*nodes)[32], size_t count, uint8_t (*parents)[32])
{
	size_t written = 0;

	for (size_t i = 0; i < count; i += 2)
	{
		size_t partner = i + 1 < count ? i + 1 : i;

		sha256d_pair(nodes[i], nodes[partner], parents[written++]);
	}
	return written;
}

size_t
merkle_branch(uint8_t (*txids)[32], size_t count,
			  uint8_t branch[MERKLE_BRANCH_MAX][32])
{
	size_t steps = 0;

	/*
	 * The first node of each level is the partner of the coinbase's ancestor,
	 * and so a step of the branch.  The other nodes are paired among
	 * themselves.
	 */
	while (count > 0)
	{
		memcpy(branch[steps++], txids[0], 32);
		count = hash_level(txids + 1, count - 1, txids);
	}
	return steps;
}

void
merkle_root_from_branch(const uint8_t coinbase_txid[32],
						const uint8_t (*branch)[32], size_t steps,
						uint8_t root[32])
{
	memmove(root, coinbase_txid, 32);
	for (size_t i = 0; i < steps; i++)
		sha256d_pair(root, branch[i], root);
}

void
merkle_roots_from_branch(uint8_t (*roots)[32], size_t count,
						 const uint8_t (*branch)[32], size_t steps)
{
	/* two by two, as the CPU overlaps them */
	for (; count >= 2; count -= 2, roots += 2)
		for (size_t i = 0; i < steps; i++)
			sha256d_pair_twice(roots, branch[i]);
	if (count > 0)
		merkle_root_from_branch(roots[0], branch, steps, roots[0]);
}

void
merkle_root(uint8_t (*leaves)[32], size_t count, uint8_t root[32])
{
	while (count > 1)
		count = hash_level(leaves, count, leaves);
	memcpy(root, leaves[0], 32);
}

void
witness_commitment(uint8_t (*wtxids)[32], size_t count, uint8_t commitment[32])
{
	static const uint8_t reserved_value[32] = {0};
	uint8_t root[32];

	memmove(wtxids[1], wtxids[0], count * 32);
	memset(wtxids[0], 0, 32);
	merkle_root(wtxids, count + 1, root);
	sha256d_pair(root, reserved_value, commitment);
}
