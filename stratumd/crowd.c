/*
 * crowd.c
 *	  How many connections come from one address.
 */
#include "crowd.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

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

/* False when there is no such address (any more). */
static bool
read_peer(int fd, int *family, uint64_t *prefix)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getpeername(fd, (struct sockaddr *) &address, &length) != 0)
		return false;
	*family = address.ss_family;
	*prefix = 0;
	if (address.ss_family == AF_INET)
		*prefix = ((struct sockaddr_in *) &address)->sin_addr.s_addr;
	else if (address.ss_family == AF_INET6)
		memcpy(prefix, &((struct sockaddr_in6 *) &address)->sin6_addr,
			   sizeof(*prefix));
	return true;
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
crowd_join(int fd, Crowd **crowd)
{
	Crowd *found;
	uint64_t prefix;
	int family;

	*crowd = NULL;
	if (crowd_limit == 0 || !read_peer(fd, &family, &prefix))
		return true;
	found = get_crowd(family, prefix);
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
