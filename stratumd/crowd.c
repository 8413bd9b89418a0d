/*
 * crowd.c
 *	  How many connections come from one address.
 */
#include "crowd.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "log.h"
#include "memory.h"

#define BUCKET_BITS 14

struct Crowd
{
	LIST_ENTRY(Crowd) link;
	int family;
	uint64_t prefix; /* the address, of IPv6 its first half */
	int count;
	bool is_known; /* the log knows that it is too big */
};

static LIST_HEAD(Bucket, Crowd) buckets[1 << BUCKET_BITS];
static int crowd_limit = 0;

void
crowd_set_limit(int limit)
{
	crowd_limit = limit;
}

static Crowd *
get_crowd(int family, uint64_t prefix)
{
	size_t hash = (prefix * 0x9e3779b97f4a7c15u) >> (64 - BUCKET_BITS);
	struct Bucket *bucket = &buckets[hash];
	Crowd *crowd;

	LIST_FOREACH(crowd, bucket, link)
	{
		if (crowd->prefix == prefix && crowd->family == family)
			return crowd;
	}
	crowd = memory_zalloc(sizeof(Crowd));
	crowd->family = family;
	crowd->prefix = prefix;
	LIST_INSERT_HEAD(bucket, crowd, link);
	return crowd;
}

bool
crowd_join(const Peer *peer, Crowd **crowd)
{
	Crowd *found;
	uint64_t prefix = 0;

	*crowd = NULL;
	if (crowd_limit == 0)
		return true;
	memcpy(&prefix, peer->address,
		   peer->family == AF_INET ? sizeof(uint32_t) : sizeof(prefix));
	found = get_crowd(peer->family, prefix);
	if (found->count >= crowd_limit)
	{
		if (!found->is_known)
			log_warning("an address has its %d connections: no more are let in"
						" from it",
						found->count);
		found->is_known = true;
		return false;
	}
	found->count++;
	*crowd = found;
	return true;
}

void
crowd_leave(Crowd *crowd)
{
	if (crowd == NULL || --crowd->count > 0)
		return;
	LIST_REMOVE(crowd, link);
	free(crowd);
}
