-- blocks.sql: the table of found blocks.
BEGIN;
\ir begin.psql
SELECT plan(13);

SELECT pg_temp.make_network('test_one') AS one, pg_temp.make_network('test_two') AS two, pg_temp.make_miner('test_alice') AS alice \gset
CREATE FUNCTION pg_temp.add_block(network uuid, hash bytea, miner int) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO chimera.blocks (network_id, height, hash, job_id, account_id, miner_id, reward_sats, network_difficulty,
        share_difficulty, raw, found_at, status_changed_at)
    SELECT network, 7, hash, 1, account_id, miner_id, 5000000000, 1, 2, 'raw', '2020-01-01', '2020-01-01'
    FROM chimera.miners WHERE miner_id = miner RETURNING block_id
$$;
SELECT pg_temp.add_block(:'one', sha256('a'), :alice) AS block \gset

SELECT throws_ok(format($$ SELECT pg_temp.add_block(%L, sha256('a'), %s) $$, :'one', :alice), '23505', NULL,
                 'a network has no two blocks of one hash');
SELECT lives_ok(format($$ SELECT pg_temp.add_block(%L, sha256('a'), %s) $$, :'two', :alice), 'another network may have it');
SELECT lives_ok(format($$ SELECT pg_temp.add_block(%L, sha256('b'), %s) $$, :'one', :alice),
                'a network may have two blocks of one height');
SELECT throws_ok(format($$ SELECT pg_temp.add_block(%L, '\x00', %s) $$, :'one', :alice), '23514', NULL, 'a hash has 32 bytes');
SELECT throws_ok(format($$ SELECT pg_temp.add_block(gen_random_uuid(), sha256('c'), %s) $$, :alice), '23503', NULL,
                 'a block is of a network that is there');
SELECT throws_ok($$ DELETE FROM chimera.network_configs WHERE name = 'test_one' $$, '23503', NULL,
                 'a network with blocks cannot be removed');
SELECT throws_ok(format($$ UPDATE chimera.blocks SET status = 'lost' WHERE block_id = %s $$, :block), '22P02', NULL,
                 'a status is one of the documented');
SELECT enum_has_labels('chimera', 'block_status', '{found,submitted,accepted,confirmed,orphaned,rejected}',
                       'which are found, submitted, accepted, confirmed, orphaned and rejected');

SELECT is(status::text, 'found', 'a block begins as found') FROM chimera.blocks WHERE block_id = :block;
UPDATE chimera.blocks SET confirmations = 1, status = status WHERE block_id = :block;
SELECT is(status_changed_at, '2020-01-01'::timestamptz, 'an update of the same status does not stamp it')
FROM chimera.blocks WHERE block_id = :block;
UPDATE chimera.blocks SET status = 'accepted' WHERE block_id = :block;
SELECT ok(status_changed_at BETWEEN now() AND clock_timestamp(), 'a changed status is stamped')
FROM chimera.blocks WHERE block_id = :block;
SELECT status_changed_at AS before FROM chimera.blocks WHERE block_id = :block \gset
UPDATE chimera.blocks SET status = 'orphaned', status_changed_at = '2020-01-01' WHERE block_id = :block;
SELECT ok(status_changed_at > :'before', 'and once more within the transaction, whatever is written there')
FROM chimera.blocks WHERE block_id = :block;
SELECT is(found_at, '2020-01-01'::timestamptz, 'when it was found stays') FROM chimera.blocks WHERE block_id = :block;

SELECT * FROM finish();
ROLLBACK;
