/*
 * test_merkle.c
 *	  Merkle trees: real blocks, and all small sizes against a plain recursion.
 */
#include "unit.h"

#include "chain/merkle.h"
#include "pow/pow.h"
#include "pow/sha256.h"

#define LEAVES_MAX 300

/*
 * The textbook's tree, with nothing in common with chain/merkle.c: pad each
 * level to an even length in fresh memory and hash the concatenations.
 */
static void
plain_root(uint8_t (*leaves)[32], size_t count, uint8_t root[32])
{
	uint8_t(*level)[32];
	size_t parents = (count + 1) / 2;

	if (count == 1)
	{
		memcpy(root, leaves[0], 32);
		return;
	}
	level = malloc(parents * 32);
	assert_non_null(level);
	for (size_t i = 0; i < parents; i++)
	{
		uint8_t pair[64];

		memcpy(pair, leaves[2 * i], 32);
		memcpy(pair + 32, leaves[2 * i + 1 < count ? 2 * i + 1 : 2 * i], 32);
		sha256(pair, sizeof(pair), level[i]);
		sha256(level[i], 32, level[i]);
	}
	plain_root(level, parents, root);
	free(level);
}

/* Bitcoin's block 100,000 */
static const char *const txids_100000[4] = {
	"8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87",
	"fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4",
	"6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4",
	"e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d",
};
#define ROOT_100000 \
	"f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766"

TEST(root_of_bitcoin_block_100000_is_its_header_s)
{
	uint8_t leaves[4][32];
	uint8_t root[32];

	for (int i = 0; i < 4; i++)
		unhex_reversed(txids_100000[i], leaves[i]);
	merkle_root(leaves, 4, root);
	assert_hash_reads(root, ROOT_100000);
}

TEST(branch_of_bitcoin_block_100000_leads_to_its_root)
{
	uint8_t coinbase[32];
	uint8_t txids[3][32];
	uint8_t branch[MERKLE_BRANCH_MAX][32];
	uint8_t root[32];

	unhex_reversed(txids_100000[0], coinbase);
	for (int i = 0; i < 3; i++)
		unhex_reversed(txids_100000[i + 1], txids[i]);
	assert_int_equal(merkle_branch(txids, 3, branch), 2);
	assert_hash_reads(branch[0], txids_100000[1]);
	merkle_root_from_branch(coinbase, (const uint8_t(*)[32]) branch, 2, root);
	assert_hash_reads(root, ROOT_100000);
}

/*
 * Litecoin's block 396,506 as stratum had it: coinbase, branch, and the header
 * that is the first of src/test/scrypt_tests.cpp
 */
TEST(coinbase_and_branch_of_a_litecoin_block_make_its_proof_of_work)
{
	static const char *const steps[5] = {
		"c12ad86433a44a617c4526fcebc44b4d1bd4ab4256b12b4b8efccf5e2c6893d2",
		"47bb93bff92c07a7dfa9e9e6960871d653f2c3c67aeedcc1605a2c29f4eb25a4",
		"3e7bcc7128ce21b6ab3b08965b362ecdaab9edd10d54397a37188c3c9061787b",
		"005ce32e35a0025af8ed462e556b8f0ba38dadbd2a515f42e83ab614cb7e9e86",
		"0280e09d7422af5652529204392fbd79b44b4d380ef1119f7abd67aad131c7e8",
	};
	uint8_t coinbase[128];
	uint8_t branch[5][32];
	uint8_t header[80];
	uint8_t hash[32];
	size_t length = unhex(
		"01000000010000000000000000000000000000000000000000000000000000000000"
		"000000ffffffff1703da0c060651f4d267018cd0335c9e917f000089000000ffffff"
		"ff01a0a92d2a010000001976a9143bb598947d1dbf04ec724c41272548b04af487af"
		"88ac00000000",
		coinbase, sizeof(coinbase));

	sha256d(coinbase, length, hash);
	assert_hash_reads(
		hash,
		"ffde72b3b184790f9ab27938248b0218d1ebf23b7cbe2a555caf71e3ddcc6062");
	for (int i = 0; i < 5; i++)
		unhex_reversed(steps[i], branch[i]);
	unhex("020000004c1271c211717198227392b029a64a7971931d351b387bb80db027f2"
		  "70411e398a07046f7d4a08dd815412a8712f874a7ebf0507e3878bd24e20a3b7"
		  "3fd750a667d2f451eac7471b00de6659",
		  header, sizeof(header));
	memset(header + 36, 0, 32);
	merkle_root_from_branch(hash, (const uint8_t(*)[32]) branch, 5,
							header + 36);
	assert_hash_reads(
		header + 36,
		"a650d73fb7a3204ed28b87e30705bf7e4a872f71a8125481dd084a7d6f04078a");
	pow_find("scrypt")->hash(header, sizeof(header), hash);
	assert_hash_reads(
		hash,
		"00000000002bef4107f882f6115e0b01f348d21195dacd3582aa2dabd7985806");
}

TEST(root_agrees_with_a_plain_tree_for_all_small_sizes)
{
	static uint8_t leaves[LEAVES_MAX][32];

	for (size_t count = 1; count <= LEAVES_MAX; count++)
	{
		uint8_t expected[32], root[32];

		random_bytes(leaves, count * 32);
		plain_root(leaves, count, expected);
		merkle_root(leaves, count, root);
		assert_memory_equal(root, expected, 32);
	}
}

TEST(branch_agrees_with_a_plain_tree_for_all_small_sizes)
{
	static uint8_t leaves[LEAVES_MAX][32];

	for (size_t count = 1; count <= LEAVES_MAX; count++)
	{
		uint8_t branch[MERKLE_BRANCH_MAX + 1][32];
		uint8_t expected[32], root[32];
		size_t steps;
		size_t depth = 0;

		while (((size_t) 1 << depth) < count)
			depth++;
		random_bytes(leaves, count * 32);
		memset(branch, CANARY, sizeof(branch));
		plain_root(leaves, count, expected);
		steps = merkle_branch(leaves + 1, count - 1, branch);
		assert_int_equal(steps, depth);
		for (int i = 0; i < 32; i++)
			assert_int_equal(branch[steps][i], CANARY);
		merkle_root_from_branch(leaves[0], (const uint8_t(*)[32]) branch, steps,
								root);
		assert_memory_equal(root, expected, 32);
	}
}

TEST(a_lone_coinbase_is_the_root)
{
	uint8_t coinbase[32], root[32];
	uint8_t branch[MERKLE_BRANCH_MAX][32];

	random_bytes(coinbase, 32);
	assert_int_equal(merkle_branch(NULL, 0, branch), 0);
	merkle_root_from_branch(coinbase, NULL, 0, root);
	assert_memory_equal(root, coinbase, 32);
}

TEST(root_may_overwrite_the_coinbase_txid)
{
	uint8_t coinbase[32], expected[32];
	uint8_t branch[3][32];

	random_bytes(coinbase, 32);
	random_bytes(branch, sizeof(branch));
	merkle_root_from_branch(coinbase, (const uint8_t(*)[32]) branch, 3,
							expected);
	merkle_root_from_branch(coinbase, (const uint8_t(*)[32]) branch, 3,
							coinbase);
	assert_memory_equal(coinbase, expected, 32);
}

/* any empty segwit block has this one, e.g. signet's block 1 */
TEST(commitment_of_a_lone_coinbase_is_the_well_known_one)
{
	uint8_t wtxids[1][32];
	uint8_t commitment[32];

	memset(wtxids, CANARY, sizeof(wtxids));
	witness_commitment(wtxids, 0, commitment);
	assert_bytes_are(
		commitment,
		"e2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9");
}

/* Bitcoin's block 542,213: wtxids of its transactions, and its coinbase's */
TEST(commitment_of_bitcoin_block_542213_is_its_coinbase_s)
{
	uint8_t wtxids[4][32];
	uint8_t commitment[32];

	unhex_reversed(
		"66beaceb4be99da1e9824448231ab4fd37bacaee912381e779b37cf0e1dadad7",
		wtxids[0]);
	unhex_reversed(
		"aecb37e25954e15489e25548eb663ffdfd8a1362cac757ad62e9614453d2a577",
		wtxids[1]);
	unhex_reversed(
		"5b211bc589cbdf5ad86cab1e2fe91f01c8ab934d21536b35864d30a3ff778456",
		wtxids[2]);
	witness_commitment(wtxids, 3, commitment);
	assert_bytes_are(
		commitment,
		"4a657fcaa2149342376247e2e283a55a6b92dcc35d4d89e4ac7b74488cb63be2");
}

/* BIP141: sha256d(root of zero and the wtxids || 32 zeros) */
TEST(commitment_agrees_with_a_plain_tree_for_all_small_sizes)
{
	static uint8_t leaves[LEAVES_MAX + 1][32];

	for (size_t count = 1; count < LEAVES_MAX; count++)
	{
		uint8_t pair[64] = {0};
		uint8_t expected[32], commitment[32];

		memset(leaves[0], 0, 32);
		random_bytes(leaves[1], count * 32);
		plain_root(leaves, count + 1, pair);
		sha256(pair, sizeof(pair), expected);
		sha256(expected, 32, expected);

		memmove(leaves[0], leaves[1], count * 32);
		witness_commitment(leaves, count, commitment);
		assert_memory_equal(commitment, expected, 32);
	}
}

static void
roots_of_many_coinbases_are_those_of_each_alone(void **state)
{
	uint8_t txids[7][32];
	uint8_t roots[7][32];
	uint8_t branch[5][32];

	(void) state;
	for (size_t i = 0; i < 7; i++)
		memset(txids[i], (int) (0x11 * i + 1), 32);
	for (size_t i = 0; i < 5; i++)
		memset(branch[i], (int) (0x1d * i + 3), 32);

	for (size_t count = 0; count <= 7; count++)
		for (size_t steps = 0; steps <= 5; steps++)
		{
			memcpy(roots, txids, sizeof(roots));
			merkle_roots_from_branch(roots, count,
									 (const uint8_t(*)[32]) branch, steps);
			for (size_t i = 0; i < 7; i++)
			{
				uint8_t alone[32];

				memcpy(alone, txids[i], 32);
				if (i < count)
					merkle_root_from_branch(
						txids[i], (const uint8_t(*)[32]) branch, steps, alone);
				assert_memory_equal(roots[i], alone, 32);
			}
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_of_bitcoin_block_100000_is_its_header_s),
		cmocka_unit_test(branch_of_bitcoin_block_100000_leads_to_its_root),
		cmocka_unit_test(
			coinbase_and_branch_of_a_litecoin_block_make_its_proof_of_work),
		cmocka_unit_test(root_agrees_with_a_plain_tree_for_all_small_sizes),
		cmocka_unit_test(branch_agrees_with_a_plain_tree_for_all_small_sizes),
		cmocka_unit_test(a_lone_coinbase_is_the_root),
		cmocka_unit_test(roots_of_many_coinbases_are_those_of_each_alone),
		cmocka_unit_test(root_may_overwrite_the_coinbase_txid),
		cmocka_unit_test(commitment_of_a_lone_coinbase_is_the_well_known_one),
		cmocka_unit_test(commitment_of_bitcoin_block_542213_is_its_coinbase_s),
		cmocka_unit_test(
			commitment_agrees_with_a_plain_tree_for_all_small_sizes),
	};

	return cmocka_run_group_tests_name("merkle", tests, NULL, NULL);
}
