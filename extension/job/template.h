/*
 * template.h
 *	  A block template as getblocktemplate (BIP 22, 23, 145) gives it.
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
	uint64 coinbase_value; /* what the coinbase pays the pool */
	bool fees_known;
	uint64 fees; /* of the transactions, part of coinbase_value */
	bytea *coinbase_flags;
	bool has_witness;
	uint8 commitment_script[OUTPUT_SCRIPT_MAX_BYTES];
	size_t commitment_script_length;
	uint8 outputs[REQUIRED_OUTPUTS_MAX_BYTES]; /* that others must be paid */
	size_t outputs_length;
	int output_count;
	int transaction_count;
	uint8 (*txids)[32];	 /* internal order */
	bytea *transactions; /* serialized, one after another */
	bytea *mweb;		 /* or NULL */
	char *longpollid;	 /* or NULL: the node has no long poll */
} BlockTemplate;

/*
 * Read a template, checking all that a job is built on.  All memory in the
 * current context.  NULL with *error (static text or palloc'd) when a field is
 * missing, of another type or of another length.
 */
extern BlockTemplate *template_parse(json_t *json, const char **error);

#endif
