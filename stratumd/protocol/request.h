/*
 * request.h
 *	  Parses a line from a miner as a request, if submit_scanner.c has not.
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
	REQUEST_RESPONSE, /* a response, which stratumd never waits for */
	REQUEST_EMPTY	  /* a blank line */
} RequestKind;

extern const RequestId request_null_id;

/* The problem of a line that is not JSON. */
extern const char request_not_json[];

/*
 * Parse a line.  After REQUEST_VALID, free the request with request_free.
 * After REQUEST_INVALID, *problem is the error, and the id is set if it could
 * be read, even if the line is not JSON because a name in it is not UTF-8.
 */
extern RequestKind request_parse(const char *line, size_t length,
								 Request *request, const char **problem);
extern void request_free(Request *request);

/* A parameter that is a string, or NULL. */
extern const char *request_string(const Request *request, size_t index);

#endif
