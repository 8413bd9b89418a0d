/*
 * hash.c
 *	  Hash rates of each algorithm's code paths, compared with plain C.
 *
 * One thread.  Block headers are hashed in groups, as the submission path
 * does; the code paths below the algorithm are called as the tests of pow/ do.
 *
 * usage: hash [SECONDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/die.h"
#include "pow/pow.h"
#include "pow/scrypt_internal.h"
#include "pow/sha256.h"
#include "pow/sha256_internal.h"

#define HEADERS 64

/* Does that amount of work; returns the number of hashes. */
typedef struct Path
{
	const char *algorithm;
	const char *name;
	size_t (*run)(const void *argument);
	const void *argument;
} Path;

static double seconds = 1;
static double plain_rate; /* of the algorithm's first path */

static uint8_t headers[HEADERS][POW_HEADER_BYTES];
static uint8_t hashes[HEADERS][POW_HASH_BYTES];

/* ---------- sha256d ---------- */

/*
 * sha256d of a header is three compressions: this is what the portable code
 * would take for them.
 */
static size_t
run_sha256_portable(const void *argument)
{
	uint32_t state[8];

	(void) argument;
	memcpy(state, sha256_initial_state, sizeof(state));
	for (int i = 0; i < HEADERS; i++)
		for (int block = 0; block < 3; block++)
			sha256_transform_portable(state, headers[i], 1);
	memcpy(hashes[0], state, sizeof(state));
	return HEADERS;
}

/* ---------- scrypt ---------- */

static size_t
run_scrypt_code(const void *argument)
{
	static _Alignas(SCRYPT_ALIGNMENT)
		uint32_t scratch[SCRYPT_MAX_LANES * SCRYPT_N * SCRYPT_BLOCK_WORDS];
	static uint32_t blocks[SCRYPT_MAX_LANES][SCRYPT_BLOCK_WORDS];
	const ScryptCode *code = argument;

	for (size_t lane = 0; lane < code->lanes; lane++)
	{
		HmacSha256 keyed;
		uint8_t hash[POW_HASH_BYTES];

		hmac_sha256_init(&keyed, headers[lane], POW_HEADER_BYTES);
		pbkdf2_sha256(&keyed, (Salt){headers[lane], POW_HEADER_BYTES},
					  (uint8_t *) blocks[lane], SCRYPT_BLOCK_BYTES);
		pbkdf2_sha256(&keyed, (Salt){blocks[lane], SCRYPT_BLOCK_BYTES}, hash,
					  sizeof(hash));
	}
	code->romix(blocks, scratch, SCRYPT_N);
	return code->lanes;
}

/* ---------- whole algorithms ---------- */

static size_t
run_algorithm(const void *argument)
{
	const PowAlgorithm *algorithm = argument;

	algorithm->hash_headers((const uint8_t(*)[POW_HEADER_BYTES]) headers,
							HEADERS, hashes);
	memcpy(headers[0] + 76, hashes[0], 4); /* no two rounds alike */
	return HEADERS;
}

/* ---------- measuring ---------- */

static double
rate_of(const Path *path)
{
	int64_t began = clock_ns();
	int64_t end = began + (int64_t) (seconds * NS_PER_S);
	int64_t now;
	uint64_t count = 0;

	do
	{
		for (int i = 0; i < 4; i++)
			count += path->run(path->argument);
		now = clock_ns();
	} while (now < end);
	return (double) count / ns_to_s(now - began);
}

static void
measure(const Path *path, bool is_plain)
{
	double rate = rate_of(path);

	if (is_plain)
		plain_rate = rate;
	printf("| %s | %s | %.0f | %.2f |\n", path->algorithm, path->name, rate,
		   rate / plain_rate);
	fflush(stdout);
}

static void
measure_algorithm(const char *name, bool is_plain)
{
	const PowAlgorithm *algorithm = pow_find(name);
	char label[64];

	snprintf(label, sizeof(label), "as used: %s", algorithm->implementation());
	measure(&(Path){name, label, run_algorithm, algorithm}, is_plain);
}

static void
measure_scrypt_code(const ScryptCode *code, bool is_plain)
{
	char label[64];

	if (!code->supported())
		return;
	snprintf(label, sizeof(label), "%s, %zu lane%s", code->name, code->lanes,
			 code->lanes > 1 ? "s" : "");
	measure(&(Path){"scrypt", label, run_scrypt_code, code}, is_plain);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		seconds = (double) parse_number("SECONDS", argv[1], 1, 3600);
	for (int i = 0; i < HEADERS; i++)
		memset(headers[i], i, POW_HEADER_BYTES);

	puts("| algorithm | code | hashes/s, one core | of plain C |");
	puts("|---|---|--:|--:|");
	measure(&(Path){"sha256d", "portable", run_sha256_portable, NULL}, true);
	measure_algorithm("sha256d", false);
	measure_scrypt_code(&scrypt_portable, true);
#ifdef SCRYPT_HAVE_SIMD
	measure_scrypt_code(&scrypt_sse2, false);
	measure_scrypt_code(&scrypt_avx2, false);
	measure_scrypt_code(&scrypt_avx512, false);
#endif
	measure_algorithm("scrypt", false);
	measure_algorithm("blake2s", true);
	return 0;
}
