-- wallets.sql: where accounts are paid.
BEGIN;
\ir begin.psql
SELECT plan(70);

-- one coin with segwit, one with another hrp and version of scripts, one with cashaddr
UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE is_enabled;
SELECT pg_temp.make_network('test_btc') AS btc \gset
SELECT chimera.add_network('test_ltc', 'scrypt', 'TLT', repeat('0', 64), 'http://127.0.0.1:1', 'MHrYRxAiMNBTku3eoDHwhA1LQGDjUStZW2',
    settings => '{"p2pkh_version": 48, "p2sh_version": 50, "bech32_hrp": "ltc", "p2sh_version_old": 5}') AS ltc,
       chimera.add_network('test_bch', 'sha256d', 'TBC', repeat('0', 64), 'http://127.0.0.1:1', '1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu',
    settings => '{"p2pkh_version": 0, "p2sh_version": 5, "cashaddr_prefix": "bitcoincash"}') AS bch \gset
SELECT chimera.enable_network(n) FROM unnest('{test_btc,test_ltc,test_bch}'::text[]) n;
INSERT INTO chimera.accounts (name) VALUES ('test_alice'), ('test_bob'), ('test_carol'), ('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2'),
    ('bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a');

-- published addresses: BIP 173, cashaddr's specification, and as chain_address.sql has them
\set segwit bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4
\set legacy 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2
\set script 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy
\set litecoin MHrYRxAiMNBTku3eoDHwhA1LQGDjUStZW2
\set litecoin_old 3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC
\set cash bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a
\set cash_bare qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a
\set cash_legacy 1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu

-- where an account is paid: address percent source
CREATE FUNCTION pg_temp.routes(account text, network text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', p.address, p.percent, p.source), ', ' ORDER BY p.percent, p.address)
    FROM chimera.accounts a CROSS JOIN LATERAL chimera.payout_addresses(chimera.network_id(network), a.account_id) p
    WHERE a.name = account
$$;
-- what waits of an account
CREATE FUNCTION pg_temp.waiting(account text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', coalesce(w.network, 'all'), w.address, w.valid_from - now()), ', ' ORDER BY w.network, w.address)
    FROM chimera.account_wallets w WHERE w.account = waiting.account AND w.is_pending
$$;
-- as if time had gone by
CREATE FUNCTION pg_temp.age(account text, by interval) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE chimera.wallet_sets s SET set_at = s.set_at - by, valid_from = s.valid_from - by, cancelled_at = s.cancelled_at - by
    FROM chimera.accounts a WHERE a.account_id = s.account_id AND a.name = account;
    SET LOCAL session_replication_role = origin;
END;
$$;

-- ---------- one wallet ----------

SELECT is(pg_temp.routes('test_alice', 'test_btc'), NULL, 'an account without wallets cannot be paid');
SELECT set_config('chimera.acting_user', 'test_alice', true);
SELECT chimera.set_wallets('test_alice', 'test_btc', ARRAY[:'segwit'], reason => 'mine') AS first \gset
SELECT set_config('chimera.acting_user', '', true);
SELECT is(pg_temp.routes('test_alice', 'test_btc'), :'segwit' || ' 100.00 wallet', 'one address gets all of it');
SELECT is(pg_temp.routes('test_alice', 'test_bch'), NULL, 'on that network alone');
SELECT results_eq(format('SELECT set_by, reason, valid_from - set_at, cancelled_at FROM chimera.wallet_sets WHERE set_id = %s', :first),
                  $$ VALUES ('test_alice', 'mine', interval '0', NULL::timestamptz) $$, 'who said so is kept, and the first holds at once');
SELECT is(pg_temp.routes('test_bob', 'test_btc'), NULL, 'others'' wallets are their own');

-- ---------- several ----------

SELECT chimera.set_wallets('test_bob', :'bch', ARRAY[:'cash', :'script', :'legacy'], '{33.33,33.34,33.33}') AS bobs \gset
SELECT is(pg_temp.routes('test_bob', 'test_bch'), format('%s 33.33 wallet, %s 33.33 wallet, %s 33.34 wallet', :'legacy', :'cash', :'script'),
          'three addresses share to the hundredth');
SELECT throws_ok(format($$ SELECT chimera.set_wallets('test_bob', 'test_btc', ARRAY[%L, %L], %L) $$, :'legacy', :'script', percents),
                 '22023', message, 'refuses ' || why)
FROM (VALUES
    ('{50,49.99}', 'percentages must sum to 100, not 99.99', 'a sum below 100'),
    ('{50,50.01}', 'percentages must sum to 100, not 100.01', 'a sum above 100'),
    ('{33.333,66.667}', 'percentage must be from 0.01 to 100 with at most 2 decimals, not 33.333', 'thousandths'),
    ('{0,100}', 'percentage must be from 0.01 to 100 with at most 2 decimals, not 0', 'a part of nothing'),
    ('{-50,150}', 'percentage must be from 0.01 to 100 with at most 2 decimals, not -50', 'less than nothing'),
    ('{NaN,50}', 'percentage must be from 0.01 to 100 with at most 2 decimals, not NaN', 'what is no number'),
    ('{NULL,100}', 'percentage must be from 0.01 to 100 with at most 2 decimals, not 0', 'a percentage of NULL'),
    ('{100}', 'number of addresses (2) and of percentages (1) must be equal', 'fewer percentages than addresses'),
    (NULL, 'number of addresses (2) and of percentages (0) must be equal', 'none for two addresses')) bad (percents, message, why);
SELECT throws_ok(format($$ SELECT chimera.set_wallets('test_bob', 'test_btc', %L) $$, array_fill(:'legacy'::text, '{21}')), '22023',
                 'number of addresses must be at most 20, not 21', 'refuses more addresses than a payout should have');
SELECT throws_ok(format($$ SELECT chimera.set_wallets('test_bob', 'test_bch', ARRAY[%L, %L], '{50,50}') $$, a, b), '22023',
                 format('address "%s" is given twice', b), 'refuses an address twice' || how)
FROM (VALUES (:'cash', :'cash', ''), (:'cash', :'cash_bare', ', once without its prefix'), (:'cash', :'cash_legacy', ', once in base58')) twice (a, b, how);
SELECT is(pg_temp.routes('test_bob', 'test_btc'), NULL, 'what was refused has set nothing');

-- ---------- wrong addresses ----------

SELECT throws_ok(format($$ SELECT chimera.set_wallets('test_bob', %L, ARRAY[%L]) $$, network, address), '22023',
                 format('address "%s" is not valid on network "%s": %s', address, network, chimera.network_address_error(network, address)),
                 'refuses ' || why || ', and says why')
FROM (VALUES
    ('test_btc', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'a wrong checksum'),
    ('test_btc', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3', 'a wrong checksum of base58'),
    ('test_ltc', :'segwit', 'another coin''s address'),
    ('test_btc', :'cash', 'a form the coin has not'),
    ('test_btc', 'bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', 'a witness version that wallets do not pay'),
    ('test_btc', '', 'an empty address')) bad (network, address, why);
SELECT throws_ok($$ SELECT chimera.set_wallets('test_bob', 'test_btc', ARRAY[NULL]::text[]) $$, '22023', NULL, 'refuses an address of NULL');
SELECT throws_ok(format($$ SELECT chimera.set_wallets('test_nobody', 'test_btc', ARRAY[%L]) $$, :'legacy'), '42704', NULL, 'refuses an unknown account');
SELECT throws_ok(format($$ SELECT chimera.set_wallets('test_bob', 'test_none', ARRAY[%L]) $$, :'legacy'), '42704', NULL, 'refuses an unknown network');

-- ---------- the default, and names that are addresses ----------

SELECT chimera.set_wallets('test_carol', NULL, ARRAY[:'litecoin_old']) AS carols \gset
SELECT is(pg_temp.routes('test_carol', 'test_ltc'), :'litecoin_old' || ' 100.00 default', 'a default wallet is used where the coin has that form');
SELECT is(pg_temp.routes('test_carol', 'test_bch'), :'litecoin_old' || ' 100.00 default', 'on each such network');
SELECT chimera.set_wallets('test_carol', 'test_ltc', ARRAY[:'litecoin']);
SELECT is(pg_temp.routes('test_carol', 'test_ltc'), :'litecoin' || ' 100.00 wallet', 'a network''s own set comes before it');
SELECT chimera.set_wallets('test_carol', NULL, ARRAY[:'segwit']);
SELECT is(pg_temp.routes('test_carol', 'test_btc'), :'segwit' || ' 100.00 default', 'another default takes its place');
SELECT is(pg_temp.routes('test_carol', 'test_bch'), NULL, 'which is not used where the coin has no such form');
SELECT chimera.set_wallets('test_carol', 'test_ltc', '{}');
SELECT is(pg_temp.routes('test_carol', 'test_ltc'), NULL, 'a set without wallets takes a network''s own back');
SELECT throws_ok(format($$ SELECT chimera.set_wallets('test_carol', NULL, ARRAY[%L, %L], '{50,50}') $$, :'legacy', :'script'), '22023',
                 'a default wallet set must have exactly one address', 'a default set has no two addresses');
SELECT throws_ok($$ SELECT chimera.set_wallets('test_carol', NULL, '{ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n8}') $$, '22023',
                 (SELECT format('address "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n8" is not valid on any enabled network: test_bch: %s; test_btc: %s; test_ltc: %s',
                                chimera.network_address_error('test_bch', a), chimera.network_address_error('test_btc', a), chimera.network_address_error('test_ltc', a))
                  FROM (VALUES ('ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n8')) v (a)), 'a default no network has is refused, with each network''s reason');
SELECT is(pg_temp.routes(:'legacy', 'test_btc'), :'legacy' || ' 100.00 account', 'an account whose name is an address is paid there');
SELECT is(pg_temp.routes(:'legacy', 'test_ltc'), NULL, 'where the coin has such addresses');
SELECT is(pg_temp.routes(:'cash_bare', 'test_bch'), :'cash_bare' || ' 100.00 account', 'also in cashaddr');
SELECT chimera.set_wallets(:'legacy', 'test_btc', ARRAY[:'segwit']);
SELECT is(pg_temp.routes(:'legacy', 'test_btc'), :'segwit' || ' 100.00 wallet', 'unless it says otherwise');
SELECT set_eq(format($$ SELECT a.name, p.address, p.percent, p.source FROM chimera.payout_addresses(%L) p JOIN chimera.accounts a USING (account_id)
                            WHERE a.name IN ('test_alice', 'test_bob', 'test_carol', %L, %L) $$, :'btc', :'legacy', :'cash_bare'),
                  format($$ VALUES ('test_alice', %1$L, 100.00, 'wallet'), ('test_carol', %1$L, 100.00, 'default'), (%2$L, %1$L, 100.00, 'wallet') $$,
                         :'segwit', :'legacy'), 'all accounts that can be paid on a network come at once');

-- ---------- changes wait ----------

UPDATE chimera.network_configs SET wallet_change_delay = CASE name WHEN 'test_btc' THEN interval '1 day' ELSE interval '3 days' END
WHERE name IN ('test_btc', 'test_ltc');
SELECT chimera.set_wallets('test_alice', 'test_btc', ARRAY[:'legacy'], reason => 'theft') AS second \gset
SELECT is(pg_temp.routes('test_alice', 'test_btc'), :'segwit' || ' 100.00 wallet', 'a change waits');
SELECT is(pg_temp.waiting('test_alice'), format('test_btc %s 1 day', :'legacy'), 'as long as the network says, and it is seen');
SELECT is(chimera.cancel_wallet_change('test_alice', 'test_btc'), true, 'it can be cancelled');
SELECT is(pg_temp.waiting('test_alice'), NULL, 'then nothing waits');
SELECT is(chimera.cancel_wallet_change('test_alice', 'test_btc'), false, 'and there is nothing more to cancel');
SELECT pg_temp.age('test_alice', '2 days');
SELECT is(pg_temp.routes('test_alice', 'test_btc'), :'segwit' || ' 100.00 wallet', 'what was cancelled never holds');
SELECT chimera.set_wallets('test_alice', 'test_btc', ARRAY[:'script']);
SELECT chimera.set_wallets('test_alice', 'test_btc', ARRAY[:'legacy']);
SELECT is(pg_temp.waiting('test_alice'), format('test_btc %s 1 day', :'legacy'), 'a change takes the place of one that waits');
SELECT pg_temp.age('test_alice', '1 day');
SELECT is(pg_temp.routes('test_alice', 'test_btc'), :'legacy' || ' 100.00 wallet', 'it holds when its time has come');
SELECT is((SELECT string_agg(concat_ws(' ', w.address, CASE WHEN cancelled_at IS NOT NULL THEN 'cancelled' END), ', ' ORDER BY set_id)
           FROM chimera.wallet_sets s JOIN chimera.wallets w USING (set_id) JOIN chimera.accounts a USING (account_id) WHERE a.name = 'test_alice'),
          format('%s, %s cancelled, %s cancelled, %s', :'segwit', :'legacy', :'script', :'legacy'), 'the history has them all');
SELECT chimera.set_wallets(:'cash', 'test_ltc', ARRAY[:'litecoin']);
SELECT is(pg_temp.routes(:'cash_bare', 'test_ltc'), :'litecoin' || ' 100.00 wallet', 'where nothing was to be paid to, a first set holds at once');
SELECT chimera.set_wallets('test_carol', NULL, ARRAY[:'legacy']);
SELECT is(pg_temp.waiting('test_carol'), format('all %s 3 days', :'legacy'), 'another default waits for the longest of the networks');
SELECT chimera.set_wallets('test_carol', 'test_btc', ARRAY[:'script']);
SELECT is(pg_temp.routes('test_carol', 'test_btc'), :'segwit' || ' 100.00 default', 'so does a first set where a default was paid to: a thief could set one');

-- a network that is disabled pays what it owes
SELECT chimera.set_wallets('test_carol', NULL, ARRAY[:'segwit'], reason => 'back') \g /dev/null
SELECT chimera.cancel_wallet_change('test_carol', NULL), chimera.switch_active_network('sha256d', 'test_bch', 'test'),
       chimera.disable_network('test_btc'), chimera.disable_network('test_ltc') \g /dev/null
UPDATE chimera.network_configs SET wallet_change_delay = CASE name WHEN 'test_btc' THEN interval '7 days' ELSE '0' END WHERE name ~ '^test_';
INSERT INTO chimera.accounts (name) VALUES ('test_dave');
SELECT chimera.set_wallets('test_dave', NULL, ARRAY[:'legacy']) \g /dev/null
SELECT is(pg_temp.routes('test_dave', 'test_btc'), :'legacy' || ' 100.00 default', 'a first default holds at once, on disabled networks too');
SELECT chimera.set_wallets('test_dave', NULL, ARRAY[:'script']) \g /dev/null
SELECT is(pg_temp.waiting('test_dave'), format('all %s 7 days', :'script'), 'another one waits for a disabled network');
SELECT chimera.cancel_wallet_change('test_dave', NULL), chimera.archive_network('test_btc', 'test') \g /dev/null
SELECT chimera.set_wallets('test_dave', NULL, ARRAY[:'script']) \g /dev/null
SELECT is(pg_temp.waiting('test_dave'), NULL, 'not for an archived one where the account has nothing');
SELECT chimera.adjust_balance('test_btc', 'test_dave', 1, 'test') \g /dev/null
SELECT chimera.set_wallets('test_dave', NULL, ARRAY[:'legacy']) \g /dev/null
SELECT is(pg_temp.waiting('test_dave'), format('all %s 7 days', :'legacy'), 'for one where it has something it does');
SELECT chimera.adjust_balance('test_btc', 'test_dave', -1, 'test'), chimera.set_wallets('test_dave', NULL, ARRAY[:'legacy']) \g /dev/null
SELECT is(pg_temp.waiting('test_dave'), NULL, 'and not where it has nothing any more');

-- what the network does not pay any more is not paid
SELECT chimera.set_wallets('test_dave', 'test_bch', ARRAY[:'cash']) \g /dev/null
UPDATE chimera.network_configs SET cashaddr_prefix = NULL WHERE name = 'test_bch';
SELECT isnt(problem, NULL, 'a wallet of a form that the network has no longer is told of')
FROM chimera.payout_addresses(:'bch') p JOIN chimera.accounts a USING (account_id) WHERE a.name = 'test_dave';

-- ---------- nothing else changes them ----------

SELECT throws_ok(format('UPDATE chimera.wallet_sets SET %s WHERE set_id = %s', change, :first), '55000', NULL, 'a set cannot change: ' || change)
FROM unnest('{cancelled_at = now(),valid_from = now(),network_id = NULL}'::text[]) change;
SELECT throws_ok($$ UPDATE chimera.wallets SET percent = 50 $$, '55000', NULL, 'nor a wallet');
CREATE FUNCTION pg_temp.commit_as(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    SET CONSTRAINTS ALL IMMEDIATE;
END;
$$;
SELECT throws_ok(format('SELECT pg_temp.commit_as(%L)', statement), '55000', NULL, 'none is removed: ' || statement)
FROM unnest('{DELETE FROM chimera.wallets,DELETE FROM chimera.wallet_sets,"TRUNCATE chimera.wallet_sets, chimera.wallets"}'::text[]) statement;
SELECT throws_ok(format('INSERT INTO chimera.wallets (set_id, address, percent) VALUES (%s, ''x'', 1)', :bobs), '23514', NULL,
                 'none is added to a set');

SELECT lives_ok($$ SELECT pg_temp.commit_as('SELECT chimera.delete_network(''test_ltc'', ''test'')') $$, 'a network that is deleted takes its wallets along');
SELECT is((SELECT count(*) FROM chimera.wallet_sets s WHERE s.network_id = :'ltc'), 0::bigint, 'and leaves none');

SELECT * FROM finish();
ROLLBACK;
