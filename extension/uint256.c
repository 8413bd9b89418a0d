/*
 * uint256.c
 *	  Arithmetic on 256-bit naturals.
 */
#include "uint256.h"

#include <string.h>

#define LIMBS 4

/* the largest power of ten in a limb, and its zeros */
#define DECIMAL_CHUNK		 UINT64_C(10000000000000000000)
#define DECIMAL_CHUNK_DIGITS 19

Uint256
uint256_from_uint128(Uint128 value)
{
	return (Uint256){{(uint64_t) value, (uint64_t) (value >> 64)}};
}

bool
uint256_is_zero(const Uint256 *value)
{
	return (value->limb[0] | value->limb[1] | value->limb[2] |
			value->limb[3]) == 0;
}

bool
uint256_is_below(const Uint256 *value, int bits)
{
	for (int i = LIMBS - 1; i >= 0; i--)
	{
		int above = bits - 64 * i;

		if (above <= 0 && value->limb[i] != 0)
			return false;
		if (above > 0 && above < 64 && value->limb[i] >> above != 0)
			return false;
	}
	return true;
}

bool
uint256_add(Uint256 *sum, const Uint256 *more)
{
	Uint128 carry = 0;

	for (int i = 0; i < LIMBS; i++)
	{
		carry += (Uint128) sum->limb[i] + more->limb[i];
		sum->limb[i] = (uint64_t) carry;
		carry >>= 64;
	}
	return carry == 0;
}

void
uint256_subtract(Uint256 *from, const Uint256 *less)
{
	uint64_t borrow = 0;

	for (int i = 0; i < LIMBS; i++)
	{
		Uint128 take = (Uint128) less->limb[i] + borrow;

		borrow = from->limb[i] < take;
		from->limb[i] -= (uint64_t) take;
	}
}

bool
uint256_multiply(Uint256 *value, uint64_t factor, uint64_t addend)
{
	uint64_t carry = addend;

	for (int i = 0; i < LIMBS; i++)
	{
		Uint128 part = (Uint128) value->limb[i] * factor + carry;

		value->limb[i] = (uint64_t) part;
		carry = (uint64_t) (part >> 64);
	}
	return carry == 0;
}

Uint256
uint256_product(Uint128 a, Uint128 b)
{
	Uint256 low = uint256_from_uint128(a);
	Uint256 high = uint256_from_uint128(a);

	/* a * b = a * (low limb of b) + a * (high limb of b) * 2^64 */
	uint256_multiply(&low, (uint64_t) b, 0);
	uint256_multiply(&high, (uint64_t) (b >> 64), 0);
	high = (Uint256){{0, high.limb[0], high.limb[1], high.limb[2]}};
	uint256_add(&low, &high);
	return low;
}

static void
double_up(Uint256 *value)
{
	for (int i = LIMBS - 1; i > 0; i--)
		value->limb[i] = value->limb[i] << 1 | value->limb[i - 1] >> 63;
	value->limb[0] <<= 1;
}

/*
 * Uses Horner's rule over the bits of the amount, so that the product, up to
 * 384 bits long, is never formed.  After each bit, the amount so far * weight
 * equals quotient * total + remainder, with the remainder below total.
 */
Uint128
uint256_part(Uint128 amount, const Uint256 *weight, const Uint256 *total,
			 Uint256 *remainder)
{
	Uint128 quotient = 0;
	int bit = 127;

	*remainder = (Uint256){{0}};
	while (bit >= 0 && (amount >> bit) == 0)
		bit--;
	for (; bit >= 0; bit--)
	{
		double_up(remainder);
		quotient <<= 1;
		if ((amount >> bit & 1) != 0)
			uint256_add(remainder, weight);

		/* it is below 3 * total now */
		while (uint256_compare(remainder, total) >= 0)
		{
			uint256_subtract(remainder, total);
			quotient++;
		}
	}
	return quotient;
}

/* Divide in place; returns the remainder. */
static uint64_t
divide(Uint256 *value, uint64_t divisor)
{
	uint64_t remainder = 0;

	for (int i = LIMBS - 1; i >= 0; i--)
	{
		Uint128 part = (Uint128) remainder << 64 | value->limb[i];

		value->limb[i] = (uint64_t) (part / divisor);
		remainder = (uint64_t) (part % divisor);
	}
	return remainder;
}

void
uint256_to_decimal(const Uint256 *value, char out[UINT256_DECIMAL_BYTES])
{
	char digits[5 * DECIMAL_CHUNK_DIGITS];
	char *at = digits + sizeof(digits);
	Uint256 left = *value;
	size_t length;

	/* from the last digit to the first, zeros ahead included */
	while (at > digits)
	{
		uint64_t chunk = divide(&left, DECIMAL_CHUNK);

		for (int i = 0; i < DECIMAL_CHUNK_DIGITS; i++)
		{
			*--at = (char) ('0' + chunk % 10);
			chunk /= 10;
		}
	}
	while (at < digits + sizeof(digits) - 1 && *at == '0')
		at++;
	length = (size_t) (digits + sizeof(digits) - at);
	memcpy(out, at, length);
	out[length] = '\0';
}
