/*
 * coinbase.h
 *	  The pool's coinbase transaction, cut at the extranonces.
 *
 * prefix || extranonce1 || extranonce2 || suffix is the transaction without
 * witness: miners hash it, and its hash is the txid.  A block carries the same
 * transaction with BIP141's marker, flag and witness reserved value.
 */
#ifndef CHIMERA_COINBASE_H
#define CHIMERA_COINBASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXTRANONCE1_BYTES 4
#define EXTRANONCE2_BYTES 8
#define EXTRANONCE_BYTES  (EXTRANONCE1_BYTES + EXTRANONCE2_BYTES)

/* random bytes that nobody knows before the job is created */
#define COINBASE_SALT_BYTES 8

/* consensus: a coinbase's scriptSig has 2 to 100 bytes */
#define COINBASE_SCRIPT_MAX_BYTES 100
#define OUTPUT_SCRIPT_MAX_BYTES	  128

/* outputs that a template requires the coinbase to pay to others */
#define OUTPUT_MAX_BYTES		   (8 + 1 + OUTPUT_SCRIPT_MAX_BYTES)
#define REQUIRED_OUTPUTS_MAX	   64
#define REQUIRED_OUTPUTS_MAX_BYTES (REQUIRED_OUTPUTS_MAX * OUTPUT_MAX_BYTES)

#define COINBASE_PREFIX_MAX_BYTES (4 + 1 + 36 + 1 + COINBASE_SCRIPT_MAX_BYTES)
#define COINBASE_SUFFIX_MAX_BYTES                               \
	(COINBASE_SCRIPT_MAX_BYTES + 4 + 1 + 2 * OUTPUT_MAX_BYTES + \
	 REQUIRED_OUTPUTS_MAX_BYTES + 4)
#define COINBASE_MAX_BYTES \
	(COINBASE_PREFIX_MAX_BYTES + EXTRANONCE_BYTES + COINBASE_SUFFIX_MAX_BYTES)
/* marker and flag, and one stack item of 32 bytes */
#define COINBASE_WITNESS_EXTRA_BYTES (2 + 1 + 1 + 32)

typedef struct CoinbaseSpec
{
	uint32_t height;				   /* first push (BIP34) */
	uint32_t job_nonce;				   /* makes each job's coinbase unique */
	uint8_t salt[COINBASE_SALT_BYTES]; /* makes the coinbase unpredictable */
	const uint8_t *flags;			   /* the template's coinbaseaux, raw */
	size_t flags_length;
	const uint8_t *aux_commitment; /* merged mining, see chain/aux_tree.h */
	size_t aux_commitment_length;
	const char *tag; /* the pool's tag, after the extranonces */
	size_t tag_length;
	uint64_t value; /* in the coin's smallest unit */
	const uint8_t *pool_script;
	size_t pool_script_length;
	const uint8_t *required_outputs; /* serialized, one after another */
	size_t required_outputs_length;
	int required_output_count;
	const uint8_t *commitment_script; /* witness commitment output, or NULL */
	size_t commitment_script_length;
} CoinbaseSpec;

typedef struct Coinbase
{
	uint8_t prefix[COINBASE_PREFIX_MAX_BYTES];
	size_t prefix_length;
	uint8_t suffix[COINBASE_SUFFIX_MAX_BYTES];
	size_t suffix_length;
} Coinbase;

/*
 * BIP34's height, as Bitcoin Core pushes it (CScript() << height): OP_0,
 * OP_1..OP_16, or a minimal little-endian number.  Returns the bytes written,
 * at most 6.
 */
extern size_t bip34_height_push(uint32_t height, uint8_t *out);

/*
 * scriptSig = height push || flags || push of aux_commitment || one 24-byte
 * push of job_nonce, salt and the extranonces || push of tag.  The first output
 * pays the value to pool_script, the required outputs follow, and the
 * commitment output, if any, comes last with value 0.  False if a script
 * exceeds its limit.
 */
extern bool coinbase_build(const CoinbaseSpec *spec, Coinbase *coinbase);

/* Write an output of a transaction; returns its length. */
extern size_t coinbase_output(uint64_t value, const uint8_t *script,
							  size_t length, uint8_t *out);

/*
 * Replace job_nonce and salt in place; false if the bytes are not the prefix
 * of a coinbase.
 */
extern bool coinbase_renew(uint8_t *prefix, size_t length, uint32_t job_nonce,
						   const uint8_t salt[COINBASE_SALT_BYTES]);

/* Write BIP141's commitment output script (38 bytes). */
#define COMMITMENT_SCRIPT_BYTES 38
extern void commitment_script(const uint8_t commitment[32],
							  uint8_t script[COMMITMENT_SCRIPT_BYTES]);

/*
 * The transaction as a block carries it.  'stripped' is prefix ||
 * extranonces || suffix; with_witness adds marker, flag and reserved value.
 * 'out' needs length + COINBASE_WITNESS_EXTRA_BYTES.  Returns the length.
 */
extern size_t coinbase_serialize(const uint8_t *stripped, size_t length,
								 bool with_witness, uint8_t *out);

#endif
