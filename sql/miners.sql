-- miners.sql: accounts and their miners. How stratumd lets one in stands in assignments.sql.

CREATE SEQUENCE chimera.accounts_account_id_seq AS int;
CREATE TABLE chimera.accounts (
    account_id int PRIMARY KEY DEFAULT nextval('chimera.accounts_account_id_seq'),
    name text NOT NULL UNIQUE CHECK (name ~ '^[!-~]{1,128}$'),
    created_at timestamptz NOT NULL DEFAULT now()
);
ALTER SEQUENCE chimera.accounts_account_id_seq OWNED BY chimera.accounts.account_id;
COMMENT ON TABLE chimera.accounts IS 'Who is credited: the part of a miner''s user name before the first dot, an address or an account''s name';
COMMENT ON COLUMN chimera.accounts.account_id IS 'What shares and blocks name';
COMMENT ON COLUMN chimera.accounts.name IS 'An address or an account''s name, as miners give it';
COMMENT ON COLUMN chimera.accounts.created_at IS 'When a miner first named it';

CREATE SEQUENCE chimera.miners_miner_id_seq AS int;
CREATE TABLE chimera.miners (
    miner_id int PRIMARY KEY DEFAULT nextval('chimera.miners_miner_id_seq'),
    account_id int NOT NULL REFERENCES chimera.accounts,
    name text NOT NULL CHECK (name ~ '^[ -~]{0,128}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);
ALTER SEQUENCE chimera.miners_miner_id_seq OWNED BY chimera.miners.miner_id;
COMMENT ON TABLE chimera.miners IS 'A rig (worker) of an account: the part of the user name after the first dot, empty where there is none';
COMMENT ON COLUMN chimera.miners.miner_id IS 'What shares, blocks and rollups name';
COMMENT ON COLUMN chimera.miners.account_id IS 'Who is credited for its work; never changes';
COMMENT ON COLUMN chimera.miners.name IS 'The rig''s name, empty where the user name has none';
COMMENT ON COLUMN chimera.miners.created_at IS 'When it was first let in';

CREATE FUNCTION chimera.account_id(account text) RETURNS int
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id int;
BEGIN
    SELECT a.account_id INTO found_id FROM chimera.accounts a WHERE a.name = account;
    IF found_id IS NULL THEN
        RAISE EXCEPTION 'there is no account "%"', account USING ERRCODE = 'undefined_object';
    END IF;
    RETURN found_id;
END;
$$;
COMMENT ON FUNCTION chimera.account_id(text) IS
'Internal: the account_id of an account given by its name. Errors: 42704 when there is none.';

-- ---------- names that are addresses ----------

CREATE FUNCTION chimera.enabled_address_error(address text, algorithm text DEFAULT NULL) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN bool_and(e.error IS NOT NULL) IS NOT FALSE
                THEN coalesce(string_agg(format('%s: %s', n.name, e.error), '; ' ORDER BY n.name), 'there is no network') END
    FROM chimera.network_configs n
    CROSS JOIN LATERAL (SELECT chimera.address_error(enabled_address_error.address, n) AS error) e
    WHERE n.is_enabled AND n.algorithm = coalesce(enabled_address_error.algorithm, n.algorithm);
$$;
COMMENT ON FUNCTION chimera.enabled_address_error(text, text) IS
'Why no enabled network, of an algorithm or of any, has this address, as "network: reason; network: reason"; NULL when one has it.';

CREATE FUNCTION chimera.looks_like_address(name text, algorithm text) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT looks_like_address.name ~ '^[0-9A-Za-z]{24,112}$' OR EXISTS (
        SELECT FROM chimera.network_configs n
        WHERE n.is_enabled AND n.algorithm = looks_like_address.algorithm
          AND (starts_with(lower(looks_like_address.name), n.bech32_hrp || '1')
               OR starts_with(lower(looks_like_address.name), n.cashaddr_prefix || ':')));
$$;
COMMENT ON FUNCTION chimera.looks_like_address(text, text) IS
'Whether an account''s name is meant to be an address, right or wrong: 24 to 112 letters and digits, or something behind the bech32 or cashaddr prefix of an enabled network of the algorithm.';

REVOKE ALL ON FUNCTION chimera.account_id(text), chimera.enabled_address_error(text, text), chimera.looks_like_address(text, text) FROM PUBLIC;
GRANT SELECT ON chimera.accounts, chimera.miners TO chimera_admin, chimera_reader;

SELECT pg_catalog.pg_extension_config_dump('chimera.accounts', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.accounts_account_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.miners', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.miners_miner_id_seq', '');
