/*
 * children.c
 *	  A job like another one that also carries jobs of children (merged
 *	  mining), none of which a share solves.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/database.h"
#include "common/die.h"
#include "ingest/loads.h"

Work
carry_children(PGconn *conn, const Work *work, int children)
{
	Work carrying = *work;
	char query[2048];
	PGresult *result;

	snprintf(
		query, sizeof(query),
		"WITH tree AS (SELECT nextval('chimera.carried_jobs_tree_id_seq') AS"
		"  id), child AS (SELECT n, chimera.add_network('child_' || n || '_' ||"
		"  txid_current(), 'sha256d', 'C', repeat('0', 64),"
		"  'http://127.0.0.1:1', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',"
		"  settings => '{\"p2pkh_version\": 0}') AS network_id"
		"  FROM generate_series(1, %d) n),"
		" numbered AS (SELECT c.n, c.network_id,"
		"  nextval('chimera.jobs_job_id_seq') AS job_id FROM child c),"
		" job AS (INSERT INTO chimera.jobs SELECT"
		"  (jsonb_populate_record(j, jsonb_build_object('job_id', c.job_id,"
		"   'network_id', c.network_id))).*"
		"  FROM chimera.jobs j, numbered c WHERE j.job_id = %lld),"
		" carried AS (INSERT INTO chimera.carried_jobs (tree_id, network_id,"
		"  job_id, slot, branch) SELECT t.id, c.network_id, c.job_id, c.n - 1,"
		"  decode(repeat('ef', 3 * 32), 'hex') FROM numbered c, tree t)"
		" INSERT INTO chimera.jobs SELECT (jsonb_populate_record(j,"
		"  jsonb_build_object('job_id', nextval('chimera.jobs_job_id_seq'),"
		"   'clean_jobs', false, 'tree_id', t.id))).* FROM chimera.jobs j, "
		"tree t"
		"  WHERE j.job_id = %lld RETURNING job_id",
		children, (long long) work->job_id, (long long) work->job_id);
	result = database_expect(conn, PQexec(conn, query), PGRES_TUPLES_OK);
	carrying.job_id = atoll(PQgetvalue(result, 0, 0));
	PQclear(result);
	return carrying;
}
