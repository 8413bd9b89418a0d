/*
 * fuzz_request.c
 *	  Lines from miners: the JSON of any request, and the quick reading of a
 *	  plain mining.submit, which must say the same of every line it takes.
 */
#include "fuzz.h"

#include "protocol/submit_scanner.h"
#include "protocol/request.h"

static void
check_id(const RequestId *id)
{
	CHECK(id->length <= REQUEST_MAX_ID);
}

/* A request that is valid has all that a method may ask for. */
static void
check_request(const Request *request)
{
	check_id(&request->id);
	CHECK(request->method != NULL);
	CHECK(json_is_array(request->params));
	for (size_t i = 0; i <= json_array_size(request->params); i++)
		request_string(request, i);
}

/* The plain reader took the line: JSON's must find the same in it. */
static void
check_same(const Request *request, const RequestId *id, const Span *params)
{
	CHECK(strcmp(request->method, "mining.submit") == 0);
	CHECK(request->id.length == id->length);
	CHECK(memcmp(request->id.text, id->text, id->length) == 0);
	for (size_t i = 0; i < SUBMIT_PARAMS; i++)
	{
		const char *text = request_string(request, i);

		CHECK((text == NULL) == (params[i].text == NULL));
		if (text == NULL)
			continue;
		CHECK(strlen(text) == params[i].length);
		CHECK(memcmp(text, params[i].text, params[i].length) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* no terminator: a line ends where its length says */
	char *line = malloc(size > 0 ? size : 1);
	Span params[SUBMIT_PARAMS] = {{NULL, 0}};
	const char *problem = NULL;
	RequestId id;
	Request request;
	RequestKind kind;
	bool is_plain;

	CHECK(line != NULL);
	memcpy(line, data, size);
	is_plain = submit_scanner_scan(line, size, &id, params);
	kind = request_parse(line, size, &request, &problem);
	if (kind == REQUEST_INVALID)
	{
		CHECK(problem != NULL);
		check_id(&request.id);
	}
	if (is_plain)
	{
		check_id(&id);
		CHECK(kind == REQUEST_VALID);
		check_same(&request, &id, params);
	}
	if (kind == REQUEST_VALID)
	{
		check_request(&request);
		request_free(&request);
	}
	free(line);
	return 0;
}
