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
#include "spi/spi_query.h"

typedef struct Payer
{
	MemoryContext
		context; /* the worker's; everything else is freed with the round */
	const Network *network;
	NodeLoop *loop;
	NodeClient *wallet;
	bool chain_checked; /* the wallet's node is on the network's chain */
	bool node_is_fit;	/* that and synced, as seen in this round */
	NodeTip tip;		/* of the wallet's node, in this round */
	int64 known_height; /* of the chain, as far as the pool knows; or -1 */
	List *searches;		/* of blocks (payout_chain.c) */
	int blocks_left;	/* that may still be searched in this round */
	bool cannot_ask;	/* the node does not support testmempoolaccept */
} Payer;

typedef enum PayoutState
{
	PAYOUT_PREPARED,
	PAYOUT_SENDING,
	PAYOUT_SENT,
} PayoutState;

/* An operator's verdict on a batch, not yet checked. */
typedef enum PayoutVerdict
{
	VERDICT_NONE,
	VERDICT_PAID,
	VERDICT_VOID,
} PayoutVerdict;

/* A batch that is neither held nor finished. */
typedef struct PayoutBatch
{
	int64 batch_id;
	PayoutState state;
	bool recipients_pay; /* the fee */
	int confirmations_needed;
	char *txid; /* NULL while it is prepared */
	uint8 *raw;
	size_t raw_length;
	int64 start_height; /* of the chain, before it was signed; or -1 */
	char *block_hash;	/* of the block in which it was last seen; or NULL */
	bool is_replaced;	/* a transaction other than the signed one pays it */
	int64 payout_count;
	int64 fee_sats; /* 0 while it is prepared */
	PayoutVerdict verdict;
	char *verdict_txid;		/* for VERDICT_PAID */
	int64 verdict_fee_sats; /* or -1 */
} PayoutBatch;

/* The outcome of a step. */
typedef enum PayoutStep
{
	STEP_DONE,	  /* continue */
	STEP_LATER,	  /* the batch has to wait; the reason is stored with it */
	STEP_NO_NODE, /* the wallet did not respond; shown as the worker's failure
				   */
} PayoutStep;

/*
 * Have the wallet create and sign the transaction of a prepared batch, for the
 * payouts that it can pay, and store it.
 */
extern PayoutStep payout_sign(Payer *payer, PayoutBatch *batch);

/*
 * Send a stored transaction, as often as necessary; follow its confirmations,
 * and finish the batch when it is final.
 */
extern PayoutStep payout_follow(Payer *payer, PayoutBatch *batch);

/*
 * The chain does not have the batch's transaction, and the node refuses it (or
 * the wallet calls it conflicted, refusal NULL): find the conflicting
 * transactions, and take one over, wait, fail the batch or hold it.
 */
extern PayoutStep
payout_judge(Payer *payer, PayoutBatch *batch, const NodeCall *refusal);

/* Check an operator's verdict, and apply it or hold the batch again. */
extern PayoutStep payout_settle(Payer *payer, PayoutBatch *batch);

/*
 * Check periodically whether the transaction of a failed batch is in the chain
 * nevertheless.
 */
extern void payout_watch_failed(Payer *payer);

/*
 * Is the wallet's node on the network's chain and synced?  Shown as the
 * worker's failure if not.
 */
extern bool payer_node_is_fit(Payer *payer);

/* ---------- payout_calls.c: common to the steps ---------- */

/* Call the wallet and wait; the call is freed with the round. */
extern NodeCall *payer_call(Payer *payer, const char *method, json_t *params);

/*
 * End the step after a call without a result: the reason is stored with the
 * batch, and shown as the worker's failure if the wallet did not respond.
 */
extern PayoutStep
payer_call_failed(Payer *payer, const PayoutBatch *batch, const NodeCall *call);

/*
 * Nothing goes out for the first time while the pool may not have the coins
 * (chimera.payout_obstacle): STEP_LATER if so, with the reason stored.
 */
extern PayoutStep payout_clear(const Payer *payer, const PayoutBatch *batch);

/* Store the reason why a batch has to wait. */
extern PayoutStep payout_waits(const PayoutBatch *batch, const char *format,
							   ...) pg_attribute_printf(2, 3);

/*
 * Hold a batch for an operator, because the chain does not show whether it is
 * paid or, with 'refused', because it contradicts the operator's verdict.
 */
extern PayoutStep
payout_hold(const PayoutBatch *batch, bool refused, const char *format, ...)
	pg_attribute_printf(3, 4);

/* Store the chain's height before a batch is signed. */
extern void payout_note_start(const PayoutBatch *batch, int64 height);

/* Store the transaction's confirmations, and its block unless NULL. */
extern void payout_seen(const PayoutBatch *batch, int confirmations,
						const char *block_hash, int64 block_height);

/* Finish a batch: final with that depth, or failed for that reason. */
extern void
payout_end(const PayoutBatch *batch, int confirmations, const char *failure);

/* Accept the verdict that the batch's own transaction pays it. */
extern void payout_accept_verdict(const PayoutBatch *batch);

/* Finish a batch as paid, by an operator's verdict alone. */
extern void payout_believe_verdict(const PayoutBatch *batch);

/* Run a query that returns one row, which is ignored, in a transaction. */
extern void payout_execute(const SpiQuery *query, const char *activity);

#endif
