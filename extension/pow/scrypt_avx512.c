/*
 * scrypt_avx512.c
 *	  scryptROMix of sixteen blocks at once on AVX-512.
 *
 * Besides twice the lanes it has a rotate instruction and the registers to
 * hold Salsa20's sixteen words together with what they are added to.
 */
#include "pow/scrypt_internal.h"

#ifdef SCRYPT_HAVE_SIMD

#include <immintrin.h>
#include <string.h>

#define LANES		 16
#define LANES_TARGET __attribute__((target("avx512f")))

typedef __m512i Vector;

#define vector_zero			 _mm512_setzero_si512
#define vector_add			 _mm512_add_epi32
#define vector_xor			 _mm512_xor_si512
#define vector_rotate		 _mm512_rol_epi32
#define vector_unpack_low32	 _mm512_unpacklo_epi32
#define vector_unpack_high32 _mm512_unpackhi_epi32
#define vector_unpack_low64	 _mm512_unpacklo_epi64
#define vector_unpack_high64 _mm512_unpackhi_epi64

#define PART(rows, q, word) ((__m128i *) ((rows)[4 * (q)] + (word)))

LANES_TARGET static inline Vector
vector_load_parts(uint32_t *const *rows, int word)
{
	Vector v = _mm512_castsi128_si512(_mm_loadu_si128(PART(rows, 0, word)));

	v = _mm512_inserti32x4(v, _mm_loadu_si128(PART(rows, 1, word)), 1);
	v = _mm512_inserti32x4(v, _mm_loadu_si128(PART(rows, 2, word)), 2);
	return _mm512_inserti32x4(v, _mm_loadu_si128(PART(rows, 3, word)), 3);
}

LANES_TARGET static inline void
vector_store_parts(uint32_t *const *rows, int word, Vector v)
{
	_mm_storeu_si128(PART(rows, 0, word), _mm512_castsi512_si128(v));
	_mm_storeu_si128(PART(rows, 1, word), _mm512_extracti32x4_epi32(v, 1));
	_mm_storeu_si128(PART(rows, 2, word), _mm512_extracti32x4_epi32(v, 2));
	_mm_storeu_si128(PART(rows, 3, word), _mm512_extracti32x4_epi32(v, 3));
}

#include "pow/scrypt_lanes.h"

static bool
supported(void)
{
	return __builtin_cpu_supports("avx512f");
}

const ScryptCode scrypt_avx512 = {
	.name = "avx512",
	.lanes = LANES,
	.supported = supported,
	.romix = romix,
};

#endif
