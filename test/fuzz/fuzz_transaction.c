/*
 * fuzz_transaction.c
 *	  Any bytes as a transaction: what is taken ends where the bytes do, and
 *	  its inputs and outputs lie within.
 */
#include "fuzz.h"

#include "chain/transaction.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *raw = malloc(size > 0 ? size : 1);
	Transaction transaction;

	CHECK(raw != NULL);
	if (size > 0)
		memcpy(raw, data, size);
	if (transaction_parse(raw, size, &transaction))
	{
		size_t at = transaction.inputs_at;

		for (size_t i = 0; i < transaction.input_count; i++)
		{
			TransactionInput input;

			at = transaction_input(&transaction, at, &input);
		}
		CHECK(at < transaction.outputs_at);
		at = transaction.outputs_at;
		for (size_t i = 0; i < transaction.output_count; i++)
		{
			TransactionOutput output;

			at = transaction_output(&transaction, at, &output);
			CHECK(output.script + output.script_length == raw + at);
		}
		CHECK(at + 4 <= size);
	}
	free(raw);
	return 0;
}
