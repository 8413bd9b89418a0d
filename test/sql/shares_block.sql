-- shares_block.sql: a share that meets the network's target is a block, whole and in the same transaction.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    \echo :skip_file
    \quit
\endif
\ir work.psql
SELECT plan(29);

SELECT pg_temp.make_network('test_block') AS network, pg_temp.make_miner('test_alice') AS alice \gset
SELECT account_id AS account FROM chimera.miners WHERE miner_id = :alice \gset
CREATE FUNCTION pg_temp.make_template(network uuid, count int, transactions bytea, mweb bytea DEFAULT NULL)
    RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO chimera.templates (network_id, height, transaction_count, transactions, mweb)
    VALUES (network, 7, count, transactions, mweb) RETURNING template_id
$$;

-- ---------- known blocks, found again ----------

-- Block 170 of Bitcoin; 12 bytes of its coinbase are the extranonces.
\set coinbase '''\\x01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff0704ffff001d0102ffffffff0100f2052a01000000434104d46c4968bde02899d2aa0963367c7a6ce34eec332b32e42e5f3407e052d64ac625da6f0718e7b302140434bd725706957c092db53805b821a85b23a7ac61725bac00000000''::bytea'
\set payment '''\\x0100000001c997a5e56e104102fa209c6a852dd90660a20b2d9c352423edce25857fcd3704000000004847304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de4860a4acdd12909d831cc56cbbac4622082221a8768d1d0901ffffffff0200ca9a3b00000000434104ae1a62fe09c5f51b13905f07f06b99a2f7159b2225f374cd378d71302fa28414e7aab37397f554a7df5f142c21c1b7303b8a0626f1baded5c72a704f7e6cd84cac00286bee0000000043410411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5cb2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643f656b412a3ac00000000''::bytea'
INSERT INTO chimera.jobs (job_id, network_id, template_id, algorithm, height, version, prevhash, nbits, curtime, mintime,
    coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch, has_witness, version_mask, clean_jobs)
VALUES (nextval('chimera.jobs_job_id_seq'), :'network', pg_temp.make_template(:'network', 1, :payment), 'sha256d', 170, 1,
    pg_temp.reverse('\x000000002a22cfee1f2c846adbd12b3e183d4f97683f85dad08a79780a84bd55'), x'1d00ffff'::bigint, 1231731025,
    1231700000, 5000000000, substr(:coinbase, 1, 60), substr(:coinbase, 73), sha256(sha256(:payment)), false, 0, true)
RETURNING job_id AS job \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, extranonce1 => x'00004341'::bigint,
              extranonce2 => x'04d46c4968bde028'::bigint, ntime => 1231731025, nonce => 1889418792, difficulty => 1)), '{1}',
          'the nonce of Bitcoin''s block 170 is a block');
SELECT is(encode(hash, 'hex'), '00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee',
          'its hash is the one explorers show') FROM chimera.blocks WHERE job_id = :job;
SELECT is(raw, '\x0100000055bd840a78798ad0da853f68974f3d183e2bd1db6a842c1feecf222a00000000ff104ccb05421ab93e63f8c3ce5c2c2e9dbb37de2764b3a3175c8166562cac7d51b96a49ffff001d283e9e70'
              || '\x02'::bytea || :coinbase || :payment, 'its raw block is the one Bitcoin has')
FROM chimera.blocks WHERE job_id = :job;
SELECT results_eq(format('SELECT network_id, height, account_id, miner_id, reward_sats, network_difficulty, status::text,
                             confirmations, submit_attempts, submit_result, submitted_at FROM chimera.blocks WHERE job_id = %s', :job),
    format('VALUES (%L::uuid, 170, %s, %s, 5000000000::bigint, 1::float8, ''found'', 0, 0, NULL, NULL::timestamptz)',
           :'network', :account, :alice), 'a block''s row says whose and what it is, and waits to be submitted');
SELECT is(share_difficulty, chimera.difficulty(pg_temp.reverse(hash), 'sha256d'), 'share_difficulty is that of the hash')
FROM chimera.blocks WHERE job_id = :job;
SELECT is((SELECT count(*) FROM chimera.shares WHERE job_id = :job AND network_id = :'network'), 1::bigint,
          'a block is a share as well');
SELECT is(chimera.share_hash(job_id, extranonce1, extranonce2, ntime, nonce, version),
          (SELECT hash FROM chimera.blocks WHERE job_id = :job), 'share_hash of that share is the block''s hash')
FROM chimera.shares WHERE job_id = :job AND network_id = :'network';

-- Block 0 of Litecoin, whose proof of work is not the hash that names it.
\set coinbase '''\\x01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4804ffff001d0104404e592054696d65732030352f4f63742f32303131205374657665204a6f62732c204170706c65e280997320566973696f6e6172792c2044696573206174203536ffffffff0100f2052a010000004341040184710fa689ad5023690c80f3a49c8f13f8d45b8c857fbcbc8bc4a8e4d3eb4b10f4d4604fa08dce601aaf0f470216fe1b51850b4acf21b179c45070ac7b03a9ac00000000''::bytea'
SELECT pg_temp.make_network('test_genesis', 'scrypt') AS litecoin \gset
INSERT INTO chimera.jobs (job_id, network_id, template_id, algorithm, height, version, prevhash, nbits, curtime, mintime,
    coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch, has_witness, version_mask, clean_jobs)
VALUES (nextval('chimera.jobs_job_id_seq'), :'litecoin', pg_temp.make_template(:'litecoin', 0, ''), 'scrypt', 0, 1,
    decode(repeat('00', 32), 'hex'), x'1e0ffff0'::bigint, 1317972665, 1317972665, 5000000000, substr(:coinbase, 1, 50),
    substr(:coinbase, 63), '', false, 0, true)
RETURNING job_id AS job \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, extranonce1 => ('x' || encode(substr(:coinbase, 51, 4), 'hex'))::bit(32)::bigint,
              extranonce2 => ('x' || encode(substr(:coinbase, 55, 8), 'hex'))::bit(64)::bigint, ntime => 1317972665,
              nonce => 2084524493, difficulty => 16)), '{1}', 'the nonce of Litecoin''s block 0 is a block');
SELECT is(encode(hash, 'hex'), '12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2',
          'its name is the sha256d of its header') FROM chimera.blocks WHERE job_id = :job;
SELECT is(encode(chimera.share_hash(job_id, extranonce1, extranonce2, ntime, nonce, version), 'hex'),
          '0000050c34a64b415b6b15b37f2216634b5b1669cb9a2e38d76f7213b0671e00', 'its share_hash is the proof of work')
FROM chimera.shares WHERE job_id = :job AND network_id = :'litecoin';
SELECT is(network_difficulty, 16::float8, 'scrypt''s network difficulty counts as its shares'' does')
FROM chimera.blocks WHERE job_id = :job;

-- ---------- blocks of easy jobs ----------

SELECT pg_temp.make_job(:'network', :easy_nbits, template_id => pg_temp.make_template(:'network', 2, '\xaaaabbbb')) AS job \gset
SELECT pg_temp.find(:job, true) AS good, pg_temp.find(:job, false) AS bad \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :good), pg_temp.share(:job, :alice, :good), pg_temp.share(:job, :alice, :bad)),
          '{1,3,0}', 'a block, its duplicate, and a share below its difficulty');
SELECT is((SELECT count(*) FROM chimera.blocks WHERE job_id = :job), 1::bigint, 'one block is stored of these');
SELECT raw, job_id, hash INTO TEMP found FROM chimera.blocks WHERE job_id = :job;
SELECT is(substr(raw, 1, 80), pg_temp.header(:job, :good), 'the raw block begins with the header') FROM found;
SELECT is(hash, pg_temp.reverse(sha256(sha256(substr(raw, 1, 80)))), 'which has the block''s hash') FROM found;
SELECT is(get_byte(raw, 80), 3, 'then comes the number of transactions, the coinbase among them') FROM found;
SELECT is(substr(f.raw, 82), j.coinbase_prefix || pg_temp.be32(1) || int8send(:good) || j.coinbase_suffix || '\xaaaabbbb',
          'then the coinbase and the template''s transactions, and nothing else')
FROM found f JOIN chimera.jobs j USING (job_id);
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :good)), '{3}', 'the same block once more is a duplicate');

-- a block even where the miner's difficulty is above the network's
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :good, difficulty => 1e6)), '{3}',
          'whatever its difficulty');
SELECT pg_temp.make_job(:'network', :easy_nbits, false, salt => 1) AS job \gset
SELECT pg_temp.find(:job, true) AS good \gset
SET LOCAL client_min_messages = error;
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :good, difficulty => 1e6)), '{1}',
          'a block is taken though the miner''s difficulty is not met');
SELECT is(difficulty, chimera.difficulty(chimera.target(:easy_nbits), 'sha256d'), 'and credited with the network''s')
FROM chimera.shares WHERE job_id = :job AND network_id = :'network';

-- its template was not there
SELECT results_eq(format('SELECT status::text, raw, submit_result FROM chimera.blocks WHERE job_id = %s', :job),
    $$ VALUES ('rejected', NULL::bytea, 'template gone') $$, 'a block whose template is gone is kept as rejected');

SET LOCAL client_min_messages = warning;

-- witness, MWEB, many transactions
SELECT pg_temp.make_job(:'network', :easy_nbits, false, has_witness => true, salt => 2,
    template_id => pg_temp.make_template(:'network', 0, '')) AS job \gset
SELECT pg_temp.find(:job, true) AS good \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :good)), '{1}', 'a block with witness');
SELECT is(substr(b.raw, 81), '\x01'::bytea || substr(stripped, 1, 4) || '\x0001'
              || substr(stripped, 5, length(stripped) - 8) || '\x0120' || decode(repeat('00', 32), 'hex')
              || substr(stripped, length(stripped) - 3), 'its coinbase carries marker, flag and reserved value (BIP 141, 144)')
FROM chimera.blocks b JOIN chimera.jobs j USING (job_id),
     LATERAL (SELECT j.coinbase_prefix || pg_temp.be32(1) || int8send(:good) || j.coinbase_suffix AS stripped) s
WHERE b.job_id = :job;
SELECT pg_temp.make_job(:'network', :easy_nbits, false, salt => 3,
    template_id => pg_temp.make_template(:'network', 1, '\xcc', '\xdddd')) AS job \gset
SELECT pg_temp.find(:job, true) AS good \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :good)), '{1}', 'a block with an extension block');
SELECT is(substr(raw, length(raw) - 3), '\xcc01dddd', 'carries it behind a 01 at its end (LIP 2)')
FROM chimera.blocks WHERE job_id = :job;
SELECT pg_temp.make_job(:'network', :easy_nbits, false, salt => count,
    template_id => pg_temp.make_template(:'network', count, '')) AS job, count INTO TEMP counts FROM unnest('{251,252,65534,65535}'::int[]) count;
SELECT is((SELECT pg_temp.submit(VARIADIC array_agg(pg_temp.share(job, :alice, pg_temp.find(job, true)) ORDER BY count)) FROM counts), '{1,1,1,1}',
          'blocks of many transactions');
SELECT results_eq('SELECT substr(b.raw, 81, 5) FROM counts c JOIN chimera.blocks b ON b.job_id = c.job ORDER BY c.count',
    $$ VALUES ('\xfcabababab'::bytea), ('\xfdfd00abab'), ('\xfdffffabab'), ('\xfe00000100') $$,
    'say their number as a compact size');
-- with the share, or not at all
SAVEPOINT before_block;
SELECT pg_temp.make_job(:'network', :easy_nbits, false, salt => 4,
    template_id => pg_temp.make_template(:'network', 0, '')) AS job \gset
SELECT pg_temp.submit(pg_temp.share(:job, :alice, pg_temp.find(:job, true))) AS codes \gset
ROLLBACK TO before_block;
SELECT is_empty(format('SELECT 1 FROM chimera.blocks WHERE job_id = %s', :job), 'a rolled back share leaves no block');

SELECT * FROM finish();
ROLLBACK;
