/*
 * test_block.c
 *	  Whole blocks: Bitcoin's genesis, several transactions, MWEB's tail.
 */
#include "unit.h"

#include "chain/block.h"
#include "pow/sha256.h"

#define GENESIS_HEADER                                                 \
	"0100000000000000000000000000000000000000000000000000000000000000" \
	"000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa" \
	"4b1e5e4a29ab5f49ffff001d1dac2b7c"
#define GENESIS_COINBASE                                               \
	"0100000001000000000000000000000000000000000000000000000000000000" \
	"0000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a" \
	"616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f662073" \
	"65636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a" \
	"01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a679" \
	"62e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a" \
	"4c702b6bf11d5fac00000000"

static uint8_t header[HEADER_BYTES];
static uint8_t coinbase[300];
static size_t coinbase_length;

static int
read_genesis(void **state __attribute__((unused)))
{
	unhex(GENESIS_HEADER, header, sizeof(header));
	coinbase_length = unhex(GENESIS_COINBASE, coinbase, sizeof(coinbase));
	return 0;
}

static BlockParts
genesis_parts(void)
{
	return (BlockParts){.header = header,
						.coinbase = coinbase,
						.coinbase_length = coinbase_length};
}

/* Serialize to exactly block_length() bytes of the heap. */
static uint8_t *
serialize(const BlockParts *parts)
{
	uint8_t *block = malloc(block_length(parts));

	assert_non_null(block);
	block_serialize(parts, block);
	return block;
}

TEST(genesis_coinbase_is_the_genesis_merkle_root)
{
	uint8_t txid[32];

	sha256d(coinbase, coinbase_length, txid);
	assert_hash_reads(
		txid,
		"4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b");
	assert_memory_equal(txid, header + 36, 32);
}

/* blk00000.dat gives the genesis block 285 bytes */
TEST(genesis_block_is_its_285_published_bytes)
{
	BlockParts parts = genesis_parts();
	uint8_t *block;

	assert_int_equal(block_length(&parts), 285);
	block = serialize(&parts);
	assert_bytes_are(block, GENESIS_HEADER "01" GENESIS_COINBASE);
	free(block);
}

TEST(other_transactions_follow_the_coinbase_and_are_counted)
{
	uint8_t others[500];
	BlockParts parts = genesis_parts();
	uint8_t *block;
	size_t at = HEADER_BYTES;

	random_bytes(others, sizeof(others));
	parts.transactions = others;
	parts.transactions_length = sizeof(others);
	parts.transaction_count = 3;
	assert_int_equal(block_length(&parts), 285 + sizeof(others));
	block = serialize(&parts);
	assert_memory_equal(block, header, HEADER_BYTES);
	assert_int_equal(block[at++], 4);
	assert_memory_equal(block + at, coinbase, coinbase_length);
	at += coinbase_length;
	assert_memory_equal(block + at, others, sizeof(others));
	assert_int_equal(at + sizeof(others), block_length(&parts));
	free(block);
}

TEST(the_count_includes_the_coinbase_where_its_form_changes)
{
	BlockParts parts = genesis_parts();
	uint8_t *block;

	parts.transaction_count = 251;
	block = serialize(&parts);
	assert_bytes_are(block + HEADER_BYTES, "fc0100000001");
	free(block);

	parts.transaction_count = 252;
	assert_int_equal(block_length(&parts), 285 + 2);
	block = serialize(&parts);
	assert_bytes_are(block + HEADER_BYTES, "fdfd000100000001");
	free(block);

	parts.transaction_count = 65534;
	block = serialize(&parts);
	assert_bytes_are(block + HEADER_BYTES, "fdffff0100000001");
	free(block);

	parts.transaction_count = 65535;
	assert_int_equal(block_length(&parts), 285 + 4);
	block = serialize(&parts);
	assert_bytes_are(block + HEADER_BYTES, "fe000001000100000001");
	free(block);
}

/* Litecoin's LIP-0002: 01 and the extension block after the transactions */
TEST(mweb_comes_last_behind_its_mark)
{
	uint8_t others[40], mweb[77];
	BlockParts parts = genesis_parts();
	uint8_t *block;
	size_t length;

	random_bytes(others, sizeof(others));
	random_bytes(mweb, sizeof(mweb));
	parts.transactions = others;
	parts.transactions_length = sizeof(others);
	parts.transaction_count = 1;
	parts.mweb = mweb;
	parts.mweb_length = sizeof(mweb);
	length = block_length(&parts);
	assert_int_equal(length, 285 + sizeof(others) + 1 + sizeof(mweb));
	block = serialize(&parts);
	assert_int_equal(block[HEADER_BYTES], 2);
	assert_memory_equal(block + 285, others, sizeof(others));
	assert_int_equal(block[285 + sizeof(others)], 0x01);
	assert_memory_equal(block + length - sizeof(mweb), mweb, sizeof(mweb));
	free(block);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(genesis_coinbase_is_the_genesis_merkle_root),
		cmocka_unit_test(genesis_block_is_its_285_published_bytes),
		cmocka_unit_test(
			other_transactions_follow_the_coinbase_and_are_counted),
		cmocka_unit_test(
			the_count_includes_the_coinbase_where_its_form_changes),
		cmocka_unit_test(mweb_comes_last_behind_its_mark),
	};

	return cmocka_run_group_tests_name("block", tests, read_genesis, NULL);
}
