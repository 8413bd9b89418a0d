-- chain_hash.sql: proof-of-work hashes and the algorithms there are.
BEGIN;
\ir begin.psql
SELECT plan(22);

-- Block 0 of Bitcoin and of Litecoin (Bitcoin Core and Litecoin Core, chainparams.cpp).
\set bitcoin_genesis '''\\x0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c''::bytea'
\set litecoin_genesis '''\\x010000000000000000000000000000000000000000000000000000000000000000000000d9ced4ed1130f7b7faad9be25323ffafa33232a17c3edf6cfd97bee6bafbdd97b9aa8e4ef0ff0f1ecd513f7c''::bytea'

CREATE FUNCTION pg_temp.shown(hash bytea) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(encode(substr(hash, i, 1), 'hex'), '' ORDER BY i DESC) FROM generate_series(1, length(hash)) i
$$;

SELECT is(pg_temp.shown(chimera.hash('sha256d', :bitcoin_genesis)),
          '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
          'sha256d gives the hash of Bitcoin''s genesis block');
SELECT is(pg_temp.shown(chimera.hash('sha256d', :litecoin_genesis)),
          '12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2',
          'sha256d gives the name of Litecoin''s genesis block');
SELECT is(pg_temp.shown(chimera.hash('scrypt', :litecoin_genesis)),
          '0000050c34a64b415b6b15b37f2216634b5b1669cb9a2e38d76f7213b0671e00',
          'scrypt gives the proof of work of Litecoin''s genesis block');
SELECT is(chimera.hash('blake2s', 'abc'),
          '\x508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982',
          'blake2s gives the hash of RFC 7693''s appendix B');
SELECT is(chimera.hash('sha256d', ''), sha256(sha256('')), 'sha256d of nothing is the hash of an empty message');
SELECT is(chimera.hash('blake2s', ''),
          '\x69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9',
          'blake2s of nothing is the hash of an empty message');
SELECT is((SELECT count(*) FROM generate_series(0, 300) n
           WHERE chimera.hash('sha256d', decode(repeat('5a', n), 'hex'))
                 IS DISTINCT FROM sha256(sha256(decode(repeat('5a', n), 'hex')))),
          0::bigint, 'sha256d agrees with PostgreSQL''s sha256 at every length to 300');
SELECT is((SELECT count(DISTINCT chimera.hash(name, :bitcoin_genesis)) FROM chimera.algorithms()), 3::bigint,
          'each algorithm hashes in its own way');

SELECT throws_ok($$ SELECT chimera.hash('md5', 'abc') $$, '22023', NULL, 'hash refuses an unknown algorithm');
SELECT throws_ok($$ SELECT chimera.hash('SHA256D', 'abc') $$, '22023', NULL, 'hash takes an algorithm''s name in lower case only');
SELECT throws_ok($$ SELECT chimera.hash('', 'abc') $$, '22023', NULL, 'hash refuses an empty name');
SELECT is(chimera.hash(NULL, 'abc'), NULL, 'hash of a NULL algorithm is NULL');
SELECT is(chimera.hash('sha256d', NULL), NULL, 'hash of a NULL message is NULL');

SELECT set_eq('SELECT name, hashes_per_difficulty FROM chimera.algorithms()',
              $$ VALUES ('sha256d', 4294967296::float8), ('scrypt', 65536), ('blake2s', 4294967296) $$,
              'algorithms lists each with the hashes behind difficulty 1');
SELECT is((SELECT count(*) FROM chimera.algorithms() WHERE implementation IS NULL OR implementation = ''), 0::bigint,
          'algorithms says which code path runs');
SELECT is((SELECT bool_and(chimera.is_algorithm(name)) FROM chimera.algorithms()), true,
          'is_algorithm knows every algorithm listed');
SELECT is(chimera.is_algorithm('md5'), false, 'is_algorithm refuses another name');
SELECT is(chimera.is_algorithm('scrypt '), false, 'is_algorithm refuses a name with a blank behind it');
SELECT is(chimera.is_algorithm(NULL), NULL, 'is_algorithm of NULL is NULL');

-- indexes, CHECK constraints and parallel plans rest on these marks
SELECT set_eq($$ SELECT p.proname::text, p.provolatile::text, p.proparallel::text, p.proisstrict
                 FROM pg_proc p
                 WHERE p.pronamespace = 'chimera'::regnamespace
                   AND p.proname IN ('hash', 'is_algorithm', 'difficulty', 'target', 'nbits', 'share_target',
                                     'expected_hashes', 'address_script', 'address_type', 'address_error') $$,
              $$ VALUES ('hash', 'i', 's', true), ('is_algorithm', 'i', 's', true), ('difficulty', 'i', 's', true),
                        ('target', 'i', 's', true), ('nbits', 'i', 's', true), ('share_target', 'i', 's', true),
                        ('expected_hashes', 'i', 's', true), ('address_script', 'i', 's', false),
                        ('address_type', 'i', 's', false), ('address_error', 'i', 's', false) $$,
              'chain functions are IMMUTABLE and PARALLEL SAFE, and all but those of addresses STRICT');
SELECT results_eq($$ SELECT p.provolatile::text, p.proparallel::text FROM pg_proc p
                     WHERE p.oid = 'chimera.algorithms()'::regprocedure $$,
                  $$ VALUES ('s', 's') $$,
                  'algorithms, which asks the CPU, is STABLE and PARALLEL SAFE');
SELECT is((SELECT count(*) FROM pg_proc p
           WHERE p.oid::regprocedure::text IN (
               'chimera.notify_params(chimera.jobs)', 'chimera.unpack_share_deltas(bytea)')
             AND p.provolatile = 'i' AND p.proparallel = 's' AND p.proisstrict), 2::bigint,
          'functions of their argument''s bytes alone are IMMUTABLE, PARALLEL SAFE and STRICT');

SELECT * FROM finish();
ROLLBACK;
