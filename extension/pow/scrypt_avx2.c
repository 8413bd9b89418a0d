/*
 * scrypt_avx2.c
 *	  scryptROMix of eight blocks at once on AVX2.
 */
#include "pow/scrypt_internal.h"

#ifdef SCRYPT_HAVE_SIMD

#include <immintrin.h>
#include <string.h>

#define LANES		 8
#define LANES_TARGET __attribute__((target("avx2")))

typedef __m256i Vector;

#define vector_zero			 _mm256_setzero_si256
#define vector_add			 _mm256_add_epi32
#define vector_xor			 _mm256_xor_si256
#define vector_unpack_low32	 _mm256_unpacklo_epi32
#define vector_unpack_high32 _mm256_unpackhi_epi32
#define vector_unpack_low64	 _mm256_unpacklo_epi64
#define vector_unpack_high64 _mm256_unpackhi_epi64

#define vector_rotate(v, bits)                  \
	_mm256_or_si256(_mm256_slli_epi32(v, bits), \
					_mm256_srli_epi32(v, 32 - (bits)))

LANES_TARGET static inline Vector
vector_load_parts(uint32_t *const *rows, int word)
{
	return _mm256_loadu2_m128i((const __m128i *) (rows[4] + word),
							   (const __m128i *) (rows[0] + word));
}

LANES_TARGET static inline void
vector_store_parts(uint32_t *const *rows, int word, Vector v)
{
	_mm256_storeu2_m128i((__m128i *) (rows[4] + word),
						 (__m128i *) (rows[0] + word), v);
}

#include "pow/scrypt_lanes.h"

static bool
supported(void)
{
	return __builtin_cpu_supports("avx2");
}

const ScryptCode scrypt_avx2 = {
	.name = "avx2",
	.lanes = LANES,
	.supported = supported,
	.romix = romix,
};

#endif
