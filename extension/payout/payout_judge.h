/*
 * payout_judge.h
 *	  What is known about a batch whose own transaction is not in the chain.
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
	PAYS_PART, /* or other amounts */
	PAYS_ALL,
	PAYS_UNKNOWN, /* it cannot be read */
} PaymentMatch;

/* The amount that a batch pays to an output script. */
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
	bool is_complete; /* all addresses are valid */
} OwedOutputs;

/* An input of the batch's transaction, as the node sees it. */
typedef struct JudgedInput
{
	bool in_chain;	/* unspent in the chain */
	bool in_pool;	/* unspent in chain and mempool */
	bool explained; /* the transaction in the chain that spends it is among the
					   spenders */
} JudgedInput;

typedef struct Evidence
{
	Transaction own; /* the batch's */
	OwedOutputs owed;
	size_t input_count;
	Outpoint *outpoints;
	JudgedInput *inputs;
	List *spenders;		  /* of ChainTransaction, in the chain or mempool */
	char *search_trouble; /* why blocks cannot be searched; or NULL */
} Evidence;

/* The reason why the node cannot show whether a batch is paid; or NULL. */
extern const char *judge_is_fit(const Payer *payer);

/*
 * Find the batch's own transaction, or all transactions that spend its inputs:
 * by the wallet, by the node, and by searching blocks, which may take several
 * rounds.  STEP_LATER if the chain changes meanwhile: the evidence must be of
 * a single tip.
 */
extern PayoutStep evidence_collect(Payer *payer, const PayoutBatch *batch,
								   Evidence *evidence, ChainTransaction **own);

/* Add a transaction to the evidence if it spends an input, or may. */
extern bool evidence_add(Evidence *evidence, ChainTransaction *other);

/*
 * How much of a batch another transaction pays; 'received' (or NULL) by
 * output.
 */
extern PaymentMatch
payment_match(const OwedOutputs *owed, const ChainTransaction *other,
			  int64 *received);

/*
 * Another transaction pays the batch or, by an operator's verdict, a part of
 * it.  The batch is held if the fee is unknown.
 */
extern PayoutStep
payout_take_over(const PayoutBatch *batch, const OwedOutputs *owed,
				 const ChainTransaction *other);

#endif
