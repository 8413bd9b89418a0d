-- shares_duplicate.sql: a share counts once, and is free again after a rollback.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    \echo :skip_file
    \quit
\endif
\ir work.psql
SELECT plan(23);

SELECT pg_temp.make_network('test_twice', version_mask => x'1fffe000'::bigint) AS network,
       pg_temp.make_miner('test_alice') AS alice, pg_temp.make_miner('test_bob') AS bob \gset
SELECT pg_temp.make_job(:'network', :hard_nbits, version_mask => x'1fffe000'::bigint) AS job,
       pg_temp.make_job(:'network', :hard_nbits, false) AS other_job \gset

-- submits in a subtransaction that is rolled back
CREATE FUNCTION pg_temp.submit_in_vain(share bytea) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE
    codes int[];
BEGIN
    BEGIN
        codes := pg_temp.submit(share);
        RAISE EXCEPTION 'in vain';
    EXCEPTION WHEN raise_exception THEN
        RETURN codes;
    END;
END;
$$;

SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1), pg_temp.share(:job, :alice, 1)), '{0,3}',
          'the second of two in a batch is a duplicate');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1)), '{3}', 'in the next batch it is one too');
SELECT is(pg_temp.submit(pg_temp.share(:job, :bob, 1)), '{3}', 'from another miner as well');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1, difficulty => :free_difficulty * 2)), '{3}',
          'at another difficulty as well');
SELECT is((SELECT count(*) FROM chimera.shares WHERE network_id = :'network'), 1::bigint, 'one row is stored of all these');

SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 2)), '{0}', 'another extranonce2 is another share');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1, extranonce1 => 9)), '{0}', 'another extranonce1 is another share');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1, ntime => :curtime + 1)), '{0}', 'another time is another share');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1, nonce => 9)), '{0}', 'another nonce is another share');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1, version_mask => x'2000'::bigint, version_bits => x'2000'::bigint)),
          '{0}', 'another version is another share');
SELECT is(pg_temp.submit(pg_temp.share(:other_job, :alice, 1)), '{0}', 'another job is another share');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1, version_mask => x'4000'::bigint)), '{3}',
          'another mask with the same bits is the same share');

SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 3, difficulty => 1e9)), '{4}', 'a share refused for its difficulty');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 3)), '{0}', 'is not taken for a duplicate later');

SELECT is(pg_temp.submit_in_vain(pg_temp.share(:job, :alice, 4)), '{0}', 'a share accepted in a subtransaction rolled back');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 4)), '{0}', 'is accepted again');
SELECT is(pg_temp.submit_in_vain(pg_temp.share(:job, :alice, 4)), '{3}', 'a duplicate in a subtransaction rolled back');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 4)), '{3}', 'frees nothing that it did not take');

-- claims of a subtransaction that commits belong to its parent
SAVEPOINT outer_one;
SAVEPOINT inner_one;
SELECT pg_temp.submit(pg_temp.share(:job, :alice, 5)) AS codes \gset
RELEASE inner_one;
SELECT pg_temp.submit(pg_temp.share(:job, :alice, 5)) AS repeated \gset
ROLLBACK TO outer_one;
SELECT is(:'codes'::int[] || :'repeated'::int[], '{0,3}', 'a released subtransaction keeps its share');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 5)), '{0}', 'until its parent is rolled back');

SAVEPOINT first_one;
SELECT pg_temp.submit(pg_temp.share(:job, :alice, 7)) AS codes \gset
RELEASE first_one;
SAVEPOINT second_one;
ROLLBACK TO second_one;
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 7)), '{3}', 'and not when another subtransaction is');

-- an ERROR in a batch that had claimed before it
CREATE TRIGGER refuse BEFORE INSERT ON chimera.share_deltas EXECUTE FUNCTION chimera.forbid_change();
SELECT throws_ok(format('SELECT pg_temp.submit(pg_temp.share(%s, %s, 6))', :job, :alice), '55000', NULL,
                 'a batch that fails after it has claimed its shares');
DROP TRIGGER refuse ON chimera.share_deltas;
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 6)), '{0}', 'gives them back');

SELECT * FROM finish();
ROLLBACK;
