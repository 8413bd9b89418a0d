-- chain_target.sql: targets, compact bits, difficulty and hashes.
BEGIN;
\ir begin.psql
SELECT plan(45);

-- a number as explorers show it, most significant byte first, to the internal order
CREATE FUNCTION pg_temp.internal(shown text) RETURNS bytea LANGUAGE sql AS $$
    SELECT string_agg(substr(decode(shown, 'hex'), i, 1), '' ORDER BY i DESC) FROM generate_series(1, 32) i
$$;
CREATE FUNCTION pg_temp.power_of_2(bits int) RETURNS bytea LANGUAGE sql AS $$
    SELECT set_byte(decode(repeat('00', 32), 'hex'), bits / 8, 1 << (bits % 8))
$$;
\set difficulty1 'pg_temp.internal(''00000000ffff0000000000000000000000000000000000000000000000000000'')'
\set bitcoin_genesis_hash 'pg_temp.internal(''000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'')'
\set all_ones 'decode(repeat(''ff'', 32), ''hex'')'
\set zero 'decode(repeat(''00'', 32), ''hex'')'

-- target: Bitcoin Core, arith_uint256_tests.cpp (bignum_SetCompact)
SELECT is(chimera.target(x'1d00ffff'::bigint), :difficulty1, 'target of 1d00ffff is Bitcoin''s first');
SELECT is(chimera.target(x'1e0ffff0'::bigint),
          pg_temp.internal('00000ffff0000000000000000000000000000000000000000000000000000000'),
          'target of 1e0ffff0 is Litecoin''s first');
SELECT is(chimera.target(x'207fffff'::bigint),
          pg_temp.internal('7fffff0000000000000000000000000000000000000000000000000000000000'),
          'target of 207fffff is regtest''s');
SELECT is(chimera.target(x'01120000'::bigint), pg_temp.internal(lpad('12', 64, '0')),
          'target of 01120000 is 12 hex: an exponent of 1 keeps one byte');
SELECT is(chimera.target(x'02008000'::bigint), pg_temp.internal(lpad('80', 64, '0')),
          'target of 02008000 is 80 hex: the leading zero keeps it positive');
SELECT is(chimera.target(x'20123456'::bigint), pg_temp.internal(rpad('123456', 64, '0')),
          'target of 20123456 fills the top three bytes');
SELECT is(chimera.target(x'220000ff'::bigint), pg_temp.internal(rpad('ff', 64, '0')),
          'target of 220000ff just fits, its mantissa''s leading zeros beyond the top');
SELECT throws_ok($$ SELECT chimera.target(x'04923456'::bigint) $$, '22003', NULL, 'target refuses negative bits');
SELECT throws_ok($$ SELECT chimera.target(0) $$, '22003', NULL, 'target refuses bits of 0');
SELECT throws_ok($$ SELECT chimera.target(x'01003456'::bigint) $$, '22003', NULL, 'target refuses bits whose value is 0');
SELECT throws_ok($$ SELECT chimera.target(x'ff123456'::bigint) $$, '22003', NULL, 'target refuses bits over 256 bits');
SELECT throws_ok($$ SELECT chimera.target(x'2200ffff'::bigint) $$, '22003', NULL, 'target refuses bits a byte over 256 bits');
SELECT throws_ok('SELECT chimera.target(486604799 - 4294967296)', '22003', NULL, 'target refuses a negative number');
SELECT throws_ok('SELECT chimera.target(486604799 + 4294967296)', '22003', NULL, 'target refuses more than 32 bits');
SELECT is(chimera.target(NULL), NULL, 'target of NULL is NULL');

-- nbits: the same tests of Bitcoin Core (GetCompact)
SELECT is(to_hex(chimera.nbits(:difficulty1)), '1d00ffff', 'nbits of Bitcoin''s first target is 1d00ffff');
SELECT is(to_hex(chimera.nbits(pg_temp.internal(lpad('80', 64, '0')))), '2008000',
          'nbits of 80 hex is 02008000: never negative');
SELECT is(to_hex(chimera.nbits(pg_temp.internal(lpad('12345678', 64, '0')))), '4123456', 'nbits rounds down');
SELECT is(chimera.nbits(:zero), 0::bigint, 'nbits of zero is 0');
SELECT is((SELECT count(*) FROM unnest('{486604799,504365040,545259519,386000000,453281356,404472624}'::bigint[]) bits
           WHERE chimera.nbits(chimera.target(bits)) <> bits), 0::bigint,
          'nbits turns target back for what headers carry');
SELECT throws_ok($$ SELECT chimera.nbits('\x00') $$, '22023', NULL, 'nbits refuses a target of another length');
SELECT throws_ok($$ SELECT chimera.nbits(decode(repeat('00', 33), 'hex')) $$, '22023', NULL, 'nbits refuses 33 bytes');
SELECT is(chimera.nbits(NULL), NULL, 'nbits of NULL is NULL');

-- difficulty
SELECT is(chimera.difficulty(:difficulty1, 'sha256d'), 1::float8, 'difficulty of difficulty 1''s target is 1');
SELECT is(round(chimera.difficulty(:bitcoin_genesis_hash, 'sha256d')::numeric, 2), 2536.43,
          'difficulty of Bitcoin''s genesis hash is 2536.43, as explorers say');
SELECT is(chimera.difficulty(:difficulty1, 'scrypt'), 65536::float8, 'scrypt''s difficulty 1 is 65536 times easier');
SELECT is(chimera.difficulty(:difficulty1, 'blake2s'), 1::float8, 'blake2s counts as sha256d does');
SELECT is(chimera.difficulty(:zero, 'sha256d'), 'infinity'::float8, 'difficulty of a hash of zero is infinity');
SELECT is(round(chimera.difficulty(chimera.target(x'1b0404cb'::bigint), 'sha256d')::numeric, 6), 16307.420939,
          'difficulty of bits 1b0404cb is 16307.42, Bitcoin''s wiki says');
SELECT throws_ok($$ SELECT chimera.difficulty('\xff', 'sha256d') $$, '22023', NULL, 'difficulty refuses another length');
SELECT throws_ok($$ SELECT chimera.difficulty(decode(repeat('ff', 32), 'hex'), 'md5') $$, '22023', NULL,
                 'difficulty refuses an unknown algorithm');
SELECT is(chimera.difficulty(NULL, 'sha256d'), NULL, 'difficulty of NULL is NULL');

-- share_target
SELECT is(chimera.share_target(1, 'sha256d'), :difficulty1, 'share_target of 1 is difficulty 1''s target');
SELECT is(chimera.share_target(16, 'scrypt'), chimera.target(x'1e0ffff0'::bigint),
          'share_target of 16 in scrypt is Litecoin''s first target');
SELECT is(chimera.share_target(3, 'sha256d'),
          pg_temp.internal('0000000055550000000000000000000000000000000000000000000000000000'),
          'share_target divides exactly where that goes up');
SELECT is(chimera.share_target(7, 'sha256d'),
          pg_temp.internal('0000000024922492492492492492492492492492492492492492492492492492'),
          'share_target is rounded down, to the last bit');
SELECT is(chimera.share_target(1e-300, 'sha256d'), :all_ones, 'share_target of next to no difficulty is every hash');
SELECT is(chimera.share_target(1e300, 'sha256d'), :zero, 'share_target of an absurd difficulty is 0');
SELECT throws_ok(format('SELECT chimera.share_target(%L, ''sha256d'')', d), '22023', NULL,
                 'share_target refuses a difficulty of ' || d)
FROM unnest('{0,-1,infinity,nan}'::float8[]) d;
SELECT throws_ok($$ SELECT chimera.share_target(1, 'md5') $$, '22023', NULL, 'share_target refuses an unknown algorithm');

-- expected_hashes
SELECT results_eq($$ SELECT name, chimera.expected_hashes(2, name) FROM chimera.algorithms() ORDER BY name $$,
                  $$ VALUES ('blake2s', 8589934592::float8), ('scrypt', 131072), ('sha256d', 8589934592) $$,
                  'expected_hashes knows each algorithm''s own');
SELECT throws_ok($$ SELECT chimera.expected_hashes(1, 'md5') $$, '22023', NULL,
                 'expected_hashes refuses an unknown algorithm');

SELECT * FROM finish();
ROLLBACK;
