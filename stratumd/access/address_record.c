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
	empty_addresses = TAILQ_HEAD_INITIALIZER(empty_addresses);
static int empty_count = 0;
static int connection_limit = 0;

void
address_record_set_limit(int limit)
{
	connection_limit = limit;
}

static AddressConnections *
get_connections(int family, uint64_t prefix)
{
	size_t hash = (prefix * 0x9e3779b97f4a7c15u) >> (64 - BUCKET_BITS);
	struct Bucket *bucket = &buckets[hash];
	AddressConnections *connections;

	LIST_FOREACH(connections, bucket, link)
	{
		if (connections->prefix == prefix && connections->family == family)
			return connections;
	}
	connections = memory_zalloc(sizeof(AddressConnections));
	connections->family = family;
	connections->prefix = prefix;
	connections->line.connections = connections;
	LIST_INSERT_HEAD(bucket, connections, link);
	return connections;
}

static void
free_connections(AddressConnections *connections)
{
	LIST_REMOVE(connections, link);
	free(connections);
}

static void
leave_empty_list(AddressConnections *connections)
{
	TAILQ_REMOVE(&empty_addresses, connections, empty_link);
	empty_count--;
	connections->left_at = 0;
}

static void
forget_oldest(void)
{
	AddressConnections *connections = TAILQ_FIRST(&empty_addresses);

	leave_empty_list(connections);
	free_connections(connections);
}

bool
address_record_join(const Peer *peer, AddressConnections **connections)
{
	AddressConnections *found;
	uint64_t prefix = 0;
	char host[PEER_HOST_LENGTH];

	memcpy(&prefix, peer->address,
		   peer->family == AF_INET ? sizeof(uint32_t) : sizeof(prefix));
	found = get_connections(peer->family, prefix);
	if (connection_limit > 0 && found->count >= connection_limit)
	{
		if (!found->is_known)
			log_warning("address %s reached its limit of %d connections",
						peer_host(peer, host), found->count);
		found->is_known = true;
		return false;
	}
	if (found->left_at > 0)
		leave_empty_list(found);
	found->count++;
	*connections = found;
	return true;
}

void
address_record_leave(AddressConnections *connections)
{
	if (--connections->count > 0)
		return;
	if (connections->record.bad == 0 && connections->line.allowed_at == 0)
	{
		free_connections(connections);
		return;
	}
	if (empty_count == MAX_EMPTY)
		forget_oldest();
	connections->left_at = clock_now();
	TAILQ_INSERT_TAIL(&empty_addresses, connections, empty_link);
	empty_count++;
}

AddressRecord *
address_record_get(AddressConnections *connections)
{
	return &connections->record;
}

AddressLine *
address_record_line(AddressConnections *connections)
{
	return &connections->line;
}

int *
address_record_new_names(AddressConnections *connections)
{
	return &connections->new_names;
}

bool
address_record_is_doubtful(const AddressConnections *connections)
{
	return connections->record.bad > connections->record.good;
}

void
address_records_expire(double now)
{
	while (!TAILQ_EMPTY(&empty_addresses) &&
		   now - TAILQ_FIRST(&empty_addresses)->left_at > REMEMBER_S)
		forget_oldest();
}
