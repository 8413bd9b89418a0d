/*
 * uint256_numeric.c
 *	  Conversion of 256-bit naturals to and from SQL's numeric.
 *
 * Converts by decimal digits, because numeric's representation is private to
 * PostgreSQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "accounting/uint256_numeric.h"

Numeric
uint256_to_numeric(const Uint256 *value, int scale)
{
	char digits[UINT256_DECIMAL_BYTES];
	StringInfoData text;
	int whole;
	Datum numeric;

	uint256_to_decimal(value, digits);
	whole = (int) strlen(digits) - scale;
	initStringInfo(&text);
	appendStringInfo(&text, "%.*s", Max(whole, 0), digits);
	if (scale > 0)
	{
		appendStringInfoChar(&text, '.');
		for (int i = whole; i < 0; i++)
			appendStringInfoChar(&text, '0');
		appendStringInfoString(&text, digits + Max(whole, 0));
	}
	numeric =
		DirectFunctionCall3(numeric_in, CStringGetDatum(text.data),
							ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	pfree(text.data);
	return DatumGetNumeric(numeric);
}

static char *
numeric_text(Numeric value)
{
	return DatumGetCString(
		DirectFunctionCall1(numeric_out, NumericGetDatum(value)));
}

int
numeric_fraction_digits(Numeric value)
{
	char *text = numeric_text(value);
	char *point = strchr(text, '.');
	int digits = point ? (int) strlen(point + 1) : 0;

	pfree(text);
	return digits;
}

static void
append_digit(Uint256 *value, int digit, const char *what)
{
	if (!uint256_multiply(value, 10, (uint64) digit))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("%s is out of range", what)));
}

Uint256
uint256_from_numeric(Numeric value, int scale, const char *what)
{
	char *text = numeric_text(value);
	Uint256 result = {{0}};
	int missing = scale;
	bool is_fraction = false;

	for (const char *at = text; *at; at++)
	{
		if (*at == '.')
		{
			is_fraction = true;
			continue;
		}
		/* a sign, NaN, Infinity */
		if (*at < '0' || *at > '9')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must not be negative, but is %s", what, text)));
		append_digit(&result, *at - '0', what);
		missing -= is_fraction;
	}
	for (; missing > 0; missing--)
		append_digit(&result, 0, what);
	pfree(text);
	return result;
}
