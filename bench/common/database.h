/*
 * database.h
 *	  libpq where every failure is the end of the benchmark.
 */
#ifndef BENCH_DATABASE_H
#define BENCH_DATABASE_H

#include <libpq-fe.h>

/* Connect; "" means what PGHOST, PGDATABASE, ... say. */
extern PGconn *database_connect(const char *conninfo);

/* The result if it has that status, or the end. */
extern PGresult *
database_expect(PGconn *conn, PGresult *result, ExecStatusType status);

/* Execute commands without a result. */
extern void database_command(PGconn *conn, const char *sql);

/* Execute a query with one text parameter, or none if it is NULL. */
extern PGresult *
database_query(PGconn *conn, const char *sql, const char *parameter);

#endif
