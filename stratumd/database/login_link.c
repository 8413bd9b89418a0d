/*
 * login_link.c
 *	  The connection that carries logins, and its statements.
 */
#include "database/login_link.h"

static const PipelineSetup setup[] = {
	/* a hello, which logins wait for, is not worth compiling */
	{NULL, "SET jit = off"},
	/* miners' names are UTF-8, whatever the database's encoding */
	{NULL, "SET client_encoding = 'UTF8'"},
	/* chimera.submit_shares requires this isolation level */
	{NULL, "SET default_transaction_isolation = 'read committed'"},
	{"hello", "SELECT chimera.stratum_hello($1::uuid, $2::bigint[], $3::int[],"
			  " $4::int[], $5::int[], $6::uuid[], $7::inet[], $8::text[],"
			  " $9::text[])"},
	{"authorize",
	 "SELECT miner_id, error, requested_network,"
	 " CASE WHEN chosen_by IN ('assignment', 'password') THEN network_id END,"
	 " account, rig, difficulty, notice"
	 " FROM chimera.authorize($1::int, $2::uuid, $3::bigint, $4::text,"
	 " $5::text, $6::inet)"},
	{"end", "SELECT chimera.end_sessions($1::uuid, $2::bigint[])"},
	{"first share",
	 "SELECT result, miner_id FROM chimera.submit_first_share($1::uuid,"
	 " $2::bigint, $3::boolean, $4::text, $5::text, $6::bytea)"},
	{"unpaid", "SELECT session_id, network_id, message"
			   " FROM chimera.stratum_unpaid($1::uuid)"},
	{"ban", "SELECT chimera.stratum_ban($1::inet[], $2::text[])"},
	{"report", "SELECT chimera.stratum_report_listeners($1::uuid, $2::int[],"
			   " $3::text[])"},
	{"goodbye", "SELECT chimera.stratum_goodbye($1::uuid)"},
	{NULL, NULL},
};

static Pipeline pipeline;

void
login_link_start(const char *conninfo, const PipelineEvents *events)
{
	pipeline.conn.name = "logins";
	pipeline.conn.conninfo = conninfo;
	pipeline.setup = setup;
	pipeline.events = events;
	pipeline_start(&pipeline);
}

bool
login_link_is_ready(void)
{
	return pipeline.is_ready;
}

bool
login_link_is_idle(void)
{
	return pipeline.in_flight == 0;
}

void
login_link_send(PgCommand *command, const char *statement,
				const PgParameters *parameters)
{
	pipeline_send(&pipeline, command, statement, parameters);
}

void
login_link_reset(const char *why)
{
	pipeline_reset(&pipeline, why);
}

void
login_link_stop(void)
{
	pipeline_stop(&pipeline);
}
