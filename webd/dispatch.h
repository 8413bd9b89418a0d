/*
 * dispatch.h
 *	  Finds who answers a request.
 */
#ifndef WEBD_DISPATCH_H
#define WEBD_DISPATCH_H

#include "http/request.h"

typedef struct DispatchSettings
{
	bool secure_cookies;
	const char *trusted_proxy; /* an address, or NULL */
	void (*answer_metrics)(Request *request);
} DispatchSettings;

extern void dispatch_init(const DispatchSettings *settings);

/*
 * The headers of a request are there: afterwards it has its response already,
 * or its body may come.
 */
extern void dispatch_begin(Request *request, const char *method);

/* The same for a request on the metrics' port. */
extern void dispatch_begin_metrics(Request *request, const char *method);

#endif
