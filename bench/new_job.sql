-- new_job.sql: a job of :network_id that no share can solve, as
-- extension/job/job_store.c would store and announce it. A full block's merkle
-- branch has 11 or 12 steps.
BEGIN;
INSERT INTO chimera.jobs (job_id, network_id, template_id, algorithm, height, version, prevhash, nbits, curtime,
    mintime, coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch, has_witness, version_mask, clean_jobs)
SELECT nextval('chimera.jobs_job_id_seq'), network_id, 0, algorithm, 1,
    536870912, sha256('chimera'), 386000000, extract(epoch FROM now())::bigint, extract(epoch FROM now())::bigint - 3600,
    5000000000, decode(repeat('ab', 80), 'hex'), decode(repeat('cd', 110), 'hex'), decode(repeat('ef', 12 * 32), 'hex'),
    true, 0, true
FROM chimera.network_configs WHERE network_id = :'network_id'
RETURNING job_id \gset
SELECT pg_notify('chimera_jobs', :'job_id');
COMMIT;
