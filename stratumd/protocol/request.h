/*
 * request.h
 *	  A line from a miner as a request: all JSON but submit_scanner.c's.
 */
#ifndef STRATUMD_REQUEST_H
#define STRATUMD_REQUEST_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_MAX_ID 64

/* The request's id exactly as it came: the text of a number, string or null. */
typedef struct RequestId
{
	uint8_t length;
	char text[REQUEST_MAX_ID];
} RequestId;

typedef struct Request
{
	RequestId id;
	const char *method;
	json_t *params; /* an array */
	json_t *root;	/* owns method and params */
} Request;

typedef enum RequestKind
{
	REQUEST_VALID,
	REQUEST_INVALID,
	REQUEST_RESPONSE, /* an answer to something, which nobody waits for */
	REQUEST_EMPTY	  /* a blank line */
} RequestKind;

extern const RequestId request_null_id;

/* The problem of a line that is not even JSON. */
extern const char request_not_json[];

/*
 * Parse a line.  REQUEST_VALID: free it with request_free.  REQUEST_INVALID:
 * *problem says what is wrong, and the id is there if it could be told, also of
 * a line that is not JSON because some name in it is not UTF-8.
 */
extern RequestKind request_parse(const char *line, size_t length,
								 Request *request, const char **problem);
extern void request_free(Request *request);

/* A parameter's string, or NULL when it is not there or not a string. */
extern const char *request_string(const Request *request, size_t index);

#endif
