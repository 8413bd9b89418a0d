-- audit_shares.sql: the audit recounts what was paid by share.
BEGIN;
\ir begin.psql
\ir rewards.psql
SELECT plan(17);

SELECT pg_temp.make_miner('test_a') AS a, pg_temp.make_miner('test_b') AS b \gset
SELECT account_id AS account_a FROM chimera.miners WHERE miner_id = :a \gset
SELECT pg_temp.make_reward_network('test_pps') AS pps \gset
SELECT pg_temp.add_job(:'pps', 5010000000, 'before', fees => 10000000) AS before,
       pg_temp.add_job(:'pps', 2530000000, 'after', fees => 30000000) AS after \gset
SELECT chimera.set_reward_scheme('test_pps', 'fpps', '{"fee_percent": 1.7, "donation_percent": 0.3}') \g /dev/null

-- two days, whose shares are paid by three horizons a day; a third of a unit and the like is carried
CREATE FUNCTION pg_temp.pay_until(network uuid, share bigint, at timestamptz) RETURNS int LANGUAGE sql AS $$
    INSERT INTO chimera.pps_progress AS s (network_id, next_share_id, next_settles_after, next_taken_at)
    VALUES (network, share, '3', at)
    ON CONFLICT ON CONSTRAINT pps_progress_pkey DO UPDATE
        SET next_share_id = excluded.next_share_id, next_settles_after = '3', next_taken_at = excluded.next_taken_at;
    SELECT chimera.post_pps_shares(network)
$$;
SELECT date_trunc('day', now()) - interval '3 days' AS day \gset
SELECT pg_temp.add_share(:'pps', 4096 + n, :'day'::timestamptz + n * interval '2 hours', CASE WHEN n % 3 = 0 THEN :a ELSE :b END, 0.7 / n,
                         CASE WHEN n < 11 THEN :before ELSE :after END)
FROM generate_series(1, 23) n \g /dev/null
SELECT is(sum(pg_temp.pay_until(:'pps', 4096 + n, :'day'::timestamptz + n * interval '2 hours')), 7::bigint, 'shares are paid range by range')
FROM unnest('{3,6,9,12,15,18,23}'::int[]) n;
SELECT is_empty($$ SELECT * FROM chimera.audit('test_pps') $$, 'the audit agrees, over a halving');

-- another scheme, and its parameters mended
SELECT chimera.correct_reward_scheme('test_pps', '{"fee_percent": 5}', 'a mistake') \g /dev/null
SELECT pg_temp.add_share(:'pps', 4120, :'day'::timestamptz + interval '49 hours', :a, 1, :after) \g /dev/null
SELECT pg_temp.pay_until(:'pps', 4120, :'day'::timestamptz + interval '50 hours') \g /dev/null
SELECT is_empty($$ SELECT * FROM chimera.audit('test_pps') $$, 'and over a change of parameters');

-- what is damaged is found, one damage a time
CREATE FUNCTION pg_temp.found(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    BEGIN
        EXECUTE statement;
        SELECT string_agg(DISTINCT format('%s: %s', check_name, subject), '; ' ORDER BY format('%s: %s', check_name, subject)) INTO found
        FROM chimera.audit('test_pps') WHERE check_name ~ 'share';
        RAISE SQLSTATE 'ZZ001';
    EXCEPTION WHEN SQLSTATE 'ZZ001' THEN
        RETURN coalesce(found, '');
    END;
END;
$$;
ALTER TABLE chimera.ledger_entries DISABLE TRIGGER USER;
ALTER TABLE chimera.ledger_transactions DISABLE TRIGGER USER;
SELECT format('payments by share equal a recount of the shares: balance of account %s', :account_a) AS wrong_a \gset
SELECT :'wrong_a' || '; payments by share equal a recount of the shares: donation of account 0' AS wrong_both \gset
SELECT is(pg_temp.found(format('UPDATE chimera.ledger_entries SET amount_sats = amount_sats + %s WHERE entry_id = (SELECT max(entry_id) FROM chimera.ledger_entries WHERE account = ''balance'' AND account_id = %s)', by, :account_a)),
          :'wrong_a', format('%s units too many', by))
FROM unnest('{1,-1,1000}'::int[]) by;
SELECT is(pg_temp.found(format('UPDATE chimera.pps_remainders SET fraction_sats = fraction_sats / 2 WHERE account_id = %s', :account_a)), :'wrong_a', 'a fraction of a unit');
SELECT is(pg_temp.found(format('DELETE FROM chimera.shares WHERE network_id = %L AND share_id = 4105', :'pps')), :'wrong_both', 'a share that is gone');
SELECT is(pg_temp.found(format('UPDATE chimera.shares SET difficulty = 0.5 WHERE network_id = %L AND share_id = 4105', :'pps')), :'wrong_both', 'a share that says another difficulty');
SELECT is(pg_temp.found(format('SELECT pg_temp.add_share(%L, 4122, %L, %s, 1, %s); UPDATE chimera.pps_progress SET share_id = 4122 WHERE network_id = %L',
                               :'pps', :'day'::timestamptz + interval '51 hours', :a, :after, :'pps')), :'wrong_a', 'shares that were left out');
SELECT matches(pg_temp.found(format('SELECT chimera.pay_shares(%L, 4111, 4114, ''fpps'', ''{}'', ''-infinity'', ''infinity'')', :'pps')),
               '^every share is paid once: transaction [0-9]+ pays shares above 411[14] again; payments by share', 'a range paid twice');
SELECT is(pg_temp.found(format('DELETE FROM chimera.ledger_entries WHERE transaction_id = (SELECT min(transaction_id) FROM chimera.ledger_transactions WHERE network_id = %L AND kind = ''shares'')', :'pps')) ~ :'wrong_a',
          true, 'a payment that is gone');

-- after retention: the first day is gone, and what was carried over from it is not known
DELETE FROM chimera.shares WHERE network_id = :'pps' AND submitted_at < :'day'::timestamptz + interval '1 day';
INSERT INTO chimera.expired_shares (network_id, dropped_until) VALUES (:'pps', :'day'::timestamptz + interval '1 day');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_pps') $$, 'shares that were dropped are no deviation');
SELECT is(pg_temp.found(format('UPDATE chimera.ledger_entries SET amount_sats = amount_sats + %s WHERE entry_id = (SELECT max(entry_id) FROM chimera.ledger_entries WHERE account = ''balance'' AND account_id = %s)', by, :account_a)),
          :'wrong_a', format('%s units are found still', by))
FROM unnest('{1,-1}'::int[]) by;
SELECT is(pg_temp.found(format('DELETE FROM chimera.shares WHERE network_id = %L AND share_id = 4114', :'pps')), :'wrong_both', 'and a share of the second day');
SELECT is(pg_temp.found(format('DELETE FROM chimera.ledger_transactions WHERE false')), '', 'and nothing where nothing is wrong');
SELECT * FROM finish();
ROLLBACK;
