-- web_accounts.sql: accounts in the REST API (sql/web/accounts.sql).
BEGIN;
\ir begin.psql
\ir work.psql
SELECT plan(50);
\ir web.psql
SET LOCAL timezone = 'America/St_Johns';

CREATE FUNCTION pg_temp.keys(o jsonb) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(k, ' ' ORDER BY k) FROM jsonb_object_keys(o) k $$;
CREATE FUNCTION pg_temp.of(list jsonb, name text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT e FROM jsonb_array_elements(list) e WHERE e ->> 'network' = name
$$;

-- ---------- stats ----------

SELECT chimera.web_account('test_web_alice') AS alice_stats \gset
SELECT is(pg_temp.keys(:'alice_stats'), 'account algorithms created_at networks', 'an account has all members');
SELECT is(pg_temp.keys(:'alice_stats'::jsonb -> 'networks' -> 0), 'algorithm blocks_24h last_share_at miners network network_id symbol windows', 'and each of its networks');
SELECT is((SELECT jsonb_agg(n -> 'network') FROM jsonb_array_elements(:'alice_stats'::jsonb -> 'networks') n), '["test_web_scrypt", "test_web_sha"]'::jsonb, 'the networks that it mined are listed');
SELECT is((SELECT jsonb_agg(w -> 'window') FROM jsonb_array_elements(pg_temp.of(:'alice_stats'::jsonb -> 'networks', 'test_web_sha') -> 'windows') w), '["1m", "5m", "15m", "1h", "24h", "7d"]'::jsonb, 'with all windows, shortest first');
SELECT is((SELECT w - 'hashrate_hs' FROM jsonb_array_elements(pg_temp.of(:'alice_stats'::jsonb -> 'networks', 'test_web_sha') -> 'windows') w WHERE w ->> 'window' = '24h'),
          (SELECT jsonb_build_object('window', '24h', 'accepted', sum(accepted), 'stale', count(*), 'duplicate', 2 * count(*), 'low_difficulty', 3 * count(*), 'invalid', 4 * count(*))
           FROM sent WHERE network_id = :'sha' AND miner_id = :rig1), 'the counts match the submitted shares');
SELECT is((SELECT (w -> 'accepted', w -> 'hashrate_hs')::text FROM jsonb_array_elements(pg_temp.of(:'alice_stats'::jsonb -> 'networks', 'test_web_sha') -> 'windows') w WHERE w ->> 'window' = '1m'), '(0,0)', 'a window without work is 0');
SELECT is((SELECT (n -> 'miners', n -> 'blocks_24h')::text FROM pg_temp.of(:'alice_stats'::jsonb -> 'networks', 'test_web_sha') n), '(1,12)', 'the counts of its rigs and blocks');
SELECT is((SELECT jsonb_agg(a -> 'hashrate_hs' ORDER BY a -> 'algorithm') FROM jsonb_array_elements(:'alice_stats'::jsonb -> 'algorithms') a),
          (SELECT jsonb_agg(hashrate_hs ORDER BY algorithm) FROM chimera.user_network_stats WHERE account_id = :alice AND "window" = '15m'), 'algorithms are separate');
SELECT is((SELECT jsonb_agg(n -> 'network') FROM jsonb_array_elements(chimera.web_account('test_web_alice', 'test_web_scrypt') -> 'networks') n), '["test_web_scrypt"]'::jsonb, 'or one network');
SELECT is(chimera.web_account('test_web_idle') - 'created_at', '{"account": "test_web_idle", "networks": [], "algorithms": []}'::jsonb, 'an account that never mined has no networks');
SELECT is(chimera.web_account(:'address') -> 'account', to_jsonb(:'address'::text), 'an address is shown as an account');

-- ---------- hashrate ----------

SELECT is((SELECT sum((p -> 2)::bigint) FROM jsonb_array_elements(chimera.web_account_hashrate('test_web_alice', 'test_web_sha') -> 'series' -> 0 -> 'points') p WHERE p -> 2 <> 'null'),
          (SELECT sum(accepted)::numeric FROM sent WHERE network_id = :'sha' AND miner_id = :rig1), 'its series matches the submitted shares');
SELECT is((SELECT jsonb_agg(s -> 'network') FROM jsonb_array_elements(chimera.web_account_hashrate('test_web_alice', range => '24h') -> 'series') s), '["test_web_scrypt", "test_web_sha"]'::jsonb, 'on each network that it mined');
SELECT is(chimera.web_account_hashrate('test_web_idle'), '{"range": "24h", "step_s": 600, "series": []}'::jsonb, 'without shares there is no series');

SAVEPOINT farm;
INSERT INTO chimera.miners (account_id, name) SELECT :alice, 'farm' || i FROM generate_series(1, 1000) i;
SELECT is((SELECT jsonb_agg(h -> 'step_s' ORDER BY place) FROM unnest('{1h,6h,24h,7d,30d,90d}'::text[]) WITH ORDINALITY r (range, place), chimera.web_account_hashrate('test_web_alice', range => r.range) h),
          '[60, 3600, 3600, 3600, 86400, 86400]'::jsonb, 'a farm of a thousand rigs is shown by hours and days');
ROLLBACK TO farm;

-- ---------- workers ----------

SELECT chimera.web_account_workers('test_web_alice') AS workers \gset
SELECT set_eq(format($$ SELECT (w ->> 'network', (w ->> 'last_share_at')::timestamptz)::text FROM jsonb_array_elements(%L::jsonb -> 'items') w WHERE w ->> 'miner' = 'rig1' AND w ->> 'last_share_at' IS NOT NULL $$, :'workers'),
              format($$ SELECT (n.name, max(s.submitted_at))::text FROM sent s JOIN chimera.network_configs n USING (network_id) WHERE s.miner_id = %s AND s.submitted_at < now() - interval '30 minutes' GROUP BY n.name $$, :rig1), 'a worker''s last share has its very time, once it is applied');
SELECT is((SELECT (n ->> 'last_share_at')::timestamptz FROM jsonb_array_elements(:'alice_stats'::jsonb -> 'networks') n WHERE n ->> 'network' = 'test_web_scrypt'),
          (SELECT max(submitted_at) FROM sent WHERE network_id = :'scrypt' AND submitted_at < now() - interval '10 minutes'), 'and an account''s');
SELECT is(pg_temp.keys(:'workers'::jsonb -> 'items' -> 0), 'accepted_24h algorithm connected_since hashrate_15m_hs hashrate_24h_hs is_online last_share_at miner miner_id network network_id rejected_24h', 'a worker has all of its figures');
SELECT is((SELECT jsonb_agg(jsonb_build_array(w -> 'miner', w -> 'network', w -> 'accepted_24h', w -> 'rejected_24h')) FROM jsonb_array_elements(:'workers'::jsonb -> 'items') w),
          (SELECT jsonb_build_array(jsonb_build_array('rig2', 'test_web_scrypt', 30, 300), jsonb_build_array('rig1', 'test_web_scrypt', 9, 10),
                                    jsonb_build_array('rig1', 'test_web_sha', sum(accepted), 10 * count(*)), jsonb_build_array('spare', NULL, 0, 0)) FROM sent WHERE network_id = :'sha' AND miner_id = :rig1),
          'rigs are listed newest first, once per network that they mined, or without a network');
SELECT is((SELECT jsonb_agg(w -> 'miner') FROM jsonb_array_elements(chimera.web_account_workers('test_web_alice', 'test_web_sha') -> 'items') w), '["rig1"]'::jsonb, 'with a network, only its rigs are listed');
INSERT INTO chimera.miner_network_assignments (server_id, session_id, miner_id, first_miner_id, listener_id, network_id, chosen_by, connected_at)
SELECT gen_random_uuid(), i, :rig1, :rig1, 0, :'sha', 'default', now() - i * interval '1 hour' FROM generate_series(1, 2) i;
SELECT is((SELECT jsonb_agg(jsonb_build_array(w -> 'network', w -> 'is_online', (w ->> 'connected_since')::timestamptz = now() - interval '2 hours'))
           FROM jsonb_array_elements(chimera.web_account_workers('test_web_alice') -> 'items') w WHERE w ->> 'miner' = 'rig1'), '[["test_web_scrypt", false, null], ["test_web_sha", true, true]]'::jsonb,
          'a connected rig is online on its network since its first connection');
INSERT INTO chimera.miners (account_id, name) SELECT account_id, 'n' || i FROM chimera.accounts, generate_series(1, 53) i WHERE name = 'test_web_idle';
CREATE FUNCTION pg_temp.pages(call text) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
    cursor text;
    page jsonb;
BEGIN
    LOOP
        EXECUTE format(call, cursor) INTO page;
        RETURN QUERY SELECT * FROM jsonb_array_elements(page -> 'items');
        cursor := page ->> 'next';
        EXIT WHEN cursor IS NULL;
    END LOOP;
END;
$$;
SELECT is((SELECT jsonb_agg(w -> 'miner') FROM pg_temp.pages($$ SELECT chimera.web_account_workers('test_web_idle', before => %L, "limit" => 10) $$) w),
          (SELECT jsonb_agg('n' || i ORDER BY i DESC) FROM generate_series(1, 53) i), 'the pages contain each worker once');
SELECT is((SELECT (jsonb_array_length(w -> 'items'), w -> 'next' = 'null')::text FROM chimera.web_account_workers('test_web_idle') w), '(25,f)', 'a page has 25 by default');

-- ---------- balances ----------

SELECT pg_temp.of(chimera.web_account_balances('test_web_alice') -> 'items', 'test_web_sha') AS balance \gset
SELECT is(pg_temp.keys(:'balance'), 'available_sats estimated_round_sats estimated_sats_per_day minimum_payout_sats network network_id paid_sats pending_sats sending_sats symbol', 'a balance has all of its parts');
SELECT is(:'balance'::jsonb - '{network_id,estimated_round_sats,estimated_sats_per_day}'::text[],
          '{"network": "test_web_sha", "symbol": "TST", "pending_sats": "9007199254740993", "available_sats": "42", "sending_sats": "200000", "paid_sats": "123456", "minimum_payout_sats": "100000"}'::jsonb,
          'its amounts match the ledger exactly, as strings');
SELECT is(:'balance'::jsonb ->> 'estimated_round_sats', (SELECT sats::text FROM chimera.estimated_rewards('test_web_sha') WHERE account_id = :alice), 'the reward of a block found now is estimated');
SELECT is(:'balance'::jsonb ->> 'estimated_sats_per_day', (SELECT sats_per_day::text FROM chimera.estimated_earnings('test_web_alice', 'test_web_sha')), 'the earnings of a day are estimated');
SELECT is((SELECT (b -> 'available_sats', b -> 'estimated_round_sats', b -> 'estimated_sats_per_day')::text FROM pg_temp.of(chimera.web_account_balances('test_web_alice') -> 'items', 'test_web_scrypt') b),
          '("""0""",null,null)', 'a network that it mines has a balance, and without a scheme no estimate');
SELECT is(chimera.web_account_balances('test_web_idle'), '{"items": []}'::jsonb, 'an account without earnings has no balance');
SELECT is(jsonb_array_length(chimera.web_account_balances('test_web_idle', 'test_web_sha') -> 'items'), 1, 'except on the given network');
SELECT chimera.set_minimum_payout('test_web_alice', 'test_web_sha', 9007199254740995) \g /dev/null
SELECT is(chimera.web_account_balances('test_web_alice', 'test_web_sha') -> 'items' -> 0 -> 'minimum_payout_sats', '"9007199254740995"', 'its own minimum applies if it is higher');

-- ---------- payouts ----------

SELECT chimera.web_account_payouts('test_web_alice') -> 'items' AS payouts \gset
SELECT is(pg_temp.keys(:'payouts'::jsonb -> 0), 'address amount_sats confirmations confirmed_at created_at explorer_url fee_sats network network_id payout_id sent_at state symbol txid', 'a payout has all of its parts');
SELECT is((SELECT jsonb_agg(jsonb_build_array(p -> 'amount_sats', p -> 'state', p -> 'address', p -> 'explorer_url', p -> 'confirmations')) FROM jsonb_array_elements(:'payouts') p),
          jsonb_build_array(jsonb_build_array('200000', 'prepared', :'address', NULL, 0),
                            jsonb_build_array('123456', 'confirmed', :'address', 'https://explorer.test/tx/' || repeat('ab', 32), 6)), 'payouts are listed newest first, with the transaction''s explorer link');
SELECT is((SELECT jsonb_agg(p -> 'amount_sats') FROM pg_temp.pages($$ SELECT chimera.web_account_payouts('test_web_alice', before => %L, "limit" => 1) $$) p), '["200000", "123456"]'::jsonb, 'the pages contain each payout once');
SELECT is(chimera.web_account_payouts('test_web_alice', 'test_web_scrypt'), '{"items": [], "next": null}'::jsonb, 'another network has no payouts');

-- ---------- earnings ----------

SELECT chimera.web_account_earnings('test_web_alice') AS earnings \gset
SELECT is(pg_temp.keys(:'earnings') || ' of ' || pg_temp.keys(:'earnings'::jsonb -> 'series' -> 0), 'range series step_s of network network_id points symbol', 'earnings have all members');
SELECT is((:'earnings'::jsonb -> 'step_s', jsonb_array_length(:'earnings'::jsonb -> 'series' -> 0 -> 'points'))::text, '(86400,30)', 'every day has a point');
SELECT is((SELECT jsonb_agg(p -> 1 ORDER BY p -> 0) FROM jsonb_array_elements(:'earnings'::jsonb -> 'series' -> 0 -> 'points') p WHERE p ->> 1 <> '0'),
          (SELECT jsonb_agg(sats::text ORDER BY day) FROM (
               SELECT date_trunc('day', at, 'UTC') AS day, sum(sats) AS sats
               FROM (VALUES (now() - interval '49 hours', 9007199254740993), (now() - interval '25 hours', 700), (now() - interval '1 hour', -700), (now(), 323498)) c (at, sats) GROUP BY 1 HAVING sum(sats) <> 0) d),
          'each day (UTC) has its credits less reversals, without internal transfers');
SELECT is((SELECT (e -> 'step_s', jsonb_array_length(e -> 'series' -> 0 -> 'points'))::text FROM chimera.web_account_earnings('test_web_alice', 'test_web_sha', '24h') e), '(3600,24)', 'a day has hourly points');
SELECT is(chimera.web_account_earnings('test_web_idle', range => '7d'), '{"range": "7d", "step_s": 86400, "series": []}'::jsonb, 'an account without earnings has no series');

-- ---------- private accounts, errors ----------

SAVEPOINT private;
INSERT INTO chimera.web_users (account_id, password_hash) VALUES (:alice, '$argon2id$');
SELECT throws_ok(format('SELECT chimera.web_%s(''test_web_alice'')', call), '42704', 'account "test_web_alice" does not exist', 'a private account is unknown to web_' || call)
FROM unnest('{account,account_hashrate,account_workers,account_balances,account_payouts,account_earnings}'::text[]) call;
ROLLBACK TO private;
SELECT throws_ok(format('SELECT chimera.web_%s', call), state, message, format('web_%s: %s', call, message))
FROM (VALUES ('account(''test_web_nobody'')', '42704', 'account "test_web_nobody" does not exist'), ('account(''test_web_alice'', ''nowhere'')', '42704', 'network "nowhere" does not exist'),
             ('account_workers(''test_web_alice'', "limit" => 1000)', '22023', 'limit must be from 1 to 100, not 1000'),
             ('account_earnings(''test_web_alice'', range => ''1y'')', '22023', 'range "1y" does not exist')) t (call, state, message);

SELECT * FROM finish();
ROLLBACK;
