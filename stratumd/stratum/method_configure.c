/*
 * method_configure.c
 *	  mining.configure [extensions, parameters]: what both sides can do.
 *
 * Source: BIP 310. Every extension requested gets a response; false if it is
 * unknown or unavailable.
 */
#include "stratum/method_configure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/hex.h"
#include "protocol/number.h"
#include "session/job_delivery.h"
#include "session/response.h"

#define ALL_BITS UINT32_MAX

/* The mask that the miner can roll; BIP 310 makes it optional. */
static bool
read_mask(const json_t *parameters, uint32_t *mask)
{
	const json_t *value = json_object_get(parameters, "version-rolling.mask");
	const char *text = json_string_value(value);

	*mask = ALL_BITS;
	if (value == NULL || json_is_null(value))
		return true;
	return text != NULL && hex_to_word(text, strlen(text), mask);
}

/*
 * The bits that may be rolled in the session's jobs, whether or not one
 * exists.
 */
static uint32_t
bits_to_grant(const Session *session)
{
	const Network *network = session->network;

	if (network == NULL)
		return 0;
	return network_has_job(network) ? network->version_mask
									: network->configured_mask;
}

/* The mask applies to the jobs that the miner already has, too. */
static void
apply_mask(Session *session, uint32_t mask)
{
	SentJobs *history = &session->history;

	session->version_mask = mask;
	if (history->count > 0)
		history->ranges[history->count - 1].version_mask |= mask;
}

/*
 * version-rolling.min-bit-count is a hint for the pool's log: a miner that
 * gets fewer bits decides for itself.  If nothing can be granted now, the
 * request is remembered: job_delivery.c sends the mask before the first job
 * that has one.
 */
static void
configure_version_rolling(Session *session, const json_t *parameters,
						  json_t *result)
{
	uint32_t requested;
	uint32_t mask = 0;
	char text[9];

	if (read_mask(parameters, &requested))
	{
		session->rolls_version = true;
		session->requested_mask = requested;
		mask = requested & bits_to_grant(session);
	}
	if (mask == 0)
	{
		json_object_set_new(result, "version-rolling", json_false());
		return;
	}

	apply_mask(session, mask);
	snprintf(text, sizeof(text), "%08" PRIx32, mask);
	json_object_set_new(result, "version-rolling", json_true());
	json_object_set_new(result, "version-rolling.mask", json_string(text));
}

static void
configure_minimum_difficulty(Session *session, const json_t *parameters,
							 json_t *result)
{
	double difficulty;
	bool is_valid =
		number_of_json(json_object_get(parameters, "minimum-difficulty.value"),
					   &difficulty) &&
		difficulty >= 0;

	if (is_valid)
		job_delivery_set_floor(session, difficulty);
	json_object_set_new(result, "minimum-difficulty", json_boolean(is_valid));
}

static void
configure_extension(Session *session, const char *name,
					const json_t *parameters, json_t *result)
{
	if (strcmp(name, "version-rolling") == 0)
		configure_version_rolling(session, parameters, result);
	else if (strcmp(name, "minimum-difficulty") == 0)
		configure_minimum_difficulty(session, parameters, result);
	else
		json_object_set_new(
			result, name,
			json_boolean(strcmp(name, "subscribe-extranonce") == 0));
}

void
method_configure(Session *session, const Request *request)
{
	const json_t *extensions = json_array_get(request->params, 0);
	const json_t *parameters = json_array_get(request->params, 1);
	json_t *result;
	char *text;

	if (!json_is_array(extensions) ||
		(parameters && !json_is_object(parameters) &&
		 !json_is_null(parameters)))
	{
		respond_error(session, &request->id, STRATUM_OTHER,
					  "mining.configure takes an array of names and an object");
		return;
	}

	result = json_object();
	for (size_t i = 0; i < json_array_size(extensions); i++)
	{
		const char *name = json_string_value(json_array_get(extensions, i));

		if (name)
			configure_extension(session, name, parameters, result);
	}
	text = json_dumps(result, JSON_COMPACT | JSON_ENSURE_ASCII);
	respond_json(session, &request->id, text ? text : "{}");
	free(text);
	json_decref(result);
}
