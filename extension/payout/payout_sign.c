/*
 * payout_sign.c
 *	  Stores the transaction of a prepared batch, before it is sent.
 *
 * The wallet creates and signs it, and the node is asked whether it would
 * accept it, as often as it takes to determine what one transaction can pay
 * (payout_fit.c).  None of that is binding, so after a crash before the
 * transaction is stored the step simply starts again.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "chain/hex.h"
#include "spi/spi_query.h"
#include "spi/spi_transaction.h"
#include "payout/crash_point.h"
#include "payout/payout_trial.h"

/* False if the batch was held or cancelled meanwhile, or has to wait now. */
static bool
store_transaction(PayoutBatch *batch, const Trial *trial)
{
	Oid types[] = {INT8OID, BYTEAOID, TEXTOID, INT8OID};
	bytea *raw = palloc(VARHDRSZ + trial->length);
	char txid[HASH_HEX_BYTES];
	Datum values[4];
	MemoryContext caller;
	bool stored;

	SET_VARSIZE(raw, VARHDRSZ + trial->length);
	memcpy(VARDATA(raw), trial->bytes, trial->length);
	hash_to_hex(trial->transaction.txid, txid);
	values[0] = Int64GetDatum(batch->batch_id);
	values[1] = PointerGetDatum(raw);
	values[2] = CStringGetTextDatum(txid);
	values[3] = Int64GetDatum(trial->fee_sats);

	caller = spi_transaction_begin("storing a payout's transaction");
	if (SPI_execute_with_args(
			"SELECT chimera.store_payout_transaction($1, $2, $3, $4)", 4, types,
			values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not store a payout's transaction");
	stored = row_bool(spi_row(0), 1);
	spi_transaction_commit(caller);

	batch->state = PAYOUT_SENDING;
	batch->txid = pstrdup(txid);
	batch->raw = trial->bytes;
	batch->raw_length = trial->length;
	batch->fee_sats = trial->fee_sats;
	return stored;
}

PayoutStep
payout_sign(Payer *payer, PayoutBatch *batch)
{
	Trial trial;
	PayoutStep step;

	CRASH_POINT("prepared");
	step = payout_clear(payer, batch);
	if (step == STEP_DONE)
		step = payout_fit(payer, batch, &trial);
	if (step != STEP_DONE)
		return step;
	CRASH_POINT("signed");
	if (!store_transaction(batch, &trial))
		return STEP_LATER;
	CRASH_POINT("stored");
	return STEP_DONE;
}
