/*
 * number.h
 *	  Numbers in requests that some miners write as strings.
 */
#ifndef STRATUMD_NUMBER_H
#define STRATUMD_NUMBER_H

#include <jansson.h>
#include <stdbool.h>

/*
 * A finite JSON number, or a string that contains one; false for anything
 * else.
 */
extern bool number_of_json(const json_t *value, double *number);

#endif
