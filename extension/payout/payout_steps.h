/*
 * payout_steps.h
 *	  The steps of the worker that pays a network's batches.
 */
#ifndef CHIMERA_PAYOUT_STEPS_H
#define CHIMERA_PAYOUT_STEPS_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "node/rpc.h"
#include "node/network.h"
#include "template/node_checks.h"

typedef struct Payer
{
	MemoryContext context; /* the worker's; all else goes with the round */
	const Network *network;
	NodeLoop *loop;
	NodeClient *wallet;
	bool chain_checked; /* the wallet's node is on the network's chain */
	bool node_is_fit;	/* that and synced, as seen in this round */
	NodeTip tip;		/* of the wallet's node, in this round */
	int64 known_height; /* of the chain, as the pool knows; or -1 */
	List *searches;		/* of blocks (payout_chain.c) */
	int blocks_left;	/* to be searched in this round */
	bool cannot_ask;	/* the node does not know testmempoolaccept */
} Payer;

typedef enum PayoutState
{
	PAYOUT_PREPARED,
	PAYOUT_SENDING,
	PAYOUT_SENT,
} PayoutState;

/* What an operator says of a batch, not yet checked. */
typedef enum PayoutVerdict
{
	VERDICT_NONE,
	VERDICT_PAID,
	VERDICT_VOID,
} PayoutVerdict;

/* A batch that is neither held nor at its end. */
typedef struct PayoutBatch
{
	int64 batch_id;
	PayoutState state;
	bool recipients_pay; /* the fee */
	int confirmations_needed;
	char *txid; /* NULL while it is prepared */
	uint8 *raw;
	size_t raw_length;
	int64 start_height; /* the chain's before it was signed; or -1 */
	char *block_hash;	/* in which it was last seen; or NULL */
	bool is_replaced;	/* another transaction than the signed one pays it */
	int64 payout_count;
	int64 fee_sats; /* 0 while it is prepared */
	PayoutVerdict verdict;
	char *verdict_txid;		/* for VERDICT_PAID */
	int64 verdict_fee_sats; /* or -1 */
} PayoutBatch;

/* What came of a step. */
typedef enum PayoutStep
{
	STEP_DONE,	  /* go on */
	STEP_LATER,	  /* the batch has to wait; why is stored with it */
	STEP_NO_NODE, /* the wallet did not answer; shown as the worker's failure */
} PayoutStep;

/*
 * Have the wallet make and sign the transaction of a prepared batch, for those
 * whom it can pay, and store it.
 */
extern PayoutStep payout_sign(Payer *payer, PayoutBatch *batch);

/*
 * Send a stored transaction, as often as need be, look how deep it is in the
 * chain, and end the batch when it is final.
 */
extern PayoutStep payout_follow(Payer *payer, PayoutBatch *batch);

/*
 * The chain does not have the batch's transaction, and the node refuses it
 * (or the wallet calls it conflicted, refusal NULL): find out what is in its
 * way, and take that over, wait for it, give the batch up or hold it.
 */
extern PayoutStep
payout_judge(Payer *payer, PayoutBatch *batch, const NodeCall *refusal);

/* Check an operator's verdict, and do as it says or hold the batch again. */
extern PayoutStep payout_settle(Payer *payer, PayoutBatch *batch);

/*
 * Look, now and then, whether the transaction of a batch that was given back
 * is in the chain all the same.
 */
extern void payout_watch_failed(Payer *payer);

/*
 * Is the wallet's node on the network's chain, and does it know all of it?
 * Shown as the worker's failure when it does not.
 */
extern bool payer_node_is_fit(Payer *payer);

/* ---------- payout_calls.c: what the steps have in common ---------- */

/* Call the wallet and wait; the call goes with the round. */
extern NodeCall *payer_call(Payer *payer, const char *method, json_t *params);

/*
 * The step's end after a call that brought no result: the reason is stored
 * with the batch, or shown as the worker's when nobody answered.
 */
extern PayoutStep
payer_call_failed(Payer *payer, const PayoutBatch *batch, const NodeCall *call);

/* Store why a batch has to wait. */
extern PayoutStep payout_waits(const PayoutBatch *batch, const char *format,
							   ...) pg_attribute_printf(2, 3);

/*
 * Hold a batch for an operator, since the chain does not show whether it is
 * paid; or, 'refused', since it shows that the operator's verdict is wrong.
 */
extern PayoutStep
payout_hold(const PayoutBatch *batch, bool refused, const char *format, ...)
	pg_attribute_printf(3, 4);

/* Store the chain's height before a batch is signed. */
extern void payout_note_start(const PayoutBatch *batch, int64 height);

/* Store that the transaction is there, that deep, in a block unless NULL. */
extern void payout_seen(const PayoutBatch *batch, int confirmations,
						const char *block_hash, int64 block_height);

/* End a batch: final, that deep, or failed for that reason. */
extern void
payout_end(const PayoutBatch *batch, int confirmations, const char *failure);

/* The verdict on a batch that its own transaction pays it is right. */
extern void payout_accept_verdict(const PayoutBatch *batch);

/* End a batch as paid on an operator's word. */
extern void payout_believe_verdict(const PayoutBatch *batch);

/* Run a query that returns one row of no interest, in a transaction. */
extern void
payout_execute(const char *query, int count, Oid *types, Datum *values,
			   const char *nulls, const char *activity);

#endif
