/*
 * test_aux_tree.c
 *	  Merged mining's tree: slots computed elsewhere, commitments that real
 *	  nodes of several children accepted, and each branch led back to the root.
 */
#include "unit.h"

#include "chain/aux_tree.h"
#include "pow/sha256.h"

TEST(slots_are_those_computed_elsewhere)
{
	static const struct
	{
		uint32_t nonce, chain_id;
		int height;
		uint32_t slot;
	} rows[] = {
		{0u, 16, 8, 78},
		{0u, 16, 30, 809565518},
		{0u, 1224, 3, 6},
		{1u, 50, 8, 49},
		{1u, 90, 2, 1},
		{1u, 90, 3, 1},
		{1u, 8211, 5, 30},
		{2147483648u, 90, 2, 0},
		{2147483648u, 168, 30, 1040158214},
		{2147483648u, 1224, 16, 4006},
		{2677055472u, 74, 0, 0},
		{2677055472u, 74, 1, 0},
		{2677055472u, 74, 8, 112},
		{2677055472u, 74, 30, 529972080},
		{2677055472u, 8211, 30, 130646533},
		{2677055472u, 65535, 1, 1},
		{2677055472u, 65535, 8, 129},
		{3735928559u, 1, 2, 2},
		{3735928559u, 1, 5, 18},
		{3735928559u, 74, 2, 3},
		{3735928559u, 90, 16, 48855},
		{3735928559u, 168, 2, 1},
		{3735928559u, 168, 5, 13},
		{3735928559u, 8211, 0, 0},
		{3735928559u, 8224, 2, 1},
		{3735928559u, 8224, 16, 39461},
		{4294967295u, 16, 8, 229},
		{4294967295u, 16, 30, 765354725},
		{4294967295u, 50, 3, 7},
		{4294967295u, 90, 1, 1},
	};

	for (size_t i = 0; i < lengthof(rows); i++)
		assert_int_equal(
			aux_slot(rows[i].nonce, rows[i].chain_id, rows[i].height),
			rows[i].slot);
}

/* The children of one share that several nodes took, under a real parent. */
TEST(commitments_are_those_that_nodes_of_all_children_accepted)
{
	static const struct
	{
		uint32_t nonce;
		int size;
		const char *commitment;
		size_t count;
		struct
		{
			uint32_t chain_id;
			const char *hash;
		} children[3];
	} rows[] = {
		{1592590337u,
		 2,
		 "fabe6d6d0082c720c7241162be5dc7aaf0f8e532266015b74ed25257ef70cf189e86a"
		 "f33020000000100ed5e",
		 2,
		 {{63,
		   "3f204e4003fb7089bdf75969e6b9f7faa72bf888c435be807cff4ca868858f81"},
		  {98, "88a1e1d89d9437682b4e25cef6e0b3cefdbf93564f7fde2ab6db34c52296664"
			   "4"}}},
		{1592590338u,
		 4,
		 "fabe6d6d8720748b1b157a5dde63b92a44adeac6d677e294abd08837dfad14fa3eb05"
		 "1eb040000000200ed5e",
		 3,
		 {{63,
		   "10a7b139f81f0fb41854a192c81bdd3ffe9255455c04ab3576f610073a50133c"},
		  {98,
		   "8f269d37a62182eaad9b708ecc361b4d783ad8e6eaff0526955252f88e844c05"},
		  {16, "91689e37fe0abc0e92c6994e0fc830d0d59e29fed1c2929ae2965ee9f2457f6"
			   "a"}}},
		{1592590337u,
		 2,
		 "fabe6d6d9a7c922072d4fd0f7a8e966b6f3d0578196d3dfefa041790feee201a251dd"
		 "d64020000000100ed5e",
		 2,
		 {{1,
		   "172b45fd9940c393f1472f699386155d02ccf470f9b0f8dd5465c89e4120d560"},
		  {90, "d0d157a049a2f421c16910e7de348eafc90565ddee784bc31fa5ae6ad1af579"
			   "3"}}},
		{1592590338u,
		 4,
		 "fabe6d6d5cb4db282f37cc7f3f8caf0ef34e3bc2e492e3cc6f20bda6916415df1d654"
		 "0c9040000000200ed5e",
		 3,
		 {{1,
		   "8b65ef511a1cd34341cc5da2d8376bbcae4c27c0917665e773d76092831e5fd3"},
		  {90,
		   "b68f5ad50af6dfa9dc3cec9fad1b73dc031df77cea28d3510fed87671751366c"},
		  {16, "bbe03df2d569127c1b870c1a990cf7020eee63ec1328ebede14aca6dd7d26fb"
			   "b"}}},
	};

	for (size_t i = 0; i < lengthof(rows); i++)
	{
		AuxLeaf leaves[3];
		AuxTree tree;
		uint8_t commitment[AUX_COMMITMENT_BYTES];

		for (size_t j = 0; j < rows[i].count; j++)
		{
			leaves[j].chain_id = rows[i].children[j].chain_id;
			unhex_reversed(rows[i].children[j].hash, leaves[j].hash);
		}
		assert_int_equal(
			aux_tree_build(&tree, leaves, rows[i].count, rows[i].nonce), 0);
		assert_int_equal(1 << tree.height, rows[i].size);
		aux_commitment(&tree, commitment);
		assert_bytes_are(commitment, rows[i].commitment);
	}
}

/* The ids of the chains that are mined under Litecoin and Bitcoin. */
TEST(the_tree_is_the_smallest_that_tells_the_ids_apart)
{
	static const struct
	{
		int height;
		size_t count;
		uint32_t ids[8];
	} rows[] = {
		{0, 0, {0}},
		{0, 1, {98}},
		{1, 2, {98, 63}},
		{2, 3, {98, 63, 16}},
		{3, 4, {98, 63, 16, 8211}},
		{5, 8, {98, 63, 16, 8211, 8224, 74, 50, 168}},
		{1, 2, {1, 8228}},
		{3, 4, {1, 16, 90, 8228}},
		{4, 5, {1, 16, 90, 8228, 1224}},
		{16, 2, {0, 32768}},
	};

	for (size_t i = 0; i < lengthof(rows); i++)
	{
		AuxLeaf leaves[8] = {0};
		AuxTree tree;

		for (size_t j = 0; j < rows[i].count; j++)
			leaves[j].chain_id = rows[i].ids[j];
		assert_int_equal(
			aux_tree_build(&tree, leaves, rows[i].count, 0xdeadbeef), 0);
		assert_int_equal(tree.height, rows[i].height);
		for (size_t j = 0; j < rows[i].count; j++)
			for (size_t k = 0; k < j; k++)
				assert_int_not_equal(leaves[j].slot, leaves[k].slot);
	}
}

TEST(an_id_that_comes_twice_is_named)
{
	AuxLeaf leaves[] = {{.chain_id = 90}, {.chain_id = 1}, {.chain_id = 90}};
	AuxTree tree;

	assert_int_equal(aux_tree_build(&tree, leaves, 3, 0), 3);
	assert_int_equal(aux_tree_build(&tree, leaves, 2, 0), 0);
}

/* The root by hashing every leaf, empty ones too. */
static void
plain_root(const AuxTree *tree, uint8_t root[32])
{
	size_t size = (size_t) 1 << tree->height;
	uint8_t(*nodes)[32] = calloc(size, 32);

	for (size_t i = 0; i < tree->count; i++)
		memcpy(nodes[tree->leaves[i].slot], tree->leaves[i].hash, 32);
	for (; size > 1; size /= 2)
		for (size_t i = 0; i < size; i += 2)
			sha256d_pair(nodes[i], nodes[i + 1], nodes[i / 2]);
	memcpy(root, nodes[0], 32);
	free(nodes);
}

TEST(roots_and_branches_agree_with_a_plain_tree)
{
	static const uint32_t ids[] = {98, 63, 16, 8211, 8224, 74, 50, 168, 40000};
	AuxLeaf leaves[lengthof(ids)];

	for (size_t i = 0; i < lengthof(ids); i++)
	{
		leaves[i].chain_id = ids[i];
		random_bytes(leaves[i].hash, 32);
	}
	for (size_t count = 1; count <= lengthof(ids); count++)
	{
		AuxTree tree;
		uint8_t expected[32];

		assert_int_equal(
			aux_tree_build(&tree, leaves, count, (uint32_t) count * 7919), 0);
		plain_root(&tree, expected);
		assert_memory_equal(tree.root, expected, 32);
		for (size_t i = 0; i < count; i++)
		{
			uint8_t branch[AUX_TREE_HEIGHT_MAX][32];
			uint8_t node[32];

			aux_tree_branch(&tree, leaves[i].slot, branch);
			memcpy(node, leaves[i].hash, 32);
			for (int h = 0; h < tree.height; h++)
				if ((leaves[i].slot >> h) & 1)
					sha256d_pair(branch[h], node, node);
				else
					sha256d_pair(node, branch[h], node);
			assert_memory_equal(node, expected, 32);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_are_those_computed_elsewhere),
		cmocka_unit_test(
			commitments_are_those_that_nodes_of_all_children_accepted),
		cmocka_unit_test(the_tree_is_the_smallest_that_tells_the_ids_apart),
		cmocka_unit_test(an_id_that_comes_twice_is_named),
		cmocka_unit_test(roots_and_branches_agree_with_a_plain_tree),
	};

	return cmocka_run_group_tests_name("aux_tree", tests, NULL, NULL);
}
