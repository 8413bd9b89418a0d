-- auxpow.sql: the check of merged mining's proofs against blocks that real nodes took and refused.
BEGIN;
\ir begin.psql
\set mainnet `cat test/vectors/auxpow/mainnet.json`
\set regtest `cat test/vectors/auxpow/regtest.json`

CREATE TEMP TABLE vectors AS
SELECT v ->> 'name' AS name, decode((v ->> 'header') || (v ->> 'auxpow'), 'hex') AS block, (v ->> 'chain_id')::int AS chain_id,
       v ->> 'algorithm' AS algorithm, v ->> 'broken' AS broken
FROM (VALUES (:'mainnet'::jsonb), (:'regtest'::jsonb)) f (file), jsonb_array_elements(f.file -> 'vectors') v
WHERE v ? 'auxpow';
-- the vectors' word for a rule, and the pool's sentence
CREATE TEMP TABLE sentences (broken, sentence) AS VALUES
    ('chain id', 'the child''s version has another chain id'), ('no aux bit', 'the child''s version has no bit 8'),
    ('parent has our chain id', 'the parent''s version has the child''s chain id'), ('parent has bit 8', 'the parent''s version has bit 8'),
    ('coinbase index', 'the parent''s coinbase is not its first transaction'), ('merkle root', 'the branch does not lead to the parent''s merkle root'),
    ('chain branch too long', 'the branch of the tree is too long'), ('root missing', 'the root of the tree is not in the coinbase''s script'),
    ('magic twice', 'the coinbase''s script has the magic twice'), ('magic not before root', 'the magic does not stand right before the root'),
    ('root too late', 'the root stands too late for one without magic'), ('size and nonce missing', 'the tree''s size and nonce are missing'),
    ('size', 'the tree''s size does not fit its branch'), ('slot', 'the child is not in its slot'),
    ('proof of work', 'the parent''s work is not enough for the child''s target');

SELECT plan((SELECT count(*)::int FROM vectors) + 6);
SELECT cmp_ok(count(*), '>=', 10::bigint, 'main-net blocks are among them') FROM vectors WHERE name !~ '/';
SELECT is(count(*), (SELECT count(*) FROM sentences), 'every rule is broken by one of them')
FROM sentences s WHERE EXISTS (SELECT FROM vectors v WHERE v.broken = s.broken);
-- a parent with bit 8 is Namecoin's rule, which holds for all of the pool's own blocks
SELECT is(chimera.auxpow_error(v.block, v.chain_id, v.algorithm),
          CASE v.name WHEN 'pepecoin/parent-bit8' THEN 'the parent''s version has bit 8' ELSE s.sentence END, v.name)
FROM vectors v LEFT JOIN sentences s USING (broken) ORDER BY v.name;

SELECT isnt(chimera.auxpow_error(block, chain_id + 1, algorithm), NULL, 'another chain''s block proves nothing') FROM vectors WHERE broken IS NULL LIMIT 1;
SELECT throws_ok(format('SELECT chimera.auxpow_error(%L, 98, ''scrypt'')', substr(block, 1, 200)), '22P03', NULL, 'what is cut is no proof')
FROM vectors LIMIT 1;
SELECT throws_ok($$ SELECT chimera.auxpow_error('\x', 98, 'scrypt') $$, '22P03', NULL, 'nor is nothing');
SELECT throws_ok(format('SELECT chimera.auxpow_error(%L, 98, ''x11'')', block), '22023', 'algorithm "x11" does not exist', 'an algorithm must be known')
FROM vectors LIMIT 1;
SELECT * FROM finish();
ROLLBACK;
