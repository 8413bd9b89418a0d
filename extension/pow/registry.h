/*
 * registry.h
 *	  Every algorithm Chimera can hash, one line each.
 */
#ifndef CHIMERA_POW_REGISTRY_H
#define CHIMERA_POW_REGISTRY_H

#include "pow/pow.h"

/* X(name) stands for a PowAlgorithm pow_name, defined in the file name.c. */
#define POW_ALGORITHMS(X) \
	X(sha256d)            \
	X(scrypt)             \
	X(blake2s)

#define POW_DECLARE(name) extern const PowAlgorithm pow_##name;

POW_ALGORITHMS(POW_DECLARE)

#endif
