/*
 * template_bounds.h
 *	  Whether a template claims no more than the chain's rules can give.
 */
#ifndef CHIMERA_TEMPLATE_BOUNDS_H
#define CHIMERA_TEMPLATE_BOUNDS_H

#include "postgres.h"

#include "job/template.h"
#include "node/network.h"

/*
 * NULL, or why no job is made of the template, in 'context'.  Needs SPI; sees
 * what has been committed by now.
 */
extern const char *
template_bounds_error(const Network *network, const BlockTemplate *template,
					  MemoryContext context);

/* The same for a worker, in a transaction of its own. */
extern const char *
template_bounds_check(const Network *network, const BlockTemplate *template);

#endif
