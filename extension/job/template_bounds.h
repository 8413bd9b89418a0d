/*
 * template_bounds.h
 *	  Checks that a template claims no more than the chain's rules can give.
 */
#ifndef CHIMERA_TEMPLATE_BOUNDS_H
#define CHIMERA_TEMPLATE_BOUNDS_H

#include "postgres.h"

#include "job/template.h"
#include "node/network.h"

/*
 * NULL, or the reason why no job may be created from the template, in
 * 'context'.  Needs SPI; sees everything committed so far.
 */
extern const char *
template_bounds_error(const Network *network, const BlockTemplate *template,
					  MemoryContext context);

/* The same for a worker, in its own transaction. */
extern const char *
template_bounds_check(const Network *network, const BlockTemplate *template);

#endif
