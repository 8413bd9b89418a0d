/*
 * listener_rows.h
 *	  The listeners as the database lists them: rows to settings.
 */
#ifndef STRATUMD_LISTENER_ROWS_H
#define STRATUMD_LISTENER_ROWS_H

#include <libpq-fe.h>

#include "mining/vardiff.h"

/* Take all of chimera.stratum_listeners: these are the listeners now. */
extern void listener_rows_read(const PGresult *result);

/* A column's number, and a row's columns of vardiff, of any such query. */
extern double listener_row_number(const PGresult *result, int row,
								  const char *column, double missing);
extern VardiffLimits listener_row_limits(const PGresult *result, int row);

#endif
