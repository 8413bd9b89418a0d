/*
 * server.c
 *	  The few of the server's functions that the fuzzed code calls, with the
 *	  server's own declarations.
 *
 * Each palloc is a malloc of its own, so that the address sanitizer sees a
 * byte too far, and all are freed together, as a memory context would.
 */
#include "server.h"

#include <setjmp.h>

#include "utils/memutils.h"

typedef struct Chunk
{
	struct Chunk *next;
	max_align_t data[];
} Chunk;

static Chunk *chunks;
static sigjmp_buf at_error;
static bool is_running;
static int error_code;

/* ---------- memory ---------- */

void *
palloc_extended(Size size, int flags)
{
	Chunk *chunk;

	CHECK((flags & MCXT_ALLOC_NO_OOM) == 0);
	CHECK((flags & MCXT_ALLOC_HUGE) != 0 || AllocSizeIsValid(size));
	chunk = malloc(sizeof(Chunk) + size);
	CHECK(chunk != NULL);
	if (flags & MCXT_ALLOC_ZERO)
		memset(chunk->data, 0, size);
	chunk->next = chunks;
	chunks = chunk;
	return chunk->data;
}

void *
palloc(Size size)
{
	return palloc_extended(size, 0);
}

/* What was allocated is freed with its run, as with a memory context. */
void
pfree(void *pointer)
{
	(void) pointer;
}

void *
palloc0(Size size)
{
	return palloc_extended(size, MCXT_ALLOC_ZERO);
}

char *
pnstrdup(const char *text, Size length)
{
	char *copy;

	length = strnlen(text, length);
	copy = palloc(length + 1);
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *
pstrdup(const char *text)
{
	return pnstrdup(text, strlen(text));
}

char *
psprintf(const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	CHECK(length >= 0);
	text = palloc(length + 1);
	va_start(args, format);
	vsnprintf(text, length + 1, format, args);
	va_end(args);
	return text;
}

void
server_free_memory(void)
{
	while (chunks)
	{
		Chunk *next = chunks->next;

		free(chunks);
		chunks = next;
	}
}

/* ---------- errors ---------- */

bool
errstart(int elevel, const char *domain)
{
	(void) domain;
	CHECK(elevel == ERROR && is_running);
	return true;
}

bool
errstart_cold(int elevel, const char *domain)
{
	return errstart(elevel, domain);
}

int
errcode(int sqlerrcode)
{
	error_code = sqlerrcode;
	return 0;
}

int
errmsg(const char *format, ...)
{
	(void) format;
	return 0;
}

int
errdetail_internal(const char *format, ...)
{
	(void) format;
	return 0;
}

void
errfinish(const char *filename, int lineno, const char *funcname)
{
	(void) filename;
	(void) lineno;
	(void) funcname;
	siglongjmp(at_error, 1);
}

bool
server_run(void (*run)(void *arg), void *arg, int *sqlstate)
{
	bool ok;

	is_running = true;
	error_code = ERRCODE_INTERNAL_ERROR;
	ok = sigsetjmp(at_error, 0) == 0;
	if (ok)
		run(arg);
	is_running = false;
	*sqlstate = error_code;
	return ok;
}
