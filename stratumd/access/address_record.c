/*
 * address_record.c
 *	  The connections of one address.
 *
 * An address without connections is kept while it has something to remember,
 * in a list ordered by when its last connection ended.
 */
#include "access/address_record.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "log.h"
#include "loop.h"
#include "memory.h"

#define BUCKET_BITS 14
#define REMEMBER_S	600.0
#define MAX_EMPTY	65536 /* then the oldest is forgotten */

struct AddressConnections
{
	LIST_ENTRY(AddressConnections) link;
	TAILQ_ENTRY(AddressConnections) empty_link;
	int family;
	uint64_t prefix; /* the address; for IPv6, its first half */
	int count;
	bool is_known; /* the log has said that it reached the limit */
	AddressRecord record;
	AddressLine line;
	int new_names;
	double left_at; /* when its last connection ended, or 0 */
};

static LIST_HEAD(Bucket, AddressConnections) buckets[1 << BUCKET_BITS];
static TAILQ_HEAD(, AddressConnections)
	empty_crowds = TAILQ_HEAD_INITIALIZER(empty_crowds);
static int empty_count = 0;
static int crowd_limit = 0;

void
address_record_set_limit(int limit)
{
	crowd_limit = limit;
}

static AddressConnections *
get_crowd(int family, uint64_t prefix)
{
	size_t hash = (prefix * 0x9e3779b97f4a7c15u) >> (64 - BUCKET_BITS);
	struct Bucket *bucket = &buckets[hash];
	AddressConnections *crowd;

	LIST_FOREACH(crowd, bucket, link)
	{
		if (crowd->prefix == prefix && crowd->family == family)
			return crowd;
	}
	crowd = memory_zalloc(sizeof(AddressConnections));
	crowd->family = family;
	crowd->prefix = prefix;
	crowd->line.crowd = crowd;
	LIST_INSERT_HEAD(bucket, crowd, link);
	return crowd;
}

static void
free_crowd(AddressConnections *crowd)
{
	LIST_REMOVE(crowd, link);
	free(crowd);
}

static void
leave_empty_list(AddressConnections *crowd)
{
	TAILQ_REMOVE(&empty_crowds, crowd, empty_link);
	empty_count--;
	crowd->left_at = 0;
}

static void
forget_oldest(void)
{
	AddressConnections *crowd = TAILQ_FIRST(&empty_crowds);

	leave_empty_list(crowd);
	free_crowd(crowd);
}

bool
address_record_join(const Peer *peer, AddressConnections **crowd)
{
	AddressConnections *found;
	uint64_t prefix = 0;

	memcpy(&prefix, peer->address,
		   peer->family == AF_INET ? sizeof(uint32_t) : sizeof(prefix));
	found = get_crowd(peer->family, prefix);
	if (crowd_limit > 0 && found->count >= crowd_limit)
	{
		if (!found->is_known)
			log_warning("an address has its %d connections: no more are let in"
						" from it",
						found->count);
		found->is_known = true;
		return false;
	}
	if (found->left_at > 0)
		leave_empty_list(found);
	found->count++;
	*crowd = found;
	return true;
}

void
address_record_leave(AddressConnections *crowd)
{
	if (--crowd->count > 0)
		return;
	if (crowd->record.bad == 0 && crowd->line.allowed_at == 0)
	{
		free_crowd(crowd);
		return;
	}
	if (empty_count == MAX_EMPTY)
		forget_oldest();
	crowd->left_at = clock_now();
	TAILQ_INSERT_TAIL(&empty_crowds, crowd, empty_link);
	empty_count++;
}

AddressRecord *
address_record_get(AddressConnections *crowd)
{
	return &crowd->record;
}

AddressLine *
address_record_line(AddressConnections *crowd)
{
	return &crowd->line;
}

int *
address_record_new_names(AddressConnections *crowd)
{
	return &crowd->new_names;
}

bool
address_record_is_doubtful(const AddressConnections *crowd)
{
	return crowd->record.bad > crowd->record.good;
}

void
address_records_expire(double now)
{
	while (!TAILQ_EMPTY(&empty_crowds) &&
		   now - TAILQ_FIRST(&empty_crowds)->left_at > REMEMBER_S)
		forget_oldest();
}
