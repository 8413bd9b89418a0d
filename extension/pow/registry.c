/*
 * registry.c
 *	  Every algorithm Chimera can hash, one line each.
 */
#include <string.h>

#include "pow/pow.h"

/* X(name) stands for a PowAlgorithm pow_name, defined in the file name.c. */
#define ALGORITHMS(X) \
	X(sha256d)        \
	X(scrypt)         \
	X(blake2s)

#define DECLARE(name) extern const PowAlgorithm pow_##name;
#define LIST(name)	  &pow_##name,

ALGORITHMS(DECLARE)

static const PowAlgorithm *const algorithms[] = {ALGORITHMS(LIST)};

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
