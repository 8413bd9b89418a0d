-- merged_logins.sql: a miner learns which coins it earns without an address.
BEGIN;
\ir begin.psql
\if :is_pool
\else
SELECT :'skip_file';
\q
\endif
SELECT plan(9);

SELECT pg_temp.make_network('test_parent') AS parent, pg_temp.make_network('test_a') AS a, gen_random_uuid() AS server \gset
UPDATE chimera.network_configs SET p2pkh_version = 30, p2sh_version = 22, symbol = 'AAA', display_name = 'A Coin', bech32_hrp = NULL,
    pool_address = 'DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L' WHERE network_id = :'a';
SELECT chimera.enable_network(n) FROM unnest('{test_parent,test_a}'::text[]) n \g /dev/null
SELECT chimera.add_listener(4009, network => 'test_parent') AS listener \gset
SELECT chimera.stratum_hello(:'server') \g /dev/null
CREATE FUNCTION pg_temp.notice(server uuid, session bigint, user_name text, password text DEFAULT 'x') RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(a.error, a.notice) FROM chimera.listeners l CROSS JOIN LATERAL chimera.authorize(l.listener_id, server, session, user_name, password) a
    WHERE l.port = 4009
$$;
\set one 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2
\set doge DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L

SELECT is(pg_temp.notice(:'server', 1, :'one'), NULL, 'without children nothing is said');
SELECT chimera.merge_network('test_a', 'test_parent') \g /dev/null
SELECT is(pg_temp.notice(:'server', 2, :'one'), 'also mining A Coin: without an address of it, what you earn there stays in your balance; add aaa=ADDRESS to the password',
          'a message tells a miner that lacks a child''s address');
SELECT is(pg_temp.notice(:'server', 3, :'one' || ',' || :'doge' || '.rig'), NULL, 'but not one that names it in its user name');
SELECT is(pg_temp.notice(:'server', 4, :'one', 'x,aaa=' || :'doge'), NULL, 'or in its password');
SELECT is(pg_temp.notice(:'server', 5, :'one', 'd=what'), 'invalid difficulty in the password: "what"', 'what is wrong comes first');
SELECT is(pg_temp.notice(:'server', 6, :'one', 'x,aaa=3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy') ~ 'not a valid address: test_a', true, 'an address of another coin is refused');
INSERT INTO chimera.accounts (name) VALUES ('test_named');
SELECT chimera.set_wallets('test_named', 'test_parent', ARRAY[:'one']) \g /dev/null
SELECT is(pg_temp.notice(:'server', 7, 'test_named.rig'), 'also mining A Coin: without an address of it, what you earn there stays in your balance; set the addresses on the pool''s web pages',
          'an account with a name sets them on the web pages');
SELECT chimera.set_wallets('test_named', 'test_a', ARRAY[:'doge']) \g /dev/null
SELECT is(pg_temp.notice(:'server', 8, 'test_named.rig'), NULL, 'until it has');
UPDATE chimera.network_configs SET is_enabled = false WHERE network_id = :'a';
SELECT is(pg_temp.notice(:'server', 9, :'one'), NULL, 'a child that is disabled is not mentioned');
SELECT * FROM finish();
ROLLBACK;
