/*
 * payout_trial.h
 *	  Transactions that are created, signed and tested by the node, but not
 *	  sent.
 */
#ifndef CHIMERA_PAYOUT_TRIAL_H
#define CHIMERA_PAYOUT_TRIAL_H

#include "postgres.h"

#include "chain/transaction.h"
#include "payout/payout_steps.h"

/* An account's payout to an address. */
typedef struct Payout
{
	int64 payout_id; /* 0: a payment to the pool itself */
	int account_id;
	char *address;
	uint8 *script; /* NULL: the network no longer accepts the address */
	size_t script_length;
	int64 amount_sats;
	int64 least_sats; /* outputs of less are not created */
	int64 fee_sats;	  /* its part of the fee, if recipients pay it */
	bool is_dust;	  /* too little is left after its part of the fee */
} Payout;

/*
 * Payouts in the order in which they are to be paid; an account's are
 * adjacent.
 */
typedef struct PayoutList
{
	int count;
	Payout *items;
} PayoutList;

typedef enum TrialOutcome
{
	TRIAL_GOOD,		 /* the node would accept the transaction */
	TRIAL_REFUSED,	 /* the wallet or the node refuses it */
	TRIAL_POOR,		 /* the wallet's funds are insufficient */
	TRIAL_TOO_LARGE, /* nodes would not relay it */
	TRIAL_DUST,	   /* some payouts are too small after their part of the fee */
	TRIAL_WAITS,   /* nothing is known: wallet locked, or an unclear response */
	TRIAL_NO_NODE, /* the wallet does not respond */
} TrialOutcome;

/* Of a trial: 'transaction' and 'fee_sats' if good, else 'reason'. */
typedef struct Trial
{
	TrialOutcome outcome;
	uint8 *bytes;
	size_t length;
	Transaction transaction;
	int64 fee_sats;
	char *reason;
} Trial;

/*
 * Have the wallet create and sign a transaction with these payouts, and ask
 * the node whether it would accept it (testmempoolaccept, if supported).  With
 * 'recipients_pay' the fee is deducted from the payouts, in proportion to
 * their amounts.
 */
extern void
payout_try(Payer *payer, PayoutList list, bool recipients_pay, Trial *trial);

/* The sum of the payouts. */
extern int64 payout_sum(PayoutList list);

/* What the wallet can spend; -1 if unknown. */
extern int64 payer_spendable(Payer *payer);

/*
 * Reduce a prepared batch to what one transaction can pay, and try that: other
 * payouts are returned to the balances with the reason.  STEP_DONE: the trial
 * is good.
 */
extern PayoutStep
payout_fit(Payer *payer, const PayoutBatch *batch, Trial *trial);

#endif
