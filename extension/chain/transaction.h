/*
 * transaction.h
 *	  A serialized transaction (Bitcoin's, with or without BIP144's witnesses):
 *	  its id, and what it spends and pays.
 */
#ifndef CHIMERA_CHAIN_TRANSACTION_H
#define CHIMERA_CHAIN_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Transaction
{
	const uint8_t *raw; /* owned by the caller */
	size_t length;
	size_t input_count;
	size_t output_count;
	size_t weight;	  /* BIP141; four times the length if it has no witnesses */
	size_t inputs_at; /* offsets into raw */
	size_t outputs_at;
	uint8_t txid[32]; /* internal order */
} Transaction;

typedef struct TransactionInput
{
	uint8_t txid[32]; /* of the spent output, internal order */
	uint32_t index;
	const uint8_t *script;
	size_t script_length;
} TransactionInput;

typedef struct TransactionOutput
{
	size_t value_at; /* offset of the 8 bytes of the value, little-endian */
	int64_t value_sats;
	const uint8_t *script;
	size_t script_length;
} TransactionOutput;

/*
 * Check a transaction; true only if 'raw' is exactly one, well-formed.  Forms
 * other than BIP144's (such as Litecoin's MWEB) are refused.
 */
extern bool
transaction_parse(const uint8_t *raw, size_t length, Transaction *transaction);

/*
 * The same at the beginning of 'raw', which may be longer; returns the
 * transaction's length, or 0 if it is not well-formed.
 */
extern size_t
transaction_read(const uint8_t *raw, size_t length, Transaction *transaction);

/*
 * Read the input (output) at that offset, beginning with inputs_at
 * (outputs_at); returns the offset of the next one.
 */
extern size_t transaction_input(const Transaction *transaction, size_t at,
								TransactionInput *input);
extern size_t transaction_output(const Transaction *transaction, size_t at,
								 TransactionOutput *output);

#endif
