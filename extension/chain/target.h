/*
 * target.h
 *	  Compact bits, 256-bit targets and difficulties, exactly.
 *
 * Difficulty 1 of an algorithm is the target 0xFFFF * 2^(240 - bits) where
 * bits is PowAlgorithm.difficulty1_bits: 0x00000000FFFF0000... for sha256d,
 * 0x0000FFFF0000... for scrypt, as miners compute it.
 */
#ifndef CHIMERA_TARGET_H
#define CHIMERA_TARGET_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Uint256
{
	uint64_t limb[4]; /* limb[0] is the least significant */
} Uint256;

extern Uint256 uint256_from_le(const uint8_t bytes[32]);
extern void uint256_to_le(const Uint256 *value, uint8_t bytes[32]);

/* -1, 0, 1 as a is less than, equal to, or greater than b */
extern int uint256_compare(const Uint256 *a, const Uint256 *b);

/* The nearest double, correctly rounded. */
extern double uint256_to_double(const Uint256 *value);

/*
 * Bitcoin's SetCompact.  False for a negative, zero or overflowing target,
 * which no valid header can meet.
 */
extern bool target_from_nbits(uint32_t nbits, Uint256 *target);

/* Bitcoin's GetCompact. */
extern uint32_t target_to_nbits(const Uint256 *target);

/*
 * The largest target of at least this share difficulty: floor(difficulty1 /
 * difficulty), computed from the double's exact value; all ones if that does
 * not fit in 256 bits.  The difficulty must be finite and > 0.
 */
extern void target_from_difficulty(double difficulty, int difficulty1_bits,
								   Uint256 *target);

/*
 * difficulty1 / value as a double, for a target or a hash read as a number;
 * infinity for zero.
 */
extern double difficulty_of(const Uint256 *value, int difficulty1_bits);

#endif
