/*
 * registry.c
 *	  Finds an algorithm by its name or its place in the list.
 */
#include "pow/registry.h"

#include <string.h>

#define LIST(name) &pow_##name,

static const PowAlgorithm *const algorithms[] = {POW_ALGORITHMS(LIST)};

const PowAlgorithm *
pow_at(size_t index)
{
	size_t count = sizeof(algorithms) / sizeof(algorithms[0]);

	return index < count ? algorithms[index] : NULL;
}

const PowAlgorithm *
pow_find(const char *name)
{
	const PowAlgorithm *algorithm;

	for (size_t i = 0; (algorithm = pow_at(i)) != NULL; i++)
		if (strcmp(algorithm->name, name) == 0)
			return algorithm;
	return NULL;
}
