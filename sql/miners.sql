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

GRANT SELECT ON chimera.accounts, chimera.miners TO chimera_admin, chimera_web, chimera_reader;

SELECT pg_catalog.pg_extension_config_dump('chimera.accounts', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.accounts_account_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.miners', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.miners_miner_id_seq', '');
