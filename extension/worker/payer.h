/*
 * payer.h
 *	  The steps of the worker that pays a network's batches.
 */
#ifndef CHIMERA_PAYER_H
#define CHIMERA_PAYER_H

#include "postgres.h"

#include "node/node.h"
#include "worker/network.h"

typedef struct Payer
{
	const Network *network;
	NodeLoop *loop;
	NodeClient *wallet;
	bool chain_checked; /* the wallet's node is on the network's chain */
	bool cannot_ask;	/* the node does not know testmempoolaccept */
} Payer;

typedef enum PayoutState
{
	PAYOUT_PREPARED,
	PAYOUT_SENDING,
	PAYOUT_SENT,
} PayoutState;

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

/* Send a stored transaction, unless the wallet has it already. */
extern PayoutStep payout_send(Payer *payer, PayoutBatch *batch);

/* Look how deep a sent transaction is, and end the batch when it is final. */
extern PayoutStep payout_follow(Payer *payer, PayoutBatch *batch);

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

/* Store that the wallet has the transaction, that deep. */
extern void payout_seen(const PayoutBatch *batch, int confirmations);

/* End a batch: final, or failed for that reason. */
extern void payout_end(const PayoutBatch *batch, const char *failure);

#endif
