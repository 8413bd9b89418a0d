/*
 * payout_trial.h
 *	  Transactions that are made, signed and shown to the node, and not sent.
 */
#ifndef CHIMERA_PAYOUT_TRIAL_H
#define CHIMERA_PAYOUT_TRIAL_H

#include "postgres.h"

#include "chain/transaction.h"
#include "payout/payout_steps.h"

/* What an account gets at an address. */
typedef struct Payout
{
	int64 payout_id; /* 0: nobody's, a payment to the pool itself */
	int account_id;
	char *address;
	uint8 *script; /* NULL: the network does not pay the address any more */
	size_t script_length;
	int64 amount_sats;
	int64 least_sats; /* the lowest amount that is made an output of */
	int64 fee_sats;	  /* its part of the fee, where recipients pay */
	bool is_dust;	  /* what is left of it after that is too little */
} Payout;

/* Payouts in the order in which they are to be made, an account's together. */
typedef struct PayoutList
{
	int count;
	Payout *items;
} PayoutList;

typedef enum TrialOutcome
{
	TRIAL_GOOD,		 /* the node would take the transaction */
	TRIAL_REFUSED,	 /* the wallet or the node refuses it */
	TRIAL_POOR,		 /* the wallet has too little money for it */
	TRIAL_TOO_LARGE, /* nodes would not relay it */
	TRIAL_DUST,		 /* some are too little after their part of the fee */
	TRIAL_WAITS,	 /* nothing can be told: locked, or answers without sense */
	TRIAL_NO_NODE,	 /* the wallet does not answer */
} TrialOutcome;

/* Of a trial: 'transaction' and 'fee_sats' when good, else 'reason'. */
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
 * Have the wallet make and sign a transaction that pays these, and ask the
 * node whether it would take it (testmempoolaccept, where it knows that).
 * With 'recipients_pay' the fee is taken from the payouts, in proportion to
 * their amounts.
 */
extern void
payout_try(Payer *payer, PayoutList list, bool recipients_pay, Trial *trial);

/* What all of them are together. */
extern int64 payout_sum(PayoutList list);

/* What the wallet can spend; -1 when it does not say. */
extern int64 payer_spendable(Payer *payer);

/*
 * Reduce a prepared batch to what one transaction can pay, and try that: what
 * it cannot pay is returned to the balances with its reason.  STEP_DONE: the
 * trial is good.
 */
extern PayoutStep
payout_fit(Payer *payer, const PayoutBatch *batch, Trial *trial);

#endif
