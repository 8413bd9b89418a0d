/*
 * test_target.c
 *	  256-bit numbers, compact bits and difficulties: Bitcoin Core's cases, real
 *	  blocks, exact rationals, and the definitions themselves by long
 *	  multiplication.
 */
#include "unit.h"

#include <float.h>
#include <math.h>

#include "byte_order.h"
#include "chain/target.h"
#include "pow/pow.h"

/* how many random inputs a property is tried on */
#define ROUNDS 20000

#define SHA256D_BITS 32
#define SCRYPT_BITS	 16

static Uint256
read_number(const char *hex)
{
	uint8_t bytes[32];

	unhex_reversed(hex, bytes);
	return uint256_from_le(bytes);
}

static void
assert_number_reads(const Uint256 *value, const char *hex)
{
	uint8_t bytes[32];

	uint256_to_le(value, bytes);
	assert_hash_reads(bytes, hex);
}

/* A number of any length, so that short ones are tried as well. */
static Uint256
random_number(void)
{
	uint8_t bytes[32] = {0};

	random_bytes(bytes, random_word() % 33);
	return uint256_from_le(bytes);
}

TEST(bytes_are_little_endian)
{
	uint8_t bytes[32], back[32];
	Uint256 value;

	for (int i = 0; i < 32; i++)
		bytes[i] = (uint8_t) (i + 1);
	value = uint256_from_le(bytes);
	assert_true(value.limb[0] == 0x0807060504030201);
	assert_true(value.limb[3] == 0x201f1e1d1c1b1a19);
	uint256_to_le(&value, back);
	assert_memory_equal(back, bytes, 32);
}

TEST(comparison_looks_at_the_highest_difference)
{
	for (int limb = 0; limb < 4; limb++)
	{
		Uint256 small = {{5, 5, 5, 5}};
		Uint256 large = {{5, 5, 5, 5}};

		large.limb[limb]++;
		for (int i = 0; i < limb; i++)
			small.limb[i] = UINT64_MAX;
		assert_int_equal(uint256_compare(&small, &large), -1);
		assert_int_equal(uint256_compare(&large, &small), 1);
		assert_int_equal(uint256_compare(&large, &large), 0);
	}
}

TEST(comparison_is_unsigned)
{
	Uint256 small = {{0, 0, 0, 1}};
	Uint256 large = {{0, 0, 0, UINT64_MAX}};

	assert_int_equal(uint256_compare(&small, &large), -1);
}

typedef struct DoubleVector
{
	const char *value;
	double nearest;
} DoubleVector;

/* Python's float(int), which rounds half to even */
TEST(conversion_to_double_rounds_half_to_even)
{
	static const DoubleVector vectors[] = {
		{"0000000000000000000000000000000000000000000000000000000000000000",
		 0x0p+0},
		{"0000000000000000000000000000000000000000000000000000000000000001",
		 0x1p+0},
		{"000000000000000000000000000000000000000000000000001fffffffffffff",
		 0x1.fffffffffffffp+52},
		{"0000000000000000000000000000000000000000000000000020000000000000",
		 0x1p+53},
		{"0000000000000000000000000000000000000000000000000020000000000001",
		 0x1p+53},
		{"0000000000000000000000000000000000000000000000000020000000000002",
		 0x1.0000000000001p+53},
		{"0000000000000000000000000000000000000000000000000020000000000003",
		 0x1.0000000000002p+53},
		{"000000000000000000000000000000000000000000000000ffffffffffffffff",
		 0x1p+64},
		{"0000000000000000000000000000000000000000000000010000000000000000",
		 0x1p+64},
		{"0000000000000000000000000000000000000000000000010000000000000800",
		 0x1p+64},
		{"0000000000000000000000000000000000000000000000010000000000000801",
		 0x1.0000000000001p+64},
		{"0000000000000000000000000000000000000000000000010000000000001800",
		 0x1.0000000000002p+64},
		{"00000000000000000000000000000000000000000000000100000000000017ff",
		 0x1.0000000000001p+64},
		{"0000000000000000000000000000000000000000000000010000000000003800",
		 0x1.0000000000004p+64},
		{"0000000000000000000000000000000000200000000000010000000000000000",
		 0x1p+117},
		{"0000000000000000000000000000000000200000000000010000000000000001",
		 0x1.0000000000001p+117},
		{"000000000000000000000000000000000020000000000000ffffffffffffffff",
		 0x1p+117},
		{"0000000000000000000000000000000000200000000000030000000000000000",
		 0x1.0000000000002p+117},
		{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		 0x1p+256},
		{"8000000000000000000000000000000000000000000000000000000000000000",
		 0x1p+255},
		{"8000000000000400000000000000000000000000000000000000000000000000",
		 0x1p+255},
		{"8000000000000400000000000000000000000000000000000000000000000001",
		 0x1.0000000000001p+255},
		{"80000000000003ffffffffffffffffffffffffffffffffffffffffffffffffff",
		 0x1p+255},
		{"8000000000000c00000000000000000000000000000000000000000000000000",
		 0x1.0000000000002p+255},
		{"fffffffffffffc00000000000000000000000000000000000000000000000000",
		 0x1p+256},
		{"fffffffffffffbffffffffffffffffffffffffffffffffffffffffffffffffff",
		 0x1.fffffffffffffp+255},
		{"00000000ffff0000000000000000000000000000000000000000000000000000",
		 0x1.fffep+223},
	};

	for (size_t i = 0; i < lengthof(vectors); i++)
	{
		Uint256 value = read_number(vectors[i].value);

		assert_true(uint256_to_double(&value) == vectors[i].nearest);
	}
}

/* no double lies between a number and the one it is converted to */
TEST(conversion_to_double_is_the_nearest_of_random_numbers)
{
	for (int round = 0; round < ROUNDS; round++)
	{
		Uint256 value = random_number();
		double result = uint256_to_double(&value);
		/* the limbs are doubles times powers of two, except for rounding */
		long double sum = 0;

		for (int i = 3; i >= 0; i--)
			sum += ldexpl((long double) value.limb[i], 64 * i);
		/* sum has 64 bits: within 2^-62 of the number */
		assert_true(fabsl(result - sum) <= sum * (0x1p-53L + 0x1p-61L));
	}
}

typedef struct CompactVector
{
	uint32_t nbits;
	const char *target; /* NULL if no header can meet it */
	uint32_t back;
} CompactVector;

/* Bitcoin Core: src/test/arith_uint256_tests.cpp, bignum_SetCompact */
TEST(compact_bits_are_as_in_bitcoin_core_s_tests)
{
	static const CompactVector vectors[] = {
		{0x01123456,
		 "0000000000000000000000000000000000000000000000000000000000000012",
		 0x01120000},
		{0x02123456,
		 "0000000000000000000000000000000000000000000000000000000000001234",
		 0x02123400},
		{0x03123456,
		 "0000000000000000000000000000000000000000000000000000000000123456",
		 0x03123456},
		{0x04123456,
		 "0000000000000000000000000000000000000000000000000000000012345600",
		 0x04123456},
		{0x05009234,
		 "0000000000000000000000000000000000000000000000000000000092340000",
		 0x05009234},
		{0x20123456,
		 "1234560000000000000000000000000000000000000000000000000000000000",
		 0x20123456},
	};

	for (size_t i = 0; i < lengthof(vectors); i++)
	{
		Uint256 target;

		assert_true(target_from_nbits(vectors[i].nbits, &target));
		assert_number_reads(&target, vectors[i].target);
		assert_int_equal(target_to_nbits(&target), vectors[i].back);
	}
}

/* the same file: zero, negative or overflowing */
TEST(compact_bits_of_no_target_are_refused_and_give_zero)
{
	static const uint32_t none[] = {
		0x00000000, 0x00123456, 0x01003456, 0x02000056, 0x03000000,
		0x04000000, 0x00923456, 0x01803456, 0x02800056, 0x03800000,
		0x04800000, 0x01fedcba, 0x04923456, 0xff123456,
	};

	for (size_t i = 0; i < lengthof(none); i++)
	{
		Uint256 target = {{1, 2, 3, 4}};

		assert_false(target_from_nbits(none[i], &target));
		assert_true((target.limb[0] | target.limb[1] | target.limb[2] |
					 target.limb[3]) == 0);
	}
}

/* the same file: 0x80 must not read as a sign */
TEST(a_mantissa_never_has_its_top_bit_set)
{
	Uint256 target = {{0x80, 0, 0, 0}};

	assert_int_equal(target_to_nbits(&target), 0x02008000);
	target.limb[0] = 0x8000;
	assert_int_equal(target_to_nbits(&target), 0x03008000);
	target.limb[0] = 0x800000;
	assert_int_equal(target_to_nbits(&target), 0x04008000);
	target = (Uint256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
	assert_int_equal(target_to_nbits(&target), 0x2100ffff);
	target = (Uint256){{0}};
	assert_int_equal(target_to_nbits(&target), 0);
}

/* arith_uint256::SetCompact: sizes 33 and 34 hold what fits in 256 bits */
TEST(compact_bits_overflow_only_past_256_bits)
{
	Uint256 target;

	assert_true(target_from_nbits(0x207fffff, &target));
	assert_true(target_from_nbits(0x2100ffff, &target));
	assert_true(target.limb[3] == 0xffff000000000000);
	assert_false(target_from_nbits(0x21010000, &target));
	assert_true(target_from_nbits(0x220000ff, &target));
	assert_true(target.limb[3] == 0xff00000000000000);
	assert_false(target_from_nbits(0x22000100, &target));
	assert_false(target_from_nbits(0x23000001, &target));
}

/* chainparams.cpp of Bitcoin and Litecoin: powLimit and genesis nbits */
TEST(compact_bits_of_known_networks_are_their_limits)
{
	static const CompactVector vectors[] = {
		/* Bitcoin, main and test */
		{0x1d00ffff,
		 "00000000ffff0000000000000000000000000000000000000000000000000000",
		 0x1d00ffff},
		/* Bitcoin and Litecoin, regtest */
		{0x207fffff,
		 "7fffff0000000000000000000000000000000000000000000000000000000000",
		 0x207fffff},
		/* Bitcoin, signet */
		{0x1e0377ae,
		 "00000377ae000000000000000000000000000000000000000000000000000000",
		 0x1e0377ae},
		/* Litecoin, main and test */
		{0x1e0ffff0,
		 "00000ffff0000000000000000000000000000000000000000000000000000000",
		 0x1e0ffff0},
		/* Bitcoin, block 100,000 */
		{0x1b04864c,
		 "000000000004864c000000000000000000000000000000000000000000000000",
		 0x1b04864c},
	};

	for (size_t i = 0; i < lengthof(vectors); i++)
	{
		Uint256 target;

		assert_true(target_from_nbits(vectors[i].nbits, &target));
		assert_number_reads(&target, vectors[i].target);
		assert_int_equal(target_to_nbits(&target), vectors[i].back);
	}
}

TEST(compact_bits_round_a_target_down_and_then_stay)
{
	for (int round = 0; round < ROUNDS; round++)
	{
		Uint256 value = random_number();
		uint32_t nbits = target_to_nbits(&value);
		Uint256 target;

		assert_int_equal(nbits & 0x00800000, 0);
		if (!target_from_nbits(nbits, &target))
		{
			assert_true((value.limb[0] | value.limb[1] | value.limb[2] |
						 value.limb[3]) == 0);
			continue;
		}
		assert_true(uint256_compare(&target, &value) <= 0);
		assert_int_equal(target_to_nbits(&target), nbits);
	}
}

typedef struct ShareVector
{
	double difficulty;
	int bits;
	const char *target;
} ShareVector;

/* floor of the exact quotient, by Python's fractions */
TEST(share_targets_are_exact)
{
	static const ShareVector vectors[] = {
		{0x1p+0, 32,
		 "00000000ffff0000000000000000000000000000000000000000000000000000"},
		{0x1.0624dd2f1a9fcp-10, 32,
		 "000003e7fc17fffffffa2405dc00000008c9f735fffffff2d10d2f00000013c6"},
		{0x1.999999999999ap-4, 32,
		 "00000009fff5ffffffffd80028000000009fff5ffffffffd80028000000009ff"},
		{0x1.8p+1, 32,
		 "0000000055550000000000000000000000000000000000000000000000000000"},
		{0x1.cp+2, 32,
		 "0000000024922492492492492492492492492492492492492492492492492492"},
		{0x1p+9, 32,
		 "00000000007fff80000000000000000000000000000000000000000000000000"},
		{0x1.d1a94a2p+39, 32,
		 "00000000000000000119787e99468e32f6e0e71cef78ee034b5f8a0944d68076"},
		{0x1.d6f34547e6b4p+26, 32,
		 "0000000000000022c9e88a640267365c7674a391834506f4e9432c7a09ad5454"},
		{0x1.fffffffffffffp+1023, 32,
		 "0000000000000000000000000000000000000000000000000000000000000000"},
		{0x1p-16, 32,
		 "0000ffff00000000000000000000000000000000000000000000000000000000"},
		{0x1.0001p-16, 32,
		 "0000fffe0001fffe0001fffe0001fffe0001fffe0001fffe0001fffe0001fffe"},
		{0x1p-32, 32,
		 "ffff000000000000000000000000000000000000000000000000000000000000"},
		{0x1.0000000000001p+0, 32,
		 "00000000fffefffffffff0001000000000fffefffffffff0001000000000fffe"},
		{0x1.fffffffffffffp-1, 32,
		 "00000000ffff0000000007fff8000000003fffc000000001fffe000000000fff"},
		{0x1p-1022, 32,
		 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{0x0.0000000000001p-1022, 32,
		 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{0x1.fffep+223, 32,
		 "0000000000000000000000000000000000000000000000000000000000000001"},
		{0x1.fffep+224, 32,
		 "0000000000000000000000000000000000000000000000000000000000000000"},
		{0x1.fffe000000001p+223, 32,
		 "0000000000000000000000000000000000000000000000000000000000000000"},
		{0x1.fffep+207, 32,
		 "0000000000000000000000000000000000000000000000000000000000010000"},
		{0x1.fffep+208, 32,
		 "0000000000000000000000000000000000000000000000000000000000008000"},
		{0x1p+0, 16,
		 "0000ffff00000000000000000000000000000000000000000000000000000000"},
		{0x1.0624dd2f1a9fcp-10, 16,
		 "03e7fc17fffffffa2405dc00000008c9f735fffffff2d10d2f00000013c66c39"},
		{0x1.999999999999ap-4, 16,
		 "0009fff5ffffffffd80028000000009fff5ffffffffd80028000000009fff5ff"},
		{0x1.8p+1, 16,
		 "0000555500000000000000000000000000000000000000000000000000000000"},
		{0x1.cp+2, 16,
		 "0000249224924924924924924924924924924924924924924924924924924924"},
		{0x1p+9, 16,
		 "0000007fff800000000000000000000000000000000000000000000000000000"},
		{0x1.d1a94a2p+39, 16,
		 "0000000000000119787e99468e32f6e0e71cef78ee034b5f8a0944d680762345"},
		{0x1.d6f34547e6b4p+26, 16,
		 "000000000022c9e88a640267365c7674a391834506f4e9432c7a09ad5454c54c"},
		{0x1.fffffffffffffp+1023, 16,
		 "0000000000000000000000000000000000000000000000000000000000000000"},
		{0x1p-16, 16,
		 "ffff000000000000000000000000000000000000000000000000000000000000"},
		{0x1.0001p-16, 16,
		 "fffe0001fffe0001fffe0001fffe0001fffe0001fffe0001fffe0001fffe0001"},
		{0x1p-32, 16,
		 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{0x1.0000000000001p+0, 16,
		 "0000fffefffffffff0001000000000fffefffffffff0001000000000fffeffff"},
		{0x1.fffffffffffffp-1, 16,
		 "0000ffff0000000007fff8000000003fffc000000001fffe000000000ffff000"},
		{0x1p-1022, 16,
		 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{0x0.0000000000001p-1022, 16,
		 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{0x1.fffep+223, 16,
		 "0000000000000000000000000000000000000000000000000000000000010000"},
		{0x1.fffep+224, 16,
		 "0000000000000000000000000000000000000000000000000000000000008000"},
		{0x1.fffe000000001p+223, 16,
		 "000000000000000000000000000000000000000000000000000000000000ffff"},
		{0x1.fffep+207, 16,
		 "0000000000000000000000000000000000000000000000000000000100000000"},
		{0x1.fffep+208, 16,
		 "0000000000000000000000000000000000000000000000000000000080000000"},
	};

	for (size_t i = 0; i < lengthof(vectors); i++)
	{
		Uint256 target;

		target_from_difficulty(vectors[i].difficulty, vectors[i].bits, &target);
		assert_number_reads(&target, vectors[i].target);
	}
}

/* a number of 640 bits, for products */
typedef struct Wide
{
	uint32_t digit[20];
} Wide;

static Wide
uint256_product(const Uint256 *value, uint64_t factor)
{
	Wide product = {{0}};

	for (int i = 0; i < 8; i++)
		for (int j = 0; j < 2; j++)
		{
			uint64_t a = (uint32_t) (value->limb[i / 2] >> 32 * (i % 2));
			uint64_t b = (uint32_t) (factor >> 32 * j);
			uint64_t carry = a * b;

			for (int k = i + j; carry != 0; k++)
			{
				carry += product.digit[k];
				product.digit[k] = (uint32_t) carry;
				carry >>= 32;
			}
		}
	return product;
}

static Wide
wide_shift_left(uint64_t value, int bits)
{
	Wide shifted = {{0}};

	for (int i = 0; i < 64; i++)
		if (value >> i & 1)
			shifted.digit[(bits + i) / 32] |= (uint32_t) 1 << (bits + i) % 32;
	return shifted;
}

static int
wide_compare(const Wide *a, const Wide *b)
{
	for (int i = 19; i >= 0; i--)
		if (a->digit[i] != b->digit[i])
			return a->digit[i] < b->digit[i] ? -1 : 1;
	return 0;
}

/*
 * target * difficulty <= difficulty1 < (target + 1) * difficulty, for random
 * doubles from 2^-15 to 2^200, multiplied out.
 */
TEST(share_targets_keep_their_definition)
{
	for (int round = 0; round < ROUNDS; round++)
	{
		uint64_t mantissa = random_word() >> 11 | (uint64_t) 1 << 52;
		int exponent = (int) (random_word() % 215) - 15 - 52;
		int bits = round % 2 == 0 ? SHA256D_BITS : SCRYPT_BITS;
		Wide difficulty1, product;
		Uint256 target;

		target_from_difficulty(ldexp((double) mantissa, exponent), bits,
							   &target);
		difficulty1 = wide_shift_left(0xffff, 240 - bits - exponent);
		product = uint256_product(&target, mantissa);
		assert_true(wide_compare(&product, &difficulty1) <= 0);

		for (int i = 0; ++target.limb[i] == 0; i++)
			;
		product = uint256_product(&target, mantissa);
		assert_true(wide_compare(&product, &difficulty1) > 0);
	}
}

TEST(share_target_never_grows_with_difficulty)
{
	Uint256 last = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};

	for (double difficulty = 0x1p-80; difficulty < 0x1p300; difficulty *= 1.37)
	{
		Uint256 target;

		target_from_difficulty(difficulty, SHA256D_BITS, &target);
		assert_true(uint256_compare(&target, &last) <= 0);
		last = target;
	}
	assert_true((last.limb[0] | last.limb[1] | last.limb[2] | last.limb[3]) ==
				0);
}

TEST(share_target_of_extreme_doubles_is_all_ones_or_zero)
{
	Uint256 ones = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
	Uint256 zero = {{0}};
	Uint256 target;

	target_from_difficulty(DBL_TRUE_MIN, SHA256D_BITS, &target);
	assert_int_equal(uint256_compare(&target, &ones), 0);
	target_from_difficulty(DBL_MIN, 0, &target);
	assert_int_equal(uint256_compare(&target, &ones), 0);
	target_from_difficulty(DBL_MAX, SCRYPT_BITS, &target);
	assert_int_equal(uint256_compare(&target, &zero), 0);
	target_from_difficulty(DBL_MAX, 240, &target);
	assert_int_equal(uint256_compare(&target, &zero), 0);
}

/* every shift of the division's dividend, across its limbs */
TEST(share_target_of_powers_of_two_is_a_shift)
{
	for (int bits = 0; bits <= 40; bits++)
		for (int exponent = -40; exponent <= 250; exponent++)
		{
			int shift = 240 - bits - exponent;
			Uint256 target;
			Wide expected = {{0}};

			target_from_difficulty(ldexp(1, exponent), bits, &target);
			if (shift > 240)
				memset(expected.digit, 0xff, 32);
			else if (shift >= 0)
				expected = wide_shift_left(0xffff, shift);
			else if (shift > -16)
				expected = wide_shift_left(0xffff >> -shift, 0);
			for (int i = 0; i < 8; i++)
				assert_int_equal(
					(uint32_t) (target.limb[i / 2] >> 32 * (i % 2)),
					expected.digit[i]);
		}
}

/* block explorers: 14484.16236122... for block 100,000 */
TEST(difficulty_of_bitcoin_block_100000_is_the_published_one)
{
	Uint256 target;

	assert_true(target_from_nbits(0x1b04864c, &target));
	assert_true(fabs(difficulty_of(&target, SHA256D_BITS) - 14484.1623612254) <
				1e-9);
}

/* Bitcoin Core: src/test/blockchain_tests.cpp, GetDifficulty */
TEST(difficulties_are_as_in_bitcoin_core_s_tests)
{
	static const struct
	{
		uint32_t nbits;
		double difficulty;
	} vectors[] = {
		{0x1f111111, 0.000001},
		{0x1ef88f6f, 0.000016},
		{0x1df88f6f, 0.004023},
		{0x1cf88f6f, 1.029916},
		{0x12345678, 5913134931067755359633408.0},
	};

	for (size_t i = 0; i < lengthof(vectors); i++)
	{
		uint32_t nbits = vectors[i].nbits;
		double expected = vectors[i].difficulty;
		uint8_t bytes[32] = {0};
		Uint256 target;

		/* written out: Core takes the sign for a bit of the mantissa here */
		for (int j = 0; j < 3; j++)
			bytes[(nbits >> 24) - 3 + j] = (uint8_t) (nbits >> 8 * j);
		target = uint256_from_le(bytes);
		assert_true(fabs(difficulty_of(&target, SHA256D_BITS) - expected) <
					0.00001 + expected * 1e-15);
	}
}

TEST(difficulty_1_is_1_for_every_algorithm)
{
	const PowAlgorithm *algorithm;

	for (size_t i = 0; (algorithm = pow_at(i)) != NULL; i++)
	{
		Uint256 target;

		target_from_difficulty(1, algorithm->difficulty1_bits, &target);
		assert_true(difficulty_of(&target, algorithm->difficulty1_bits) == 1);
	}
}

/* litecoind's getdifficulty says 0.000244140625; a stratum miner counts 16 */
TEST(difficulty_of_litecoin_genesis_is_1_in_4096_or_16_shares)
{
	Uint256 target;

	assert_true(target_from_nbits(0x1e0ffff0, &target));
	assert_true(difficulty_of(&target, SHA256D_BITS) == 0.000244140625);
	assert_true(difficulty_of(&target, SCRYPT_BITS) == 16);
}

TEST(difficulty_of_zero_is_infinite_and_of_the_largest_finite)
{
	Uint256 value = {{0}};

	assert_true(isinf(difficulty_of(&value, SHA256D_BITS)));
	value.limb[0] = 1;
	assert_true(difficulty_of(&value, SHA256D_BITS) == 0xffff * 0x1p208);
	value = (Uint256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
	assert_true(difficulty_of(&value, SHA256D_BITS) == 0xffff * 0x1p-48);
}

/* a hash at its share's target is worth the share, to a double's precision */
TEST(difficulty_of_a_share_target_is_the_share_s)
{
	for (int round = 0; round < ROUNDS; round++)
	{
		double difficulty = ldexp(1 + (double) (random_word() >> 11) * 0x1p-53,
								  (int) (random_word() % 100) - 10);
		Uint256 target;

		target_from_difficulty(difficulty, SHA256D_BITS, &target);
		assert_true(fabs(difficulty_of(&target, SHA256D_BITS) / difficulty -
						 1) <= 0x1p-51);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_little_endian),
		cmocka_unit_test(comparison_looks_at_the_highest_difference),
		cmocka_unit_test(comparison_is_unsigned),
		cmocka_unit_test(conversion_to_double_rounds_half_to_even),
		cmocka_unit_test(conversion_to_double_is_the_nearest_of_random_numbers),
		cmocka_unit_test(compact_bits_are_as_in_bitcoin_core_s_tests),
		cmocka_unit_test(compact_bits_of_no_target_are_refused_and_give_zero),
		cmocka_unit_test(a_mantissa_never_has_its_top_bit_set),
		cmocka_unit_test(compact_bits_overflow_only_past_256_bits),
		cmocka_unit_test(compact_bits_of_known_networks_are_their_limits),
		cmocka_unit_test(compact_bits_round_a_target_down_and_then_stay),
		cmocka_unit_test(share_targets_are_exact),
		cmocka_unit_test(share_targets_keep_their_definition),
		cmocka_unit_test(share_target_never_grows_with_difficulty),
		cmocka_unit_test(share_target_of_extreme_doubles_is_all_ones_or_zero),
		cmocka_unit_test(share_target_of_powers_of_two_is_a_shift),
		cmocka_unit_test(
			difficulty_of_bitcoin_block_100000_is_the_published_one),
		cmocka_unit_test(difficulties_are_as_in_bitcoin_core_s_tests),
		cmocka_unit_test(difficulty_1_is_1_for_every_algorithm),
		cmocka_unit_test(
			difficulty_of_litecoin_genesis_is_1_in_4096_or_16_shares),
		cmocka_unit_test(
			difficulty_of_zero_is_infinite_and_of_the_largest_finite),
		cmocka_unit_test(difficulty_of_a_share_target_is_the_share_s),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
