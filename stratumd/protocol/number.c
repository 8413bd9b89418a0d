/*
 * number.c
 *	  Numbers in requests that some miners write as strings.
 */
#include "protocol/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Hexadecimal, infinity and NaN, which strtod would accept, are not allowed. */
static bool
number_of_text(const char *text, double *number)
{
	char *end;

	if (text[strspn(text, " +-.0123456789eE")] != '\0')
		return false;
	*number = strtod(text, &end);
	return end != text && end[strspn(end, " ")] == '\0';
}

bool
number_of_json(const json_t *value, double *number)
{
	const char *text = json_string_value(value);

	if (text)
	{
		if (!number_of_text(text, number))
			return false;
	}
	else if (json_is_number(value))
		*number = json_number_value(value);
	else
		return false;
	return isfinite(*number);
}
