/*
 * uint256_numeric.h
 *	  Conversion of 256-bit naturals to and from SQL's numeric.
 */
#ifndef CHIMERA_UINT256_NUMERIC_H
#define CHIMERA_UINT256_NUMERIC_H

#include "postgres.h"

#include "utils/numeric.h"

#include "uint256.h"

/* The value divided by 10^scale, in the caller's memory. */
extern Numeric uint256_to_numeric(const Uint256 *value, int scale);

/* The number of digits after the decimal point. */
extern int numeric_fraction_digits(Numeric value);

/*
 * The value times 10^scale, for a scale of at least its own.  ERROR 22023 for
 * a negative value or NaN, 22003 if it does not fit; 'what' names the value.
 */
extern Uint256 uint256_from_numeric(Numeric value, int scale, const char *what);

#endif
