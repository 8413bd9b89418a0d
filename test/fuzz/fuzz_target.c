/*
 * fuzz_target.c
 *	  Compact bits, targets and difficulties of any bytes: round trips, order,
 *	  and agreement to a double's precision.
 */
#include "fuzz.h"

#include <float.h>
#include <math.h>

#include "chain/target.h"

/* difficulty 1's shift leaves difficulties in this range their precision */
#define DIFFICULTY_MIN 0x1p-10
#define DIFFICULTY_MAX 0x1p150

static bool
is_zero(const Uint256 *value)
{
	return (value->limb[0] | value->limb[1] | value->limb[2] |
			value->limb[3]) == 0;
}

/* Any compact bits that name a target come to canonical ones of the same. */
static void
check_nbits(uint32_t nbits)
{
	Uint256 target, again;

	if (!target_from_nbits(nbits, &target))
	{
		CHECK(is_zero(&target));
		return;
	}
	CHECK(!is_zero(&target));
	CHECK(target_from_nbits(target_to_nbits(&target), &again));
	CHECK(uint256_compare(&target, &again) == 0);
	CHECK(target_to_nbits(&again) == target_to_nbits(&target));
}

/* Compact bits of any number round it down, by less than 2^-15 of it. */
static void
check_number(const Uint256 *value)
{
	uint32_t nbits = target_to_nbits(value);
	double number = uint256_to_double(value);
	uint8_t bytes[32];
	Uint256 other;

	uint256_to_le(value, bytes);
	other = uint256_from_le(bytes);
	CHECK(uint256_compare(&other, value) == 0);

	CHECK((nbits & 0x00800000) == 0);
	if (is_zero(value))
	{
		CHECK(nbits == 0 && number == 0);
		CHECK(isinf(difficulty_of(value, 32)));
		return;
	}
	CHECK(target_from_nbits(nbits, &other));
	CHECK(uint256_compare(&other, value) <= 0);
	CHECK(uint256_to_double(&other) >= number * (1 - 0x1p-15));
	CHECK(difficulty_of(value, 32) > 0);
	CHECK(difficulty_of(&other, 32) >= difficulty_of(value, 32));
}

static void
check_difficulty(double difficulty, int bits)
{
	Uint256 target, harder;
	double back;

	if (!isfinite(difficulty) || difficulty <= 0)
		return;
	target_from_difficulty(difficulty, bits, &target);

	/* the next double asks for at least as much */
	if (difficulty < DBL_MAX)
	{
		target_from_difficulty(nextafter(difficulty, DBL_MAX), bits, &harder);
		CHECK(uint256_compare(&harder, &target) <= 0);
	}
	if (difficulty < DIFFICULTY_MIN || difficulty > DIFFICULTY_MAX)
		return;
	back = difficulty_of(&target, bits);
	CHECK(fabs(back / difficulty - 1) <= 0x1p-51);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput input = {data, size};
	uint64_t word = fuzz_take(&input, 8);
	Uint256 value;
	double difficulty;

	memcpy(&difficulty, &word, sizeof(difficulty));
	check_difficulty(difficulty, 16);
	check_difficulty(difficulty, 32);
	check_nbits((uint32_t) word);
	for (int i = 0; i < 4; i++)
		value.limb[i] = fuzz_take(&input, 8);
	check_number(&value);
	return 0;
}
