-- miners.sql: accounts and their miners. logins.sql describes how stratumd
-- authorizes them.

CREATE SEQUENCE chimera.accounts_account_id_seq AS int;
CREATE TABLE chimera.accounts (
    account_id int PRIMARY KEY DEFAULT nextval('chimera.accounts_account_id_seq'),
    name text NOT NULL UNIQUE CHECK (name ~ '^[!-~]{1,255}$'),
    scripts bytea[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);
ALTER SEQUENCE chimera.accounts_account_id_seq OWNED BY chimera.accounts.account_id;
COMMENT ON TABLE chimera.accounts IS
'Those who are credited. An account is named by a miner''s user name without the rig: an address, several '
'addresses of different coins, or a plain name';
COMMENT ON COLUMN chimera.accounts.account_id IS 'Identifies the account in shares and blocks';
COMMENT ON COLUMN chimera.accounts.name IS
'An address, in the spelling of chimera.account_name(); several, separated by commas; or a plain name';
COMMENT ON COLUMN chimera.accounts.scripts IS
'The output scripts of the addresses in its name, which are the same in all spellings and for all coins of one '
'key; empty for a plain name';
COMMENT ON COLUMN chimera.accounts.created_at IS 'When its first accepted share or a sign-up created it';

CREATE FUNCTION chimera.name_account() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.name := chimera.account_name(NEW.name);
    IF NEW.scripts = '{}' THEN
        NEW.scripts := chimera.name_scripts(NEW.name);
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION chimera.name_account() IS
'Trigger: stores an account''s name in its canonical spelling, with the scripts of its addresses';
CREATE TRIGGER name_account BEFORE INSERT OR UPDATE OF name ON chimera.accounts
    FOR EACH ROW EXECUTE FUNCTION chimera.name_account();

CREATE SEQUENCE chimera.miners_miner_id_seq AS int;
CREATE TABLE chimera.miners (
    miner_id int PRIMARY KEY DEFAULT nextval('chimera.miners_miner_id_seq'),
    account_id int NOT NULL REFERENCES chimera.accounts,
    name text NOT NULL CHECK (name = chimera.rig_name(name)),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);
ALTER SEQUENCE chimera.miners_miner_id_seq OWNED BY chimera.miners.miner_id;
COMMENT ON TABLE chimera.miners IS 'A miner (rig) of an account, created by its first accepted share';
COMMENT ON COLUMN chimera.miners.miner_id IS 'Identifies the miner in shares, blocks and rollups';
COMMENT ON COLUMN chimera.miners.account_id IS 'The account that is credited for its work; never changes';
COMMENT ON COLUMN chimera.miners.name IS
'The rig''s name in the form of chimera.rig_name(); empty if the user name has none';
COMMENT ON COLUMN chimera.miners.created_at IS 'When its first share was accepted';

CREATE FUNCTION chimera.account_id(account text) RETURNS int
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id int;
BEGIN
    SELECT a.account_id INTO found_id FROM chimera.accounts a WHERE a.name = chimera.account_name(account);
    IF found_id IS NULL THEN
        RAISE EXCEPTION 'account "%" does not exist', account USING ERRCODE = 'undefined_object';
    END IF;
    RETURN found_id;
END;
$$;
COMMENT ON FUNCTION chimera.account_id(text) IS
'Internal: the account_id of an account given by its name, with an address in any spelling. Errors: 42704 if the '
'account does not exist.';

-- ---------- names that are addresses ----------

CREATE FUNCTION chimera.enabled_address_error(address text, algorithm text DEFAULT NULL) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN bool_and(e.error IS NOT NULL) IS NOT FALSE
                THEN coalesce(string_agg(format('%s: %s', n.name, e.error), '; ' ORDER BY n.name), 'no network is enabled') END
    FROM chimera.network_configs n
    CROSS JOIN LATERAL (SELECT chimera.address_error(enabled_address_error.address, n) AS error) e
    WHERE n.is_enabled AND n.algorithm = coalesce(enabled_address_error.algorithm, n.algorithm);
$$;
COMMENT ON FUNCTION chimera.enabled_address_error(text, text) IS
'Why no enabled network (of an algorithm, or of any) has this address, as "network: reason; network: reason"; '
'NULL if one has it.';

SELECT pg_catalog.pg_extension_config_dump('chimera.accounts', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.accounts_account_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.miners', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.miners_miner_id_seq', '');
