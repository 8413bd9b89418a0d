/*
 * coinbase.c
 *	  The pool's coinbase transaction, cut at the extranonces.
 */
#include "chain/coinbase.h"

#include <string.h>

#include "chain/compact_size.h"
#include "byte_order.h"

#define TRANSACTION_VERSION 2
#define SEQUENCE_FINAL		0xffffffff
#define LOCK_TIME_BYTES		4
#define VERSION_BYTES		4

/* an outpoint names a transaction and one of its outputs; here it is null */
#define OUTPOINT_TXID_BYTES	 32
#define OUTPOINT_INDEX_BYTES 4

/* script opcodes; a push of up to 75 bytes is its length */
#define OP_0		   0x00
#define OP_PUSHDATA1   0x4c
#define OP_1		   0x51
#define OP_RETURN	   0x6a
#define PUSH_MAX_BYTES 75

/* the push that is cut: job_nonce, salt and both extranonces */
#define JOB_NONCE_BYTES	  4
#define JOB_OWN_BYTES	  (JOB_NONCE_BYTES + COINBASE_SALT_BYTES)
#define UNIQUE_PUSH_BYTES (JOB_OWN_BYTES + EXTRANONCE_BYTES)
#define HEIGHT_PUSH_MAX	  6

/* version, count of inputs, outpoint, script length, height, the push */
#define COINBASE_PREFIX_MIN_BYTES                                     \
	(4 + 1 + OUTPOINT_TXID_BYTES + OUTPOINT_INDEX_BYTES + 1 + 1 + 1 + \
	 JOB_OWN_BYTES)

/* BIP141: the coinbase's witness, and the marker of the commitment output */
#define RESERVED_VALUE_BYTES 32
static const uint8_t commitment_header[4] = {0xaa, 0x21, 0xa9, 0xed};

/* Appends to a buffer that is known to be large enough. */
typedef struct Writer
{
	uint8_t *next;
} Writer;

static void
put_byte(Writer *w, uint8_t byte)
{
	*w->next++ = byte;
}

static void
put_bytes(Writer *w, const void *data, size_t length)
{
	if (length > 0)
		memcpy(w->next, data, length);
	w->next += length;
}

static void
put_fill(Writer *w, uint8_t byte, size_t length)
{
	memset(w->next, byte, length);
	w->next += length;
}

static void
put_le32(Writer *w, uint32_t value)
{
	store_le32(w->next, value);
	w->next += 4;
}

static void
put_output(Writer *w, uint64_t value, const uint8_t *script, size_t length)
{
	store_le64(w->next, value);
	w->next += 8;
	w->next += compact_size_write(w->next, length);
	put_bytes(w, script, length);
}

/* Bytes of opcode and length in front of a push. */
static size_t
push_length(size_t length)
{
	if (length == 0)
		return 0;
	return (length <= PUSH_MAX_BYTES ? 1 : 2) + length;
}

/* Push bytes, or nothing if there are none. */
static void
put_push(Writer *w, const void *data, size_t length)
{
	if (length == 0)
		return;
	if (length > PUSH_MAX_BYTES)
		put_byte(w, OP_PUSHDATA1);
	put_byte(w, (uint8_t) length);
	put_bytes(w, data, length);
}

size_t
bip34_height_push(uint32_t height, uint8_t *out)
{
	size_t length = 0;

	if (height <= 16)
	{
		out[0] = height == 0 ? OP_0 : (uint8_t) (OP_1 + height - 1);
		return 1;
	}

	for (uint64_t rest = height; rest > 0; rest >>= 8)
		out[++length] = (uint8_t) rest;
	/* the top bit is the sign: another byte keeps the number positive */
	if (out[length] & 0x80)
		out[++length] = 0;
	out[0] = (uint8_t) length;
	return 1 + length;
}

/* The length of the whole scriptSig. */
static size_t
script_length(const CoinbaseSpec *spec, size_t height_length)
{
	return height_length + spec->flags_length +
		   push_length(spec->aux_commitment_length) + 1 + UNIQUE_PUSH_BYTES +
		   push_length(spec->tag_length);
}

/* Are all scripts within their limits?  The flags may have any length. */
static bool
spec_fits(const CoinbaseSpec *spec, size_t height_length)
{
	return spec->flags_length <= COINBASE_SCRIPT_MAX_BYTES &&
		   spec->tag_length <= COINBASE_SCRIPT_MAX_BYTES &&
		   script_length(spec, height_length) <= COINBASE_SCRIPT_MAX_BYTES &&
		   spec->pool_script_length <= OUTPUT_SCRIPT_MAX_BYTES &&
		   spec->required_output_count <= REQUIRED_OUTPUTS_MAX &&
		   spec->required_outputs_length <= REQUIRED_OUTPUTS_MAX_BYTES &&
		   (spec->commitment_script == NULL ||
			spec->commitment_script_length <= OUTPUT_SCRIPT_MAX_BYTES);
}

/* Write the job's own bytes, right before the cut. */
static void
put_job_own(Writer *w, uint32_t job_nonce,
			const uint8_t salt[COINBASE_SALT_BYTES])
{
	uint8_t number[JOB_NONCE_BYTES];

	store_be32(number, job_nonce);
	put_bytes(w, number, sizeof(number));
	put_bytes(w, salt, COINBASE_SALT_BYTES);
}

/* Version, the one input's null outpoint, and the script up to the cut. */
static size_t
write_prefix(const CoinbaseSpec *spec, const uint8_t *height,
			 size_t height_length, uint8_t *out)
{
	Writer w = {out};

	put_le32(&w, TRANSACTION_VERSION);
	put_byte(&w, 1);
	put_fill(&w, 0x00, OUTPOINT_TXID_BYTES);
	put_fill(&w, 0xff, OUTPOINT_INDEX_BYTES);
	put_byte(&w, (uint8_t) script_length(spec, height_length));
	put_bytes(&w, height, height_length);
	put_bytes(&w, spec->flags, spec->flags_length);
	put_push(&w, spec->aux_commitment, spec->aux_commitment_length);
	put_byte(&w, UNIQUE_PUSH_BYTES);
	put_job_own(&w, spec->job_nonce, spec->salt);
	return (size_t) (w.next - out);
}

/* The rest of the script, the outputs and the lock time. */
static size_t
write_suffix(const CoinbaseSpec *spec, uint8_t *out)
{
	Writer w = {out};
	bool commits = spec->commitment_script != NULL;

	put_push(&w, spec->tag, spec->tag_length);
	put_le32(&w, SEQUENCE_FINAL);
	put_byte(&w, (uint8_t) (1 + spec->required_output_count + commits));
	put_output(&w, spec->value, spec->pool_script, spec->pool_script_length);
	put_bytes(&w, spec->required_outputs, spec->required_outputs_length);
	if (commits)
		put_output(&w, 0, spec->commitment_script,
				   spec->commitment_script_length);
	put_le32(&w, 0);
	return (size_t) (w.next - out);
}

size_t
coinbase_output(uint64_t value, const uint8_t *script, size_t length,
				uint8_t *out)
{
	Writer w = {out};

	put_output(&w, value, script, length);
	return (size_t) (w.next - out);
}

bool
coinbase_build(const CoinbaseSpec *spec, Coinbase *coinbase)
{
	uint8_t height[HEIGHT_PUSH_MAX];
	size_t height_length = bip34_height_push(spec->height, height);

	if (!spec_fits(spec, height_length))
		return false;

	coinbase->prefix_length =
		write_prefix(spec, height, height_length, coinbase->prefix);
	coinbase->suffix_length = write_suffix(spec, coinbase->suffix);
	return true;
}

bool
coinbase_renew(uint8_t *prefix, size_t length, uint32_t job_nonce,
			   const uint8_t salt[COINBASE_SALT_BYTES])
{
	Writer w = {prefix + length};

	if (length < COINBASE_PREFIX_MIN_BYTES)
		return false;
	w.next -= JOB_OWN_BYTES;
	if (w.next[-1] != UNIQUE_PUSH_BYTES)
		return false;
	put_job_own(&w, job_nonce, salt);
	return true;
}

void
commitment_script(const uint8_t commitment[32],
				  uint8_t script[COMMITMENT_SCRIPT_BYTES])
{
	Writer w = {script};

	put_byte(&w, OP_RETURN);
	put_byte(&w, sizeof(commitment_header) + 32);
	put_bytes(&w, commitment_header, sizeof(commitment_header));
	put_bytes(&w, commitment, 32);
}

size_t
coinbase_serialize(const uint8_t *stripped, size_t length, bool with_witness,
				   uint8_t *out)
{
	Writer w = {out};
	size_t body = length - VERSION_BYTES - LOCK_TIME_BYTES;

	if (!with_witness)
	{
		memcpy(out, stripped, length);
		return length;
	}

	/*
	 * BIP144: marker and flag follow the version, the witness goes at the end
	 */
	put_bytes(&w, stripped, VERSION_BYTES);
	put_byte(&w, 0x00);
	put_byte(&w, 0x01);
	put_bytes(&w, stripped + VERSION_BYTES, body);

	/* BIP141: one stack item, the reserved value of 32 zeros */
	put_byte(&w, 1);
	put_byte(&w, RESERVED_VALUE_BYTES);
	put_fill(&w, 0x00, RESERVED_VALUE_BYTES);

	put_bytes(&w, stripped + VERSION_BYTES + body, LOCK_TIME_BYTES);
	return (size_t) (w.next - out);
}
