/*
 * share.c
 *	  A submission, and lanes of them.
 */
#include "share.h"

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
