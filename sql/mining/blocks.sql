-- blocks.sql: blocks that the pool has found and their state.

CREATE TYPE chimera.block_status AS ENUM ('found', 'submitted', 'accepted', 'confirmed', 'orphaned', 'rejected');
COMMENT ON TYPE chimera.block_status IS
'found: stored, not yet sent; submitted: sent, but the node''s response is unclear; accepted: in the node''s main '
'chain; confirmed: has the confirmations needed; orphaned: not in the chain, but may return; rejected: the nodes '
'rejected it for good';

CREATE TYPE chimera.block_ledger_state AS ENUM ('none', 'credited', 'matured', 'reversed');
COMMENT ON TYPE chimera.block_ledger_state IS
'none: not in the ledger; credited: the reward is divided, immature; matured: the reward is spendable; reversed: '
'the reward was taken back';

CREATE FUNCTION chimera.is_posted(status chimera.block_status, ledger_state chimera.block_ledger_state) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE status
        WHEN 'accepted' THEN ledger_state = 'credited'
        WHEN 'confirmed' THEN ledger_state = 'matured'
        WHEN 'orphaned' THEN ledger_state IN ('none', 'reversed')
        WHEN 'rejected' THEN ledger_state IN ('none', 'reversed')
        ELSE true END;
$$;
COMMENT ON FUNCTION chimera.is_posted(chimera.block_status, chimera.block_ledger_state) IS
'Whether the ledger reflects the current status of a block.';

CREATE SEQUENCE chimera.blocks_block_id_seq;
CREATE TABLE chimera.blocks (
    block_id bigint PRIMARY KEY DEFAULT nextval('chimera.blocks_block_id_seq'),
    network_id uuid NOT NULL REFERENCES chimera.network_configs,
    height int NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    status chimera.block_status NOT NULL DEFAULT 'found',
    job_id bigint,
    share_id bigint,
    settles_after xid8,
    ledger_state chimera.block_ledger_state NOT NULL DEFAULT 'none',
    ledger_problem text,
    account_id int REFERENCES chimera.accounts,
    miner_id int REFERENCES chimera.miners,
    reward_sats bigint NOT NULL,
    network_difficulty float8,
    share_difficulty float8,
    raw bytea,
    confirmations int NOT NULL DEFAULT 0,
    submit_attempts int NOT NULL DEFAULT 0,
    submit_result text,
    found_at timestamptz NOT NULL DEFAULT now(),
    submitted_at timestamptz,
    status_changed_at timestamptz NOT NULL DEFAULT now(),
    missing_since timestamptz,
    proof_problem text,
    UNIQUE (network_id, hash),
    UNIQUE (network_id, share_id),
    -- a value may be missing only for a block that another pool found
    CHECK (job_id IS NULL OR (account_id IS NOT NULL AND miner_id IS NOT NULL AND network_difficulty IS NOT NULL
                              AND share_difficulty IS NOT NULL))
);
ALTER SEQUENCE chimera.blocks_block_id_seq OWNED BY chimera.blocks.block_id;
ALTER TABLE chimera.blocks ALTER COLUMN raw SET STORAGE EXTERNAL;
CREATE INDEX blocks_unsettled_idx ON chimera.blocks (network_id, block_id) WHERE status NOT IN ('confirmed', 'rejected');
CREATE INDEX blocks_missing_idx ON chimera.blocks (network_id, height) WHERE missing_since IS NOT NULL;
CREATE INDEX blocks_network_id_height_idx ON chimera.blocks (network_id, height);
CREATE INDEX blocks_unposted_idx ON chimera.blocks (block_id)
    WHERE NOT chimera.is_posted(status, ledger_state) AND ledger_problem IS NULL;
CREATE INDEX blocks_ledger_problem_idx ON chimera.blocks (network_id) WHERE ledger_problem IS NOT NULL;
COMMENT ON TABLE chimera.blocks IS
'Every block that the pool found, stored in the share''s own transaction before it is submitted';
COMMENT ON COLUMN chimera.blocks.block_id IS 'The block''s number in the pool';
COMMENT ON COLUMN chimera.blocks.network_id IS 'The block''s network';
COMMENT ON COLUMN chimera.blocks.height IS 'Height in the chain';
COMMENT ON COLUMN chimera.blocks.hash IS 'Block hash in the byte order that explorers show: encode(hash, ''hex'')';
COMMENT ON COLUMN chimera.blocks.status IS 'Current status';
COMMENT ON COLUMN chimera.blocks.job_id IS
'The job of its network that its share is for, or that the share''s job carries (merged mining); NULL: a previous '
'pool found it, see the extension chimera_legacy';
COMMENT ON COLUMN chimera.blocks.share_id IS
'Its own share, which ends its round; NULL: not known, and no round ends here';
COMMENT ON COLUMN chimera.blocks.settles_after IS
'Once no transaction older than this is running, every earlier share is committed or never will be: see '
'chimera.shares_are_settled';
COMMENT ON COLUMN chimera.blocks.ledger_state IS 'What the ledger holds of it';
COMMENT ON COLUMN chimera.blocks.ledger_problem IS
'Why it could not be credited; it waits for chimera.retry_posting. NULL: no problem';
COMMENT ON COLUMN chimera.blocks.account_id IS
'The account of the miner that found it; NULL: not known for a previous pool''s block';
COMMENT ON COLUMN chimera.blocks.miner_id IS 'The miner that found it; NULL: not known for a previous pool''s block';
COMMENT ON COLUMN chimera.blocks.reward_sats IS 'Value of the coinbase, subsidy and fees, in the coin''s smallest unit';
COMMENT ON COLUMN chimera.blocks.network_difficulty IS
'Difficulty that the network required; NULL: not known for a previous pool''s block';
COMMENT ON COLUMN chimera.blocks.share_difficulty IS
'Difficulty that the hash achieved; NULL: not known for a previous pool''s block';
COMMENT ON COLUMN chimera.blocks.raw IS
'The whole block in the form that submitblock takes, kept until it is confirmed or every node has rejected it';
COMMENT ON COLUMN chimera.blocks.confirmations IS 'Confirmations that the node last reported';
COMMENT ON COLUMN chimera.blocks.submit_attempts IS 'How often it was sent to the node';
COMMENT ON COLUMN chimera.blocks.submit_result IS
'The node''s last response: NULL before the first, accepted, duplicate, inconclusive, high-hash, ... or the error';
COMMENT ON COLUMN chimera.blocks.found_at IS 'When the share was accepted: its submitted_at';
COMMENT ON COLUMN chimera.blocks.submitted_at IS 'When it was first sent to the node';
COMMENT ON COLUMN chimera.blocks.status_changed_at IS 'When status last changed';
COMMENT ON COLUMN chimera.blocks.missing_since IS
'Since when the node''s chain has another block at the height of this confirmed one; NULL: the chain has this '
'block, or it is not confirmed';
COMMENT ON COLUMN chimera.blocks.proof_problem IS
'Merged mining''s rule that the block''s proof of its parent''s work breaks, by the pool''s own check; NULL: none, or '
'no child''s block';

CREATE FUNCTION chimera.block_status_changed() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.status_changed_at := clock_timestamp();
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION chimera.block_status_changed() IS 'Trigger: sets status_changed_at';
CREATE TRIGGER block_status_changed BEFORE UPDATE OF status ON chimera.blocks
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION chimera.block_status_changed();

SELECT pg_catalog.pg_extension_config_dump('chimera.blocks', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.blocks_block_id_seq', '');
