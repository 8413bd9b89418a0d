/*
 * response.c
 *	  Responses to clients: status, headers and body.
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

/* headers that pages of other origins may send to public routes */
#define PUBLIC_HEADERS		 "If-None-Match, Cache-Control, Last-Event-ID"
#define PREFLIGHT_LIFETIME_S "86400"

struct Response
{
	int references;
	unsigned status;
	struct MHD_Response *mhd;
	char etag[ETAG_SIZE]; /* with quotes; "": none */
};

/* The dashboard loads scripts and styles only from webd. */
#define PAGE_POLICY                                               \
	"default-src 'self'; img-src 'self' data:; object-src 'none'" \
	"; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
#define DATA_POLICY "default-src 'none'; frame-ancestors 'none'"

static const char *const cache_control[] = {
	[RESPONSE_PUBLIC] = "public, max-age=2",
	[RESPONSE_PRIVATE] = "no-store",
	[RESPONSE_PAGE] = "no-cache",
	[RESPONSE_ASSET] = "public, max-age=31536000, immutable",
};

/* ---------- headers ---------- */

static void
add_header(struct MHD_Response *mhd, const char *name, const char *value)
{
	if (MHD_add_response_header(mhd, name, value) != MHD_YES)
		memory_exhausted();
}

/* Permit pages of other origins to read the response. */
static void
allow_other_origins(struct MHD_Response *mhd)
{
	add_header(mhd, "Access-Control-Allow-Origin", "*");
	add_header(mhd, "Access-Control-Expose-Headers", "ETag, Retry-After");
}

static void
add_common_headers(struct MHD_Response *mhd, ResponseKind kind)
{
	bool is_page = kind == RESPONSE_PAGE || kind == RESPONSE_ASSET;

	add_header(mhd, "X-Content-Type-Options", "nosniff");
	add_header(mhd, "Referrer-Policy", "no-referrer");
	add_header(mhd, "Content-Security-Policy",
			   is_page ? PAGE_POLICY : DATA_POLICY);
	add_header(mhd, "Cache-Control", cache_control[kind]);
	if (kind == RESPONSE_PUBLIC)
		allow_other_origins(mhd);
}

static struct MHD_Response *
make_mhd_response(ResponseKind kind, const char *body, size_t length)
{
	struct MHD_Response *mhd = MHD_create_response_from_buffer(
		length, (void *) (uintptr_t) body, MHD_RESPMEM_MUST_COPY);

	if (mhd == NULL)
		memory_exhausted();
	add_common_headers(mhd, kind);
	return mhd;
}

/* A strong ETag: it identifies the exact bytes. */
static void
add_etag(Response *response, const char *body, size_t length)
{
	unsigned char sum[ETAG_BYTES];
	char text[ETAG_SIZE];

	crypto_generichash(sum, sizeof(sum), (const unsigned char *) body, length,
					   NULL, 0);
	sodium_bin2base64(text, sizeof(text), sum, sizeof(sum),
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	snprintf(response->etag, sizeof(response->etag), "\"%.24s\"", text);
	add_header(response->mhd, "ETag", response->etag);
}

/* ---------- making ---------- */

static Response *
response_new(unsigned status, struct MHD_Response *mhd)
{
	Response *response = memory_zalloc(sizeof(Response));

	response->references = 1;
	response->status = status;
	response->mhd = mhd;
	return response;
}

Response *
response_make(unsigned status, ResponseKind kind, const char *content_type,
			  const char *body, size_t length)
{
	Response *response =
		response_new(status, make_mhd_response(kind, body, length));

	add_header(response->mhd, "Content-Type", content_type);
	if (status == MHD_HTTP_OK && kind != RESPONSE_PRIVATE)
		add_etag(response, body, length);
	return response;
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
	Response *response;
	char text[64];

	problem_write(problem, &body);
	response =
		response_make(problem->status, RESPONSE_PRIVATE,
					  "application/problem+json", body.data, body.length);
	strbuf_free(&body);
	/* pages of other origins that read public data may also read errors */
	allow_other_origins(response->mhd);
	if (problem->retry_after_s > 0)
	{
		snprintf(text, sizeof(text), "%d", problem->retry_after_s);
		add_header(response->mhd, "Retry-After", text);
	}
	if (problem->allow)
	{
		methods_write(problem->allow, text, sizeof(text));
		add_header(response->mhd, "Allow", text);
	}
	if (problem->status == MHD_HTTP_UNAUTHORIZED)
		add_header(response->mhd, "WWW-Authenticate", "Bearer");
	return response;
}

Response *
response_preflight(unsigned allow)
{
	struct MHD_Response *mhd = make_mhd_response(RESPONSE_PUBLIC, "", 0);
	char methods[64];

	methods_write(allow, methods, sizeof(methods));
	add_header(mhd, "Allow", methods);
	/* CORS needs no permission for GET, HEAD and the usual headers */
	add_header(mhd, "Access-Control-Allow-Headers", PUBLIC_HEADERS);
	add_header(mhd, "Access-Control-Max-Age", PREFLIGHT_LIFETIME_S);
	return response_new(MHD_HTTP_NO_CONTENT, mhd);
}

Response *
response_stream(struct MHD_Response *mhd, const char *content_type)
{
	add_common_headers(mhd, RESPONSE_PRIVATE);
	allow_other_origins(mhd);
	add_header(mhd, "Content-Type", content_type);
	return response_new(MHD_HTTP_OK, mhd);
}

void
response_header(Response *response, const char *name, const char *value)
{
	add_header(response->mhd, name, value);
}

Response *
response_ref(Response *response)
{
	response->references++;
	return response;
}

void
response_unref(Response *response)
{
	if (--response->references > 0)
		return;
	MHD_destroy_response(response->mhd);
	free(response);
}

/* ---------- sending ---------- */

/*
 * Whether If-None-Match (RFC 9110, section 13.1.2) contains the ETag.  The
 * comparison is weak, because a proxy that compresses makes ETags weak.
 */
static bool
matches_etag(const char *header, const char *etag)
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
response_send(Response *response, struct MHD_Connection *connection)
{
	const char *has = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);

	/* MHD then sends the length without the body (RFC 9110, section 8.6) */
	if (response->etag[0] && has && matches_etag(has, response->etag))
	{
		counters.responses[3]++;
		return MHD_queue_response(connection, MHD_HTTP_NOT_MODIFIED,
								  response->mhd);
	}
	counters.responses[response->status / 100]++;
	return MHD_queue_response(connection, response->status, response->mhd);
}
