-- miners.sql: accounts, their miners, and how stratumd lets a miner in.

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

CREATE FUNCTION chimera.authorize(network_id uuid, user_name text, password text, OUT miner_id int, OUT error text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account_name text := split_part(user_name, '.', 1);
    rig_name text := substr(user_name, length(account_name) + 2);
    owner_id int;
BEGIN
    IF user_name IS NULL OR user_name !~ '^[!-~]{1,128}$' OR account_name = '' THEN
        error := 'user name must be ADDRESS or ADDRESS.rig';
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM chimera.network_configs n WHERE n.network_id = authorize.network_id AND n.is_enabled) THEN
        error := 'this port serves no network now';
        RETURN;
    END IF;

    -- what is there already is found without writing: reconnecting miners are the rule
    SELECT m.miner_id INTO authorize.miner_id
    FROM chimera.accounts a JOIN chimera.miners m USING (account_id)
    WHERE a.name = account_name AND m.name = rig_name;
    IF FOUND THEN
        RETURN;
    END IF;

    INSERT INTO chimera.accounts (name) VALUES (account_name) ON CONFLICT DO NOTHING;
    SELECT a.account_id INTO owner_id FROM chimera.accounts a WHERE a.name = account_name;
    INSERT INTO chimera.miners (account_id, name) VALUES (owner_id, rig_name) ON CONFLICT DO NOTHING;
    SELECT m.miner_id INTO authorize.miner_id
    FROM chimera.miners m WHERE m.account_id = owner_id AND m.name = rig_name;
END;
$$;
COMMENT ON FUNCTION chimera.authorize(uuid, text, text) IS
'For stratumd: lets a miner in and gives its miner_id, making account and miner at their first visit; error says why not. The password is not checked: a miner can only earn for the account it names.';

REVOKE ALL ON FUNCTION chimera.authorize(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.authorize(uuid, text, text) TO chimera_stratum;
GRANT SELECT ON chimera.accounts, chimera.miners TO chimera_admin, chimera_web, chimera_reader;

SELECT pg_catalog.pg_extension_config_dump('chimera.accounts', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.accounts_account_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.miners', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.miners_miner_id_seq', '');
