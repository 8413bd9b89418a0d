/*
 * target.c
 *	  Compact bits, 256-bit targets and difficulties.
 *
 * A double is m * 2^e with an integer m below 2^53, so the target of a
 * difficulty is a shifted integer divided by m, without rounding.
 */
#include "chain/target.h"

#include <float.h>
#include <math.h>

#include "byte_order.h"

/* difficulty 1 is this, shifted left by 240 minus the algorithm's bits */
#define DIFFICULTY1_MANTISSA	  0xFFFF
#define DIFFICULTY1_MANTISSA_BITS 16
#define DIFFICULTY1_SHIFT		  240

/* compact bits: a byte of size, a sign, 23 bits of mantissa */
#define COMPACT_SIGN	 0x00800000
#define COMPACT_MANTISSA 0x007fffff

__extension__ typedef unsigned __int128 uint128;

Uint256
uint256_from_le(const uint8_t bytes[32])
{
	Uint256 value;

	for (int i = 0; i < 4; i++)
		value.limb[i] = load_le64(bytes + 8 * i);
	return value;
}

void
uint256_to_le(const Uint256 *value, uint8_t bytes[32])
{
	for (int i = 0; i < 4; i++)
		store_le64(bytes + 8 * i, value->limb[i]);
}

int
uint256_compare(const Uint256 *a, const Uint256 *b)
{
	for (int i = 3; i >= 0; i--)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i] ? -1 : 1;
	return 0;
}

/* The position of the highest bit set, counted from 1; 0 for zero. */
static int
bit_length(const Uint256 *value)
{
	for (int i = 3; i >= 0; i--)
		if (value->limb[i] != 0)
			return 64 * (i + 1) - __builtin_clzll(value->limb[i]);
	return 0;
}

/* The 64 bits from bit 'shift' on. */
static uint64_t
bits_from(const Uint256 *value, int shift)
{
	int limb = shift / 64;
	int bit = shift % 64;
	uint64_t bits = value->limb[limb] >> bit;

	if (bit > 0 && limb < 3)
		bits |= value->limb[limb + 1] << (64 - bit);
	return bits;
}

/* Is any bit below bit 'shift' set? */
static bool
any_bit_below(const Uint256 *value, int shift)
{
	int limb = shift / 64;
	int bit = shift % 64;

	for (int i = 0; i < limb; i++)
		if (value->limb[i] != 0)
			return true;
	return bit > 0 && (value->limb[limb] << (64 - bit)) != 0;
}

double
uint256_to_double(const Uint256 *value)
{
	int shift = bit_length(value) - 64;
	uint64_t top;

	if (shift <= 0)
		return (double) value->limb[0];

	/*
	 * The conversion of the highest 64 bits rounds off the eleven that do not
	 * fit in a double.  The bits below matter only for a tie; setting the
	 * lowest bit breaks it.
	 */
	top = bits_from(value, shift);
	if (any_bit_below(value, shift))
		top |= 1;
	return ldexp((double) top, shift);
}

bool
target_from_nbits(uint32_t nbits, Uint256 *target)
{
	int size = (int) (nbits >> 24);
	uint32_t mantissa = nbits & COMPACT_MANTISSA;
	int shift = 8 * (size - 3);

	*target = (Uint256){{0}};

	/* a small size cuts off bytes of the mantissa */
	if (shift < 0)
	{
		mantissa >>= -shift;
		shift = 0;
	}
	if (mantissa == 0 || (nbits & COMPACT_SIGN) != 0)
		return false;
	if (shift + 32 - __builtin_clz(mantissa) > 256)
		return false;

	target->limb[shift / 64] = (uint64_t) mantissa << shift % 64;
	if (shift % 64 > 0 && shift / 64 < 3)
		target->limb[shift / 64 + 1] = (uint64_t) mantissa >> (64 - shift % 64);
	return true;
}

uint32_t
target_to_nbits(const Uint256 *target)
{
	uint32_t size = (uint32_t) (bit_length(target) + 7) / 8;
	uint32_t mantissa;

	if (size <= 3)
		mantissa = (uint32_t) target->limb[0] << (8 * (3 - size));
	else
		mantissa = (uint32_t) bits_from(target, 8 * (int) (size - 3));
	mantissa &= COMPACT_SIGN | COMPACT_MANTISSA;

	/* a mantissa that would read as negative moves down a byte */
	if (mantissa & COMPACT_SIGN)
	{
		mantissa >>= 8;
		size++;
	}
	return size << 24 | mantissa;
}

/* enough limbs for a quotient of 256 bits and a divisor of 53 */
#define DIVIDEND_LIMBS 6
#define DIVIDEND_BITS  (64 * DIVIDEND_LIMBS)

/* Divide in place, limb by limb from the top. */
static void
divide_limbs(uint64_t limbs[DIVIDEND_LIMBS], uint64_t divisor)
{
	uint64_t remainder = 0;

	for (int i = DIVIDEND_LIMBS - 1; i >= 0; i--)
	{
		uint128 part = (uint128) remainder << 64 | limbs[i];

		limbs[i] = (uint64_t) (part / divisor);
		remainder = (uint64_t) (part % divisor);
	}
}

void
target_from_difficulty(double difficulty, int difficulty1_bits, Uint256 *target)
{
	static const Uint256 largest = {
		{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
	uint64_t limbs[DIVIDEND_LIMBS] = {0};
	uint64_t divisor;
	int exponent;
	int shift;

	/* difficulty = divisor * 2^(exponent - DBL_MANT_DIG) */
	divisor = (uint64_t) ldexp(frexp(difficulty, &exponent), DBL_MANT_DIG);
	shift = DIFFICULTY1_SHIFT - difficulty1_bits - exponent + DBL_MANT_DIG;

	/* the divisor has 53 bits, so these results are below 1 or above 2^256 */
	if (shift < 0)
	{
		*target = (Uint256){{0}};
		return;
	}
	if (shift + DIFFICULTY1_MANTISSA_BITS > DIVIDEND_BITS)
	{
		*target = largest;
		return;
	}

	limbs[shift / 64] = (uint64_t) DIFFICULTY1_MANTISSA << shift % 64;
	if (shift % 64 > 64 - DIFFICULTY1_MANTISSA_BITS)
		limbs[shift / 64 + 1] = DIFFICULTY1_MANTISSA >> (64 - shift % 64);
	divide_limbs(limbs, divisor);

	if (limbs[4] != 0 || limbs[5] != 0)
		*target = largest;
	else
		memcpy(target->limb, limbs, sizeof(target->limb));
}

double
difficulty_of(const Uint256 *value, int difficulty1_bits)
{
	double difficulty1 =
		ldexp(DIFFICULTY1_MANTISSA, DIFFICULTY1_SHIFT - difficulty1_bits);

	if (bit_length(value) == 0)
		return INFINITY;
	return difficulty1 / uint256_to_double(value);
}
