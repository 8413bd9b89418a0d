/*
 * outbox.h
 *	  Items that wait to be sent to the database.
 *
 * They are sent in batches, the oldest first, one batch at a time, with a
 * pause after each while the next ones gather.  A batch that failed or was
 * lost is sent again: its statement must do no harm when it is repeated.
 */
#ifndef COMMON_OUTBOX_H
#define COMMON_OUTBOX_H

#include <stddef.h>

#include "pipeline.h"

typedef struct Outbox Outbox;

struct Outbox
{
	const char *task; /* for the log: "store bans" */
	size_t item_size;
	int batch_size; /* at most */
	double pause_s; /* after a batch that succeeded */

	/* Send a batch as a command. */
	void (*send)(PgCommand *command, const void *items, int count);

	/* A batch was stored and is kept; NULL: it is forgotten. */
	void (*stored)(void *items, int count);

	/* the rest is the outbox's own */
	char *items;
	int count;
	int capacity;
	int kept; /* the first ones: stored */
	int sent; /* the next ones: under way */
	double paused_until;
	PgCommand command;
};

/* The new last item, not initialized; valid until the next one is added. */
extern void *outbox_add(Outbox *outbox);

extern void *outbox_item(const Outbox *outbox, int index);

/* Remove the first items, which are stored. */
extern void outbox_forget(Outbox *outbox, int count);

/* Send what waits, unless it is too early; only when the link is ready. */
extern void outbox_dispatch(Outbox *outbox);

#endif
