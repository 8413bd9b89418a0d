/*
 * ban_list.c
 *	  The addresses that are banned.
 *
 * A hash of networks of any size.  A lookup tries each size for which a ban
 * exists: few sizes other than a single host are in use.
 */
#include "access/ban_list.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "loop.h"
#include "memory.h"

#define BUCKET_BITS	   14
#define FAMILIES	   2
#define MAX_BITS	   128
#define IPV4_HOST_BITS 32
#define IPV6_HOST_BITS 64 /* one host has a /64, see address_record.h */

/* The first bits of an address; the remaining ones are zero. */
typedef struct Range
{
	uint16_t family;
	uint16_t bits;
	uint8_t address[16];
} Range;

typedef struct Ban
{
	LIST_ENTRY(Ban) link;
	Range range;
	double ends_at;
	bool is_automatic;
	char *reason;
} Ban;

static LIST_HEAD(Bucket, Ban) buckets[1 << BUCKET_BITS];

/* the distinct prefix lengths of a family's bans */
typedef struct Sizes
{
	int count;
	uint16_t bits[MAX_BITS + 1];
} Sizes;

static Sizes sizes[FAMILIES];

static Sizes *
sizes_of(int family)
{
	return &sizes[family == AF_INET6];
}

static void
add_size(const Range *range)
{
	Sizes *known = sizes_of(range->family);

	for (int i = 0; i < known->count; i++)
		if (known->bits[i] == range->bits)
			return;
	known->bits[known->count++] = range->bits;
}

static struct Bucket *
bucket_of(const Range *range)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < sizeof(range->address); i++)
		hash = (hash ^ range->address[i]) * 0x100000001b3u;
	hash = (hash ^ range->bits) * 0x9e3779b97f4a7c15u;
	return &buckets[hash >> (64 - BUCKET_BITS)];
}

static Range
range_of(int family, const uint8_t address[16], int bits)
{
	Range range = {.family = (uint16_t) family, .bits = (uint16_t) bits};

	memcpy(range.address, address, (size_t) bits / 8);
	if (bits % 8)
		range.address[bits / 8] =
			address[bits / 8] & (uint8_t) (0xff << (8 - bits % 8));
	return range;
}

static Ban *
find_ban(const Range *range)
{
	Ban *ban;

	LIST_FOREACH(ban, bucket_of(range), link)
	{
		if (memcmp(&ban->range, range, sizeof(*range)) == 0)
			return ban;
	}
	return NULL;
}

/*
 * Of two bans of the same range the longer one applies; one by an operator
 * makes both an operator's.
 */
static void
add_ban(const Range *range, double ends_at, bool is_automatic,
		const char *reason)
{
	Ban *ban = find_ban(range);

	if (ban == NULL)
	{
		ban = memory_zalloc(sizeof(Ban));
		ban->range = *range;
		ban->is_automatic = is_automatic;
		LIST_INSERT_HEAD(bucket_of(range), ban, link);
		add_size(range);
	}
	ban->is_automatic = ban->is_automatic && is_automatic;
	if (ban->ends_at >= ends_at)
		return;
	free(ban->reason);
	ban->reason = memory_strdup(reason);
	ban->ends_at = ends_at;
}

static void
forget_all(void)
{
	for (size_t i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++)
	{
		Ban *ban;

		while ((ban = LIST_FIRST(&buckets[i])) != NULL)
		{
			LIST_REMOVE(ban, link);
			free(ban->reason);
			free(ban);
		}
	}
	memset(sizes, 0, sizeof(sizes));
}

/* Parse the text of a cidr, such as 192.0.2.0/24. */
static bool
read_range(const char *text, Range *range)
{
	char host[PEER_HOST_LENGTH];
	uint8_t address[16] = {0};
	const char *slash = strchr(text, '/');
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	int bits;

	if (slash == NULL || (size_t) (slash - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t) (slash - text));
	host[slash - text] = '\0';
	bits = atoi(slash + 1);
	if (inet_pton(family, host, address) != 1 || bits < 0 ||
		bits > (family == AF_INET ? 32 : 128))
		return false;
	*range = range_of(family, address, bits);
	return true;
}

void
ban_list_read(const PGresult *result)
{
	double now = clock_now();

	forget_all();
	for (int row = 0; row < PQntuples(result); row++)
	{
		double ends_at = PQgetisnull(result, row, 1)
							 ? INFINITY
							 : now + strtod(PQgetvalue(result, row, 1), NULL);
		Range range;

		if (read_range(PQgetvalue(result, row, 0), &range))
			add_ban(&range, ends_at, *PQgetvalue(result, row, 3) == 't',
					PQgetvalue(result, row, 2));
	}
}

void
ban_list_add(const Peer *peer, double seconds, const char *reason)
{
	int bits = peer->family == AF_INET ? IPV4_HOST_BITS : IPV6_HOST_BITS;
	Range range = range_of(peer->family, peer->address, bits);

	add_ban(&range, clock_now() + seconds, true, reason);
}

const char *
ban_list_find(const Peer *peer, bool *is_automatic)
{
	const Sizes *known = sizes_of(peer->family);
	const char *reason = NULL;

	for (int i = 0; i < known->count; i++)
	{
		Range range = range_of(peer->family, peer->address, known->bits[i]);
		Ban *ban = find_ban(&range);

		if (ban == NULL || ban->ends_at <= clock_now())
			continue;
		reason = ban->reason;
		*is_automatic = ban->is_automatic;
		if (!ban->is_automatic)
			break;
	}
	return reason;
}
