/*
 * database.c
 *	  libpq where every failure is the end of the benchmark.
 */
#include "common/database.h"

#include "common/die.h"

PGconn *
database_connect(const char *conninfo)
{
	PGconn *conn = PQconnectdb(conninfo);

	if (PQstatus(conn) != CONNECTION_OK)
		die("%s", PQerrorMessage(conn));
	return conn;
}

PGresult *
database_expect(PGconn *conn, PGresult *result, ExecStatusType status)
{
	if (PQresultStatus(result) != status)
		die("%s", PQerrorMessage(conn));
	return result;
}

void
database_command(PGconn *conn, const char *sql)
{
	PGresult *result = PQexec(conn, sql);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		database_expect(conn, result, PGRES_COMMAND_OK);
	PQclear(result);
}

PGresult *
database_query(PGconn *conn, const char *sql, const char *parameter)
{
	return database_expect(conn,
						   PQexecParams(conn, sql, parameter ? 1 : 0, NULL,
										&parameter, NULL, NULL, 0),
						   PGRES_TUPLES_OK);
}
