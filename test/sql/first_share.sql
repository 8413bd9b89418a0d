-- first_share.sql: the share that makes a rig, and the rows of its connection.
BEGIN;
\ir begin.psql
\if :is_pool
\else
SELECT :'skip_file';
\q
\endif
SELECT plan(27);
\ir work.psql

SELECT pg_temp.make_network('test_first') AS network, gen_random_uuid() AS server \gset
SELECT chimera.enable_network('test_first'), chimera.add_listener(4001, network => 'test_first') AS listener \gset
SELECT pg_temp.make_job(:'network', :hard_nbits) AS job, pg_temp.make_miner('test_else', 'rig') AS else_id \gset
SELECT chimera.stratum_hello(:'server') \g /dev/null
CREATE FUNCTION pg_temp.enter(server uuid, session bigint, user_name text) RETURNS int LANGUAGE sql AS $$
    SELECT a.miner_id FROM chimera.listeners l
    CROSS JOIN LATERAL chimera.authorize(l.listener_id, server, session, user_name, 'x') a WHERE l.port = 4001
$$;
-- the batch names a miner who is not the finder: it must not matter
CREATE FUNCTION pg_temp.first(server uuid, session bigint, account text, rig text, share bytea, is_first boolean DEFAULT true)
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer record;
BEGIN
    SELECT f.* INTO answer FROM chimera.submit_first_share(server, session, is_first, account, rig, '\x00000001'::bytea || share) f;
    -- a statement of its own, which sees what was made
    RETURN concat_ws(' ', answer.result, (
        SELECT CASE WHEN a.name = account THEN m.name ELSE 'wrong' END
        FROM chimera.miners m JOIN chimera.accounts a USING (account_id) WHERE m.miner_id = answer.miner_id));
END;
$$;
-- the open rows of a session
CREATE FUNCTION pg_temp.rows(session bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', a.account_name || '.' || a.rig_name, m.name, 'after ' || f.name), ', '
                      ORDER BY a.account_name, a.rig_name, m.name)
    FROM chimera.miner_network_assignments a
    LEFT JOIN chimera.miners m ON m.miner_id = a.miner_id LEFT JOIN chimera.miners f ON f.miner_id = a.first_miner_id
    WHERE a.session_id = session AND a.disconnected_at IS NULL
$$;
-- to whom a share is credited
CREATE FUNCTION pg_temp.finder(extranonce2 bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(a.name || '.' || m.name, ', ') FROM chimera.shares s
    JOIN chimera.miners m USING (miner_id) JOIN chimera.accounts a USING (account_id)
    WHERE s.network_id = chimera.network_id('test_first') AND s.extranonce2 = finder.extranonce2
$$;

-- ---------- what is no share leaves nothing ----------

SELECT is(pg_temp.enter(:'server', 1, 'test_new.one'), 0, 'a new rig has no number');
SELECT is(pg_temp.enter(:'server', 1, 'test_new.two'), 0, 'nor has another of the connection');
SELECT is(pg_temp.rows(1), 'test_new.one, test_new.two', 'they stand by their names');
SELECT is(pg_temp.first(:'server', 1, 'test_new', 'one', pg_temp.share(:job, :else_id, 1, difficulty => 1e12)), '4', 'a bad share is refused');
SELECT is(pg_temp.first(:'server', 1, 'test_new', 'one', pg_temp.share(0, :else_id, 1)), '2', 'so is one of no job');
SELECT is_empty($$ SELECT FROM chimera.accounts WHERE name = 'test_new' $$, 'and makes no account');
SELECT is(pg_temp.rows(1), 'test_new.one, test_new.two', 'nor changes the rows');

-- ---------- a share makes its rig ----------

SELECT is(pg_temp.first(:'server', 1, 'test_new', 'one', pg_temp.share(:job, :else_id, 1)), '0 one', 'a share makes the rig');
SELECT is(pg_temp.finder(1), 'test_new.one', 'and is credited to it, whoever the batch names');
SELECT is(pg_temp.rows(1), 'test_new.two after one, one after one', 'its row has the number, the other one does not');
SELECT is(pg_temp.first(:'server', 1, 'test_new', 'two', pg_temp.share(:job, :else_id, 2), false), '0 two', 'the next rig''s too');
SELECT is(pg_temp.rows(1), 'one after one, two after one', 'but the connection''s first one stays');
SELECT is(pg_temp.first(:'server', 1, 'test_new', 'two', pg_temp.share(:job, :else_id, 3), false), '0 two', 'a further one is credited to the same');
SELECT is(pg_temp.finder(3), 'test_new.two', 'as it should');

-- a duplicate that a new rig submits: only submit_shares() can tell
SELECT is(pg_temp.enter(:'server', 2, 'test_thief.rig'), 0, 'another rig comes');
SELECT is(pg_temp.first(:'server', 2, 'test_thief', 'rig', pg_temp.share(:job, :else_id, 1)), '3', 'a share of somebody else is a duplicate');
SELECT is_empty($$ SELECT FROM chimera.accounts WHERE name = 'test_thief' $$, 'and makes no account');
SELECT is(pg_temp.rows(2), 'test_thief.rig', 'nor changes its row');
-- one of a rig that exists
SELECT is(pg_temp.first(:'server', 1, 'test_new', 'one', pg_temp.share(:job, :else_id, 1)), '3 one', 'its own is, too');
SELECT is(pg_temp.first(:'server', 1, 'test_new', 'one', pg_temp.share(:job, :else_id, 4, difficulty => 1e12)), '4 one', 'a bad one is refused');
SELECT is(pg_temp.finder(1), 'test_new.one', 'which changes nothing');

-- ---------- a response that was lost ----------

-- stratumd does not know the number, and reports the rig by its name
SELECT chimera.stratum_hello(:'server', '{1,1}', '{0,0}', '{0,0}', ARRAY[:listener, :listener], ARRAY[NULL, NULL]::uuid[],
                             ARRAY[NULL, NULL]::inet[], '{test_new,test_new}', '{one,two}') \g /dev/null
SELECT is(pg_temp.first(:'server', 1, 'test_new', 'one', pg_temp.share(:job, :else_id, 1)), '3 one', 'sent again it is a duplicate');
SELECT is(pg_temp.first(:'server', 1, 'test_new', 'two', pg_temp.share(:job, :else_id, 5), false), '0 two', 'and the next share is accepted');
SELECT is(pg_temp.rows(1), 'one after one, two after one', 'each rig has one row');
SELECT is(count(*), 0::bigint, 'of the others nothing stays') FROM chimera.miner_network_assignments WHERE account_name = 'test_new';

-- a rig that is on two connections
SELECT pg_temp.enter(:'server', 3, 'test_two.rig'), pg_temp.enter(:'server', 4, 'test_two.rig') \g /dev/null
SELECT pg_temp.first(:'server', 3, 'test_two', 'rig', pg_temp.share(:job, :else_id, 6)) \g /dev/null
SELECT is(pg_temp.rows(4), 'test_two.rig', 'a number that it has got on another connection');
SELECT pg_temp.first(:'server', 4, 'test_two', 'rig', pg_temp.share(:job, :else_id, 7)) \g /dev/null
SELECT is(pg_temp.rows(4), 'rig after rig', 'comes with its own share there');

SELECT * FROM finish();
ROLLBACK;
