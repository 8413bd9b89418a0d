/*
 * uint256_numeric.h
 *	  256-bit naturals to and from SQL's numeric.
 */
#ifndef CHIMERA_UINT256_NUMERIC_H
#define CHIMERA_UINT256_NUMERIC_H

#include "postgres.h"

#include "utils/numeric.h"

#include "uint256.h"

/* The value divided by 10^scale, in the caller's memory. */
extern Numeric uint256_to_numeric(const Uint256 *value, int scale);

/* How many digits a numeric has behind the point. */
extern int numeric_fraction_digits(Numeric value);

/*
 * The value times 10^scale, for a scale of at least its own.  ERROR 22023 for a
 * negative value or none, 22003 for one that does not fit; 'what' names it.
 */
extern Uint256 uint256_from_numeric(Numeric value, int scale, const char *what);

#endif
