-- stratum_jobs.sql: how stratumd reads jobs.

CREATE FUNCTION chimera.difficulty_cap(job chimera.jobs) RETURNS float8
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT min(chimera.difficulty(chimera.target(b.nbits), job.algorithm))
    FROM (SELECT job.network_id, job.nbits
          UNION ALL
          SELECT c.network_id, k.nbits FROM chimera.carried_jobs c JOIN chimera.jobs k USING (job_id)
          WHERE c.tree_id = job.tree_id) b
    JOIN chimera.network_configs n USING (network_id)
    WHERE n.caps_difficulty;
$$;
COMMENT ON FUNCTION chimera.difficulty_cap(chimera.jobs) IS
'Internal: the highest difficulty that miners may have with a job: the lowest of its network and of the children '
'that it carries, so that a miner submits the blocks of all of them. Networks with caps_difficulty false do not '
'count; NULL: not limited.';

CREATE FUNCTION chimera.stratum_job(
    INOUT job_id bigint, OUT network_id uuid, OUT clean_jobs boolean, OUT notify_params text, OUT version_mask bigint,
    OUT difficulty_cap float8, OUT is_renewal boolean)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT j.job_id, j.network_id, j.clean_jobs, chimera.notify_params(j), j.version_mask,
           chimera.difficulty_cap(j), j.renews IS NOT NULL
    FROM chimera.jobs j WHERE j.job_id = stratum_job.job_id;
$$;
COMMENT ON FUNCTION chimera.stratum_job(bigint) IS
'For stratumd: one job ready to be sent, the highest difficulty that miners may have with it '
'(chimera.difficulty_cap), and whether it only renews another job, so that only miners whose difficulty has been '
'chosen since need it; no row if the job does not exist. Channel chimera_jobs announces the job_id of each new job.';

CREATE FUNCTION chimera.stratum_jobs(
    OUT job_id bigint, OUT network_id uuid, OUT clean_jobs boolean, OUT notify_params text, OUT version_mask bigint,
    OUT difficulty_cap float8, OUT is_renewal boolean)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.*
    FROM chimera.network_configs n
    CROSS JOIN LATERAL (SELECT max(j.job_id) AS job_id FROM chimera.jobs j WHERE j.network_id = n.network_id) newest
    CROSS JOIN LATERAL chimera.stratum_job(newest.job_id) s
    WHERE n.is_enabled AND NOT EXISTS (SELECT FROM chimera.stopped_networks w WHERE w.network_id = n.network_id);
$$;
COMMENT ON FUNCTION chimera.stratum_jobs() IS
'For stratumd: the newest job of each enabled network that is not stopped.';
