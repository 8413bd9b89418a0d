-- jobs.sql: block templates and the jobs made from them (extension/job).

CREATE SEQUENCE chimera.templates_template_id_seq;
CREATE TABLE chimera.templates (
    template_id bigint PRIMARY KEY DEFAULT nextval('chimera.templates_template_id_seq'),
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    height int NOT NULL,
    transaction_count int NOT NULL,
    transactions bytea NOT NULL,
    mweb bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER SEQUENCE chimera.templates_template_id_seq OWNED BY chimera.templates.template_id;
-- signatures and hashes do not compress: store them out of line uncompressed
ALTER TABLE chimera.templates ALTER COLUMN transactions SET STORAGE EXTERNAL;
ALTER TABLE chimera.templates ALTER COLUMN mweb SET STORAGE EXTERNAL;
COMMENT ON TABLE chimera.templates IS
'The parts of a block other than its coinbase, kept while a job made from the template can still find a block; '
'never changed';
COMMENT ON COLUMN chimera.templates.template_id IS 'The template''s number';
COMMENT ON COLUMN chimera.templates.network_id IS 'The template''s network';
COMMENT ON COLUMN chimera.templates.height IS 'Height of the block to be found';
COMMENT ON COLUMN chimera.templates.transaction_count IS 'Number of transactions without the coinbase';
COMMENT ON COLUMN chimera.templates.transactions IS
'The template''s transactions without the coinbase, concatenated as in a block';
COMMENT ON COLUMN chimera.templates.mweb IS 'Litecoin''s extension block (LIP 2); NULL: the template has none';
COMMENT ON COLUMN chimera.templates.created_at IS 'When the template was stored';

CREATE SEQUENCE chimera.jobs_job_id_seq;
CREATE TABLE chimera.jobs (
    job_id bigint PRIMARY KEY,
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    template_id bigint NOT NULL,
    algorithm text NOT NULL,
    height int NOT NULL,
    version bigint NOT NULL,
    prevhash bytea NOT NULL CHECK (octet_length(prevhash) = 32),
    nbits bigint NOT NULL,
    curtime bigint NOT NULL,
    mintime bigint NOT NULL,
    coinbase_value bigint NOT NULL,
    coinbase_prefix bytea NOT NULL,
    coinbase_suffix bytea NOT NULL,
    merkle_branch bytea NOT NULL CHECK (octet_length(merkle_branch) % 32 = 0),
    has_witness boolean NOT NULL,
    version_mask bigint NOT NULL,
    clean_jobs boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    renews bigint,
    fees bigint CHECK (fees BETWEEN 0 AND coinbase_value),
    tree_id bigint,
    -- chimera.work() has no result beyond this difficulty, so a share of such a job could not be
    -- paid. Its name sorts last, since bits that are not a target should raise the error of their
    -- own CHECK.
    CONSTRAINT jobs_work_check CHECK (chimera.difficulty(chimera.target(nbits), algorithm) < 18446744073709551616::float8)
);
ALTER SEQUENCE chimera.jobs_job_id_seq OWNED BY chimera.jobs.job_id;
CREATE INDEX jobs_network_id_job_id_idx ON chimera.jobs (network_id, job_id);
CREATE INDEX jobs_network_id_created_at_idx ON chimera.jobs (network_id, created_at);
CREATE INDEX jobs_tree_id_idx ON chimera.jobs (tree_id) WHERE tree_id IS NOT NULL;
COMMENT ON TABLE chimera.jobs IS
'Jobs sent to miners: everything needed to rebuild a header from a submission; never changed, and kept as long as '
'their shares or, if a block was found, for ever';
COMMENT ON COLUMN chimera.jobs.job_id IS
'The job''s number, increasing; its coinbase contains it, so that no share fits two jobs';
COMMENT ON COLUMN chimera.jobs.network_id IS 'The job''s network';
COMMENT ON COLUMN chimera.jobs.template_id IS
'The rest of the block; the template is dropped once none of its jobs is live';
COMMENT ON COLUMN chimera.jobs.algorithm IS 'The network''s algorithm when the job was made';
COMMENT ON COLUMN chimera.jobs.height IS 'Height of the block to be found';
COMMENT ON COLUMN chimera.jobs.version IS 'The header''s version before miners roll bits of it';
COMMENT ON COLUMN chimera.jobs.prevhash IS 'Hash of the previous block, in the chain''s internal byte order';
COMMENT ON COLUMN chimera.jobs.nbits IS 'The network''s target as compact bits';
COMMENT ON COLUMN chimera.jobs.curtime IS 'The template''s time; the time of a share may be up to two hours later';
COMMENT ON COLUMN chimera.jobs.mintime IS 'The earliest time a share may have';
COMMENT ON COLUMN chimera.jobs.coinbase_value IS
'What the coinbase pays the pool: subsidy and fees less what the template pays others, in the coin''s smallest unit';
COMMENT ON COLUMN chimera.jobs.coinbase_prefix IS
'The coinbase transaction without witness, up to the extranonces (4 + 8 bytes). It ends with the low 4 bytes of '
'job_id and 8 random bytes, so that nobody can know a job before it is made';
COMMENT ON COLUMN chimera.jobs.coinbase_suffix IS 'The coinbase transaction without witness, after the extranonces';
COMMENT ON COLUMN chimera.jobs.merkle_branch IS 'Hashes of 32 bytes from the coinbase to the root, concatenated';
COMMENT ON COLUMN chimera.jobs.has_witness IS
'Whether the block''s coinbase carries the witness reserved value (BIP 141)';
COMMENT ON COLUMN chimera.jobs.version_mask IS
'Version bits that miners may roll (BIP 310): the network''s, less those that the template sets';
COMMENT ON COLUMN chimera.jobs.clean_jobs IS
'Whether the tip of the chain changed, which makes the network''s earlier jobs stale';
COMMENT ON COLUMN chimera.jobs.created_at IS 'When the job was stored; its shares are never older';
COMMENT ON COLUMN chimera.jobs.fees IS
'The fees of the template''s transactions as the node reports them, in the coin''s smallest unit; coinbase_value '
'less fees is the subsidy, which pays shares. NULL: the node does not report them, and schemes that need fees do '
'not use such a job';
COMMENT ON COLUMN chimera.jobs.tree_id IS
'The jobs of children that it carries (merged mining): see chimera.carried_jobs; NULL: none';
COMMENT ON COLUMN chimera.jobs.renews IS
'The job that this one repeats under a new number, for miners whose difficulty has been chosen since '
'(chimera.stratum_mark); NULL: made from a node''s template';

CREATE TABLE chimera.job_makers (
    network_id uuid PRIMARY KEY REFERENCES chimera.network_configs ON DELETE CASCADE,
    renewed_at timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE chimera.job_makers IS
'One row per network that has had jobs. A transaction that makes a job or stops the network locks the row first, '
'so that the newest job does not change meanwhile';
COMMENT ON COLUMN chimera.job_makers.network_id IS 'The network';
COMMENT ON COLUMN chimera.job_makers.renewed_at IS 'When chimera.renew_job last made a job';

CREATE TABLE chimera.stopped_networks (
    network_id uuid PRIMARY KEY REFERENCES chimera.network_configs ON DELETE CASCADE,
    stopped_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason text NOT NULL
);
COMMENT ON TABLE chimera.stopped_networks IS
'Networks that are stopped because their newest template is too old or their jobs are known to be worthless: '
'miners get no jobs of them, and shares of their jobs are stale. The network''s next job deletes the row and '
'starts it again.';
COMMENT ON COLUMN chimera.stopped_networks.network_id IS 'The stopped network';
COMMENT ON COLUMN chimera.stopped_networks.stopped_at IS 'Since when';
COMMENT ON COLUMN chimera.stopped_networks.reason IS 'Reason, which miners are shown';

CREATE FUNCTION chimera.forbid_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'cannot change rows of table %.%', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'object_not_in_prerequisite_state';
END;
$$;
COMMENT ON FUNCTION chimera.forbid_change() IS 'Trigger: rejects any UPDATE';
CREATE TRIGGER forbid_change BEFORE UPDATE ON chimera.jobs FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_change();
CREATE TRIGGER forbid_change BEFORE UPDATE ON chimera.templates FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_change();

CREATE FUNCTION chimera.notify_params(job chimera.jobs) RETURNS text
    AS 'MODULE_PATHNAME', 'chimera_notify_params'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.notify_params(chimera.jobs) IS
'A job as parameters 2 to 8 of Stratum V1''s mining.notify, as JSON without the outer brackets: prevhash with its '
'4-byte words swapped, coinb1, coinb2, merkle branch as hashed, then version, nbits and ntime in big-endian hex. '
'Errors: 22004 for a null in the row, 22023 for a prevhash whose length is not 32.';

CREATE FUNCTION chimera.retire_jobs(network_id uuid, job_id bigint) RETURNS void
    AS 'MODULE_PATHNAME', 'chimera_retire_jobs'
    LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION chimera.retire_jobs(uuid, bigint) IS
'Retires the network''s jobs up to this one at once: their shares are stale from now on. Errors: 55000 if the '
'library is not preloaded.';

CREATE FUNCTION chimera.release_jobs(network_id uuid) RETURNS void
    AS 'MODULE_PATHNAME', 'chimera_release_jobs'
    LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION chimera.release_jobs(uuid) IS
'Internal: releases the network''s place in shared memory when the transaction commits; its jobs must be retired. '
'Errors: 55000 if the library is not preloaded.';

CREATE FUNCTION chimera.lock_job_making(network_id uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO chimera.job_makers (network_id) VALUES (lock_job_making.network_id) ON CONFLICT DO NOTHING;
    PERFORM FROM chimera.job_makers m WHERE m.network_id = lock_job_making.network_id FOR UPDATE;
END;
$$;
COMMENT ON FUNCTION chimera.lock_job_making(uuid) IS
'Internal: blocks other transactions from making a job of the network until this one ends.';

-- A template is as old as its job: for a node that keeps giving templates, a
-- job is made every refresh interval. A job that renews another one has that
-- one's template.
CREATE FUNCTION chimera.newest_template_at(network_id uuid) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(
        (SELECT j.created_at FROM chimera.jobs j WHERE j.network_id = n.network_id AND j.renews IS NULL
         ORDER BY j.job_id DESC LIMIT 1),
        n.updated_at)
    FROM chimera.network_configs n WHERE n.network_id = newest_template_at.network_id;
$$;
COMMENT ON FUNCTION chimera.newest_template_at(uuid) IS
'When a network''s newest template became a job; if it has no job, when its settings last changed.';

CREATE FUNCTION chimera.stop_network(network_id uuid, reason text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM chimera.lock_job_making(stop_network.network_id);
    PERFORM FROM chimera.network_configs n WHERE n.network_id = stop_network.network_id FOR UPDATE;
    INSERT INTO chimera.stopped_networks (network_id, reason) VALUES (stop_network.network_id, stop_network.reason)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM chimera.retire_jobs(stop_network.network_id, max(j.job_id)) FROM chimera.jobs j
    WHERE j.network_id = stop_network.network_id;
    NOTIFY chimera_listeners;
    RETURN true;
END;
$$;
COMMENT ON FUNCTION chimera.stop_network(uuid, text) IS
'Internal: stops a network until its next job; false if it is already stopped. The template worker calls it when '
'it knows that the jobs are worthless, chimera.stop_stale_networks if no template has come for too long. Errors: '
'55000 if the library is not preloaded.';

CREATE FUNCTION chimera.stop_stale_networks() RETURNS int
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stale record;
    stopped int := 0;
BEGIN
    FOR stale IN
        SELECT n.network_id, n.template_max_age_s FROM chimera.network_configs n
        WHERE n.is_enabled
          AND NOT EXISTS (SELECT FROM chimera.stopped_networks w WHERE w.network_id = n.network_id)
          AND chimera.newest_template_at(n.network_id) < clock_timestamp() - make_interval(secs => n.template_max_age_s)
    LOOP
        -- A new job locks the network too: either it is visible in the check below, or it deletes
        -- our row. Do not wait for a transaction that holds the lock for long.
        PERFORM FROM chimera.job_makers m WHERE m.network_id = stale.network_id FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND AND EXISTS (SELECT FROM chimera.job_makers m WHERE m.network_id = stale.network_id);
        PERFORM FROM chimera.network_configs n WHERE n.network_id = stale.network_id FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        IF chimera.newest_template_at(stale.network_id) < clock_timestamp() - make_interval(secs => stale.template_max_age_s)
           AND chimera.stop_network(stale.network_id, format('no node has given a template for %s s', stale.template_max_age_s))
        THEN
            stopped := stopped + 1;
        END IF;
    END LOOP;
    RETURN stopped;
END;
$$;
COMMENT ON FUNCTION chimera.stop_stale_networks() IS
'Stops every enabled network that has had no new template for template_max_age_s; returns how many. The '
'accountant calls it each second.';

-- ---------- credit is fixed before a job can be known ----------

CREATE FUNCTION chimera.renewed_coinbase(coinbase_prefix bytea, job_id bigint) RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_renewed_coinbase'
    LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION chimera.renewed_coinbase(bytea, bigint) IS
'Internal: a job''s coinbase_prefix for the job with this number, with new random bytes. Errors: 22023 for a '
'coinbase that is not Chimera''s.';

CREATE FUNCTION chimera.renew_job(network_id uuid) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment CONSTANT timestamptz := clock_timestamp();
    job chimera.jobs;
BEGIN
    -- a job that is being made now will do as well; a renewal in the future means that the clock
    -- was set back
    PERFORM FROM chimera.job_makers m
    WHERE m.network_id = renew_job.network_id AND (m.renewed_at <= moment - interval '1 second' OR m.renewed_at > moment)
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND OR NOT EXISTS (SELECT FROM chimera.mineable_networks w WHERE w.network_id = renew_job.network_id) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO job FROM chimera.jobs j WHERE j.network_id = renew_job.network_id ORDER BY j.job_id DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;

    UPDATE chimera.job_makers m SET renewed_at = moment WHERE m.network_id = renew_job.network_id;
    job.renews := job.job_id;
    job.job_id := nextval('chimera.jobs_job_id_seq');
    job.coinbase_prefix := chimera.renewed_coinbase(job.coinbase_prefix, job.job_id);
    job.clean_jobs := false;
    job.created_at := clock_timestamp();
    INSERT INTO chimera.jobs SELECT job.*;
    PERFORM pg_notify('chimera_jobs', job.job_id::text);
    RETURN job.job_id;
END;
$$;
COMMENT ON FUNCTION chimera.renew_job(uuid) IS
'Internal: makes a network''s newest job once more, with a new number and a coinbase that nobody could know '
'before, and notifies stratumd; returns its job_id. NULL, without a new job, if one was renewed less than a '
'second ago, another job is being made or the network is stopped.';

CREATE FUNCTION chimera.stratum_mark(network_id uuid, renew boolean, OUT mark bigint, OUT is_renewed boolean)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- a job's number is assigned before its random bytes: nobody can yet know a job above the mark
    SELECT CASE WHEN s.is_called THEN s.last_value ELSE s.last_value - 1 END INTO mark FROM chimera.jobs_job_id_seq s;
    is_renewed := renew AND chimera.renew_job(network_id) IS NOT NULL;
END;
$$;
COMMENT ON FUNCTION chimera.stratum_mark(uuid, boolean) IS
'For stratumd: the number of the newest job, of any network, that anybody may know. A difficulty chosen before '
'the call applies to jobs above it only, since whoever chose it knew nothing of those jobs. renew: some miners '
'wait for such a job, so the network''s newest one is renewed (is_renewed), at most once a second over all '
'callers.';

CREATE TABLE chimera.extranonce1_key (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    key bytea NOT NULL CHECK (octet_length(key) = 32)
);
COMMENT ON TABLE chimera.extranonce1_key IS
'The secret key of extranonce1 values, in one row: only the owner can read it, and dumps leave it out, since '
'every database creates its own';
COMMENT ON COLUMN chimera.extranonce1_key.is_only IS 'Always true: allows only one row';
COMMENT ON COLUMN chimera.extranonce1_key.key IS '32 random bytes';
-- each UUID (version 4) has 122 bits from PostgreSQL's strong random
-- generator
INSERT INTO chimera.extranonce1_key (key)
SELECT sha256(string_agg(uuid_send(gen_random_uuid()), '')) FROM generate_series(1, 4);

CREATE FUNCTION chimera.drop_old_jobs(network_id uuid, "limit" int DEFAULT 5000) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    -- a constant at planning time, so that the plan leaves out the partitions of later days
    wanted CONSTANT uuid := drop_old_jobs.network_id;
    horizon CONSTANT timestamptz := (SELECT now() - n.share_retention - interval '1 day' FROM chimera.network_configs n
                                     WHERE n.network_id = wanted);
    past CONSTANT timestamptz := horizon + interval '1 day';
    old_jobs bigint[];
    old_trees bigint[];
BEGIN
    old_jobs := ARRAY(
        SELECT j.job_id FROM chimera.jobs j
        -- the newest job is the current one, however old it is
        CROSS JOIN LATERAL (SELECT k.created_at FROM chimera.jobs k
                            WHERE k.network_id = j.network_id AND k.job_id > j.job_id ORDER BY k.job_id LIMIT 1) next
        WHERE j.network_id = wanted AND j.created_at < horizon AND next.created_at < horizon
          AND NOT EXISTS (SELECT FROM chimera.blocks b WHERE b.network_id = wanted AND b.job_id = j.job_id)
          -- trees whose jobs were deleted with their network count no longer
          AND NOT EXISTS (SELECT FROM chimera.carried_jobs c JOIN chimera.jobs p USING (tree_id) WHERE c.job_id = j.job_id)
          -- a partition that could not be dropped still has its shares; late shares arrive within
          -- the next day
          AND NOT EXISTS (SELECT FROM chimera.shares s
                          WHERE s.network_id = wanted AND s.submitted_at < past AND s.job_id = j.job_id
                            AND s.submitted_at >= j.created_at AND s.submitted_at < next.created_at + interval '1 day')
        ORDER BY j.created_at LIMIT "limit");
    WITH dropped AS (DELETE FROM chimera.jobs j WHERE j.job_id = ANY (old_jobs) RETURNING j.tree_id)
    SELECT array_agg(DISTINCT d.tree_id) INTO old_trees FROM dropped d WHERE d.tree_id IS NOT NULL;
    DELETE FROM chimera.carried_jobs c
    WHERE c.job_id = ANY (old_jobs)
       OR (c.tree_id = ANY (old_trees) AND NOT EXISTS (SELECT FROM chimera.jobs j WHERE j.tree_id = c.tree_id));
    RETURN cardinality(old_jobs);
END;
$$;
COMMENT ON FUNCTION chimera.drop_old_jobs(uuid, int) IS
'For the accountant, each hour: drops up to limit jobs of a network that were superseded at least a day before '
'its share_retention and that no stored share, block or job of a parent references; returns how many.';

CREATE SEQUENCE chimera.extranonce1_seq MINVALUE 0 MAXVALUE 4294967295 START 0 CYCLE;
CREATE FUNCTION chimera.extranonce1_values(key bytea, first bigint, count int) RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_extranonce1_values'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.extranonce1_values(bytea, bigint, int) IS
'Internal: the extranonce1 values that a key of 32 bytes gives for count numbers from first on (modulo 2^32): 4 '
'bytes each, big-endian, concatenated. Different numbers give different values. Errors: 22023 for an invalid key '
'or count.';

CREATE FUNCTION chimera.lease_extranonce1(count int) RETURNS bytea
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    chunk CONSTANT int := 1024;
BEGIN
    IF count IS DISTINCT FROM chunk THEN
        RAISE EXCEPTION 'number of extranonce1 values must be %', chunk
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- the sequence counts chunks: no two callers get the same one, whatever crashes in between
    RETURN chimera.extranonce1_values(k.key, nextval('chimera.extranonce1_seq') % (4294967296 / chunk) * chunk, chunk)
        FROM chimera.extranonce1_key k;
END;
$$;
COMMENT ON FUNCTION chimera.lease_extranonce1(int) IS
'For stratumd: count (always 1024) extranonce1 values of 4 bytes each. They are unpredictable, and no other '
'stratumd gets them until all 2^32 values have been used. Errors: 22023 for another count.';

REVOKE ALL ON TABLE chimera.extranonce1_key FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('chimera.templates', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.templates_template_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.jobs', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.stopped_networks', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.job_makers', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.jobs_job_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.extranonce1_seq', '');
