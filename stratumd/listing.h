/*
 * listing.h
 *	  The listeners as the database lists them: rows to settings.
 */
#ifndef STRATUMD_LISTING_H
#define STRATUMD_LISTING_H

#include <libpq-fe.h>

/* Take all of chimera.stratum_listeners: these are the listeners now. */
extern void listing_take(const PGresult *result);

#endif
