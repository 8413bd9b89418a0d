/*
 * scrypt_sse2.c
 *	  scryptROMix of a single block on SSE2, which every x86-64 has.
 *
 * Salsa20's four quarter-rounds work on the matrix's diagonals, so each
 * diagonal is a vector, and between columns and rows the vectors turn.  Blocks
 * are kept in this order until the end: neither XOR nor addition minds it.
 */
#include "pow/scrypt_internal.h"

#ifdef SCRYPT_HAVE_SIMD

#include <emmintrin.h>
#include <string.h>

#define VECTORS (SCRYPT_BLOCK_WORDS / 4)

/* word i of a half, in diagonal order, is word DIAGONAL(i) of the matrix */
#define DIAGONAL(i) (5 * (i) % 16)

/* a ^= (b + c) <<< bits */
#define QUARTER_STEP(a, b, c, bits)                             \
	do                                                          \
	{                                                           \
		__m128i sum = _mm_add_epi32(b, c);                      \
                                                                \
		a = _mm_xor_si128(a, _mm_slli_epi32(sum, bits));        \
		a = _mm_xor_si128(a, _mm_srli_epi32(sum, 32 - (bits))); \
	} while (0)

#define TURN(v, by) _mm_shuffle_epi32(v, by)
#define LEFT_1		_MM_SHUFFLE(0, 3, 2, 1)
#define LEFT_2		_MM_SHUFFLE(1, 0, 3, 2)
#define LEFT_3		_MM_SHUFFLE(2, 1, 0, 3)

/* b = Salsa20/8(b ^ with) */
static inline void
xor_salsa20_8(__m128i b[4], const __m128i with[4])
{
	__m128i x0 = b[0] = _mm_xor_si128(b[0], with[0]);
	__m128i x1 = b[1] = _mm_xor_si128(b[1], with[1]);
	__m128i x2 = b[2] = _mm_xor_si128(b[2], with[2]);
	__m128i x3 = b[3] = _mm_xor_si128(b[3], with[3]);

	for (int round = 0; round < 8; round += 2)
	{
		/* columns */
		QUARTER_STEP(x1, x0, x3, 7);
		QUARTER_STEP(x2, x1, x0, 9);
		QUARTER_STEP(x3, x2, x1, 13);
		QUARTER_STEP(x0, x3, x2, 18);
		x1 = TURN(x1, LEFT_3);
		x2 = TURN(x2, LEFT_2);
		x3 = TURN(x3, LEFT_1);

		/* rows: the vectors of columns one and three have changed places */
		QUARTER_STEP(x3, x0, x1, 7);
		QUARTER_STEP(x2, x3, x0, 9);
		QUARTER_STEP(x1, x2, x3, 13);
		QUARTER_STEP(x0, x1, x2, 18);
		x1 = TURN(x1, LEFT_1);
		x2 = TURN(x2, LEFT_2);
		x3 = TURN(x3, LEFT_3);
	}

	b[0] = _mm_add_epi32(b[0], x0);
	b[1] = _mm_add_epi32(b[1], x1);
	b[2] = _mm_add_epi32(b[2], x2);
	b[3] = _mm_add_epi32(b[3], x3);
}

static inline void
block_mix(__m128i x[VECTORS])
{
	xor_salsa20_8(x, x + 4);
	xor_salsa20_8(x + 4, x);
}

/* RFC 7914, 5: scryptROMix with r = 1 */
static void
romix_sse2(uint32_t (*blocks)[SCRYPT_BLOCK_WORDS], uint32_t *scratch,
		   uint32_t n)
{
	__m128i *rows = (__m128i *) scratch;
	__m128i x[VECTORS];
	uint32_t words[SCRYPT_BLOCK_WORDS];

	for (int i = 0; i < SCRYPT_BLOCK_WORDS; i++)
		words[i] = blocks[0][(i & 16) + DIAGONAL(i & 15)];
	memcpy(x, words, sizeof(x));

	for (uint32_t i = 0; i < n; i++)
	{
		memcpy(rows + (size_t) i * VECTORS, x, sizeof(x));
		block_mix(x);
	}

	/* Integerify: the first word of the second half, modulo n */
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t index = (uint32_t) _mm_cvtsi128_si32(x[4]) & (n - 1);

		for (int v = 0; v < VECTORS; v++)
			x[v] = _mm_xor_si128(x[v], rows[(size_t) index * VECTORS + v]);
		block_mix(x);
	}

	memcpy(words, x, sizeof(words));
	for (int i = 0; i < SCRYPT_BLOCK_WORDS; i++)
		blocks[0][(i & 16) + DIAGONAL(i & 15)] = words[i];
}

static bool
supported(void)
{
	return true;
}

const ScryptCode scrypt_sse2 = {
	.name = "sse2",
	.lanes = 1,
	.supported = supported,
	.romix = romix_sse2,
};

#endif
