/*
 * template.h
 *	  A block template as returned by getblocktemplate (BIP 22, 23, 145).
 */
#ifndef CHIMERA_TEMPLATE_H
#define CHIMERA_TEMPLATE_H

#include "postgres.h"

#include "node/json.h"

#include "chain/coinbase.h"

typedef struct BlockTemplate
{
	uint32 height;
	uint32 version;
	uint8 prevhash[32]; /* internal order */
	uint32 nbits;
	uint32 curtime;
	uint32 mintime;
	uint64 coinbase_value; /* what the coinbase pays to the pool */
	bool fees_known;
	uint64 fees; /* of the transactions, part of coinbase_value */
	bytea *coinbase_flags;
	bool has_witness;
	uint8 commitment_script[OUTPUT_SCRIPT_MAX_BYTES];
	size_t commitment_script_length;
	uint8 outputs[REQUIRED_OUTPUTS_MAX_BYTES]; /* to others */
	size_t outputs_length;
	int output_count;
	int transaction_count;
	uint8 (*txids)[32];	 /* internal order */
	bytea *transactions; /* serialized, one after another */
	bytea *mweb;		 /* or NULL */
	char *longpollid;	 /* NULL if the node does not support long polls */
} BlockTemplate;

/*
 * Read a template and check everything that a job is built on.  Allocates in
 * the current context.  NULL with *error (static text or palloc'd) if a field
 * is missing or has the wrong type or length.
 */
extern BlockTemplate *template_parse(json_t *json, const char **error);

#endif
