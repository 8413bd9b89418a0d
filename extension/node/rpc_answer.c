/*
 * rpc_answer.c
 *	  A node's response: an HTTP body read as JSON-RPC.
 *
 * The node may lie, or may not be a node at all: every value is used only if
 * it has the type that it must have.
 */
#include "postgres.h"

#include "node/rpc_answer.h"

static void
make_printable(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

char *
node_printable(const char *text)
{
	char *shown = pnstrdup(text, NODE_TEXT_MAX_BYTES - 1);

	make_printable(shown);
	return shown;
}

static void pg_attribute_printf(2, 0)
	write_error(RpcAnswer *answer, const char *format, va_list args)
{
	vsnprintf(answer->error, sizeof(answer->error), format, args);
	make_printable(answer->error);
}

void
rpc_answer_failed(RpcAnswer *answer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_error(answer, format, args);
	va_end(args);
	answer->outcome = NODE_UNREACHABLE;
}

static void pg_attribute_printf(2, 3)
	rpc_failed(RpcAnswer *answer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_error(answer, format, args);
	va_end(args);
	answer->outcome = NODE_RPC_ERROR;
}

/* An error code; 0 if it is not an int. */
static int
read_code(json_t *error)
{
	json_int_t code = json_integer_value(json_object_get(error, "code"));

	return code >= PG_INT32_MIN && code <= PG_INT32_MAX ? (int) code : 0;
}

static void
read_error(RpcAnswer *answer, json_t *error)
{
	const char *message = json_string_value(json_object_get(error, "message"));

	answer->error_code = read_code(error);
	/* in its warm-up a node says only which file it reads */
	rpc_failed(
		answer, "%s%s (code %d)",
		answer->error_code == NODE_ERROR_IN_WARMUP ? "the node is starting: "
												   : "",
		message ? message : "error without a message", answer->error_code);
}

static void
read_document(RpcAnswer *answer, long http_status)
{
	json_t *error = json_object_get(answer->document, "error");
	json_t *result = json_object_get(answer->document, "result");

	if (json_is_object(error))
		read_error(answer, error);
	else if (result == NULL || http_status != 200)
		rpc_answer_failed(answer,
						  "the node responded with HTTP %ld without a result",
						  http_status);
	else
	{
		answer->outcome = NODE_OK;
		answer->result = result;
	}
}

void
rpc_answer_read(RpcAnswer *answer, const char *body, size_t length,
				long http_status)
{
	json_error_t json_error;

	if (http_status == 401 || http_status == 403)
	{
		rpc_answer_failed(answer, "the node refused the credentials (HTTP %ld)",
						  http_status);
		return;
	}
	answer->document = json_loadb(body, length, 0, &json_error);
	if (json_is_object(answer->document))
		read_document(answer, http_status);
	else
		rpc_answer_failed(answer,
						  "the node responded with HTTP %ld and no JSON object",
						  http_status);
}
