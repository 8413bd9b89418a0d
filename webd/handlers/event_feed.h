/*
 * event_feed.h
 *	  GET /events: blocks, switches and statistics as server-sent events.
 */
#ifndef WEBD_EVENT_FEED_H
#define WEBD_EVENT_FEED_H

#include "http/request.h"

typedef struct EventLimits
{
	int streams;	 /* in total */
	int per_address; /* and half as many per session */
} EventLimits;

extern void event_feed_start(const char *conninfo, const EventLimits *limits);
extern void event_feed_stop(void);

/* Respond to a request with a stream, if the limits permit. */
extern void event_feed_open(Request *request);

/* End all streams properly, as complete responses. */
extern void event_feed_end_all(void);

extern int event_feed_count(void);

#endif
