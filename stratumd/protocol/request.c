/*
 * request.c
 *	  Parses a line from a miner as a request, if submit_scanner.c has not.
 *
 * jansson checks and reads the line.  The response repeats the id exactly as
 * it came, so its text is cut out of the line: jansson would round a number.
 * For the same reason integers are read as reals: one that exceeds 64 bits is
 * not an error then, and no parameter needs more than a double holds.
 */
#include "protocol/request.h"

#include <stdbool.h>
#include <string.h>

const RequestId request_null_id = {.length = 4, .text = "null"};
const char request_not_json[] = "not a JSON object";

/* ---------- the text of the id, also of a line that is no valid JSON
 * ----------
 */

static const char *
skip_space(const char *at, const char *end)
{
	while (at < end && strchr(" \t\r\n", *at) && *at != '\0')
		at++;
	return at;
}

/* From a string's opening quote to after its closing one. */
static const char *
skip_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at + 1 : end;
}

static const char *
skip_scalar(const char *at, const char *end)
{
	if (at < end && *at == '"')
		return skip_string(at, end);
	while (at < end && !strchr(",} \t\r\n", *at))
		at++;
	return at;
}

/*
 * If the string from start to end_of_key is the key "id", return where its
 * value begins; else NULL.
 */
static const char *
value_of_id(const char *start, const char *end_of_key, const char *end)
{
	const char *colon = skip_space(end_of_key, end);

	if (colon == end || *colon != ':' || end_of_key - start != 4 ||
		memcmp(start, "\"id\"", 4) != 0)
		return NULL;
	return skip_space(colon + 1, end);
}

/* Cut out the id; of several, the last one, as jansson does. */
static bool
cut_id(const char *line, size_t length, RequestId *id)
{
	const char *end = line + length;
	const char *at = line;
	int depth = 0;
	bool fits = true;

	while (at < end)
	{
		const char *start = at;
		const char *value;

		if (*at != '"')
		{
			depth += *at == '{' || *at == '[';
			depth -= *at == '}' || *at == ']';
			at++;
			continue;
		}
		at = skip_string(start, end);
		value = depth == 1 ? value_of_id(start, at, end) : NULL;
		/* not a scalar: another spelling of the key, "\u0069d", counts */
		if (value == NULL || value == end || *value == '[' || *value == '{')
			continue;
		at = skip_scalar(value, end);
		fits = at - value <= REQUEST_MAX_ID;
		id->length = fits ? (uint8_t) (at - value) : 0;
		memcpy(id->text, value, id->length);
	}
	return fits;
}

static bool
read_id(const char *line, size_t length, const json_t *root, RequestId *id)
{
	const json_t *value = json_object_get(root, "id");

	*id = request_null_id;
	if (value == NULL || json_is_null(value))
		return true;
	if (!json_is_string(value) && !json_is_number(value))
		return false;
	if (cut_id(line, length, id))
		return true;
	*id = request_null_id;
	return false;
}

/* Whether the id is a plain integer, or a string of plain characters. */
static bool
is_plain_id(const RequestId *id)
{
	const char *text = id->text;
	size_t length = id->length;

	if (length >= 2 && text[0] == '"' && text[length - 1] == '"')
	{
		for (size_t i = 1; i < length - 1; i++)
			if (text[i] < ' ' || text[i] > '~' || strchr("\"\\", text[i]))
				return false;
		return true;
	}
	for (size_t i = 0; i < length; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return length == 1 || (length > 1 && text[0] != '0');
}

/*
 * Find the id of a line that jansson rejects because of a byte in some string.
 * False if it cannot be repeated safely: the line may not be JSON at all.
 */
static bool
rescue_id(const char *line, size_t length, RequestId *id)
{
	RequestId found = {.length = 0};

	if (!cut_id(line, length, &found) || !is_plain_id(&found))
		return false;
	*id = found;
	return true;
}

/* ---------- the request ---------- */

static RequestKind
reject_request(Request *request, const char **problem, const char *what)
{
	request_free(request);
	*problem = what;
	return REQUEST_INVALID;
}

static RequestKind
read_request(const char *line, size_t length, Request *request,
			 const char **problem)
{
	json_t *params;

	if (!json_is_object(request->root))
		return reject_request(request, problem, request_not_json);
	if (!read_id(line, length, request->root, &request->id))
		return reject_request(request, problem,
							  "id must be a number, a short string or null");

	request->method =
		json_string_value(json_object_get(request->root, "method"));
	if (request->method == NULL)
	{
		if (json_object_get(request->root, "result") ||
			json_object_get(request->root, "error"))
		{
			request_free(request);
			return REQUEST_RESPONSE;
		}
		return reject_request(request, problem, "method must be a string");
	}

	params = json_object_get(request->root, "params");
	if (params == NULL || json_is_null(params))
	{
		params = json_array();
		json_object_set_new(request->root, "params", params);
	}
	if (!json_is_array(params))
		return reject_request(request, problem, "params must be an array");
	request->params = params;
	return REQUEST_VALID;
}

RequestKind
request_parse(const char *line, size_t length, Request *request,
			  const char **problem)
{
	json_error_t error;

	request->id = request_null_id;
	if (skip_space(line, line + length) == line + length)
		return REQUEST_EMPTY;

	request->root = json_loadb(line, length, JSON_DECODE_INT_AS_REAL, &error);
	if (request->root == NULL)
	{
		*problem = json_error_code(&error) == json_error_invalid_utf8 &&
						   rescue_id(line, length, &request->id)
					   ? "the request is not valid UTF-8"
					   : request_not_json;
		return REQUEST_INVALID;
	}
	return read_request(line, length, request, problem);
}

void
request_free(Request *request)
{
	json_decref(request->root);
	request->root = NULL;
}

const char *
request_string(const Request *request, size_t index)
{
	return json_string_value(json_array_get(request->params, index));
}
