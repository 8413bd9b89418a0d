-- generate.sql: an old pool's database as production leaves it: psql -v rows=N.
-- Gaps in the keys, NULLs, duplicates, orphans, names in odd encodings.
\set ON_ERROR_STOP on
\set QUIET on
CREATE TABLE users (id bigserial PRIMARY KEY, username text, wallet text, created_at timestamptz DEFAULT now());
CREATE TABLE miners (id bigserial PRIMARY KEY, user_id bigint, name text, last_seen timestamptz);
CREATE TABLE shares (id bigserial PRIMARY KEY, miner_id bigint, difficulty double precision,
    is_valid boolean, created_at timestamptz DEFAULT now());
CREATE TABLE blocks (id bigserial PRIMARY KEY, height bigint, hash text, reward bigint, status text);
CREATE TABLE payouts (id bigserial PRIMARY KEY, user_id bigint, amount numeric(20, 8), txid text, status text);

INSERT INTO users (username, wallet)
SELECT CASE i % 50 WHEN 0 THEN NULL WHEN 1 THEN 'twice' WHEN 2 THEN E'tab\there\x01' WHEN 3 THEN 'ÄÖ日本' || i
       ELSE 'user' || i END, nullif('address' || i % 900, 'address7')
FROM generate_series(1, 1000) i;
INSERT INTO miners (user_id, name)
SELECT i % 1100, CASE WHEN i % 20 = 0 THEN E'\u202erig' WHEN i % 21 = 0 THEN NULL ELSE 'rig' || i % 5 END
FROM generate_series(1, 3000) i;
INSERT INTO shares (miner_id, difficulty, is_valid)
SELECT CASE WHEN i % 97 = 0 THEN NULL ELSE i % 3100 END, CASE WHEN i % 89 = 0 THEN NULL ELSE 0.1 * (i % 1000) END,
       i % 10 > 0
FROM generate_series(1, :rows) i;
INSERT INTO shares VALUES (-5, 1, 'Infinity', true), (-4, 1, 'NaN', true);
DELETE FROM shares WHERE id BETWEEN 1000 AND 9000 OR id % 13 = 0;
INSERT INTO blocks (height, hash, reward, status)
SELECT i / 2, md5((i / 2)::text), nullif(i % 30, 7) * 100000000::bigint, (ARRAY['confirmed', 'orphaned', NULL])[1 + i % 3]
FROM generate_series(1, 2000) i;
INSERT INTO payouts (user_id, amount, txid, status)
SELECT i % 1100, nullif(i % 40, 3) * 0.12345678, md5((i / 3)::text), 'sent' FROM generate_series(1, 5000) i;
