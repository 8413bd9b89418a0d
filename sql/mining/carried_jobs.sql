-- carried_jobs.sql: which jobs of its children a job carries (merged mining),
-- and the proof of a parent's work (extension/job/children.c,
-- extension/share/child_blocks.c).

CREATE SEQUENCE chimera.carried_jobs_tree_id_seq;
-- Without a foreign key: to check it, a parent's job would wait for whoever
-- holds a lock on its child. chimera.delete_network deletes the rows.
CREATE TABLE chimera.carried_jobs (
    tree_id bigint NOT NULL,
    network_id uuid NOT NULL,
    job_id bigint NOT NULL,
    slot bigint NOT NULL CHECK (slot >= 0),
    branch bytea NOT NULL CHECK (octet_length(branch) % 32 = 0),
    PRIMARY KEY (tree_id, network_id)
);
ALTER SEQUENCE chimera.carried_jobs_tree_id_seq OWNED BY chimera.carried_jobs.tree_id;
CREATE INDEX carried_jobs_job_id_idx ON chimera.carried_jobs (job_id);
COMMENT ON TABLE chimera.carried_jobs IS
'The jobs of children that jobs of a parent carry: each tree is the one that the coinbases of one or more jobs '
'commit to, with a row per child; never changed';
COMMENT ON COLUMN chimera.carried_jobs.tree_id IS 'The tree: jobs.tree_id of the parent''s jobs';
COMMENT ON COLUMN chimera.carried_jobs.network_id IS 'The child';
COMMENT ON COLUMN chimera.carried_jobs.job_id IS 'The child''s job, whose header chimera.aux_header() the tree contains';
COMMENT ON COLUMN chimera.carried_jobs.slot IS 'The child''s leaf in the tree, from 0';
COMMENT ON COLUMN chimera.carried_jobs.branch IS 'Hashes of 32 bytes from the leaf to the root, concatenated';
CREATE TRIGGER forbid_change BEFORE UPDATE ON chimera.carried_jobs FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_change();

CREATE FUNCTION chimera.aux_header(job chimera.jobs) RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_aux_header'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.aux_header(chimera.jobs) IS
'The header of 80 bytes of the block that a job gives when a parent carries it: with bit 8 of the version set, zeros '
'as extranonces, the template''s time and nonce 0. Its sha256d is the block''s hash. Errors: 22004 for a null in the '
'row, 22023 for a prevhash, coinbase or merkle_branch of the wrong length.';

CREATE FUNCTION chimera.auxpow_error(block bytea, chain_id int, algorithm text) RETURNS text
    AS 'MODULE_PATHNAME', 'chimera_auxpow_error'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.auxpow_error(bytea, int, text) IS
'The first rule of merged mining that a child''s block (header, CAuxPow, transactions, as submitblock takes it; the '
'transactions may be missing) breaks on the chain with this id; NULL: none. Nodes only answer high-hash. Errors: '
'22023 for an unknown algorithm, 22P03 for bytes that are not a header and a CAuxPow.';

CREATE FUNCTION chimera.chain_id(network_id uuid) RETURNS int
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (j.version >> 16)::int FROM chimera.jobs j WHERE j.network_id = chain_id.network_id ORDER BY j.job_id DESC LIMIT 1;
$$;
COMMENT ON FUNCTION chimera.chain_id(uuid) IS
'Internal: the chain id that a network''s newest template has, 0 for a chain without AuxPoW; NULL before its first job.';

CREATE FUNCTION chimera.jobs_to_carry(parent_id uuid, OUT network_id uuid, OUT job_id bigint, OUT chain_id bigint,
    OUT prevhash bytea, OUT hash bytea) RETURNS SETOF record
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.network_id, j.job_id, j.version >> 16, j.prevhash, sha256(sha256(chimera.aux_header(j)))
    FROM chimera.merged_networks m
    JOIN chimera.mineable_networks USING (network_id)
    CROSS JOIN LATERAL (SELECT * FROM chimera.jobs k WHERE k.network_id = m.network_id AND k.renews IS NULL
                        ORDER BY k.job_id DESC LIMIT 1) j
    WHERE m.parent_id = jobs_to_carry.parent_id AND m.unmerged_at IS NULL
    ORDER BY m.merge_id;
$$;
COMMENT ON FUNCTION chimera.jobs_to_carry(uuid) IS
'For the template worker: the newest job of each child of a parent that is enabled and not stopped, with its chain '
'id, and the hash of its header in internal byte order.';

-- ---------- the shares of a child ----------

-- the parents as an array: partitions of other networks are pruned before
-- they are read
CREATE VIEW chimera.network_shares AS
    SELECT s.network_id, s.share_id, s.submitted_at, s.job_id, s.difficulty, s.miner_id, s.share_difficulty,
           s.network_id AS source_id
    FROM chimera.shares s
    UNION ALL
    SELECT c.network_id, s.share_id, s.submitted_at, c.job_id, s.difficulty, s.miner_id, s.share_difficulty, s.network_id
    FROM chimera.carried_jobs c
    JOIN chimera.jobs j USING (tree_id)
    JOIN chimera.shares s ON s.network_id = j.network_id AND s.job_id = j.job_id
    WHERE s.network_id = ANY (ARRAY(SELECT m.parent_id FROM chimera.merged_networks m));
COMMENT ON VIEW chimera.network_shares IS
'The shares that count for each network: its own, and those of its parents whose job carried one of its jobs (merged '
'mining). A share of a parent appears once per network';
COMMENT ON COLUMN chimera.network_shares.network_id IS 'The network for which the share counts';
COMMENT ON COLUMN chimera.network_shares.share_id IS 'The share, as in chimera.shares';
COMMENT ON COLUMN chimera.network_shares.submitted_at IS 'When the server accepted it';
COMMENT ON COLUMN chimera.network_shares.job_id IS 'The network''s own job: the share''s, or the one that the share''s carried';
COMMENT ON COLUMN chimera.network_shares.difficulty IS 'Credited difficulty';
COMMENT ON COLUMN chimera.network_shares.miner_id IS 'The miner that found it';
COMMENT ON COLUMN chimera.network_shares.share_difficulty IS 'Difficulty that its hash achieved';
COMMENT ON COLUMN chimera.network_shares.source_id IS
'The network that the miner mined: network_id, or its parent. A query that names the possible ones as a constant '
'array, chimera.share_sources(), does not lock the partitions of all other networks';

CREATE FUNCTION chimera.share_sources(network_id uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT share_sources.network_id
    UNION
    SELECT m.parent_id FROM chimera.merged_networks m WHERE m.network_id = share_sources.network_id;
$$;
COMMENT ON FUNCTION chimera.share_sources(uuid) IS
'Internal: the networks whose shares count for a network: itself, and all that are or were its parents.';

CREATE FUNCTION chimera.shares_dropped_until(network_id uuid) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(max(g.dropped_until), '-infinity')
    FROM (
        SELECT d.dropped_until FROM chimera.expired_shares d WHERE d.network_id = shares_dropped_until.network_id
        UNION ALL
        -- the last job that carried the child gets shares for a while, as in chimera.drop_old_jobs
        SELECT least(d.dropped_until, m.unmerged_at + interval '1 day')
        FROM chimera.merged_networks m JOIN chimera.expired_shares d ON d.network_id = m.parent_id
        WHERE m.network_id = shares_dropped_until.network_id AND m.merged_at < d.dropped_until) g;
$$;
COMMENT ON FUNCTION chimera.shares_dropped_until(uuid) IS
'Internal: the time before which shares that count for a network may have been dropped; -infinity if none has been.';

SELECT pg_catalog.pg_extension_config_dump('chimera.carried_jobs', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.carried_jobs_tree_id_seq', '');
