/*
 * response_cache.c
 *	  Cache of public responses, so that many viewers cause one database call.
 *
 * The key consists of the routine and its arguments, so that two paths to the
 * same data share an entry.  All entries have the same lifetime and are listed
 * by age, so the oldest expire first.  Errors are not cached; only the requests
 * that were waiting get them.
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
	DatabaseCall call;	/* its values are the first waiting request's */
	Response *response; /* NULL: being asked for */
	double until;
	STAILQ_HEAD(, Request) waiting;
} Entry;

static LIST_HEAD(Chain, Entry) table[1 << TABLE_BITS];
static TAILQ_HEAD(, Entry) entries = TAILQ_HEAD_INITIALIZER(entries);
static int entry_count = 0;

/* Values contain no control characters, so these can separate them. */
static void
write_key(const Request *request, StrBuf *key)
{
	strbuf_adds(key, request->route->routine);
	for (int i = 0; i < request->arguments.count; i++)
	{
		const char *value = request->arguments.values[i];

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
find_entry(const StrBuf *key)
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
remove_entry(Entry *entry)
{
	LIST_REMOVE(entry, link);
	TAILQ_REMOVE(&entries, entry, by_age);
	entry_count--;
	if (entry->response)
		response_unref(entry->response);
	strbuf_free(&entry->key);
	free(entry);
}

/* Remove expired entries and, if there are too many, the oldest ones. */
static void
remove_old_entries(double now)
{
	Entry *entry = TAILQ_FIRST(&entries);

	while (entry)
	{
		Entry *next = TAILQ_NEXT(entry, by_age);

		if (entry->response)
		{
			if (entry->until > now && entry_count <= MAX_ENTRIES)
				return;
			remove_entry(entry);
		}
		entry = next;
	}
}

static void
on_routine_done(DatabaseCall *call, const char *value, const Problem *problem)
{
	Entry *entry = container_of(call, Entry, call);
	Request *request;

	while ((request = STAILQ_FIRST(&entry->waiting)) != NULL)
	{
		STAILQ_REMOVE_HEAD(&entry->waiting, link);
		if (value && entry->response == NULL)
			entry->response =
				response_json(MHD_HTTP_OK, RESPONSE_PUBLIC, value);
		if (entry->response)
			request_finish(request, response_ref(entry->response));
		else
			request_respond(request, RESPONSE_PRIVATE, NULL, problem);
	}
	if (entry->response)
		entry->until = clock_now() + LIFETIME_S;
	else
		remove_entry(entry);
}

static Entry *
add_entry(Request *request, StrBuf *key)
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
		.count = request->arguments.count,
		.values = (const char *const *) request->arguments.values,
		.done = on_routine_done,
	};
	database_call(&entry->call);
	return entry;
}

void
response_cache_serve(Request *request)
{
	StrBuf key = {0};
	Entry *entry;

	remove_old_entries(clock_now());
	write_key(request, &key);
	entry = find_entry(&key);
	if (entry && entry->response && entry->until > clock_now())
	{
		counters.cache_hits++;
		request_finish(request, response_ref(entry->response));
	}
	else
	{
		if (entry && entry->response)
		{
			remove_entry(entry);
			entry = NULL;
		}
		if (entry == NULL)
			entry = add_entry(request, &key);
		STAILQ_INSERT_TAIL(&entry->waiting, request, link);
	}
	strbuf_free(&key);
}
