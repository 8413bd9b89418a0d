/*
 * work.c
 *	  The work of a share as an integer, and its decay with age.
 *
 * Uses integers only, which give the same bits on every machine and with every
 * compiler; exp() of a C library does not promise that.
 */
#include "accounting/work.h"

#include <float.h>
#include <math.h>

/* 1 / ln 2 minus its leading 1, in units of 2^-64, rounded to nearest */
#define LOG2_E_FRACTION UINT64_C(0x71547652b82fe177)

/* e^-45 is below 2^-64 */
#define AGES_THAT_COUNT 45

/* 2^(-2^-j) for j = 1 to 64, in units of 2^-64, rounded to nearest */
static const uint64_t halvings[64] = {
	UINT64_C(0xb504f333f9de6484), UINT64_C(0xd744fccad69d6af4),
	UINT64_C(0xeac0c6e7dd24392f), UINT64_C(0xf5257d152486cc2c),
	UINT64_C(0xfa83b2db722a033a), UINT64_C(0xfd3e0c0cf486c175),
	UINT64_C(0xfe9e115c7b8f884c), UINT64_C(0xff4ecb59511ec8a5),
	UINT64_C(0xffa756521c8daed2), UINT64_C(0xffd3a751c0f7e10c),
	UINT64_C(0xffe9d2b2f7db2756), UINT64_C(0xfff4e91bff1b8c3e),
	UINT64_C(0xfffa747ea0040664), UINT64_C(0xfffd3a3b7814eb54),
	UINT64_C(0xfffe9d1cc60ddab1), UINT64_C(0xffff4e8e25879bfa),
	UINT64_C(0xffffa7470363f451), UINT64_C(0xffffd3a37dda0313),
	UINT64_C(0xffffe9d1bdf703af), UINT64_C(0xfffff4e8debe025e),
	UINT64_C(0xfffffa746f4fa150), UINT64_C(0xfffffd3a37a3f8b0),
	UINT64_C(0xfffffe9d1bd1065a), UINT64_C(0xffffff4e8de845ae),
	UINT64_C(0xffffffa746f41377), UINT64_C(0xffffffd3a37a05e4),
	UINT64_C(0xffffffe9d1bd01fc), UINT64_C(0xfffffff4e8de80c0),
	UINT64_C(0xfffffffa746f4051), UINT64_C(0xfffffffd3a37a025),
	UINT64_C(0xfffffffe9d1bd011), UINT64_C(0xffffffff4e8de808),
	UINT64_C(0xffffffffa746f404), UINT64_C(0xffffffffd3a37a02),
	UINT64_C(0xffffffffe9d1bd01), UINT64_C(0xfffffffff4e8de81),
	UINT64_C(0xfffffffffa746f40), UINT64_C(0xfffffffffd3a37a0),
	UINT64_C(0xfffffffffe9d1bd0), UINT64_C(0xffffffffff4e8de8),
	UINT64_C(0xffffffffffa746f4), UINT64_C(0xffffffffffd3a37a),
	UINT64_C(0xffffffffffe9d1bd), UINT64_C(0xfffffffffff4e8df),
	UINT64_C(0xfffffffffffa746f), UINT64_C(0xfffffffffffd3a38),
	UINT64_C(0xfffffffffffe9d1c), UINT64_C(0xffffffffffff4e8e),
	UINT64_C(0xffffffffffffa747), UINT64_C(0xffffffffffffd3a3),
	UINT64_C(0xffffffffffffe9d2), UINT64_C(0xfffffffffffff4e9),
	UINT64_C(0xfffffffffffffa74), UINT64_C(0xfffffffffffffd3a),
	UINT64_C(0xfffffffffffffe9d), UINT64_C(0xffffffffffffff4f),
	UINT64_C(0xffffffffffffffa7), UINT64_C(0xffffffffffffffd4),
	UINT64_C(0xffffffffffffffea), UINT64_C(0xfffffffffffffff5),
	UINT64_C(0xfffffffffffffffa), UINT64_C(0xfffffffffffffffd),
	UINT64_C(0xffffffffffffffff), UINT64_C(0xffffffffffffffff),
};

bool
work_of(double difficulty, Uint128 *work)
{
	Uint128 mantissa;
	int exponent;
	int shift;

	if (!(difficulty >= 0 && difficulty < ldexp(1, WORK_UNIT_BITS)))
		return false;

	/* difficulty = mantissa * 2^(exponent - DBL_MANT_DIG) */
	mantissa = (Uint128) ldexp(frexp(difficulty, &exponent), DBL_MANT_DIG);
	shift = exponent - DBL_MANT_DIG + WORK_UNIT_BITS;
	if (shift >= 0)
		*work = mantissa << shift;
	else if (-shift > DBL_MANT_DIG + 1)
		*work = 0;
	else
	{
		Uint128 half = (Uint128) 1 << (-shift - 1);
		Uint128 rest = mantissa & (2 * half - 1);

		*work = mantissa >> -shift;
		if (rest > half || (rest == half && (*work & 1) != 0))
			*work += 1;
	}
	return true;
}

/*
 * exp(-age / constant) is 2^-y with y = age / (constant * ln 2), which is the
 * product of the halvings selected by the bits of y.  Each of up to 64 factors
 * has an error of at most 2^-65, and each product is truncated by less than
 * 2^-64; y is truncated by less than 2^-64 and has an error of 45 * 2^-65 from
 * that of log2(e).
 */
Uint128
work_decay(uint64_t age, uint64_t constant)
{
	const Uint128 log2_e = (Uint128) 1 << 64 | LOG2_E_FRACTION;
	Uint128 factor = (Uint128) 1 << 64;
	Uint128 exponent;
	uint64_t fraction;

	if (age / constant >= AGES_THAT_COUNT)
		return 0;
	exponent = age * log2_e / constant;
	fraction = (uint64_t) exponent;
	for (int j = 0; j < 64; j++)
		if ((fraction >> (63 - j) & 1) != 0)
			factor = factor * halvings[j] >> 64;
	return factor >> (int) (exponent >> 64);
}
