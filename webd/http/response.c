/*
 * response.c
 *	  What goes back to a client: a status, a body and its headers.
 */
#include "http/response.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "counters.h"
#include "http/routes.h"

#define ETAG_BYTES 16
#define ETAG_SIZE  32

/* that a page elsewhere may send to public routes */
#define PUBLIC_HEADERS		 "If-None-Match, Cache-Control, Last-Event-ID"
#define PREFLIGHT_LIFETIME_S "86400"

struct Response
{
	int references;
	unsigned status;
	struct MHD_Response *response;
	char etag[ETAG_SIZE]; /* with its quotes; "": none */
};

/* The dashboard has its scripts and styles from us and no other place. */
#define PAGE_POLICY                                               \
	"default-src 'self'; img-src 'self' data:; object-src 'none'" \
	"; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
#define DATA_POLICY "default-src 'none'; frame-ancestors 'none'"

static const char *const cache_control[] = {
	[ANSWER_PUBLIC] = "public, max-age=2",
	[ANSWER_PRIVATE] = "no-store",
	[ANSWER_PAGE] = "no-cache",
	[ANSWER_ASSET] = "public, max-age=31536000, immutable",
};

/* ---------- headers ---------- */

static void
add(struct MHD_Response *response, const char *name, const char *value)
{
	if (MHD_add_response_header(response, name, value) != MHD_YES)
		memory_exhausted();
}

/* Pages of other sites may read it. */
static void
share(struct MHD_Response *response)
{
	add(response, "Access-Control-Allow-Origin", "*");
	add(response, "Access-Control-Expose-Headers", "ETag, Retry-After");
}

static void
add_common(struct MHD_Response *response, ResponseKind kind)
{
	bool is_page = kind == ANSWER_PAGE || kind == ANSWER_ASSET;

	add(response, "X-Content-Type-Options", "nosniff");
	add(response, "Referrer-Policy", "no-referrer");
	add(response, "Content-Security-Policy",
		is_page ? PAGE_POLICY : DATA_POLICY);
	add(response, "Cache-Control", cache_control[kind]);
	if (kind == ANSWER_PUBLIC)
		share(response);
}

static struct MHD_Response *
make_response(ResponseKind kind, const char *body, size_t length)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		length, (void *) (uintptr_t) body, MHD_RESPMEM_MUST_COPY);

	if (response == NULL)
		memory_exhausted();
	add_common(response, kind);
	return response;
}

/* Strong: of the very bytes. */
static void
add_etag(Response *answer, const char *body, size_t length)
{
	unsigned char sum[ETAG_BYTES];
	char text[ETAG_SIZE];

	crypto_generichash(sum, sizeof(sum), (const unsigned char *) body, length,
					   NULL, 0);
	sodium_bin2base64(text, sizeof(text), sum, sizeof(sum),
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	snprintf(answer->etag, sizeof(answer->etag), "\"%.24s\"", text);
	add(answer->response, "ETag", answer->etag);
}

/* ---------- making ---------- */

static Response *
answer_new(unsigned status, struct MHD_Response *response)
{
	Response *answer = memory_zalloc(sizeof(Response));

	answer->references = 1;
	answer->status = status;
	answer->response = response;
	return answer;
}

Response *
response_make(unsigned status, ResponseKind kind, const char *content_type,
			  const char *body, size_t length)
{
	Response *answer = answer_new(status, make_response(kind, body, length));

	add(answer->response, "Content-Type", content_type);
	if (status == MHD_HTTP_OK && kind != ANSWER_PRIVATE)
		add_etag(answer, body, length);
	return answer;
}

Response *
response_json(unsigned status, ResponseKind kind, const char *json)
{
	return response_make(status, kind, JSON_TYPE, json, strlen(json));
}

Response *
response_problem(const Problem *problem)
{
	StrBuf body = {0};
	Response *answer;
	char text[64];

	problem_write(problem, &body);
	answer = response_make(problem->status, ANSWER_PRIVATE,
						   "application/problem+json", body.data, body.length);
	strbuf_free(&body);
	/* a page elsewhere that reads public figures may read why it can't */
	share(answer->response);
	if (problem->retry_after_s > 0)
	{
		snprintf(text, sizeof(text), "%d", problem->retry_after_s);
		add(answer->response, "Retry-After", text);
	}
	if (problem->allow)
	{
		methods_write(problem->allow, text, sizeof(text));
		add(answer->response, "Allow", text);
	}
	if (problem->status == MHD_HTTP_UNAUTHORIZED)
		add(answer->response, "WWW-Authenticate", "Bearer");
	return answer;
}

Response *
response_preflight(unsigned allow)
{
	struct MHD_Response *response = make_response(ANSWER_PUBLIC, "", 0);
	char methods[64];

	methods_write(allow, methods, sizeof(methods));
	add(response, "Allow", methods);
	/* GET and HEAD need no leave, nor do the usual headers */
	add(response, "Access-Control-Allow-Headers", PUBLIC_HEADERS);
	add(response, "Access-Control-Max-Age", PREFLIGHT_LIFETIME_S);
	return answer_new(MHD_HTTP_NO_CONTENT, response);
}

Response *
response_stream(struct MHD_Response *response, const char *content_type)
{
	add_common(response, ANSWER_PRIVATE);
	share(response);
	add(response, "Content-Type", content_type);
	return answer_new(MHD_HTTP_OK, response);
}

void
response_header(Response *answer, const char *name, const char *value)
{
	add(answer->response, name, value);
}

Response *
response_ref(Response *answer)
{
	answer->references++;
	return answer;
}

void
response_unref(Response *answer)
{
	if (--answer->references > 0)
		return;
	MHD_destroy_response(answer->response);
	free(answer);
}

unsigned
response_status(const Response *answer)
{
	return answer->status;
}

/* ---------- sending ---------- */

/*
 * Whether the header (RFC 9110, section 13.1.2) names the ETag; a proxy may
 * have made it weak by compressing, which is no difference here.
 */
static bool
names_etag(const char *header, const char *etag)
{
	size_t length = strlen(etag);

	while (*header)
	{
		header += strspn(header, " \t,");
		if (*header == '*')
			return true;
		if (strncmp(header, "W/", 2) == 0)
			header += 2;
		if (strncmp(header, etag, length) == 0)
			return true;
		header += strcspn(header, ",");
	}
	return false;
}

enum MHD_Result
response_send(Response *answer, struct MHD_Connection *connection)
{
	const char *has = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);

	/* MHD sends no body then, but its length, as RFC 9110, section 8.6, wants
	 */
	if (answer->etag[0] && has && names_etag(has, answer->etag))
	{
		counters.answers[3]++;
		return MHD_queue_response(connection, MHD_HTTP_NOT_MODIFIED,
								  answer->response);
	}
	counters.answers[answer->status / 100]++;
	return MHD_queue_response(connection, answer->status, answer->response);
}
