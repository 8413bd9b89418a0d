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

extern void events_start(const char *conninfo, const EventLimits *limits);
extern void events_stop(void);

/* Answer a request with a stream, if there is room. */
extern void events_open(Request *request);

/* End all streams, as an answer ends. */
extern void events_close_all(void);

extern int events_clients(void);

#endif
