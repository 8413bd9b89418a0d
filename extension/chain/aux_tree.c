/*
 * aux_tree.c
 *	  Merged mining's tree of child chains.
 *
 * Trees are small and mostly empty, so nodes are computed when asked for, and
 * those without a child below come from a table.
 */
#include "chain/aux_tree.h"

#include <stdbool.h>
#include <string.h>

#include "byte_order.h"
#include "pow/sha256.h"

const uint8_t aux_magic[AUX_MAGIC_BYTES] = {0xfa, 0xbe, 'm', 'm'};

uint32_t
aux_slot(uint32_t nonce, uint32_t chain_id, int height)
{
	/* the constants of an old random generator; all sums wrap at 2^32 */
	uint32_t slot = nonce * 1103515245u + 12345u;

	slot += chain_id;
	slot = slot * 1103515245u + 12345u;
	return slot & ((UINT32_C(1) << height) - 1);
}

/*
 * The multiplier is odd, so two chains share a slot exactly if their ids are
 * equal modulo the size, whatever the nonce.
 */
static bool
ids_differ(const AuxLeaf *leaves, size_t count, int height)
{
	uint32_t mask = (UINT32_C(1) << height) - 1;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (((leaves[i].chain_id ^ leaves[j].chain_id) & mask) == 0)
				return false;
	return true;
}

static size_t
first_repeated_id(const AuxLeaf *leaves, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (leaves[i].chain_id == leaves[j].chain_id)
				return i + 1;
	return 0;
}

/* The root of a subtree of that height without a child. */
static void
empty_node(int height, uint8_t node[32])
{
	memset(node, 0, 32);
	for (int i = 0; i < height; i++)
		sha256d_pair(node, node, node);
}

/* The node at 'place' (from the left) above 2^height leaves. */
static void
tree_node(const AuxTree *tree, int height, uint32_t place, uint8_t node[32])
{
	const AuxLeaf *below = NULL;
	uint8_t right[32];

	for (size_t i = 0; i < tree->count && below == NULL; i++)
		if (tree->leaves[i].slot >> height == place)
			below = &tree->leaves[i];
	if (below == NULL)
	{
		empty_node(height, node);
		return;
	}
	if (height == 0)
	{
		memcpy(node, below->hash, 32);
		return;
	}
	tree_node(tree, height - 1, 2 * place, node);
	tree_node(tree, height - 1, 2 * place + 1, right);
	sha256d_pair(node, right, node);
}

size_t
aux_tree_build(AuxTree *tree, AuxLeaf *leaves, size_t count, uint32_t nonce)
{
	size_t repeated = first_repeated_id(leaves, count);

	if (repeated)
		return repeated;
	*tree = (AuxTree){.leaves = leaves, .count = count, .nonce = nonce};
	while (!ids_differ(leaves, count, tree->height))
		tree->height++;
	for (size_t i = 0; i < count; i++)
		leaves[i].slot = aux_slot(nonce, leaves[i].chain_id, tree->height);
	tree_node(tree, tree->height, 0, tree->root);
	return 0;
}

void
aux_tree_branch(const AuxTree *tree, uint32_t slot,
				uint8_t branch[AUX_TREE_HEIGHT_MAX][32])
{
	for (int i = 0; i < tree->height; i++)
		tree_node(tree, i, (slot >> i) ^ 1, branch[i]);
}

void
aux_commitment(const AuxTree *tree, uint8_t out[AUX_COMMITMENT_BYTES])
{
	memcpy(out, aux_magic, AUX_MAGIC_BYTES);
	reverse32(out + AUX_MAGIC_BYTES, tree->root);
	store_le32(out + AUX_MAGIC_BYTES + 32, UINT32_C(1) << tree->height);
	store_le32(out + AUX_MAGIC_BYTES + 36, tree->nonce);
}
