/*
 * test_transaction.c
 *	  Serialized transactions.
 */
#include "unit.h"

#include "chain/hex.h"
#include "chain/transaction.h"

/* the coinbase of Bitcoin's block 0 */
static const char genesis[] =
	"01000000010000000000000000000000000000000000000000000000000000000000000000"
	"ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368"
	"616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f75742066"
	"6f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a671"
	"30b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c38"
	"4df7ba0b8d578a4c702b6bf11d5fac00000000";

/* BIP143's native P2WPKH example, signed */
static const char segwit[] =
	"01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad"
	"969f00000000494830450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a5"
	"5d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4"
	"cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d"
	"57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f"
	"85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50c"
	"e2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5"
	"447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a"
	"8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc7"
	"0f07aeee635711000000";

static size_t
decode(const char *hex, uint8_t *out)
{
	size_t length = strlen(hex) / 2;

	assert_true(hex_to_bytes(hex, length * 2, out, length));
	return length;
}

static void
assert_txid(const Transaction *transaction, const char *expected)
{
	char hex[HASH_HEX_BYTES];

	hash_to_hex(transaction->txid, hex);
	assert_string_equal(hex, expected);
}

TEST(the_id_is_the_one_that_explorers_show)
{
	uint8_t raw[600];
	Transaction transaction;

	assert_true(transaction_parse(raw, decode(genesis, raw), &transaction));
	assert_txid(&transaction,
				"4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda"
				"33b");
	assert_true(transaction_parse(raw, decode(segwit, raw), &transaction));
	assert_txid(&transaction,
				"e8151a2af31c368a35053ddd4bdb285a8595c769a3ad83e0fa02314a602d4"
				"609");
}

TEST(inputs_and_outputs_are_read_one_after_the_other)
{
	uint8_t raw[600];
	Transaction transaction;
	TransactionInput input;
	TransactionOutput output;
	size_t at;

	assert_true(transaction_parse(raw, decode(segwit, raw), &transaction));
	assert_int_equal(transaction.input_count, 2);
	assert_int_equal(transaction.output_count, 2);
	at = transaction_input(&transaction, transaction.inputs_at, &input);
	assert_int_equal(input.index, 0);
	(void) transaction_input(&transaction, at, &input);
	assert_int_equal(input.index, 1);
	assert_int_equal(input.txid[0], 0xef);

	at = transaction_output(&transaction, transaction.outputs_at, &output);
	assert_int_equal(output.value_sats, 112340000);
	assert_int_equal(output.script_length, 25);
	(void) transaction_output(&transaction, at, &output);
	assert_int_equal(output.value_sats, 223450000);
}

TEST(a_transaction_cut_off_anywhere_or_too_long_is_refused)
{
	uint8_t raw[600];
	Transaction transaction;
	size_t length = decode(segwit, raw);

	for (size_t cut = 0; cut < length; cut++)
		assert_false(transaction_parse(raw, cut, &transaction));
	raw[length] = 0;
	assert_false(transaction_parse(raw, length + 1, &transaction));
}

TEST(another_form_than_BIP144s_is_refused)
{
	uint8_t raw[600];
	Transaction transaction;
	size_t length = decode(segwit, raw);

	raw[5] = 8;
	assert_false(transaction_parse(raw, length, &transaction));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_id_is_the_one_that_explorers_show),
		cmocka_unit_test(inputs_and_outputs_are_read_one_after_the_other),
		cmocka_unit_test(a_transaction_cut_off_anywhere_or_too_long_is_refused),
		cmocka_unit_test(another_form_than_BIP144s_is_refused),
	};

	return cmocka_run_group_tests_name("transaction", tests, NULL, NULL);
}
