/*
 * number.h
 *	  Numbers in requests that some miners write as strings.
 */
#ifndef STRATUMD_NUMBER_H
#define STRATUMD_NUMBER_H

#include <jansson.h>
#include <stdbool.h>

/* A finite number of JSON, or a string that is one; false for all else. */
extern bool number_of_json(const json_t *value, double *number);

#endif
