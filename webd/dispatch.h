/*
 * dispatch.h
 *	  Finds the handler of a request.
 */
#ifndef WEBD_DISPATCH_H
#define WEBD_DISPATCH_H

#include "http/request.h"

typedef struct DispatchSettings
{
	bool secure_cookies;
	const char *trusted_proxy; /* an address, or NULL */
	void (*serve_metrics)(Request *request);
} DispatchSettings;

extern void dispatch_init(const DispatchSettings *settings);

/*
 * To be called when the headers have arrived.  Afterwards the request either
 * has its response, or its body may be read.
 */
extern void dispatch_begin(Request *request, const char *method);

/* The same for a request on the metrics port. */
extern void dispatch_begin_metrics(Request *request, const char *method);

#endif
