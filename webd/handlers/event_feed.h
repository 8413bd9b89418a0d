/*
 * event_feed.h
 *	  GET /events: what happens, as it happens (server-sent events).
 */
#ifndef WEBD_EVENT_FEED_H
#define WEBD_EVENT_FEED_H

#include "http/request.h"

typedef struct EventLimits
{
	int streams;	 /* at once */
	int per_address; /* of them; of one session half as many */
} EventLimits;

extern void event_feed_start(const char *conninfo, const EventLimits *limits);
extern void event_feed_stop(void);

/* Answer a request with a stream, if there is room. */
extern void event_feed_open(Request *request);

/* End all streams, as an answer ends. */
extern void event_feed_close_all(void);

extern int event_feed_clients(void);

#endif
