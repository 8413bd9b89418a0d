/*
 * payout_judge.h
 *	  What is known of a batch whose own transaction the chain does not have.
 */
#ifndef CHIMERA_PAYOUT_JUDGE_H
#define CHIMERA_PAYOUT_JUDGE_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "payout/payout_steps.h"
#include "payout/payout_chain.h"

/* How much of a batch a transaction pays. */
typedef enum PaymentMatch
{
	PAYS_NOTHING,
	PAYS_PART, /* or not the very amounts */
	PAYS_ALL,
	PAYS_UNKNOWN, /* it can't be read */
} PaymentMatch;

/* What a batch pays to an output script. */
typedef struct OwedOutput
{
	uint8 *script;
	size_t script_length;
	int64 sats;
} OwedOutput;

typedef struct OwedOutputs
{
	uint64 count;
	OwedOutput *items;
	bool is_complete; /* all addresses are known */
} OwedOutputs;

/* An input of the batch's transaction, as the node's chain has it. */
typedef struct JudgedInput
{
	bool in_chain;	/* unspent there */
	bool in_pool;	/* unspent with the mempool, too */
	bool explained; /* what spends it in the chain is among the spenders */
} JudgedInput;

typedef struct Evidence
{
	Transaction own; /* the batch's */
	OwedOutputs owed;
	size_t input_count;
	Outpoint *outpoints;
	JudgedInput *inputs;
	List *spenders;		  /* of ChainTransaction: in the chain or mempool */
	char *search_trouble; /* why blocks can't be searched; or NULL */
} Evidence;

/* Why the node can't judge whether a batch is paid; or NULL. */
extern const char *judge_is_fit(const Payer *payer);

/*
 * Find the batch's own transaction, or else all that spends its inputs: by the
 * wallet, by the node, and by searching blocks, which may take some rounds.
 * Later when the chain moves meanwhile: what was seen is of one tip only.
 */
extern PayoutStep evidence_collect(Payer *payer, const PayoutBatch *batch,
								   Evidence *evidence, ChainTransaction **own);

/* Take a transaction as a witness if it spends an input, or may. */
extern bool evidence_add(Evidence *evidence, ChainTransaction *other);

/* What another transaction pays of a batch; 'received' (or NULL) by output. */
extern PaymentMatch
payment_match(const OwedOutputs *owed, const ChainTransaction *other,
			  int64 *received);

/*
 * Another transaction pays the batch, or by an operator's verdict a part of
 * it.  Held when its fee can't be told.
 */
extern PayoutStep
payout_take_over(const PayoutBatch *batch, const OwedOutputs *owed,
				 const ChainTransaction *other);

#endif
