/*
 * rate_limit.c
 *	  Limits the rate of requests per address with a token bucket for each.
 *
 * A full bucket has the same effect as none, so full buckets are removed
 * periodically.
 */
#include "http/rate_limit.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "http/client_address.h"
#include "loop.h"
#include "memory.h"

#define BURST_S			   5.0
#define CLEANUP_INTERVAL_S 5.0
#define TABLE_BITS		   12

typedef struct Bucket
{
	LIST_ENTRY(Bucket) link;
	uint64_t key;
	double tokens;
	double filled_at;
} Bucket;

static LIST_HEAD(Chain, Bucket) table[1 << TABLE_BITS];
static double rate = 0;
static ev_timer cleanup_timer;

static struct Chain *
chain_of(uint64_t key)
{
	return &table[(key * 0x9e3779b97f4a7c15u) >> (64 - TABLE_BITS)];
}

static Bucket *
get_bucket(uint64_t key)
{
	struct Chain *chain = chain_of(key);
	Bucket *bucket;

	LIST_FOREACH(bucket, chain, link)
	{
		if (bucket->key == key)
			return bucket;
	}
	bucket = memory_zalloc(sizeof(Bucket));
	bucket->key = key;
	bucket->tokens = rate * BURST_S;
	bucket->filled_at = clock_now();
	LIST_INSERT_HEAD(chain, bucket, link);
	return bucket;
}

static void
refill_bucket(Bucket *bucket, double now)
{
	bucket->tokens =
		fmin(rate * BURST_S, bucket->tokens + rate * (now - bucket->filled_at));
	bucket->filled_at = now;
}

bool
rate_limit_take(const char *address)
{
	Bucket *bucket;

	if (rate <= 0)
		return true;
	bucket = get_bucket(client_address_key(address));
	refill_bucket(bucket, clock_now());
	if (bucket->tokens < 1)
		return false;
	bucket->tokens -= 1;
	return true;
}

static void
remove_full_buckets(struct ev_loop *loop UNUSED, ev_timer *timer UNUSED,
					int events UNUSED)
{
	double now = clock_now();

	for (size_t i = 0; i < 1 << TABLE_BITS; i++)
	{
		Bucket *bucket = LIST_FIRST(&table[i]);

		while (bucket)
		{
			Bucket *next = LIST_NEXT(bucket, link);

			refill_bucket(bucket, now);
			if (bucket->tokens >= rate * BURST_S)
			{
				LIST_REMOVE(bucket, link);
				free(bucket);
			}
			bucket = next;
		}
	}
}

void
rate_limit_start(int given)
{
	rate = given;
	if (rate <= 0)
		return;
	ev_timer_init(&cleanup_timer, remove_full_buckets, CLEANUP_INTERVAL_S,
				  CLEANUP_INTERVAL_S);
	ev_timer_start(main_loop, &cleanup_timer);
}
