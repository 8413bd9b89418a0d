/*
 * trial.c
 *	  chimera.try_share: checks a submission of a miner without a number.
 *
 * A miner gets its number with its first good share (sql/mining/logins.sql).
 * Bad submissions are found here, before a row is inserted or a number is used
 * up.  Nothing is claimed or stored: the share is submitted afterwards.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/lsyscache.h"

#include "job/live_jobs.h"
#include "share/share_set.h"
#include "share/submission.h"

PG_FUNCTION_INFO_V1(chimera_try_share);

Datum
chimera_try_share(PG_FUNCTION_ARGS)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);
	Batch batch = {.is_trial = true};

	live_jobs_require();
	SPI_connect();
	batch_decode(bytes, &batch);
	if (batch.count != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("expected one share, not %d", batch.count)));
	batch.shares =
		get_relname_relid("shares", get_namespace_oid("chimera", false));
	share_set_ensure_ready(batch.shares);
	batch_check(&batch);
	SPI_finish();
	PG_RETURN_INT32((int32) batch.items[0].result);
}
