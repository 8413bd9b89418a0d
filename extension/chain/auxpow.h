/*
 * auxpow.h
 *	  CAuxPow: the proof that a parent's work was done for a child's block.
 *
 * It stands between the header and the transactions of a child's block whose
 * version has AUX_VERSION_BIT: the parent's coinbase, the branch from it to the
 * parent's merkle root, the branch from the child to the root of the tree that
 * the coinbase commits to (chain/aux_tree.h), and the parent's header.
 */
#ifndef CHIMERA_AUXPOW_H
#define CHIMERA_AUXPOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain/header.h"
#include "pow/pow.h"

/* of the child's version: a CAuxPow follows; its upper half is the chain id */
#define AUX_VERSION_BIT		  0x100u
#define AUX_CHAIN_ID(version) ((uint32_t) (version) >> 16)

typedef struct AuxPow
{
	const uint8_t *coinbase; /* the parent's, without witness if it is ours */
	size_t coinbase_length;
	const uint8_t (*branch)[32]; /* from the coinbase, internal order */
	size_t branch_steps;
	uint32_t coinbase_index; /* in the parent's block: 0 */
	const uint8_t (*chain_branch)[32];
	size_t chain_steps;
	uint32_t slot;
	const uint8_t *parent_header; /* HEADER_BYTES */
} AuxPow;

extern size_t auxpow_length(const AuxPow *auxpow);

/* 'out' needs auxpow_length() bytes; nobody checks hashBlock, which is zero. */
extern void auxpow_serialize(const AuxPow *auxpow, uint8_t *out);

/*
 * Read a CAuxPow at the beginning of 'raw', which may be longer and must live
 * as long as the result; returns its length, or 0 if it is not well-formed.
 */
extern size_t auxpow_read(const uint8_t *raw, size_t length, AuxPow *auxpow);

/*
 * The first rule that a child's header with this proof breaks, or NULL: as
 * nodes check it, which only answer "high-hash".  The chain id is that of the
 * child's chain, its target that of its header's bits.
 */
extern const char *
auxpow_error(const AuxPow *auxpow, const uint8_t child_header[HEADER_BYTES],
			 uint32_t chain_id, const PowAlgorithm *algorithm);

#endif
