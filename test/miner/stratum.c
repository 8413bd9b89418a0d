/*
 * stratum.c
 *	  One miner's side of Stratum V1: requests, and what comes back.
 */
#include "stratum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "byte_order.h"
#include "chain/hex.h"

#define USER_AGENT "chimera-miner/1.0"

/* BIP 320's general-purpose version bits */
#define WANTED_VERSION_MASK "1fffe000"

enum RequestId
{
	ID_SUBSCRIBE = 1,
	ID_AUTHORIZE = 2,
	ID_CONFIGURE = 3,
	ID_FIRST_SUBMISSION = 10,
};

void
stratum_init(Stratum *stratum, Options *options, Report *report)
{
	memset(stratum, 0, sizeof(*stratum));
	stratum->options = options;
	stratum->report = report;
	stratum->connection.fd = -1;
	stratum->next_submission_id = ID_FIRST_SUBMISSION;
}

static void
send_json(Stratum *stratum, json_t *message)
{
	char *line = json_dumps(message, JSON_COMPACT);

	if (line == NULL)
		abort();
	connection_send_line(&stratum->connection, line);
	free(line);
	json_decref(message);
}

static void
send_request(Stratum *stratum, int64_t id, const char *method, json_t *params)
{
	send_json(stratum, json_pack("{s:I, s:s, s:o}", "id", (json_int_t) id,
								 "method", method, "params", params));
}

static void
send_configure(Stratum *stratum)
{
	send_request(stratum, ID_CONFIGURE, "mining.configure",
				 json_pack("[[s], {s:s, s:i}]", "version-rolling",
						   "version-rolling.mask", WANTED_VERSION_MASK,
						   "version-rolling.min-bit-count", 2));
}

static void
send_subscribe(Stratum *stratum)
{
	json_t *params = json_pack("[s]", USER_AGENT);

	/* ask for the extranonce1 of the connection that broke */
	if (stratum->session[0] != '\0')
		json_array_append_new(params, json_string(stratum->session));
	send_request(stratum, ID_SUBSCRIBE, "mining.subscribe", params);
}

bool
stratum_connect(Stratum *stratum)
{
	Options *options = stratum->options;

	stratum->authorized = false;
	stratum->reconnect = false;
	stratum->job_is_new = false;
	stratum->difficulty = 1;
	stratum->version_mask = 0;
	stratum->extranonce2_length = 0;
	if (!connection_open(&stratum->connection, options->host, options->port))
		return false;
	if (options->version_rolling)
		send_configure(stratum);
	send_subscribe(stratum);
	return true;
}

void
stratum_disconnect(Stratum *stratum)
{
	for (int i = 0; i < MAX_PENDING; i++)
	{
		Submission *submission = &stratum->pending[i];

		if (submission->id != 0)
			report_share(stratum->report, &submission->share, SHARE_UNANSWERED,
						 0, "");
		submission->id = 0;
	}
	stratum->pending_count = 0;
	stratum->authorized = false;
	connection_close(&stratum->connection);
}

void
stratum_submit(Stratum *stratum, const FoundShare *share)
{
	char ntime[9];
	char nonce[9];
	char version_bits[9];
	Submission *submission = stratum->pending;
	json_t *params;

	/* remember it until the answer */
	while (submission->id != 0)
		submission++;
	submission->id = stratum->next_submission_id++;
	submission->share = *share;
	stratum->pending_count++;

	snprintf(ntime, sizeof(ntime), "%08x", share->ntime);
	snprintf(nonce, sizeof(nonce), "%08x", share->nonce);
	params = json_pack("[s, s, s, s, s]", stratum->options->user, share->job_id,
					   share->extranonce2, ntime, nonce);
	if (share->version_rolled)
	{
		snprintf(version_bits, sizeof(version_bits), "%08x",
				 share->version_bits);
		json_array_append_new(params, json_string(version_bits));
	}
	send_request(stratum, submission->id, "mining.submit", params);
}

static bool
set_extranonce(Stratum *stratum, const json_t *extranonce1,
			   const json_t *extranonce2_length)
{
	json_int_t length = json_integer_value(extranonce2_length);

	if (length < 1 || length > EXTRANONCE2_SIZE ||
		!decode_hex(json_string_value(extranonce1), stratum->extranonce1,
					EXTRANONCE1_SIZE, &stratum->extranonce1_length))
		return false;
	stratum->extranonce2_length = (size_t) length;
	return true;
}

static void
set_version_mask(Stratum *stratum, const json_t *mask)
{
	const char *hex = json_string_value(mask);
	uint8_t bytes[4];

	if (stratum->options->version_rolling && hex != NULL &&
		hex_to_bytes(hex, strlen(hex), bytes, sizeof(bytes)))
		stratum->version_mask = load_be32(bytes);
}

/* The session is the id that goes with mining.notify, or the only one. */
static void
remember_session(Stratum *stratum, const json_t *subscriptions)
{
	const char *session = NULL;
	const json_t *pair;
	size_t i;

	if (json_is_string(json_array_get(subscriptions, 0)))
		session = json_string_value(json_array_get(subscriptions, 1));
	json_array_foreach(subscriptions, i, pair)
	{
		const char *name = json_string_value(json_array_get(pair, 0));

		if (name != NULL && strcmp(name, "mining.notify") == 0)
			session = json_string_value(json_array_get(pair, 1));
	}
	snprintf(stratum->session, sizeof(stratum->session), "%s",
			 session != NULL ? session : "");
}

static bool
handle_subscribed(Stratum *stratum, const json_t *result)
{
	const Options *options = stratum->options;

	if (!set_extranonce(stratum, json_array_get(result, 1),
						json_array_get(result, 2)))
	{
		/* a pool that cannot resume may refuse the session: retry without it */
		stratum->session[0] = '\0';
		return false;
	}
	remember_session(stratum, json_array_get(result, 0));
	send_request(stratum, ID_AUTHORIZE, "mining.authorize",
				 json_pack("[s, s]", options->user, options->password));
	return true;
}

static bool
handle_authorized(Stratum *stratum, const json_t *result)
{
	stratum->authorized = json_is_true(result);
	stratum->refused = !stratum->authorized;
	if (stratum->refused)
		fprintf(stderr, "chimera-miner: the pool does not authorize \"%s\"\n",
				stratum->options->user);
	return stratum->authorized;
}

static void
handle_submission_answer(Stratum *stratum, int64_t id, const json_t *result,
						 const json_t *error)
{
	Submission *submission = stratum->pending;
	Submission *end = stratum->pending + MAX_PENDING;
	int code = (int) json_integer_value(json_array_get(error, 0));
	const char *message = json_string_value(json_array_get(error, 1));

	while (submission < end && submission->id != id)
		submission++;
	if (submission == end)
		return;
	report_share(stratum->report, &submission->share,
				 json_is_true(result) ? SHARE_ACCEPTED : SHARE_REJECTED, code,
				 message != NULL ? message : "");
	submission->id = 0;
	stratum->pending_count--;
}

static bool
handle_answer(Stratum *stratum, int64_t id, const json_t *message)
{
	const json_t *result = json_object_get(message, "result");
	const json_t *error = json_object_get(message, "error");

	switch (id)
	{
		case ID_SUBSCRIBE:
			return handle_subscribed(stratum, result);
		case ID_AUTHORIZE:
			return handle_authorized(stratum, result);
		case ID_CONFIGURE:
			if (json_is_true(json_object_get(result, "version-rolling")))
				set_version_mask(
					stratum, json_object_get(result, "version-rolling.mask"));
			return true;
		default:
			if (id >= ID_FIRST_SUBMISSION)
				handle_submission_answer(stratum, id, result, error);
			return true;
	}
}

static bool
handle_notify(Stratum *stratum, const json_t *params)
{
	Job *job = &stratum->job;

	if (stratum->extranonce2_length == 0 || !job_from_notify(job, params))
		return false;
	memcpy(job->extranonce1, stratum->extranonce1, EXTRANONCE1_SIZE);
	job->extranonce1_length = stratum->extranonce1_length;
	job->extranonce2_length = stratum->extranonce2_length;
	job->difficulty = stratum->difficulty;
	job->version_mask = stratum->version_mask;
	stratum->job_is_new = true;
	return true;
}

static bool
handle_set_difficulty(Stratum *stratum, const json_t *params)
{
	double difficulty = json_number_value(json_array_get(params, 0));

	if (!isfinite(difficulty) || difficulty <= 0)
		return false;
	stratum->difficulty = difficulty;
	report_line(stratum->report, "difficulty %g", difficulty);
	return true;
}

/* client.reconnect: to the host and port named, else where we were. */
static bool
handle_reconnect(Stratum *stratum, const json_t *params)
{
	Options *options = stratum->options;
	const char *host = json_string_value(json_array_get(params, 0));
	const json_t *port = json_array_get(params, 1);

	if (host != NULL && host[0] != '\0')
		snprintf(options->host, sizeof(options->host), "%s", host);
	if (json_is_integer(port))
		snprintf(options->port, sizeof(options->port), "%u",
				 (unsigned) (json_integer_value(port) & 0xFFFF));
	else if (json_is_string(port))
		snprintf(options->port, sizeof(options->port), "%.5s",
				 json_string_value(port));
	stratum->reconnect = true;
	return true;
}

static void
answer_request(Stratum *stratum, const json_t *id, json_t *result)
{
	send_json(stratum, json_pack("{s:O, s:o, s:n}", "id", id, "result", result,
								 "error"));
}

static bool
handle_request(Stratum *stratum, const char *method, const json_t *message)
{
	const json_t *id = json_object_get(message, "id");
	const json_t *params = json_object_get(message, "params");

	if (strcmp(method, "mining.notify") == 0)
		return handle_notify(stratum, params);
	if (strcmp(method, "mining.set_difficulty") == 0)
		return handle_set_difficulty(stratum, params);
	if (strcmp(method, "mining.set_extranonce") == 0)
		return set_extranonce(stratum, json_array_get(params, 0),
							  json_array_get(params, 1));
	if (strcmp(method, "client.reconnect") == 0)
		return handle_reconnect(stratum, params);

	if (strcmp(method, "mining.set_version_mask") == 0)
		set_version_mask(stratum, json_array_get(params, 0));
	else if (strcmp(method, "client.show_message") == 0)
		report_line(stratum->report, "the pool says: %s",
					json_string_value(json_array_get(params, 0)) ?: "");
	else if (strcmp(method, "client.get_version") == 0)
		answer_request(stratum, id, json_string(USER_AGENT));
	else if (strcmp(method, "mining.ping") == 0)
		answer_request(stratum, id, json_string("pong"));
	return true;
}

static bool
handle_line(Stratum *stratum, const char *line)
{
	json_t *message = json_loads(line, 0, NULL);
	const char *method = json_string_value(json_object_get(message, "method"));
	const json_t *id = json_object_get(message, "id");
	bool understood = json_is_object(message);

	if (method != NULL)
		understood = handle_request(stratum, method, message);
	else if (json_is_integer(id))
		understood = handle_answer(stratum, json_integer_value(id), message);
	json_decref(message);
	return understood;
}

bool
stratum_handle_lines(Stratum *stratum)
{
	char *line;

	while ((line = connection_next_line(&stratum->connection)) != NULL)
	{
		bool understood = handle_line(stratum, line);

		if (!understood && !stratum->refused)
			snprintf(stratum->connection.error,
					 sizeof(stratum->connection.error),
					 "could not use the pool's line: %.60s", line);
		free(line);
		if (!understood)
			return false;
	}
	return true;
}
