/*
 * sha256_shani.c
 *	  SHA-256's compression function on the x86 SHA extensions.
 *
 * SHA256RNDS2 does two rounds but takes several cycles, and each one depends
 * on the previous.  One block leaves the unit idle most of the time; two
 * independent blocks fill it, so the pair interleaves their steps.  Callers
 * check sha256_shani_supported() first.
 */
#include "pow/sha256_internal.h"

#ifdef SHA256_HAVE_SHANI

#include <cpuid.h>
#include <immintrin.h>

/* Intel SDM vol. 2A, CPUID leaf 7 */
#define CPUID_FEATURES_LEAF 7
#define CPUID_EBX_SHA		(1U << 29)

#define SHANI		 __attribute__((target("sha,sse4.1")))
#define SHANI_INLINE static inline __attribute__((always_inline)) SHANI

/*
 * One block on its way.  The instructions want the eight working variables as
 * {A,B,E,F} and {C,D,G,H}, highest word first; w holds the last 16 words of
 * the message schedule.
 */
typedef struct Stream
{
	__m128i abef;
	__m128i cdgh;
	__m128i w[4];
} Stream;

bool
sha256_shani_supported(void)
{
	unsigned int eax, ebx, ecx, edx;

	/* clang's __builtin_cpu_supports does not know "sha" in all versions */
	return __get_cpuid_count(CPUID_FEATURES_LEAF, 0, &eax, &ebx, &ecx, &edx) &&
		   (ebx & CPUID_EBX_SHA) != 0 && __builtin_cpu_supports("sse4.1");
}

SHANI_INLINE void
load_state(Stream *s, const uint32_t state[8])
{
	__m128i dcba = _mm_loadu_si128((const __m128i *) state);
	__m128i hgfe = _mm_loadu_si128((const __m128i *) (state + 4));
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
	__m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);

	s->abef = _mm_alignr_epi8(cdab, efgh, 8);
	s->cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
}

/* Add the working variables to the state they came from. */
SHANI_INLINE void
add_to_state(const Stream *s, uint32_t state[8])
{
	__m128i feba = _mm_shuffle_epi32(s->abef, 0x1B);
	__m128i dchg = _mm_shuffle_epi32(s->cdgh, 0xB1);
	__m128i dcba = _mm_blend_epi16(feba, dchg, 0xF0);
	__m128i hgfe = _mm_alignr_epi8(dchg, feba, 8);
	__m128i *low = (__m128i *) state;
	__m128i *high = (__m128i *) (state + 4);

	_mm_storeu_si128(low, _mm_add_epi32(_mm_loadu_si128(low), dcba));
	_mm_storeu_si128(high, _mm_add_epi32(_mm_loadu_si128(high), hgfe));
}

SHANI_INLINE void
load_message(Stream *s, const uint8_t *block)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	const __m128i *words = (const __m128i *) block;

	s->w[0] = _mm_shuffle_epi8(_mm_loadu_si128(words), swap);
	s->w[1] = _mm_shuffle_epi8(_mm_loadu_si128(words + 1), swap);
	s->w[2] = _mm_shuffle_epi8(_mm_loadu_si128(words + 2), swap);
	s->w[3] = _mm_shuffle_epi8(_mm_loadu_si128(words + 3), swap);
}

/* Replace the oldest four words of the schedule, w[i], by the next four. */
SHANI_INLINE void
extend_schedule(Stream *s, int i)
{
	__m128i older = s->w[(i + 1) & 3];
	__m128i newer = s->w[(i + 2) & 3];
	__m128i newest = s->w[(i + 3) & 3];
	__m128i sum = _mm_sha256msg1_epu32(s->w[i], older);

	sum = _mm_add_epi32(sum, _mm_alignr_epi8(newest, newer, 4));
	s->w[i] = _mm_sha256msg2_epu32(sum, newest);
}

/* Rounds 4 * group to 4 * group + 3 of one stream. */
SHANI_INLINE void
four_rounds(Stream *s, int group)
{
	const __m128i *k = (const __m128i *) sha256_round_constants;
	__m128i kw;

	if (group >= 4)
		extend_schedule(s, group & 3);
	kw = _mm_add_epi32(s->w[group & 3], _mm_load_si128(k + group));
	s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, kw);
	kw = _mm_shuffle_epi32(kw, 0x0E);
	s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, kw);
}

/*
 * Sixteen rounds of one stream, or of two in turns (b may be NULL).  Written
 * out, as gcc -O2 would keep a loop and with it the schedule in memory.
 */
SHANI_INLINE void
sixteen_rounds(Stream *a, Stream *b, int group)
{
	four_rounds(a, group);
	if (b != NULL)
		four_rounds(b, group);
	four_rounds(a, group + 1);
	if (b != NULL)
		four_rounds(b, group + 1);
	four_rounds(a, group + 2);
	if (b != NULL)
		four_rounds(b, group + 2);
	four_rounds(a, group + 3);
	if (b != NULL)
		four_rounds(b, group + 3);
}

SHANI_INLINE void
all_rounds(Stream *a, Stream *b)
{
	sixteen_rounds(a, b, 0);
	sixteen_rounds(a, b, 4);
	sixteen_rounds(a, b, 8);
	sixteen_rounds(a, b, 12);
}

SHANI void
sha256_transform_shani(uint32_t state[8], const uint8_t *data, size_t blocks)
{
	for (; blocks > 0; blocks--, data += SHA256_BLOCK_BYTES)
	{
		Stream stream;

		load_state(&stream, state);
		load_message(&stream, data);
		all_rounds(&stream, NULL);
		add_to_state(&stream, state);
	}
}

SHANI void
sha256_transform_pair_shani(uint32_t states[2][8],
							const uint8_t blocks[2][SHA256_BLOCK_BYTES])
{
	Stream a, b;

	load_state(&a, states[0]);
	load_state(&b, states[1]);
	load_message(&a, blocks[0]);
	load_message(&b, blocks[1]);
	all_rounds(&a, &b);
	add_to_state(&a, states[0]);
	add_to_state(&b, states[1]);
}

#endif
