/*
 * template_demands.h
 *	  What a template demands of a block: done, or refused.
 */
#ifndef CHIMERA_TEMPLATE_DEMANDS_H
#define CHIMERA_TEMPLATE_DEMANDS_H

#include "postgres.h"

#include "job/template.h"
#include "node/network.h"

/*
 * Put the outputs that the template wants of the coinbase into 'template', and
 * take from its coinbase_value what they cost the pool.  NULL, or which demand
 * the pool can't meet: such a template must not be mined.
 */
extern const char *
template_demands(json_t *json, const Network *network, BlockTemplate *template);

/* Whether an error says that a template demands what the pool can't do. */
extern bool is_unmet_demand(const char *error);

/* What such errors begin with. */
#define UNMET_DEMAND "the template demands "

#endif
