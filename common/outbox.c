/*
 * outbox.c
 *	  Items that wait to be sent to the database.
 */
#include "outbox.h"

#include <string.h>

#include "log.h"
#include "loop.h"
#include "memory.h"

#define FIRST_CAPACITY 64
#define RETRY_PAUSE_S  0.5

void *
outbox_add(Outbox *outbox)
{
	if (outbox->count == outbox->capacity)
	{
		outbox->capacity =
			outbox->capacity ? outbox->capacity * 2 : FIRST_CAPACITY;
		outbox->items = memory_resize(
			outbox->items, outbox->item_size * (size_t) outbox->capacity);
	}
	return outbox_item(outbox, outbox->count++);
}

void *
outbox_item(const Outbox *outbox, int index)
{
	return outbox->items + outbox->item_size * (size_t) index;
}

void
outbox_forget(Outbox *outbox, int count)
{
	if (count == 0)
		return;
	outbox->kept -= count;
	outbox->count -= count;
	memmove(outbox->items, outbox_item(outbox, count),
			outbox->item_size * (size_t) outbox->count);
}

static void
keep_or_forget(Outbox *outbox, int count)
{
	void *first = outbox_item(outbox, outbox->kept);

	outbox->kept += count;
	if (outbox->stored)
		outbox->stored(first, count);
	else
		outbox_forget(outbox, count);
}

static void
batch_done(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	Outbox *outbox = container_of(command, Outbox, command);
	int count = outbox->sent;

	outbox->sent = 0;
	if (outcome == PG_DONE)
	{
		keep_or_forget(outbox, count);
		outbox->paused_until = clock_now() + outbox->pause_s;
	}
	else if (outcome == PG_FAILED)
	{
		log_warning("could not %s: %s", outbox->task, pg_error_text(result));
		outbox->paused_until = clock_now() + RETRY_PAUSE_S;
	}
}

void
outbox_dispatch(Outbox *outbox)
{
	int waiting = outbox->count - outbox->kept;

	if (waiting == 0 || outbox->sent > 0 || clock_now() < outbox->paused_until)
		return;
	outbox->sent = waiting < outbox->batch_size ? waiting : outbox->batch_size;
	outbox->command.done = batch_done;
	outbox->send(&outbox->command, outbox_item(outbox, outbox->kept),
				 outbox->sent);
}
