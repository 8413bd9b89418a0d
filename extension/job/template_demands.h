/*
 * template_demands.h
 *	  Meets a template's demands on the block, or refuses the template.
 */
#ifndef CHIMERA_TEMPLATE_DEMANDS_H
#define CHIMERA_TEMPLATE_DEMANDS_H

#include "postgres.h"

#include "job/template.h"
#include "node/network.h"

/*
 * Copy the outputs that the template requires in the coinbase to 'template',
 * and subtract their cost to the pool from its coinbase_value.  NULL, or a
 * demand that the pool cannot meet: such a template must not be mined.
 */
extern const char *
template_demands(json_t *json, const Network *network, BlockTemplate *template);

/* Does an error report a demand that the pool cannot meet? */
extern bool is_unmet_demand(const char *error);

/* The prefix of such errors. */
#define UNMET_DEMAND "the template demands "

#endif
