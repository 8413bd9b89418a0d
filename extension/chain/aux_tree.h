/*
 * aux_tree.h
 *	  Merged mining's tree of child chains, which a parent's coinbase commits to
 *	  (Bitcoin wiki, "Merged mining specification"; CAuxPow of Namecoin).
 *
 * The tree has 2^height leaves: the hashes of the children's headers, each in
 * the slot that its chain id gives, and zeros elsewhere.  All hashes are in
 * internal byte order.
 */
#ifndef CHIMERA_AUX_TREE_H
#define CHIMERA_AUX_TREE_H

#include <stddef.h>
#include <stdint.h>

/* a chain id is the upper half of a version, so different ids need no more */
#define AUX_TREE_HEIGHT_MAX 16

/* magic, root, size and nonce */
#define AUX_COMMITMENT_BYTES (4 + 32 + 4 + 4)
#define AUX_MAGIC_BYTES		 4

extern const uint8_t aux_magic[AUX_MAGIC_BYTES];

typedef struct AuxLeaf
{
	uint32_t chain_id;
	uint8_t hash[32]; /* sha256d of the child's header */
	uint32_t slot;	  /* set by aux_tree_build() */
} AuxLeaf;

typedef struct AuxTree
{
	AuxLeaf *leaves; /* the caller's */
	size_t count;
	int height;
	uint32_t nonce;
	uint8_t root[32];
} AuxTree;

/* The slot of a chain in a tree of 2^height leaves. */
extern uint32_t aux_slot(uint32_t nonce, uint32_t chain_id, int height);

/*
 * Place the leaves in the smallest tree that gives each a slot of its own.
 * Returns 0, or the position (from 1) of the first leaf whose chain id an
 * earlier one has: no tree holds both.
 */
extern size_t
aux_tree_build(AuxTree *tree, AuxLeaf *leaves, size_t count, uint32_t nonce);

/* The tree->height hashes from a slot's leaf to the root. */
extern void aux_tree_branch(const AuxTree *tree, uint32_t slot,
							uint8_t branch[AUX_TREE_HEIGHT_MAX][32]);

/* What the parent's scriptSig contains: magic, root reversed, size, nonce. */
extern void
aux_commitment(const AuxTree *tree, uint8_t out[AUX_COMMITMENT_BYTES]);

#endif
