-- operators_guide.sql: each statement of doc/operators.md runs, in its order, as who would run it.
BEGIN;
\ir begin.psql
\set guide `cat doc/operators.md`
-- an indented statement ends with its semicolon; what follows it is a remark
CREATE TEMP TABLE statements AS
    SELECT number, replace(replace(replace(m[1], 'b3266a89e272...', repeat('b3', 32)), 'ltc1q...', 'ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9'), 'DATABASE pool', format('DATABASE %I', current_database())) AS statement
    FROM regexp_matches(:'guide', '\n    ((?:SELECT|CREATE ROLE|GRANT|REVOKE|ALTER EXTENSION) [^;]*);', 'g') WITH ORDINALITY e (m, number);
SELECT plan((SELECT count(*)::int + 1 FROM statements));
SELECT cmp_ok(count(*), '>=', 25::bigint, 'the guide has its statements') FROM statements;
-- the guide's example networks and users
UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE algorithm = 'scrypt';
SELECT pg_temp.make_network('other_coin', 'scrypt'), pg_temp.make_network('dogecoin', 'scrypt') \g /dev/null
SELECT chimera.enable_network(n) FROM unnest('{other_coin,dogecoin}'::text[]) n \g /dev/null
INSERT INTO chimera.accounts (name) VALUES ('mallory');
SELECT chimera.set_web_password('mallory', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQxMjM0NTY$' || repeat('A', 43)) \g /dev/null

CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF statement LIKE '%settle_payout_batch(12%' THEN
        INSERT INTO chimera.payout_batches (batch_id, network_id, state, fee_payer, raw, txid, fee_sats)
        VALUES (12, chimera.network_id('litecoin'), 'sending', 'pool', '\x00', repeat('aa', 32), 1) ON CONFLICT DO NOTHING;
    END IF;
    IF statement LIKE 'SELECT%' THEN
        SET LOCAL ROLE chimera_admin;
    END IF;
    EXECUTE statement;
    RESET ROLE;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RESET ROLE;
    RETURN SQLERRM;
END;
$$;
SELECT is(pg_temp.outcome(statement), 'done', format('statement %s: %s', number, substring(statement, '^[^\n]*'))) FROM statements ORDER BY number;

SELECT * FROM finish();
ROLLBACK;
