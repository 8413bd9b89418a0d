/*
 * listener_rows.h
 *	  Converts the database's rows to the settings of listeners.
 */
#ifndef STRATUMD_LISTENER_ROWS_H
#define STRATUMD_LISTENER_ROWS_H

#include <libpq-fe.h>

#include "mining/vardiff.h"

/* Apply the rows of chimera.stratum_listeners: no other listeners exist. */
extern void listener_rows_read(const PGresult *result);

/*
 * A column's number, and a row's vardiff columns, of any query that has them.
 */
extern double listener_row_number(const PGresult *result, int row,
								  const char *column, double missing);
extern VardiffLimits listener_row_limits(const PGresult *result, int row);

#endif
