/*
 * method_submit.c
 *	  mining.submit [worker, job, extranonce2, ntime, nonce, version bits].
 *
 * This file checks only the form, and what the session knows: its worker, its
 * jobs, what it has negotiated.  The database decides the rest.
 */
#include "stratum/method_submit.h"

#include <string.h>

#include "counters.h"
#include "database/first_share.h"
#include "log.h"
#include "protocol/hex.h"
#include "session/job_delivery.h"
#include "session/response.h"
#include "stratum/reputation.h"

#define EXTRANONCE2_DIGITS 16

/* The positions of the params. */
enum
{
	PARAM_WORKER,
	PARAM_JOB,
	PARAM_EXTRANONCE2,
	PARAM_NTIME,
	PARAM_NONCE,
	PARAM_VERSION_BITS
};

typedef struct Refusal
{
	StratumError code;
	const char *message;
} Refusal;

/* ---------- form ---------- */

static bool
read_word(const Span *param, uint32_t *value)
{
	return param->text && hex_to_word(param->text, param->length, value);
}

/*
 * The bytes after extranonce1 in the coinbase.  A text of another length is
 * read as ckpool does: missing digits at the end are zero, extra ones are cut
 * off.
 */
static bool
read_extranonce2(const Span *param, uint64_t *value)
{
	char digits[EXTRANONCE2_DIGITS];
	const char *text = param->text;
	size_t length = param->length;

	if (text == NULL || length == 0)
		return false;
	if (length == EXTRANONCE2_DIGITS && hex_to_uint64(text, length, value))
		return true;
	if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
	{
		text += 2;
		length -= 2;
	}
	memset(digits, '0', sizeof(digits));
	memcpy(digits, text,
		   length < EXTRANONCE2_DIGITS ? length : EXTRANONCE2_DIGITS);
	return hex_to_uint64(digits, sizeof(digits), value);
}

/*
 * The problem of the version bits, or NULL. Missing bits, an empty text and
 * zero mean that none are rolled, granted or not: some firmware always sends
 * the field.
 */
static const char *
read_version_bits(const Session *session, const Span *param, Share *share)
{
	share->version_bits = 0;
	if (param->text == NULL || param->length == 0)
		return NULL;
	if (!read_word(param, &share->version_bits))
		return "version bits must be up to 8 hex digits";
	if (share->version_bits != 0 && !session->rolls_version)
		return "version rolling was not negotiated";
	return NULL;
}

/* The problem of a submission's form, or NULL. */
static const char *
read_form(const Session *session, const Span params[SUBMIT_PARAMS],
		  Share *share)
{
	if (params[PARAM_WORKER].text == NULL)
		return "worker must be a string";
	if (params[PARAM_JOB].text == NULL)
		return "job must be a string";
	if (!read_extranonce2(&params[PARAM_EXTRANONCE2], &share->extranonce2))
		return "extranonce2 must be 16 hex digits";
	if (!read_word(&params[PARAM_NTIME], &share->ntime))
		return "ntime must be up to 8 hex digits";
	if (!read_word(&params[PARAM_NONCE], &share->nonce))
		return "nonce must be up to 8 hex digits";
	return read_version_bits(session, &params[PARAM_VERSION_BITS], share);
}

/* ---------- what belongs to the session ---------- */

/* The range of sent jobs that contains the job named, or NULL. */
static const SentRange *
find_job(const Session *session, const Span *param, int64_t *job_id)
{
	uint64_t number;

	if (!hex_to_uint64(param->text, param->length, &number))
		return NULL;
	*job_id = (int64_t) number;
	return sent_jobs_find(&session->history, *job_id);
}

static bool
fill_in(const Session *session, const Span params[SUBMIT_PARAMS], Share *share,
		Refusal *refusal)
{
	const Worker *worker;
	const SentRange *sent;
	const char *problem;

	if (!session->is_subscribed)
	{
		*refusal = (Refusal){STRATUM_NOT_SUBSCRIBED, "not subscribed"};
		return false;
	}
	problem = read_form(session, params, share);
	if (problem)
	{
		*refusal = (Refusal){STRATUM_OTHER, problem};
		return false;
	}
	worker = workers_find(&session->workers, params[PARAM_WORKER].text,
						  params[PARAM_WORKER].length);
	if (worker == NULL)
	{
		*refusal = (Refusal){STRATUM_UNAUTHORIZED, "unauthorized worker"};
		return false;
	}
	sent = find_job(session, &params[PARAM_JOB], &share->job_id);
	if (sent == NULL)
	{
		*refusal = (Refusal){STRATUM_STALE, "job not found"};
		return false;
	}
	share->miner_id = worker->miner_id;
	share->extranonce1 = session->extranonce1;
	share->version_mask = sent->version_mask;
	share->difficulty = sent->difficulty;
	return true;
}

void
method_submit_params(Session *session, const RequestId *id,
					 const Span params[SUBMIT_PARAMS])
{
	Share *share = share_new();
	Refusal refusal;

	if (!fill_in(session, params, share, &refusal))
	{
		share_free(share);
		counters.shares_refused++;
		respond_error(session, id, refusal.code, refusal.message);
		if (refusal.code == STRATUM_OTHER ||
			refusal.code == STRATUM_NOT_SUBSCRIBED)
			reputation_odd_line(session);
		return;
	}
	share->session = session;
	share->id = *id;
	if (share->miner_id > 0)
		share_queue_add(share);
	else
		first_share_add(share, workers_find(&session->workers,
											params[PARAM_WORKER].text,
											params[PARAM_WORKER].length));
}

/* A parameter of a parsed request: a string, missing, or not a string. */
static Span
param_text(const Request *request, size_t index)
{
	const json_t *value = json_array_get(request->params, index);

	if (json_is_string(value))
		return (Span){json_string_value(value), json_string_length(value)};
	/* version bits may be missing, but must be a string */
	if (index == PARAM_VERSION_BITS && value && !json_is_null(value))
		return (Span){"?", 1};
	return (Span){NULL, 0};
}

void
method_submit(Session *session, const Request *request)
{
	Span params[SUBMIT_PARAMS];

	for (size_t i = 0; i < SUBMIT_PARAMS; i++)
		params[i] = param_text(request, i);
	method_submit_params(session, &request->id, params);
}

/* ---------- verdicts ---------- */

static const Refusal refusals[SHARE_RESULTS] = {
	[SHARE_STALE] = {STRATUM_STALE, "stale job"},
	[SHARE_DUPLICATE] = {STRATUM_DUPLICATE, "duplicate share"},
	[SHARE_LOW_DIFFICULTY] = {STRATUM_LOW_DIFFICULTY, "low difficulty share"},
	[SHARE_NEARLY] = {STRATUM_LOW_DIFFICULTY, "low difficulty share"},
	[SHARE_UNKNOWN_MINER] = {STRATUM_UNAUTHORIZED, "unauthorized worker"},
	[SHARE_BAD_NTIME] = {STRATUM_OTHER, "ntime out of range"},
	[SHARE_BAD_VERSION] = {STRATUM_OTHER, "version bits outside the mask"},
	[SHARE_BAD_EXTRANONCE2] = {STRATUM_OTHER,
							   "extranonce2 contains fabe6d6d, which merged"
							   " mining reserves"},
	[SHARE_SET_FULL] = {STRATUM_OTHER,
						"the pool is overloaded: share not stored"},
	[SHARE_FAILED] = {STRATUM_OTHER, "internal error, see the server's log"},
	[SHARE_NOT_SENT] = {STRATUM_OTHER,
						"the pool's database is unavailable, share not stored"},
	[SHARE_BANNED] = {STRATUM_UNAUTHORIZED, "banned"},
	[SHARE_UNANSWERED] = {STRATUM_OTHER,
						  "the pool's database is unavailable, share may not"
						  " have been stored"},
};

static void
accept_share(const Share *share, ShareResult result)
{
	if (result == SHARE_IS_BLOCK)
		log_info("a share of job %lld is a block, found by miner %d",
				 (long long) share->job_id, (int) share->miner_id);
	respond_true(share->session, &share->id);
	job_delivery_share_accepted(
		share->session, &(AcceptedShare){.job_id = share->job_id,
										 .difficulty = share->difficulty,
										 .queued_at = share->queued_at});
}

/*
 * A share's job may have become stale since it was first sent.  "stale" would
 * then claim that the share was not stored, which nobody knows.
 */
static ShareResult
result_for_miner(const Share *share, ShareResult result)
{
	return share->may_be_stored && result == SHARE_STALE ? SHARE_UNANSWERED
														 : result;
}

void
method_submit_done(const Share *share, ShareResult result)
{
	if ((size_t) result >= SHARE_RESULTS)
	{
		log_error("chimera.submit_shares returned unknown result %d",
				  (int) result);
		result = SHARE_FAILED;
	}
	result = result_for_miner(share, result);
	counters.shares[result]++;
	if (result == SHARE_ACCEPTED || result == SHARE_IS_BLOCK)
		accept_share(share, result);
	else
		respond_error(share->session, &share->id, refusals[result].code,
					  refusals[result].message);
	reputation_judge(share, result);
}
