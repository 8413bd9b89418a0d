/*
 * job_store.c
 *	  Stores a job with its template, announces it, and retires older ones.
 *
 * This is one short transaction: its commit wakes every stratumd, so nothing
 * in it waits.  The template's transactions, megabytes on a busy chain, are
 * written only if they differ from the last template's.
 *
 * The first job after a network was stopped (chimera.stopped_networks) starts
 *it again, in the same transaction; a template that no job can be created from
 * does not.
 *
 * A job is live once it is committed. live_jobs is advanced right after the
 * commit and before any notification is sent: a miner that has seen a clean
 * job gets no share of an older one accepted.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "job/job.h"
#include "job/live_jobs.h"
#include "job/template_bounds.h"
#include "settings.h"
#include "spi/spi_query.h"
#include "spi/spi_transaction.h"

#define JOBS_CHANNEL	  "chimera_jobs"
#define LISTENERS_CHANNEL "chimera_listeners"

static bytea *
make_bytea(const void *data, size_t length)
{
	bytea *value = palloc(VARHDRSZ + length);

	SET_VARSIZE(value, VARHDRSZ + length);
	memcpy(VARDATA(value), data, length);
	return value;
}

static uint64
template_fingerprint(const BlockTemplate *template)
{
	uint64 hash = hash_bytes_extended(
		(const unsigned char *) VARDATA(template->transactions),
		VARSIZE(template->transactions) - VARHDRSZ, 0);

	if (template->mweb)
		hash =
			hash_bytes_extended((const unsigned char *) VARDATA(template->mweb),
								VARSIZE(template->mweb) - VARHDRSZ, hash);
	return hash;
}

static int64
store_template(const Network *network, const BlockTemplate *template)
{
	Oid types[] = {UUIDOID, INT4OID, INT4OID, BYTEAOID, BYTEAOID};
	Datum values[] = {
		UUIDPGetDatum(&network->network_id),
		Int32GetDatum(template->height),
		Int32GetDatum(template->transaction_count),
		PointerGetDatum(template->transactions),
		PointerGetDatum(template->mweb),
	};
	SpiQuery insertion = {
		"INSERT INTO chimera.templates"
		" (network_id, height, transaction_count, transactions, mweb)"
		" VALUES ($1, $2, $3, $4, $5) RETURNING template_id",
		lengthof(types),
		types,
		values,
		template->mweb ? "     " : "    n",
	};
	int64 template_id = 0;

	spi_query_int64(&insertion, &template_id);
	return template_id;
}

static void
store_job(const Network *network, const BlockTemplate *template,
		  const LastJob *last, const Job *job)
{
	Oid types[] = {INT8OID, UUIDOID,  INT8OID,	TEXTOID,  INT4OID,
				   INT8OID, BYTEAOID, INT8OID,	INT8OID,  INT8OID,
				   INT8OID, BYTEAOID, BYTEAOID, BYTEAOID, BOOLOID,
				   INT8OID, BOOLOID,  INT8OID,	INT8OID};
	Datum values[] = {
		Int64GetDatum(job->job_id),
		UUIDPGetDatum(&network->network_id),
		Int64GetDatum(last->template_id),
		CStringGetTextDatum(network->algorithm),
		Int32GetDatum(template->height),
		Int64GetDatum(template->version),
		PointerGetDatum(make_bytea(template->prevhash, 32)),
		Int64GetDatum(template->nbits),
		Int64GetDatum(template->curtime),
		Int64GetDatum(template->mintime),
		Int64GetDatum(template->coinbase_value),
		PointerGetDatum(
			make_bytea(job->coinbase.prefix, job->coinbase.prefix_length)),
		PointerGetDatum(
			make_bytea(job->coinbase.suffix, job->coinbase.suffix_length)),
		PointerGetDatum(make_bytea(job->merkle_branch, job->merkle_steps * 32)),
		BoolGetDatum(template->has_witness),
		/*
		 * the template's own bits: rolling them could change what they signal
		 */
		Int64GetDatum(network->version_mask & ~template->version &
					  ~job->children.fixed_bits),
		BoolGetDatum(job->clean_jobs),
		Int64GetDatum(template->fees),
		Int64GetDatum(last->tree_id),
	};
	char nulls[lengthof(values) + 1] = {0};

	memset(nulls, ' ', lengthof(values));
	if (!template->fees_known)
		nulls[lengthof(values) - 2] = 'n';
	if (last->tree_id == 0)
		nulls[lengthof(values) - 1] = 'n';

	if (SPI_execute_with_args(
			"INSERT INTO chimera.jobs (job_id, network_id, template_id,"
			" algorithm, height, version, prevhash, nbits, curtime, mintime,"
			" coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch,"
			" has_witness, version_mask, clean_jobs, fees, tree_id)"
			" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
			" $14, $15, $16, $17, $18, $19)",
			lengthof(types), types, values, nulls, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not store the job");
}

/* The oldest job that stays live together with the new one. */
static int64
oldest_live(const Network *network, const Job *job, int slot)
{
	Oid types[] = {UUIDOID, INT8OID, INT4OID};
	Datum values[] = {UUIDPGetDatum(&network->network_id),
					  Int64GetDatum(live_jobs_from(slot)),
					  Int32GetDatum(chimera_job_lifetime_s)};
	SpiQuery query = {"SELECT min(job_id) FROM chimera.jobs"
					  " WHERE network_id = $1 AND job_id >= $2"
					  " AND created_at > now() - $3 * interval '1 second'",
					  3, types, values, NULL};
	int64 oldest = job->job_id;

	if (!job->clean_jobs)
		spi_query_int64(&query, &oldest);
	return oldest;
}

/*
 * The oldest job whose blocks are still submitted: the one that was the newest
 * LATE_BLOCK_S ago, unless an older one is live.
 */
static int64
oldest_kept(const Network *network, int64 oldest_live)
{
	Oid types[] = {UUIDOID, INT4OID};
	Datum values[] = {UUIDPGetDatum(&network->network_id),
					  Int32GetDatum(LATE_BLOCK_S)};
	SpiQuery query = {"SELECT job_id FROM chimera.jobs WHERE network_id = $1"
					  " AND created_at <= now() - $2 * interval '1 second'"
					  " ORDER BY job_id DESC LIMIT 1",
					  2, types, values, NULL};
	int64 kept = 0;

	spi_query_int64(&query, &kept);
	return Min(kept, oldest_live);
}

/* Templates are large: drop those of the jobs before that one. */
static void
drop_old_templates(const Network *network, int64 oldest_job)
{
	Oid types[] = {UUIDOID, INT8OID};
	Datum values[] = {UUIDPGetDatum(&network->network_id),
					  Int64GetDatum(oldest_job)};

	if (SPI_execute_with_args(
			"DELETE FROM chimera.templates WHERE network_id = $1"
			" AND template_id < (SELECT min(template_id) FROM chimera.jobs"
			"  WHERE network_id = $1 AND job_id >= $2)",
			2, types, values, NULL, false, 0) != SPI_OK_DELETE)
		elog(ERROR, "could not drop old templates");
}

/* Nobody else creates a job until the commit: ids grow in commit order. */
static void
lock_job_making(const Network *network)
{
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(&network->network_id)};

	if (SPI_execute_with_args("SELECT chimera.lock_job_making($1)", 1, types,
							  values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not lock the creation of jobs");
}

static void
draw_job_id(Job *job)
{
	SpiQuery query = {.text = "SELECT nextval('chimera.jobs_job_id_seq')"};

	spi_query_int64(&query, &job->job_id);
}

/*
 * Start the network again; true if it had been stopped.  The code that stops a
 * network locks it first, and so does this function: a stop that is not
 * visible yet finds the new job.
 */
static bool
start_work(const Network *network)
{
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(&network->network_id)};

	if (SPI_execute_with_args("SELECT FROM chimera.network_configs"
							  " WHERE network_id = $1 FOR KEY SHARE",
							  1, types, values, NULL, false,
							  0) != SPI_OK_SELECT ||
		SPI_execute_with_args("DELETE FROM chimera.stopped_networks"
							  " WHERE network_id = $1",
							  1, types, values, NULL, false,
							  0) != SPI_OK_DELETE)
		elog(ERROR, "could not start the network");
	if (SPI_processed == 0)
		return false;
	Async_Notify(LISTENERS_CHANNEL, "");
	return true;
}

typedef struct JobPublication
{
	const Network *network;
	BlockTemplate *template;
	LastJob *last;
	Job *job;
	int slot;	  /* of the network in live_jobs */
	int64 oldest; /* the oldest live job, once the new one is stored */
} JobPublication;

/* Store which jobs of children it carries, unless the last one did. */
static void
store_children(const Children *children, LastJob *last)
{
	if (children->count == 0)
		last->tree_id = 0;
	else if (last->tree_id == 0 || last->carried != children->jobs)
		last->tree_id = children_store(children);
	last->carried = children->jobs;
	last->tips = children->tips;
}

/* Store the job, with its template unless the last one's can be used again. */
static void
store_job_and_template(JobPublication *publication)
{
	const Network *network = publication->network;
	BlockTemplate *template = publication->template;
	LastJob *last = publication->last;
	Job *job = publication->job;
	uint64 fingerprint = template_fingerprint(template);

	if (last->template_id == 0 || job->clean_jobs ||
		last->fingerprint != fingerprint)
		last->template_id = store_template(network, template);
	store_children(&job->children, last);
	store_job(network, template, last, job);
	publication->oldest = oldest_live(network, job, publication->slot);
	job->kept_from = oldest_kept(network, publication->oldest);
	drop_old_templates(network, job->kept_from);

	last->exists = true;
	last->fingerprint = fingerprint;
	last->height = template->height;
	memcpy(last->prevhash, template->prevhash, 32);
}

/*
 * The body of the transaction.  Returns NULL or, in 'context', the reason why
 * no job was created.
 */
static const char *
publish_job(JobPublication *publication, MemoryContext context)
{
	const Network *network = publication->network;
	BlockTemplate *template = publication->template;
	const LastJob *last = publication->last;
	Job *job = publication->job;
	const char *error = template_bounds_error(network, template, context);
	char payload[32];

	if (error)
		return error;
	lock_job_making(network);
	draw_job_id(job);
	children_read(&network->network_id, &job->children);
	children_place(&job->children, template->version, network->version_mask);
	error = job_build(network, template, job);
	if (error)
		return error;
	job->clean_jobs =
		!last->exists || memcmp(last->prevhash, template->prevhash, 32) != 0;
	if (start_work(network))
		job->clean_jobs = true;
	store_job_and_template(publication);

	snprintf(payload, sizeof(payload), INT64_FORMAT, job->job_id);
	Async_Notify(JOBS_CHANNEL, payload);
	return NULL;
}

/* What advance_at_commit() does to live_jobs. */
static struct
{
	bool is_set;
	int slot;
	int64 oldest;
	int64 kept_from;
} advance;

/* Called when others can see the commit, before they are notified. */
static void
advance_at_commit(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT && advance.is_set)
	{
		live_jobs_advance(advance.slot, advance.oldest);
		live_jobs_keep_from(advance.slot, advance.kept_from);
	}
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
		advance.is_set = false;
}

const char *
job_publish(const Network *network, BlockTemplate *template, LastJob *last,
			Job *job)
{
	static bool registered = false;
	JobPublication publication = {
		.network = network,
		.template = template,
		.last = last,
		.job = job,
		.slot = live_jobs_slot(&network->network_id),
	};
	MemoryContext caller;
	const char *error;

	if (!registered)
		RegisterXactCallback(advance_at_commit, NULL);
	registered = true;

	caller = spi_transaction_begin("storing a job");
	error = publish_job(&publication, caller);
	advance.is_set = error == NULL;
	advance.slot = publication.slot;
	advance.oldest = publication.oldest;
	advance.kept_from = job->kept_from;
	spi_transaction_commit(caller);
	return error;
}

void
job_read_last(const Network *network, LastJob *last)
{
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(&network->network_id)};
	MemoryContext caller = spi_transaction_begin("reading the last job");

	memset(last, 0, sizeof(LastJob));
	if (SPI_execute_with_args("SELECT prevhash, height FROM chimera.jobs"
							  " WHERE network_id = $1"
							  " ORDER BY job_id DESC LIMIT 1",
							  1, types, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the last job");
	if (SPI_processed == 1)
	{
		SpiRow row = spi_row(0);
		bytea *prevhash = DatumGetByteaPP(row_datum(row, 1));

		last->exists = true;
		memcpy(last->prevhash, VARDATA_ANY(prevhash), 32);
		last->height = row_int32(row, 2);
	}
	spi_transaction_commit(caller);
}
