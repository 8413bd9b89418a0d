/*
 * response_cache.c
 *	  Public answers, kept for a moment: many viewers, one question.
 *
 * An answer is known by the routine and its arguments, so that two paths to
 * the same share it.  Entries are in the order of their age; all live equally
 * long, so the oldest are the first to go.  Errors are kept for nobody but who
 * waits already.
 */
#include "handlers/response_cache.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "memory.h"
#include "counters.h"

#define LIFETIME_S	2.0
#define MAX_ENTRIES 1024
#define TABLE_BITS	10

typedef struct Entry
{
	TAILQ_ENTRY(Entry) by_age;
	LIST_ENTRY(Entry) link;
	StrBuf key;
	DatabaseCall call; /* its values are the first waiting request's */
	Response *answer;  /* NULL: being asked for */
	double until;
	STAILQ_HEAD(, Request) waiting;
} Entry;

static LIST_HEAD(Chain, Entry) table[1 << TABLE_BITS];
static TAILQ_HEAD(, Entry) entries = TAILQ_HEAD_INITIALIZER(entries);
static int entry_count = 0;

/* Values have no control characters, which therefore can part them. */
static void
write_key(const Request *request, StrBuf *key)
{
	strbuf_adds(key, request->route->routine);
	for (int i = 0; i < request->params.count; i++)
	{
		const char *value = request->params.values[i];

		strbuf_adds(key, value ? "\n" : "\t");
		strbuf_adds(key, request->route->arguments[i].name);
		strbuf_adds(key, "\r");
		strbuf_adds(key, value ? value : "");
	}
}

/* FNV-1a */
static struct Chain *
chain_of(const StrBuf *key)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < key->length; i++)
		hash = (hash ^ (unsigned char) key->data[i]) * 0x100000001b3u;
	return &table[hash >> (64 - TABLE_BITS)];
}

static Entry *
find(const StrBuf *key)
{
	Entry *entry;

	LIST_FOREACH(entry, chain_of(key), link)
	{
		if (strcmp(entry->key.data, key->data) == 0)
			return entry;
	}
	return NULL;
}

static void
forget(Entry *entry)
{
	LIST_REMOVE(entry, link);
	TAILQ_REMOVE(&entries, entry, by_age);
	entry_count--;
	if (entry->answer)
		response_unref(entry->answer);
	strbuf_free(&entry->key);
	free(entry);
}

/* The oldest that are over or, when there are too many, just the oldest. */
static void
sweep(double now)
{
	Entry *entry = TAILQ_FIRST(&entries);

	while (entry)
	{
		Entry *next = TAILQ_NEXT(entry, by_age);

		if (entry->answer)
		{
			if (entry->until > now && entry_count <= MAX_ENTRIES)
				return;
			forget(entry);
		}
		entry = next;
	}
}

static void
answered(DatabaseCall *call, const char *value, const Problem *problem)
{
	Entry *entry = container_of(call, Entry, call);
	Request *request;

	while ((request = STAILQ_FIRST(&entry->waiting)) != NULL)
	{
		STAILQ_REMOVE_HEAD(&entry->waiting, link);
		if (value && entry->answer == NULL)
			entry->answer = response_json(MHD_HTTP_OK, ANSWER_PUBLIC, value);
		if (entry->answer)
			request_finish(request, response_ref(entry->answer));
		else
			request_answer(request, ANSWER_PRIVATE, NULL, problem);
	}
	if (entry->answer)
		entry->until = clock_now() + LIFETIME_S;
	else
		forget(entry);
}

static Entry *
ask(Request *request, StrBuf *key)
{
	Entry *entry = memory_zalloc(sizeof(Entry));

	entry->key = *key;
	*key = (StrBuf){0};
	STAILQ_INIT(&entry->waiting);
	LIST_INSERT_HEAD(chain_of(&entry->key), entry, link);
	TAILQ_INSERT_TAIL(&entries, entry, by_age);
	entry_count++;
	entry->call = (DatabaseCall){
		.statement = request_statement(request->route),
		.count = request->params.count,
		.values = (const char *const *) request->params.values,
		.done = answered,
	};
	database_call(&entry->call);
	return entry;
}

void
response_cache_ask(Request *request)
{
	StrBuf key = {0};
	Entry *entry;

	sweep(clock_now());
	write_key(request, &key);
	entry = find(&key);
	if (entry && entry->answer && entry->until > clock_now())
	{
		counters.cache_hits++;
		request_finish(request, response_ref(entry->answer));
	}
	else
	{
		if (entry && entry->answer)
		{
			forget(entry);
			entry = NULL;
		}
		if (entry == NULL)
			entry = ask(request, &key);
		STAILQ_INSERT_TAIL(&entry->waiting, request, link);
	}
	strbuf_free(&key);
}
