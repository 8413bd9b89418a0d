/*
 * trial.c
 *	  chimera.try_share: what a submission of a miner without a number is worth.
 *
 * A rig gets its number with its first good share (sql/mining/logins.sql). What
 * is not good is told apart here, before a row is made or a number used up.
 * Nothing is claimed or stored: the share is submitted after.
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
						errmsg("a trial must be of one share, not of %d",
							   batch.count)));
	batch.shares =
		get_relname_relid("shares", get_namespace_oid("chimera", false));
	share_set_ensure_ready(batch.shares);
	batch_check(&batch);
	SPI_finish();
	PG_RETURN_INT32((int32) batch.items[0].result);
}
