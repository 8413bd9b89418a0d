/*
 * event_stream.h
 *	  Endless responses to clients that read at their own pace.
 *
 * Data that a client has not read yet is buffered up to a limit.  A client that
 * falls further behind is dropped and does not delay the others.
 */
#ifndef WEBD_EVENT_STREAM_H
#define WEBD_EVENT_STREAM_H

#include <stdint.h>

#include "http/response.h"
#include "http/caller.h"
#include "http/strbuf.h"

/* The client for whom streams are counted. */
typedef struct StreamOwner
{
	uint64_t address;		 /* client_address_key */
	char session[HASH_SIZE]; /* "": none */
} StreamOwner;

/* A stream that begins with the text; network_id NULL: events of all networks.
 */
extern Response *
event_stream_open(struct MHD_Connection *connection, const StreamOwner *owner,
				  const StrBuf *text, const char *network_id);

/* Send to the streams of a network; network_id NULL: to all streams. */
extern void event_streams_send(const StrBuf *text, const char *network_id);

extern void event_streams_end_all(void);
extern int event_streams_count(void);

/* The number of streams of the owner's address, and of its session. */
extern int event_streams_of_address(const StreamOwner *owner);
extern int event_streams_of_session(const StreamOwner *owner);

/* Drop streams that their clients have closed.  Otherwise this is noticed only
 * with the next event. */
extern void event_streams_drop_closed(void);

#endif
