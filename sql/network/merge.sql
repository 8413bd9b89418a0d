-- merge.sql: merged mining: which networks (children) are mined by the shares
-- of another one (their parent).
--
-- A child is a network like any other: it has its own nodes, jobs, reward
-- scheme, ledger and payouts, and miners may also mine it alone. In addition,
-- each job of its parents carries the child's newest job, so that one share
-- may be a block of the parent, of its children, or of several at once. See
-- doc/merged_mining.md.

CREATE SEQUENCE chimera.merged_networks_merge_id_seq;
CREATE TABLE chimera.merged_networks (
    merge_id int PRIMARY KEY DEFAULT nextval('chimera.merged_networks_merge_id_seq'),
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    parent_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    merged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    unmerged_at timestamptz,
    CHECK (network_id <> parent_id),
    CHECK (unmerged_at >= merged_at)
);
ALTER SEQUENCE chimera.merged_networks_merge_id_seq OWNED BY chimera.merged_networks.merge_id;
CREATE UNIQUE INDEX merged_networks_current ON chimera.merged_networks (network_id, parent_id) WHERE unmerged_at IS NULL;
CREATE INDEX merged_networks_parent_id_idx ON chimera.merged_networks (parent_id) WHERE unmerged_at IS NULL;
COMMENT ON TABLE chimera.merged_networks IS
'Which networks are or were mined by the shares of another one: a row per pair and time';
COMMENT ON COLUMN chimera.merged_networks.merge_id IS 'The number of the pair and time';
COMMENT ON COLUMN chimera.merged_networks.network_id IS 'The child, whose blocks need a proof of the parent''s work (AuxPoW)';
COMMENT ON COLUMN chimera.merged_networks.parent_id IS 'The parent, whose miners do the work';
COMMENT ON COLUMN chimera.merged_networks.merged_at IS 'Since when';
COMMENT ON COLUMN chimera.merged_networks.unmerged_at IS 'Until when; NULL: still';

CREATE FUNCTION chimera.require_mergeable(child chimera.network_configs, parent chimera.network_configs) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    other text;
BEGIN
    IF child.network_id = parent.network_id THEN
        RAISE EXCEPTION 'network "%" cannot be its own parent', child.name USING ERRCODE = 'invalid_parameter_value';
    ELSIF child.algorithm <> parent.algorithm THEN
        RAISE EXCEPTION 'network "%" has algorithm "%", but its parent "%" has "%"', child.name, child.algorithm, parent.name,
            parent.algorithm USING ERRCODE = 'invalid_parameter_value';
    ELSIF child.archived_at IS NOT NULL OR parent.archived_at IS NOT NULL THEN
        RAISE EXCEPTION 'network "%" is archived', CASE WHEN child.archived_at IS NULL THEN parent.name ELSE child.name END
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT n.name INTO other
    FROM chimera.merged_networks m JOIN chimera.network_configs n ON n.network_id = m.parent_id
    WHERE m.network_id = parent.network_id AND m.unmerged_at IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'network "%" cannot be a parent, because it is a child of "%"', parent.name, other
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Merge both with the same parent.';
    END IF;
    SELECT n.name INTO other
    FROM chimera.merged_networks m JOIN chimera.network_configs n USING (network_id)
    WHERE m.parent_id = child.network_id AND m.unmerged_at IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'network "%" cannot be a child, because it is the parent of "%"', child.name, other
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.require_mergeable(chimera.network_configs, chimera.network_configs) IS
'Internal: refuses a child and a parent of different algorithms, archived ones, and a network that would be both '
'child and parent. Part of chimera.merge_network. Errors: 22023, 55000.';

CREATE FUNCTION chimera.require_own_chain_id(child chimera.network_configs, parent chimera.network_configs) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own_id CONSTANT int := chimera.chain_id(child.network_id);
    other text;
BEGIN
    -- 0x2000 is the base of versions with signals (BIP 9), not an id
    IF own_id IN (0, 8192) THEN
        RAISE EXCEPTION 'network "%" cannot be a child, because its templates have no chain id', child.name
            USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = 'The upper half of a version in a template of a chain with AuxPoW is the chain''s id.';
    END IF;
    SELECT n.name INTO other
    FROM chimera.merged_networks m JOIN chimera.network_configs n USING (network_id)
    WHERE m.parent_id = parent.network_id AND m.unmerged_at IS NULL AND m.network_id <> child.network_id
      AND chimera.chain_id(m.network_id) = own_id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'networks "%" and "%" have the same chain id, %', child.name, other, own_id
            USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = 'A share can be a block of only one of the chains that have the same id.',
                HINT = 'Use chimera.unmerge_network() for the other one first.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.require_own_chain_id(chimera.network_configs, chimera.network_configs) IS
'Internal: refuses a child whose templates, as far as they are known, have no chain id (0, or the 0x2000 of BIP 9''s '
'versions) or that of another child of the parent. Part of chimera.merge_network. Errors: 55000.';

CREATE FUNCTION chimera.merge_network(child text, parent text, reason text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    merged CONSTANT chimera.network_configs := chimera.lock_network(child);
    under CONSTANT chimera.network_configs := chimera.lock_network(parent);
BEGIN
    PERFORM chimera.require_mergeable(merged, under);
    PERFORM chimera.require_own_chain_id(merged, under);
    IF EXISTS (SELECT FROM chimera.merged_networks m
               WHERE m.network_id = merged.network_id AND m.parent_id = under.network_id AND m.unmerged_at IS NULL) THEN
        RETURN NULL;
    END IF;
    INSERT INTO chimera.merged_networks (network_id, parent_id) VALUES (merged.network_id, under.network_id);
    RETURN chimera.record_network_change('merge', merged, reason, format('child of %s', under.name));
END;
$$;
COMMENT ON FUNCTION chimera.merge_network(text, text, text) IS
'Makes a network a child of another one (merged mining): from the parent''s next job on, its miners'' shares may be '
'blocks of the child, too, while the child is enabled and its nodes return templates. A parent may have any number '
'of children, and a child several parents. Miners stay connected. Returns the change''s history_id; NULL if the '
'networks are merged already. Errors: 42704 for an unknown network, 22023 for networks of different algorithms or '
'twice the same, 55000 for one that is archived, that is a child and a parent, whose templates have no chain id, or '
'that has the chain id of another child.';

CREATE FUNCTION chimera.unmerge_network(child text, parent text, reason text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    merged CONSTANT chimera.network_configs := chimera.lock_network(child);
    under CONSTANT chimera.network_configs := chimera.lock_network(parent);
BEGIN
    UPDATE chimera.merged_networks m SET unmerged_at = clock_timestamp()
    WHERE m.network_id = merged.network_id AND m.parent_id = under.network_id AND m.unmerged_at IS NULL;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN chimera.record_network_change('unmerge', merged, reason, format('no child of %s', under.name));
END;
$$;
COMMENT ON FUNCTION chimera.unmerge_network(text, text, text) IS
'Ends chimera.merge_network(): the parent''s next job does not carry the child any more. Blocks of the child that '
'were found stay, and so does its part in the shares until now. Returns the change''s history_id; NULL if the '
'networks are not merged. Errors: 42704 for an unknown network.';

SELECT pg_catalog.pg_extension_config_dump('chimera.merged_networks', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.merged_networks_merge_id_seq', '');
