/*
 * share_window.c
 *	  The work of a block's round, or of the window before it, by account.
 *
 * The executor computes the sums, in parallel if it decides to, by
 * chimera.sum_work(), so no single rows are fetched.  The shares of a child
 * (merged mining) are, in addition to its own, those of its parents whose job
 * carried it: chimera.network_shares.  Partitions and a BRIN
 * index are ordered by submitted_at, but shares are ordered by share_id.
 * Therefore every query has bounds on both, and those on time are wider by
 * chimera.clock_slack().
 *
 * The beginning of a window of a given amount of work is not known in advance.
 * It is located in time first: a moment is found such that the shares since
 * then fill the window.  Their lowest share_id is not above the beginning of
 * the window, so the window lies among the shares since that moment minus the
 * slack.  The shares since a slightly later moment do not fill the window; all
 * shares since that moment plus the slack are inside.  The boundary lies
 * between the two, and only there are shares read one by one.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "accounting/share_horizon.h"
#include "accounting/share_window.h"
#include "accounting/uint256_numeric.h"
#include "accounting/work_functions.h"

/* rows of the boundary fetched at a time */
#define ROWS_AT_ONCE 10000

/* The window is searched in stretches of time, each divided into steps. */
#define FIRST_STRETCH USECS_PER_HOUR

/* Which shares: after_id < share_id <= until_id, from <= submitted_at < to. */
typedef struct ShareRange
{
	TimestampTz from;
	TimestampTz to;
	int64 after_id;
	int64 until_id;
} ShareRange;

#define RANGE_PARAMETERS 5

/* lower than any share_id */
#define NO_SHARE_ID PG_INT64_MIN

/* the parameters that range_values() gives */
#define IN_RANGE                                                          \
	" s.network_id = $1 AND s.submitted_at >= $2 AND s.submitted_at < $3" \
	" AND s.share_id > $4 AND s.share_id <= $5 "

static const Oid range_types[RANGE_PARAMETERS + 2] = {
	UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID};

/* A query with the relation of the block's shares in place of its %s. */
static char *
shares_query(const RewardBlock *block, const char *query)
{
	return psprintf(query, block->is_child ? "chimera.network_shares"
										   : "chimera.shares");
}

static void
range_values(const RewardBlock *block, const ShareRange *range, Datum *values)
{
	values[0] = UUIDPGetDatum(&block->network_id);
	values[1] = TimestampTzGetDatum(range->from);
	values[2] = TimestampTzGetDatum(range->to);
	values[3] = Int64GetDatum(range->after_id);
	values[4] = Int64GetDatum(range->until_id);
}

/* Add to a time; infinities are unchanged. */
static TimestampTz
add_time(TimestampTz at, int64 by)
{
	return TIMESTAMP_NOT_FINITE(at) ? at : at + by;
}

/* ---------- the block ---------- */

static Datum
get_column(int row, int number, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number,
						 isnull);
}

static void
require_settled(int64 block_id)
{
	bool isnull;
	Datum after = get_column(0, 7, &isnull);

	if (!isnull && !is_settled(DatumGetFullTransactionId(after)))
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("shares before block " INT64_FORMAT " are not settled yet",
					block_id),
			 errdetail("A running transaction may contain some of them."),
			 errhint(
				 "Try again when chimera.shares_are_settled() returns true.")));
}

/*
 * The block, the one before it, the last share that was paid as it came before
 * it, the block that ended such payments, and the time up to which shares have
 * been dropped.
 */
static const char block_query[] =
	"SELECT b.network_id, b.share_id, b.found_at, b.network_difficulty,"
	" p.share_id, coalesce(p.found_at, '-infinity'), b.settles_after,"
	" (extract(epoch FROM chimera.clock_slack()) * 1000000)::bigint,"
	" coalesce(paid.share_id, $3), coalesce(e.found_at, '-infinity'),"
	" chimera.shares_dropped_until(b.network_id),"
	" EXISTS (SELECT FROM chimera.merged_networks m"
	"  WHERE m.network_id = b.network_id)"
	" FROM chimera.blocks b LEFT JOIN LATERAL"
	"  (SELECT p.share_id, p.found_at FROM chimera.blocks p"
	"   WHERE p.network_id = b.network_id AND p.share_id < b.share_id"
	"   ORDER BY p.share_id DESC LIMIT 1) p ON true"
	" LEFT JOIN LATERAL"
	"  (SELECT max(least(r.to_share_id, b.share_id)) AS share_id"
	"   FROM chimera.reward_ranges(b.network_id) r"
	"   WHERE r.from_share_id < b.share_id"
	"   AND (r.scheme IN ('pps', 'fpps') OR (r.scheme = 'pps+' AND NOT $2)))"
	"  paid ON true"
	" LEFT JOIN chimera.blocks e"
	"  ON e.network_id = b.network_id AND e.share_id = paid.share_id"
	" WHERE b.block_id = $1";

void
reward_block_read(int64 block_id, bool fees_only, RewardBlock *block)
{
	Oid types[] = {INT8OID, BOOLOID, INT8OID};
	Datum values[] = {Int64GetDatum(block_id), BoolGetDatum(fees_only),
					  Int64GetDatum(NO_SHARE_ID)};
	bool isnull;

	if (SPI_execute_with_args(block_query, lengthof(types), types, values, NULL,
							  true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read a block");
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("block " INT64_FORMAT " does not exist", block_id)));

	block->block_id = block_id;
	block->network_id = *DatumGetUUIDP(get_column(0, 1, &isnull));
	block->share_id = DatumGetInt64(get_column(0, 2, &isnull));
	if (isnull)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("block " INT64_FORMAT " has no share recorded",
							   block_id)));
	block->found_at = DatumGetTimestampTz(get_column(0, 3, &isnull));
	block->network_difficulty = DatumGetFloat8(get_column(0, 4, &isnull));
	block->previous_share_id = DatumGetInt64(get_column(0, 5, &isnull));
	if (isnull)
		block->previous_share_id = NO_SHARE_ID;
	block->previous_found_at = DatumGetTimestampTz(get_column(0, 6, &isnull));
	block->clock_slack = DatumGetInt64(get_column(0, 8, &isnull));
	block->paid_share_id = DatumGetInt64(get_column(0, 9, &isnull));
	block->paid_at = DatumGetTimestampTz(get_column(0, 10, &isnull));
	block->dropped_until = DatumGetTimestampTz(get_column(0, 11, &isnull));
	block->is_child = DatumGetBool(get_column(0, 12, &isnull));
	require_settled(block_id);
	SPI_freetuptable(SPI_tuptable);
}

/* Fail if shares since that time have been dropped. */
static void
require_kept(const RewardBlock *block, TimestampTz from)
{
	if (block->dropped_until > from)
		ereport(ERROR,
				(errcode(ERRCODE_SHARES_DROPPED),
				 errmsg("the work of block " INT64_FORMAT
						" began before the shares that are kept",
						block->block_id),
				 errdetail("Shares of before %s have been dropped.",
						   timestamptz_to_str(block->dropped_until)),
				 errhint("Keep shares for longer than any window or round "
						 "lasts, by the network's share_retention.")));
}

/* ---------- work by account ---------- */

static HTAB *
make_table(void)
{
	HASHCTL control = {0};

	control.keysize = sizeof(WorkKey);
	control.entrysize = sizeof(AccountWork);
	control.hcxt = CurrentMemoryContext;
	return hash_create("chimera work of accounts", 1024, &control,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
add_work(HTAB *table, int32 account_id, int64 job_id, const Uint256 *work)
{
	WorkKey key = {.job_id = job_id, .account_id = account_id};
	AccountWork *entry;
	bool found;

	entry = hash_search(table, &key, HASH_ENTER, &found);
	if (!found)
		entry->work = (Uint256){{0}};
	if (!uint256_add(&entry->work, work))
		elog(ERROR, "a sum of work is out of range");
}

/* Add the rows just read: account, job, work. */
static void
add_sums(HTAB *table)
{
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool isnull;
		int32 account_id = DatumGetInt32(get_column(i, 1, &isnull));
		int64 job_id = DatumGetInt64(get_column(i, 2, &isnull));
		Uint256 work = uint256_from_numeric(
			DatumGetNumeric(get_column(i, 3, &isnull)), 0, "work");

		add_work(table, account_id, job_id, &work);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* a query of sums by account and job; the caller provides the parts */
#define SUMS(job, sum)                                             \
	"SELECT m.account_id, w.job_id, w.work"                        \
	" FROM (SELECT s.miner_id, " job " AS job_id, " sum " AS work" \
	"       FROM %s s WHERE" IN_RANGE "GROUP BY 1, 2) w"           \
	" JOIN chimera.miners m USING (miner_id)"

static void
sum_range(HTAB *table, const RewardBlock *block, const ShareRange *range,
		  bool by_job)
{
	Datum values[RANGE_PARAMETERS];
	const char *query =
		by_job ? SUMS("s.job_id", "chimera.sum_work(s.difficulty)")
			   : SUMS("0::bigint", "chimera.sum_work(s.difficulty)");

	if (range->from >= range->to)
		return;
	range_values(block, range, values);
	if (SPI_execute_with_args(shares_query(block, query), RANGE_PARAMETERS,
							  (Oid *) range_types, values, NULL, true,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not sum up shares");
	add_sums(table);
}

static ShareRange
round_range(const RewardBlock *block)
{
	TimestampTz began = Max(block->previous_found_at, block->paid_at);
	ShareRange range = {
		.from = add_time(began, -block->clock_slack),
		.to = add_time(block->found_at, block->clock_slack),
		.after_id = Max(block->previous_share_id, block->paid_share_id),
		.until_id = block->share_id,
	};

	require_kept(block, range.from);
	return range;
}

HTAB *
round_work(const RewardBlock *block)
{
	HTAB *table = make_table();
	ShareRange range = round_range(block);

	sum_range(table, block, &range, false);
	return table;
}

HTAB *
round_score(const RewardBlock *block, int64 constant_us)
{
	HTAB *table = make_table();
	ShareRange range = round_range(block);
	Oid types[RANGE_PARAMETERS + 2];
	Datum values[RANGE_PARAMETERS + 2];

	memcpy(types, range_types, sizeof(types));
	range_values(block, &range, values);
	types[RANGE_PARAMETERS] = TIMESTAMPTZOID;
	values[RANGE_PARAMETERS] = TimestampTzGetDatum(block->found_at);
	types[RANGE_PARAMETERS + 1] = INT8OID;
	values[RANGE_PARAMETERS + 1] = Int64GetDatum(constant_us);
	if (SPI_execute_with_args(
			shares_query(
				block,
				SUMS(
					"0::bigint",
					"chimera.sum_score(s.difficulty, s.submitted_at, $6, $7)")),
			lengthof(types), types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not sum up scores");
	add_sums(table);
	return table;
}

/* ---------- where a window begins ---------- */

/* The search, which goes back in time. */
typedef struct WindowSearch
{
	const RewardBlock *block;
	Uint256 size;

	/* the work accepted since 'from' is 'sum', which is less than 'size' */
	TimestampTz from;
	Uint256 sum;

	/* the result: the work accepted since 'filled_from' fills the window */
	bool is_filled;
	TimestampTz filled_from;

	/* the search need not go further back */
	TimestampTz end;
} WindowSearch;

/* Search a stretch of time that ends where the search is now. */
static void
search_stretch(WindowSearch *search, TimestampTz from)
{
	ShareRange range = {.from = from,
						.to = search->from,
						.after_id = search->block->paid_share_id,
						.until_id = search->block->share_id};
	int64 step = work_step(range.from, range.to);
	Datum values[RANGE_PARAMETERS];
	Datum *sums;
	int count = 0;
	bool isnull;

	range_values(search->block, &range, values);
	if (SPI_execute_with_args(
			shares_query(search->block, "SELECT chimera.sum_work_steps("
										"s.difficulty, s.submitted_at, $2, $3)"
										" FROM %s s WHERE" IN_RANGE),
			RANGE_PARAMETERS, (Oid *) range_types, values, NULL, true,
			0) != SPI_OK_SELECT)
		elog(ERROR, "could not sum up shares by time");
	values[0] = get_column(0, 1, &isnull);
	if (!isnull)
		deconstruct_array(DatumGetArrayTypeP(values[0]), NUMERICOID, -1, false,
						  'i', &sums, NULL, &count);

	for (int i = count - 1; i >= 0 && !search->is_filled; i--)
	{
		Uint256 work =
			uint256_from_numeric(DatumGetNumeric(sums[i]), 0, "work");
		Uint256 sum = search->sum;

		uint256_add(&sum, &work);
		if (uint256_compare(&sum, &search->size) >= 0)
		{
			search->is_filled = true;
			search->filled_from = range.from + step * i;
		}
		else if (!uint256_is_zero(&work))
		{
			search->sum = sum;
			search->from = range.from + step * i;
		}
	}
	if (!search->is_filled)
		search->from = range.from;
	SPI_freetuptable(SPI_tuptable);
}

/*
 * Are there days before the current position of the search?  The catalog
 * answers that: a query on the shares would open, and lock, each partition.
 */
static bool
has_older_days(const WindowSearch *search)
{
	Oid types[] = {UUIDOID, TIMESTAMPTZOID};
	Datum values[] = {UUIDPGetDatum(&search->block->network_id),
					  TimestampTzGetDatum(search->from)};

	if (SPI_execute_with_args("SELECT FROM chimera.share_sources($1) s"
							  " CROSS JOIN LATERAL chimera.share_days(s) d"
							  " WHERE d.day < $2 AT TIME ZONE 'UTC' LIMIT 1",
							  2, types, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for older shares");
	return SPI_processed > 0;
}

/*
 * The length of the next stretch: a bit longer than the rest takes at the pace
 * so far, but at most three times what has been searched.  The estimate may be
 * wrong and may use doubles, since it only decides how much is read at once,
 * not the result.
 */
static int64
next_stretch(const WindowSearch *search)
{
	int64 seen = search->block->found_at - search->from;
	double sum = uint256_to_double(&search->sum);
	double rest = uint256_to_double(&search->size) - sum;
	double guess = sum > 0 ? 1.1 * rest / sum * (double) seen : 3e18;

	return Max(FIRST_STRETCH, (int64) Min(guess, 3.0 * (double) seen));
}

static void
search_window(WindowSearch *search)
{
	search->end = add_time(search->block->paid_at, -search->block->clock_slack);
	search->from =
		add_time(search->block->found_at, search->block->clock_slack);
	search_stretch(search, search->block->found_at - FIRST_STRETCH);
	while (!search->is_filled && search->from > search->end &&
		   has_older_days(search))
	{
		CHECK_FOR_INTERRUPTS();
		search_stretch(search, search->from - next_stretch(search));
	}
}

/* ---------- the boundary ---------- */

/* Add the rows just fetched, newest first, until the window is full. */
static void
add_boundary_rows(HTAB *table, Uint256 *left, bool by_job)
{
	for (uint64 i = 0; i < SPI_processed && !uint256_is_zero(left); i++)
	{
		bool isnull;
		int32 account_id = DatumGetInt32(get_column(i, 1, &isnull));
		int64 job_id = DatumGetInt64(get_column(i, 2, &isnull));
		Uint256 work = uint256_from_uint128(
			work_or_error(DatumGetFloat8(get_column(i, 3, &isnull))));

		/* the boundary share counts only for the work that is still missing */
		if (uint256_compare(&work, left) > 0)
			work = *left;
		uint256_subtract(left, &work);
		add_work(table, account_id, by_job ? job_id : 0, &work);
	}
}

static void
add_boundary(HTAB *table, const RewardBlock *block, const ShareRange *range,
			 Uint256 left, bool by_job)
{
	Datum values[RANGE_PARAMETERS];
	Portal portal;

	range_values(block, range, values);
	portal = SPI_cursor_open_with_args(
		NULL,
		shares_query(block, "SELECT m.account_id, s.job_id, s.difficulty"
							" FROM %s s JOIN chimera.miners m USING (miner_id)"
							" WHERE" IN_RANGE "ORDER BY s.share_id DESC"),
		RANGE_PARAMETERS, (Oid *) range_types, values, NULL, true, 0);
	do
	{
		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, ROWS_AT_ONCE);
		if (SPI_processed == 0)
			break;
		add_boundary_rows(table, &left, by_job);
		SPI_freetuptable(SPI_tuptable);
	} while (!uint256_is_zero(&left));
	SPI_cursor_close(portal);
}

static Uint256
total_work(HTAB *table)
{
	HASH_SEQ_STATUS scan;
	AccountWork *entry;
	Uint256 total = {{0}};

	hash_seq_init(&scan, table);
	while ((entry = hash_seq_search(&scan)) != NULL)
		uint256_add(&total, &entry->work);
	return total;
}

HTAB *
window_work(const RewardBlock *block, const Uint256 *size, bool by_job)
{
	WindowSearch search = {.block = block, .size = *size};
	ShareRange range = {.from = DT_NOBEGIN,
						.to = add_time(block->found_at, block->clock_slack),
						.after_id = block->paid_share_id,
						.until_id = block->share_id};
	HTAB *table = make_table();
	Uint256 left, total;

	search_window(&search);
	require_kept(block, search.is_filled
							? Max(search.end, add_time(search.filled_from,
													   -block->clock_slack))
							: search.end);
	if (search.is_filled)
		range.from = Min(add_time(search.from, block->clock_slack), range.to);
	sum_range(table, block, &range, by_job);
	if (!search.is_filled)
		return table;

	/* the shares since then do not fill the window */
	total = total_work(table);
	left = *size;
	uint256_subtract(&left, &total);
	range.to = range.from;
	range.from = add_time(search.filled_from, -block->clock_slack);
	add_boundary(table, block, &range, left, by_job);
	return table;
}
