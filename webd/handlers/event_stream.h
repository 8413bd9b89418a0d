/*
 * event_stream.h
 *	  Answers without an end, to clients that read at their own pace.
 *
 * What a client has not read yet is kept for it, up to a limit; a client that
 * falls behind further is dropped, and costs the others nothing.
 */
#ifndef WEBD_EVENT_STREAM_H
#define WEBD_EVENT_STREAM_H

#include <stdint.h>

#include "http/response.h"
#include "http/caller.h"
#include "http/strbuf.h"

/* By whom streams are counted. */
typedef struct StreamOwner
{
	uint64_t address;		 /* client_address_key */
	char session[HASH_SIZE]; /* "": none */
} StreamOwner;

/* A stream that begins with the text; network_id: whose events, NULL: all. */
extern Response *
event_stream_open(struct MHD_Connection *connection, const StreamOwner *owner,
				  const StrBuf *text, const char *network_id);

/* To all whom it concerns; network_id NULL: to everybody. */
extern void event_streams_send(const StrBuf *text, const char *network_id);

extern void event_streams_end(void);
extern int event_streams_count(void);

/* Those of the owner's address, and those of its session. */
extern int event_streams_of_address(const StreamOwner *owner);
extern int event_streams_of_session(const StreamOwner *owner);

/* Drop those whose clients have closed them, which else shows with the next
 * event only. */
extern void event_streams_drop_closed(void);

#endif
