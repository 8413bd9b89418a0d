-- generate.sql: an old pool's database as production leaves it: psql -v rows=N.
-- Gaps in the keys, NULLs, duplicates, orphans, times and amounts that are none,
-- names in odd encodings. A share each 0.6 s until now.
\set ON_ERROR_STOP on
\set QUIET on
CREATE TABLE users (id bigserial PRIMARY KEY, username text, payout_address text, created_at timestamptz DEFAULT now());
CREATE TABLE miners (id bigserial PRIMARY KEY, user_id bigint, name text, last_seen timestamptz);
CREATE TABLE shares (id bigserial PRIMARY KEY, miner_id bigint, difficulty double precision,
    is_valid boolean, "timestamp" timestamptz DEFAULT now());
CREATE TABLE blocks (id bigserial PRIMARY KEY, height bigint, hash text, finder_id bigint, reward bigint,
    difficulty double precision, "timestamp" timestamptz DEFAULT now(), status text);
CREATE TABLE payouts (id bigserial PRIMARY KEY, user_id bigint, amount bigint, address text, tx_hash text, status text,
    created_at timestamptz DEFAULT now(), processed_at timestamptz);

INSERT INTO users (username, payout_address)
SELECT CASE i % 50 WHEN 0 THEN NULL WHEN 1 THEN 'twice' WHEN 2 THEN E'tab\there\x01' WHEN 3 THEN 'ÄÖ日本' || i
                   WHEN 4 THEN 'dotted.name' || i ELSE 'user' || i END,
       CASE i % 4 WHEN 0 THEN '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2' WHEN 1 THEN ' 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy'
                  WHEN 2 THEN 'address' || i ELSE nullif('', i::text) END
FROM generate_series(1, 1000) i;
-- where the database lets everything pass, a name in Latin 1
SELECT getdatabaseencoding() = 'SQL_ASCII' AS takes_anything \gset
\if :takes_anything
UPDATE users SET username = E'caf\xe9' || id WHERE id % 50 = 3 AND id % 100 = 53;
\endif
INSERT INTO miners (user_id, name)
SELECT i % 1100, CASE WHEN i % 20 = 0 THEN 'rig' || chr(127) WHEN i % 21 = 0 THEN NULL ELSE 'rig' || i % 5 END
FROM generate_series(1, 3000) i;
INSERT INTO shares (miner_id, difficulty, is_valid, "timestamp")
SELECT CASE WHEN i % 97 = 0 THEN NULL ELSE i % 3100 END,
       CASE WHEN i % 89 = 0 THEN NULL WHEN i % 997 = 0 THEN -1 ELSE 0.1 * (1 + i % 1000) END,
       CASE WHEN i % 1009 = 0 THEN NULL ELSE i % 10 > 0 END,
       CASE i % 5003 WHEN 1 THEN NULL WHEN 2 THEN '-infinity' WHEN 3 THEN now() + interval '1 year'
                     ELSE now() - (:rows - i) * interval '0.6 s' END
FROM generate_series(1, :rows) i;
INSERT INTO shares (id, miner_id, difficulty, is_valid) VALUES (-5, 6, 'Infinity', true), (-4, 6, 'NaN', true);
DELETE FROM shares WHERE id BETWEEN 1000 AND 9000 OR id % 13 = 0;
-- each height twice; one hash in seven too short, one in eleven there already
INSERT INTO blocks (height, hash, finder_id, reward, difficulty, status, "timestamp")
SELECT i / 2, CASE WHEN i % 7 = 0 THEN md5(i::text) ELSE md5((i - i % 11 / 10)::text) || md5(i::text || 'x') END,
       CASE WHEN i % 3 = 0 THEN NULL ELSE i % 1100 END, nullif(i % 30, 7) * 100000001::bigint, i,
       (ARRAY['confirmed', 'confirmed', 'orphaned', NULL, 'Confirmed ', 'pending'])[1 + i % 6], now() - (2000 - i) * interval '1 hour'
FROM generate_series(1, 2000) i;
UPDATE blocks b SET hash = p.hash FROM blocks p WHERE p.id = b.id - 1 AND b.id % 11 = 0;
-- three payouts a transaction, some of them twice
INSERT INTO payouts (user_id, amount, address, tx_hash, status, created_at)
SELECT i % 1100, nullif(i % 40, 3) * 12345678::bigint - CASE WHEN i % 400 = 1 THEN 99999999 ELSE 0 END,
       CASE WHEN i % 9 > 0 THEN '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2' END,
       CASE WHEN i % 10 = 9 THEN NULL WHEN i % 101 = 0 THEN 'see e-mail' ELSE md5((i / 3)::text) || upper(md5((i / 3)::text)) END,
       CASE WHEN i % 10 = 9 THEN 'pending' ELSE (ARRAY['sent', 'confirmed', 'failed', 'sent'])[1 + i % 4] END,
       now() - (5000 - i) * interval '20 min'
FROM generate_series(1, 5000) i;
INSERT INTO payouts (user_id, amount, address, tx_hash, status, created_at)
SELECT user_id, amount, address, tx_hash, status, created_at FROM payouts WHERE id % 250 = 6;
