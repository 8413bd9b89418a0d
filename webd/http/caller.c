/*
 * caller.c
 *	  Identifies the caller by cookie or bearer token, and checks the CSRF
 *token.
 */
#include "http/caller.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define BEARER "Bearer "

static void
hash_text(const char *text, size_t length, char hash[HASH_SIZE])
{
	unsigned char sum[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(sum, (const unsigned char *) text, length);
	memcpy(hash, "\\x", 2);
	sodium_bin2hex(hash + 2, HASH_SIZE - 2, sum, sizeof(sum));
}

/* base64url(SHA-256("csrf:" || cookie)) */
static void
make_csrf_token(const char *cookie, char token[SECRET_SIZE])
{
	unsigned char sum[crypto_hash_sha256_BYTES];
	char text[sizeof("csrf:") + SECRET_SIZE];
	int length = snprintf(text, sizeof(text), "csrf:%s", cookie);

	crypto_hash_sha256(sum, (const unsigned char *) text, (size_t) length);
	sodium_bin2base64(token, SECRET_SIZE, sum, sizeof(sum), BASE64);
}

/* Whether the text has the form of a secret from make_secret(). */
static bool
is_secret(const char *text, size_t length)
{
	unsigned char bytes[SECRET_BYTES];
	size_t count;

	return length == SECRET_SIZE - 1 &&
		   sodium_base642bin(bytes, sizeof(bytes), text, length, NULL, &count,
							 NULL, BASE64) == 0 &&
		   count == SECRET_BYTES;
}

/* The value of the session's cookie (RFC 6265, section 4.2), or NULL. */
static const char *
find_cookie(const char *cookies, size_t *length)
{
	static const char name[] = COOKIE_NAME "=";

	while (cookies)
	{
		cookies += strspn(cookies, " ");
		if (strncmp(cookies, name, sizeof(name) - 1) == 0)
		{
			cookies += sizeof(name) - 1;
			*length = strcspn(cookies, "; ");
			return cookies;
		}
		cookies = strchr(cookies, ';');
		if (cookies)
			cookies++;
	}
	return NULL;
}

static void
set_cookie_caller(Caller *caller, const char *text)
{
	char cookie[SECRET_SIZE];

	memcpy(cookie, text, SECRET_SIZE - 1);
	cookie[SECRET_SIZE - 1] = '\0';
	caller->credential = CREDENTIAL_COOKIE;
	hash_text(cookie, SECRET_SIZE - 1, caller->hash);
	make_csrf_token(cookie, caller->csrf_token);
	sodium_memzero(cookie, sizeof(cookie));
}

void
caller_read(Caller *caller, const char *cookies, const char *authorization)
{
	const char *cookie;
	size_t length = 0;

	*caller = (Caller){CREDENTIAL_NONE};
	if (authorization)
	{
		static const size_t prefix_length = sizeof(TOKEN_PREFIX) - 1;
		const char *token = authorization + strlen(BEARER);

		if (strncasecmp(authorization, BEARER, strlen(BEARER)) != 0 ||
			strncmp(token, TOKEN_PREFIX, prefix_length) != 0 ||
			!is_secret(token + prefix_length, strlen(token + prefix_length)))
			return;
		caller->credential = CREDENTIAL_TOKEN;
		hash_text(token, strlen(token), caller->hash);
		return;
	}
	cookie = find_cookie(cookies, &length);
	if (cookie && is_secret(cookie, length))
		set_cookie_caller(caller, cookie);
}

bool
caller_has_csrf_token(const Caller *caller, const char *csrf_token)
{
	return csrf_token && strlen(csrf_token) == SECRET_SIZE - 1 &&
		   sodium_memcmp(csrf_token, caller->csrf_token, SECRET_SIZE - 1) == 0;
}

static void
make_secret(char secret[SECRET_SIZE])
{
	unsigned char bytes[SECRET_BYTES];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(secret, SECRET_SIZE, bytes, sizeof(bytes), BASE64);
	sodium_memzero(bytes, sizeof(bytes));
}

void
caller_make_cookie(char cookie[SECRET_SIZE], Caller *caller)
{
	make_secret(cookie);
	*caller = (Caller){CREDENTIAL_NONE};
	set_cookie_caller(caller, cookie);
}

void
caller_make_token(char token[TOKEN_SIZE], char hash[HASH_SIZE])
{
	memcpy(token, TOKEN_PREFIX, sizeof(TOKEN_PREFIX) - 1);
	make_secret(token + sizeof(TOKEN_PREFIX) - 1);
	hash_text(token, strlen(token), hash);
}
