/*
 * network.h
 *	  A network's settings as its workers need them.
 */
#ifndef CHIMERA_NETWORK_H
#define CHIMERA_NETWORK_H

#include "postgres.h"

#include "utils/uuid.h"

#include "chain/address.h"
#include "node/node.h"

typedef struct Network
{
	pg_uuid_t network_id;
	char *name;
	char *algorithm;
	char *genesis_hash;
	char **template_rules;
	int template_rules_count;
	uint32 version_mask;
	char *coinbase_tag;
	AddressScript pool_script;
	int confirmations_needed;
	NodeAddress *nodes; /* the one to be used first comes first */
	int node_count;
} Network;

/*
 * Read a network into the current memory context, in a transaction of its own;
 * NULL when there is none.
 */
extern Network *network_read(const pg_uuid_t *network_id);

#endif
