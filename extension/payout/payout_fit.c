/*
 * payout_fit.c
 *	  Determines which payouts of a prepared batch one transaction can pay.
 *
 * If the wallet or the node refuses the whole batch, the largest number of
 * accounts, from the first on, that is accepted together is determined.  The
 * next account is then tried alone: either it is refused, or it exceeds the
 * wallet's funds, or it is accepted and there were only too many.  Payouts
 * that cannot be paid are returned to the balances before anything is stored
 * (chimera.return_payouts), and the rest is tried again.
 *
 * A recipient is considered refused only if the wallet can pay as much to
 * another recipient; otherwise the batch waits.  The number of trials is
 * limited; when it is exhausted, the accounts known to be good are paid and
 * the others wait for the next batch.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "spi/spi_query.h"
#include "spi/spi_transaction.h"
#include "payout/crash_point.h"
#include "payout/payout_trial.h"
#include "worker/worker_status.h"

#define TRIALS_MAX 200

/* how much more than a refused amount is tried: it may have been too small */
#define LARGER_AMOUNT 100

typedef struct Fit
{
	Payer *payer;
	const PayoutBatch *batch;
	PayoutList list;
	int *starts; /* of the accounts in the list, and the end of the list */
	int account_count;
	int good_count; /* so many accounts, from the first on, are known to be
					   accepted */
	int64 spendable_sats; /* -1: unknown */
	int trials_left;
	Trial last;	  /* the last trial that was not good */
	bool stopped; /* after that one nothing more can be determined now */
} Fit;

/* ---------- the batch's payouts ---------- */

static void
read_payout(Payout *payout, SpiRow row)
{
	payout->payout_id = row_int64(row, 1);
	payout->account_id = row_int32(row, 2);
	payout->address = row_text(row, 3);
	payout->amount_sats = row_int64(row, 4);
	payout->least_sats = row_int64(row, 5);
	payout->script = row_bytes(row, 6, &payout->script_length);
}

static PayoutList
read_payouts(const PayoutBatch *batch)
{
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(batch->batch_id)};
	MemoryContext caller = spi_transaction_begin("reading a batch's payouts");
	PayoutList list;

	if (SPI_execute_with_args(
			"SELECT p.payout_id, p.account_id, p.address, p.amount_sats,"
			" chimera.least_output(s.script, n), s.script"
			" FROM chimera.payouts p"
			" JOIN chimera.network_configs n USING (network_id)"
			" CROSS JOIN LATERAL (SELECT CASE"
			"  WHEN chimera.address_error(p.address, n) IS NULL"
			"  THEN chimera.address_script(p.address, n) END) s (script)"
			" WHERE p.batch_id = $1 ORDER BY p.payout_id",
			1, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read a batch's payouts");

	MemoryContextSwitchTo(caller);
	list.count = (int) SPI_processed;
	list.items = palloc0(sizeof(Payout) * Max(list.count, 1));
	for (int i = 0; i < list.count; i++)
		read_payout(&list.items[i], spi_row((uint64) i));
	spi_transaction_commit(caller);
	return list;
}

/* Record where each account's payouts begin. */
static void
find_accounts(Fit *fit)
{
	const PayoutList *list = &fit->list;

	fit->account_count = 0;
	for (int i = 0; i < list->count; i++)
		if (i == 0 ||
			list->items[i].account_id != list->items[i - 1].account_id)
			fit->starts[fit->account_count++] = i;
	fit->starts[fit->account_count] = list->count;
	fit->good_count = Min(fit->good_count, fit->account_count);
}

static PayoutList
accounts_from_to(const Fit *fit, int from, int to)
{
	return (PayoutList){fit->starts[to] - fit->starts[from],
						fit->list.items + fit->starts[from]};
}

/* ---------- returning payouts ---------- */

/* Remove the marked payouts from the list; returns their ids as an array. */
static ArrayType *
take_out(Fit *fit, const bool *marked)
{
	Datum *ids = palloc(sizeof(Datum) * fit->list.count);
	int taken = 0;
	int kept = 0;

	for (int i = 0; i < fit->list.count; i++)
		if (marked[i])
			ids[taken++] = Int64GetDatum(fit->list.items[i].payout_id);
		else
			fit->list.items[kept++] = fit->list.items[i];
	fit->list.count = kept;
	find_accounts(fit);
	return construct_array(ids, taken, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
						   TYPALIGN_DOUBLE);
}

/* Return the marked payouts; STEP_LATER if the batch was held meanwhile. */
static PayoutStep
give_back(Fit *fit, const bool *marked, const char *fate, const char *reason)
{
	Oid types[] = {INT8OID, INT8ARRAYOID, TEXTOID, TEXTOID};
	Datum values[] = {Int64GetDatum(fit->batch->batch_id),
					  PointerGetDatum(take_out(fit, marked)),
					  CStringGetTextDatum(fate),
					  reason ? CStringGetTextDatum(reason) : 0};
	MemoryContext caller = spi_transaction_begin("returning payouts");
	bool done;

	if (SPI_execute_with_args("SELECT chimera.return_payouts($1, $2, $3, $4)",
							  4, types, values, reason ? "    " : "   n", false,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not return payouts");
	done = row_bool(spi_row(0), 1);
	spi_transaction_commit(caller);
	CRASH_POINT("returned");
	return done ? STEP_DONE : STEP_LATER;
}

/* Put a range of accounts back into the queue. */
static PayoutStep
put_off(Fit *fit, int from, int to, const char *reason)
{
	bool *marked = palloc0(sizeof(bool) * fit->list.count);

	for (int i = fit->starts[from]; i < fit->starts[to]; i++)
		marked[i] = true;
	return give_back(fit, marked, "later", reason);
}

static PayoutStep
return_dust(Fit *fit)
{
	bool *marked = palloc0(sizeof(bool) * fit->list.count);

	for (int i = 0; i < fit->list.count; i++)
		marked[i] = fit->list.items[i].is_dust;
	fit->good_count = 0;
	return give_back(fit, marked, "dust", NULL);
}

/* ---------- trials ---------- */

/* Would the node accept a transaction with these, if the pool paid the fee? */
static bool
is_taken(Fit *fit, PayoutList list)
{
	Trial trial;

	fit->trials_left--;
	payout_try(fit->payer, list, false, &trial);
	if (trial.outcome == TRIAL_GOOD)
		return true;
	fit->last = trial;
	fit->stopped =
		trial.outcome == TRIAL_WAITS || trial.outcome == TRIAL_NO_NODE;
	return false;
}

/* Could as much be paid to the pool itself? */
static bool
can_pay(Fit *fit, int64 sats)
{
	const Network *network = fit->payer->network;
	Payout payout = {.address = network->pool_address,
					 .script = (uint8 *) network->pool_script.script,
					 .script_length = network->pool_script.length,
					 .amount_sats = sats};

	return !fit->stopped && is_taken(fit, (PayoutList){1, &payout});
}

/*
 * How many accounts, from the first on, are accepted together?  All together
 * are not.
 */
static int
count_taken(Fit *fit)
{
	int taken = fit->good_count;
	int refused = fit->account_count;

	while (refused - taken > 1 && fit->trials_left > 0 && !fit->stopped)
	{
		int tried = taken + (refused - taken) / 2;

		if (is_taken(fit, accounts_from_to(fit, 0, tried)))
			taken = tried;
		else
			refused = tried;
	}
	fit->good_count = taken;
	return taken;
}

/* ---------- deciding ---------- */

/*
 * Is the recipient refused?  Then the wallet can pay as much, or more if the
 * amount is too small for the node, to another recipient.
 */
static bool
recipient_is_refused(Fit *fit, PayoutList suspect, int taken)
{
	Trial refusal = fit->last;
	int64 sats = payout_sum(suspect);
	int64 more = Min(sats, PG_INT64_MAX / LARGER_AMOUNT) * LARGER_AMOUNT;
	bool refused;

	if (fit->spendable_sats >= 0)
		more = Min(more, fit->spendable_sats / 2);
	refused = payout_sum(accounts_from_to(fit, 0, taken)) >= sats ||
			  can_pay(fit, sats) || (more > sats && can_pay(fit, more));
	if (!fit->stopped)
		fit->last = refusal;
	return refused;
}

/* The batch waits for the reason of the last trial. */
static PayoutStep
wait_for_wallet(Fit *fit)
{
	if (fit->last.outcome == TRIAL_NO_NODE)
		worker_status_failing("%s", fit->last.reason);
	(void) payout_waits(fit->batch, "%s", fit->last.reason);
	return fit->last.outcome == TRIAL_NO_NODE ? STEP_NO_NODE : STEP_LATER;
}

/* Return those of an account's payouts that are refused, if need be all. */
static PayoutStep
put_aside(Fit *fit, int account)
{
	PayoutList suspect = accounts_from_to(fit, account, account + 1);
	bool *marked = palloc0(sizeof(bool) * fit->list.count);
	char *reason = fit->last.reason;
	bool any = false;

	for (int i = 0; i < suspect.count && suspect.count > 1 && !fit->stopped;
		 i++)
		if (!is_taken(fit, (PayoutList){1, &suspect.items[i]}))
		{
			marked[fit->starts[account] + i] = true;
			reason = fit->last.reason;
			any = true;
		}
	if (fit->stopped)
		return wait_for_wallet(fit);
	for (int i = 0; i < suspect.count && !any; i++)
		marked[fit->starts[account] + i] = true;
	ereport(LOG,
			(errmsg("chimera payout batch " INT64_FORMAT
					": a payout to %s is refused: %s",
					fit->batch->batch_id, suspect.items[0].address, reason)));
	return give_back(fit, marked, "refused", reason);
}

/* Can the wallet pay at least the account with the smallest amount? */
static bool
others_are_taken(Fit *fit, int account)
{
	Trial refusal = fit->last;
	PayoutList least = {0};
	bool taken;

	if (account > 0)
		return true;
	for (int i = 1; i < fit->account_count; i++)
	{
		PayoutList other = accounts_from_to(fit, i, i + 1);

		if (least.count == 0 || payout_sum(other) < payout_sum(least))
			least = other;
	}
	taken = least.count > 0 && is_taken(fit, least);
	if (!fit->stopped)
		fit->last = refusal;
	return taken;
}

/* Decide about an account that is not accepted alone either. */
static PayoutStep
judge_account(Fit *fit, int account)
{
	PayoutList suspect = accounts_from_to(fit, account, account + 1);

	if (fit->stopped)
		return wait_for_wallet(fit);
	if (fit->last.outcome == TRIAL_TOO_LARGE)
		return put_off(fit, account, account + 1, fit->last.reason);
	if (fit->last.outcome == TRIAL_REFUSED &&
		recipient_is_refused(fit, suspect, account))
		return put_aside(fit, account);
	if (!fit->stopped && others_are_taken(fit, account))
		return put_off(fit, account, account + 1, fit->last.reason);
	return wait_for_wallet(fit);
}

/* All together are refused: determine which can be paid. */
static PayoutStep
shrink_batch(Fit *fit, bool recipients_pay)
{
	int taken;

	/* the fee makes the amounts too small */
	if (recipients_pay && is_taken(fit, fit->list))
	{
		if (fit->account_count > 1)
			return put_off(fit, fit->account_count / 2, fit->account_count,
						   NULL);
		for (int i = 0; i < fit->list.count; i++)
			fit->list.items[i].is_dust = true;
		return return_dust(fit);
	}

	taken = count_taken(fit);
	if (fit->stopped)
		return wait_for_wallet(fit);
	if (fit->trials_left <= 0)
		return taken > 0 ? put_off(fit, taken, fit->account_count, NULL)
						 : wait_for_wallet(fit);
	if (!is_taken(fit, accounts_from_to(fit, taken, taken + 1)))
		return judge_account(fit, taken);
	return put_off(fit, Max(taken, 1), fit->account_count, NULL);
}

/* ---------- money ---------- */

/*
 * The wallet's funds are insufficient for all: keep, in order, the accounts
 * for which they suffice.  False if that is all of them.
 */
static bool
trim_to_money(Fit *fit, PayoutStep *step)
{
	bool *marked = palloc0(sizeof(bool) * fit->list.count);
	int64 left;
	bool any = false;

	fit->spendable_sats = payer_spendable(fit->payer);
	if (fit->spendable_sats < 0)
		return false;
	left = fit->spendable_sats;
	for (int account = 0; account < fit->account_count; account++)
	{
		int64 sats = payout_sum(accounts_from_to(fit, account, account + 1));

		if (sats <= left)
		{
			left -= sats;
			continue;
		}
		for (int i = fit->starts[account]; i < fit->starts[account + 1]; i++)
			marked[i] = any = true;
	}
	if (any)
		*step = give_back(fit, marked, "later", NULL);
	return any;
}

PayoutStep
payout_fit(Payer *payer, const PayoutBatch *batch, Trial *trial)
{
	Fit fit = {.payer = payer,
			   .batch = batch,
			   .list = read_payouts(batch),
			   .spendable_sats = -1,
			   .trials_left = TRIALS_MAX};
	PayoutStep step = STEP_DONE;

	fit.starts = palloc(sizeof(int) * (fit.list.count + 1));
	find_accounts(&fit);
	while (step == STEP_DONE)
	{
		if (fit.list.count == 0)
			return STEP_LATER;
		payout_try(payer, fit.list, batch->recipients_pay, trial);
		fit.last = *trial;
		switch (trial->outcome)
		{
			case TRIAL_GOOD:
				return STEP_DONE;
			case TRIAL_DUST:
				step = return_dust(&fit);
				break;
			case TRIAL_WAITS:
			case TRIAL_NO_NODE:
				return wait_for_wallet(&fit);
			case TRIAL_POOR:
				if (fit.spendable_sats < 0 && trim_to_money(&fit, &step))
					break;
				/* FALLTHROUGH */
			case TRIAL_REFUSED:
			case TRIAL_TOO_LARGE:
				step = shrink_batch(&fit, batch->recipients_pay);
				break;
		}
	}
	return step;
}
