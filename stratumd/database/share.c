/*
 * share.c
 *	  A submission, its encoding, and lanes of submissions.
 */
#include "database/share.h"

#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "memory.h"

#define SHARES_PER_SLAB 256

static Share *free_shares;

Share *
share_new(void)
{
	Share *share;

	if (free_shares == NULL)
	{
		Share *slab = memory_alloc(sizeof(Share) * SHARES_PER_SLAB);

		for (int i = 0; i < SHARES_PER_SLAB; i++)
		{
			slab[i].next = free_shares;
			free_shares = &slab[i];
		}
	}
	share = free_shares;
	free_shares = share->next;
	return share;
}

void
share_free(Share *share)
{
	share->next = free_shares;
	free_shares = share;
}

static uint8_t *
put_uint32(uint8_t *out, uint32_t value)
{
	uint32_t wire = htonl(value);

	return mempcpy(out, &wire, sizeof(wire));
}

static uint8_t *
put_uint64(uint8_t *out, uint64_t value)
{
	uint64_t wire = htobe64(value);

	return mempcpy(out, &wire, sizeof(wire));
}

static uint8_t *
put_double(uint8_t *out, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return put_uint64(out, bits);
}

uint8_t *
share_encode(uint8_t *out, const Share *share)
{
	out = put_uint64(out, (uint64_t) share->job_id);
	out = put_uint32(out, (uint32_t) share->miner_id);
	out = put_uint32(out, share->extranonce1);
	out = put_uint64(out, share->extranonce2);
	out = put_uint32(out, share->ntime);
	out = put_uint32(out, share->nonce);
	out = put_uint32(out, share->version_mask);
	out = put_uint32(out, share->version_bits);
	return put_double(out, share->difficulty);
}

uint8_t *
share_encode_version(uint8_t *out)
{
	return put_uint32(out, BATCH_VERSION);
}

void
lane_append(ShareLane *lane, Share *share)
{
	share->next = NULL;
	if (lane->first)
		lane->last->next = share;
	else
		lane->first = share;
	lane->last = share;
	lane->count++;
}

Share *
lane_take_first(ShareLane *lane)
{
	Share *share = lane->first;

	lane->first = share->next;
	lane->count--;
	return share;
}

void
lane_put_back(ShareLane *lane, ShareLane *batch)
{
	batch->last->next = lane->first;
	if (lane->first == NULL)
		lane->last = batch->last;
	lane->first = batch->first;
	lane->count += batch->count;
	*batch = (ShareLane){0};
}
