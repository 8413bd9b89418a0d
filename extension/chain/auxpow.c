/*
 * auxpow.c
 *	  CAuxPow: the proof that a parent's work was done for a child's block.
 */
#include "chain/auxpow.h"

#include <string.h>

#include "byte_order.h"
#include "chain/aux_tree.h"
#include "chain/compact_size.h"
#include "chain/merkle.h"
#include "chain/target.h"
#include "chain/transaction.h"
#include "pow/sha256.h"

/* consensus of all known children */
#define CHAIN_STEPS_MAX		   30
#define ROOT_WITHOUT_MAGIC_MAX 20

/* ---------- as bytes ---------- */

static size_t
branch_length(size_t steps)
{
	uint8_t size[COMPACT_SIZE_MAX_BYTES];

	return compact_size_write(size, steps) + steps * 32 + 4;
}

size_t
auxpow_length(const AuxPow *auxpow)
{
	return auxpow->coinbase_length + 32 + branch_length(auxpow->branch_steps) +
		   branch_length(auxpow->chain_steps) + HEADER_BYTES;
}

static uint8_t *
put_branch(uint8_t *at, const uint8_t (*branch)[32], size_t steps,
		   uint32_t index)
{
	at += compact_size_write(at, steps);
	if (steps > 0)
		memcpy(at, branch, steps * 32);
	at += steps * 32;
	store_le32(at, index);
	return at + 4;
}

void
auxpow_serialize(const AuxPow *auxpow, uint8_t *out)
{
	memcpy(out, auxpow->coinbase, auxpow->coinbase_length);
	out += auxpow->coinbase_length;
	memset(out, 0, 32);
	out += 32;
	out = put_branch(out, auxpow->branch, auxpow->branch_steps,
					 auxpow->coinbase_index);
	out = put_branch(out, auxpow->chain_branch, auxpow->chain_steps,
					 auxpow->slot);
	memcpy(out, auxpow->parent_header, HEADER_BYTES);
}

/* Read a branch and the index after it; returns the bytes read, or 0. */
static size_t
read_branch(const uint8_t *raw, size_t length, const uint8_t (**branch)[32],
			size_t *steps, uint32_t *index)
{
	uint64_t count;
	size_t at = compact_size_read(raw, length, &count);

	if (at == 0 || count > (length - at) / 32 || length - at - count * 32 < 4)
		return 0;
	*branch = (const uint8_t(*)[32])(raw + at);
	*steps = count;
	*index = load_le32(raw + at + count * 32);
	return at + count * 32 + 4;
}

size_t
auxpow_read(const uint8_t *raw, size_t length, AuxPow *auxpow)
{
	Transaction coinbase;
	size_t at = transaction_read(raw, length, &coinbase);
	size_t bytes;

	if (at == 0 || length - at < 32)
		return 0;
	auxpow->coinbase = raw;
	auxpow->coinbase_length = at;
	at += 32;
	bytes = read_branch(raw + at, length - at, &auxpow->branch,
						&auxpow->branch_steps, &auxpow->coinbase_index);
	if (bytes == 0)
		return 0;
	at += bytes;
	bytes = read_branch(raw + at, length - at, &auxpow->chain_branch,
						&auxpow->chain_steps, &auxpow->slot);
	if (bytes == 0 || length - at - bytes < HEADER_BYTES)
		return 0;
	at += bytes;
	auxpow->parent_header = raw + at;
	return at + HEADER_BYTES;
}

/* ---------- the rules ---------- */

/* The position of the first occurrence from 'from' on, or 'length'. */
static size_t
find_bytes(const uint8_t *in, size_t length, size_t from, const uint8_t *bytes,
		   size_t count)
{
	for (size_t i = from; i + count <= length; i++)
		if (memcmp(in + i, bytes, count) == 0)
			return i;
	return length;
}

/* Fold a branch over a leaf at 'index'. */
static void
fold_branch(const uint8_t (*branch)[32], size_t steps, uint32_t index,
			uint8_t node[32])
{
	for (size_t i = 0; i < steps; i++)
		if (i < 32 && (index >> i) & 1)
			sha256d_pair(branch[i], node, node);
		else
			sha256d_pair(node, branch[i], node);
}

/* Size and nonce stand behind the root and give the child its slot. */
static const char *
slot_error(const AuxPow *auxpow, const uint8_t *behind_root, size_t length,
		   uint32_t chain_id)
{
	if (length < 8)
		return "the tree's size and nonce are missing";
	if (load_le32(behind_root) != UINT32_C(1) << auxpow->chain_steps)
		return "the tree's size does not fit its branch";
	if (auxpow->slot != aux_slot(load_le32(behind_root + 4), chain_id,
								 (int) auxpow->chain_steps))
		return "the child is not in its slot";
	return NULL;
}

static const char *
commitment_error(const AuxPow *auxpow, const uint8_t root[32],
				 uint32_t chain_id)
{
	Transaction coinbase;
	TransactionInput input;
	size_t length, magic_at, root_at;

	transaction_read(auxpow->coinbase, auxpow->coinbase_length, &coinbase);
	transaction_input(&coinbase, coinbase.inputs_at, &input);
	length = input.script_length;
	root_at = find_bytes(input.script, length, 0, root, 32);
	magic_at = find_bytes(input.script, length, 0, aux_magic, AUX_MAGIC_BYTES);
	if (root_at == length)
		return "the root of the tree is not in the coinbase's script";
	if (magic_at < length)
	{
		if (find_bytes(input.script, length, magic_at + 1, aux_magic,
					   AUX_MAGIC_BYTES) < length)
			return "the coinbase's script has the magic twice";
		if (magic_at + AUX_MAGIC_BYTES != root_at)
			return "the magic does not stand right before the root";
	}
	else if (root_at > ROOT_WITHOUT_MAGIC_MAX)
		return "the root stands too late for one without magic";
	return slot_error(auxpow, input.script + root_at + 32,
					  length - root_at - 32, chain_id);
}

static const char *
version_error(uint32_t child, uint32_t parent, uint32_t chain_id)
{
	if (!(child & AUX_VERSION_BIT))
		return "the child's version has no bit 8";
	if (AUX_CHAIN_ID(child) != chain_id)
		return "the child's version has another chain id";
	if (AUX_CHAIN_ID(parent) == chain_id)
		return "the parent's version has the child's chain id";
	/* Namecoin's rule; no parent needs that bit */
	if (parent & AUX_VERSION_BIT)
		return "the parent's version has bit 8";
	return NULL;
}

/* Is the parent's hash, by the child's algorithm, within the child's target? */
static bool
work_is_enough(const AuxPow *auxpow, uint32_t nbits,
			   const PowAlgorithm *algorithm)
{
	uint8_t hash[POW_HASH_BYTES];
	Uint256 value, target;

	if (!target_from_nbits(nbits, &target))
		return false;
	algorithm->hash(auxpow->parent_header, HEADER_BYTES, hash);
	value = uint256_from_le(hash);
	return uint256_compare(&value, &target) <= 0;
}

/* Does the branch lead from the coinbase to the parent's merkle root? */
static bool
parent_has_coinbase(const AuxPow *auxpow, const BlockHeader *parent)
{
	Transaction coinbase;

	if (!transaction_read(auxpow->coinbase, auxpow->coinbase_length, &coinbase))
		return false;
	fold_branch(auxpow->branch, auxpow->branch_steps, 0, coinbase.txid);
	return memcmp(coinbase.txid, parent->merkle_root, 32) == 0;
}

const char *
auxpow_error(const AuxPow *auxpow, const uint8_t child_header[HEADER_BYTES],
			 uint32_t chain_id, const PowAlgorithm *algorithm)
{
	BlockHeader child, parent;
	uint8_t root[32];
	const char *error;

	header_parse(child_header, &child);
	header_parse(auxpow->parent_header, &parent);
	error = version_error(child.version, parent.version, chain_id);
	if (error)
		return error;
	if (auxpow->coinbase_index != 0)
		return "the parent's coinbase is not its first transaction";
	if (auxpow->chain_steps > CHAIN_STEPS_MAX)
		return "the branch of the tree is too long";
	if (!parent_has_coinbase(auxpow, &parent))
		return "the branch does not lead to the parent's merkle root";

	sha256d(child_header, HEADER_BYTES, root);
	fold_branch(auxpow->chain_branch, auxpow->chain_steps, auxpow->slot, root);
	reverse32(root, root);
	error = commitment_error(auxpow, root, chain_id);
	if (error)
		return error;
	if (!work_is_enough(auxpow, child.nbits, algorithm))
		return "the parent's work is not enough for the child's target";
	return NULL;
}
