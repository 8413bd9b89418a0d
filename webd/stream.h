/*
 * stream.h
 *	  Answers without an end, to clients that read at their own pace.
 *
 * What a client has not read yet is kept for it, up to a limit; a client that
 * falls behind further is dropped, and costs the others nothing.
 */
#ifndef WEBD_STREAM_H
#define WEBD_STREAM_H

#include "answer.h"
#include "text.h"

/* A stream that begins with the text; network_id: whose events, NULL: all. */
extern Answer *stream_open(struct MHD_Connection *connection, const Text *text,
						   const char *network_id);

/* To all whom it concerns; network_id NULL: to everybody. */
extern void streams_send(const Text *text, const char *network_id);

extern void streams_end(void);
extern int streams_count(void);

#endif
