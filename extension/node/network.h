/*
 * network.h
 *	  A network's settings, as its workers use them.
 */
#ifndef CHIMERA_NETWORK_H
#define CHIMERA_NETWORK_H

#include "postgres.h"

#include "utils/uuid.h"

#include "chain/address.h"
#include "node/rpc.h"

typedef struct Network
{
	pg_uuid_t network_id;
	char *name;
	char *symbol;
	char *algorithm;
	char *genesis_hash;
	char **template_rules;
	int template_rules_count;
	char *template_algorithm; /* or NULL */
	int template_max_age_s;
	uint32 version_mask;
	char *coinbase_tag;
	char *pool_address;
	AddressRules address_rules;
	AddressScript pool_script;
	int confirmations_needed;
	NodeAddress *nodes; /* the one to be used first comes first */
	int node_count;
	NodeAddress *wallet; /* NULL: the first node's */
} Network;

/*
 * Read a network into the current memory context, in a transaction of its own;
 * NULL if it does not exist.
 */
extern Network *network_read(const pg_uuid_t *network_id);

/* The same within the caller's transaction, SPI connected, into 'context'. */
extern Network *
network_load(const pg_uuid_t *network_id, MemoryContext context);

#endif
