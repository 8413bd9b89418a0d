# A block is not shared out while a batch that is older than its share may still
# commit: then that batch's shares count, whichever commits first.  Transactions
# that took no shares hold up nothing, wherever and however they were left.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use Chimera::Pool;

my $work = abs_path(dirname(__FILE__) . '/../../sql/work.psql');
my $pool = Chimera::Pool->new('settled', conf => "max_prepared_transactions = 2\n");
my $elsewhere = $pool->node->background_psql('postgres');
my $forgotten = $pool->background_psql;

# what somebody forgot: in another database, in this one, prepared in either
for my $session ($elsewhere, $forgotten)
{
    $session->query_safe('BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION '
          . ($session == $forgotten ? q('here') : q('there')));
    $session->query_safe('BEGIN; SELECT pg_current_xact_id()');
}

my $answers = $pool->safe_psql(<<"SQL");
\\i $work
CREATE EXTENSION dblink;
SELECT chimera.add_network('settled', 'sha256d', 'TST', repeat('0', 64), 'http://127.0.0.1:1',
    '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', settings => '{"p2pkh_version": 0}') AS network \\gset
INSERT INTO chimera.accounts (name) VALUES ('alice'), ('bob');
INSERT INTO chimera.miners (account_id, name) SELECT account_id, '' FROM chimera.accounts;
SELECT max(miner_id) FILTER (WHERE a.name = 'alice') AS alice, max(miner_id) FILTER (WHERE a.name = 'bob') AS bob
FROM chimera.miners JOIN chimera.accounts a USING (account_id) \\gset
SELECT pg_temp.make_job(:'network', :easy_nbits) AS job \\gset
INSERT INTO chimera.templates (template_id, network_id, height, transaction_count, transactions) VALUES (0, :'network', 7, 0, '');
SELECT pg_temp.find(:job, true) AS good, pg_temp.find(:job, false) AS bad \\gset
SELECT count(dblink_connect(name, format('host=%s port=%s dbname=%s', split_part(current_setting('unix_socket_directories'), ',', 1),
    current_setting('port'), current_database()))) AS connections FROM unnest('{early,late}'::text[]) name \\gset

-- bob's batch draws its number first and commits last
SELECT dblink_exec('early', 'BEGIN') AS unused \\gset
SELECT answer FROM dblink('early', format('SELECT chimera.submit_shares(%L)', '\\x00000001'::bytea || pg_temp.share(:job, :bob, :bad)))
    AS d (answer bytea) \\gset early_
SELECT answer FROM dblink('late', format('SELECT chimera.submit_shares(%L)', '\\x00000001'::bytea || pg_temp.share(:job, :alice, :good)))
    AS d (answer bytea) \\gset late_
\\echo :early_answer :late_answer
SELECT block_id AS block FROM chimera.blocks \\gset
SELECT chimera.shares_are_settled(settles_after) FROM chimera.blocks;
DO \$\$ BEGIN PERFORM * FROM chimera.rewards_of_block((SELECT block_id FROM chimera.blocks), 'prop', '{}');
EXCEPTION WHEN object_not_in_prerequisite_state THEN RAISE NOTICE 'refused'; PERFORM set_config('test.refused', 'refused', false); END \$\$;
SELECT current_setting('test.refused', true);
SELECT share_id AS horizon, settles_after FROM chimera.share_horizon() \\gset
SELECT chimera.shares_are_settled(:'settles_after');
SELECT count(*), bool_and(message ~ '^session \\d+ .*holds a batch of shares open')::text FROM chimera.open_batches('0');
-- a transaction that takes its first batch after the horizon does not belong to it
SELECT dblink_connect('young', format('host=%s port=%s dbname=%s', split_part(current_setting('unix_socket_directories'), ',', 1),
    current_setting('port'), current_database())) AS unused \\gset
SELECT dblink_exec('young', 'BEGIN') AS unused \\gset
SELECT xid FROM dblink('young', 'SELECT pg_current_xact_id()') AS d (xid xid8) \\gset
SELECT share_id AS horizon, settles_after > :'xid' AS is_above, settles_after FROM chimera.share_horizon() \\gset
\\echo :is_above
SELECT dblink_exec('early', 'COMMIT') AS unused \\gset
SELECT chimera.shares_are_settled(:'settles_after');
SELECT answer FROM dblink('young', format('SELECT chimera.submit_shares(%L)', '\\x00000001'::bytea || pg_temp.share(:job, :bob, :bad, 7)))
    AS d (answer bytea) \\gset young_
SELECT chimera.shares_are_settled(:'settles_after') AS "no: it holds one now";
SELECT dblink_exec('young', 'ROLLBACK') AS unused \\gset
SELECT chimera.shares_are_settled(:'settles_after') AND chimera.shares_are_settled(settles_after) FROM chimera.blocks;
SELECT count(*) FROM chimera.prop_work(:block);
SELECT string_agg(amount_sats::text, ' ' ORDER BY account_id) FROM chimera.rewards_of_block(:block, 'prop', '{}');
SQL

is($answers, join("\n", '\x00 \x01', 'f', 'refused', 'f', '1|true', 't', 't', 'f', 't', 2, '2500000000 2500000000'),
    'the shares of an older batch that commits later are waited for, and count');

is($pool->safe_psql(
        q(SELECT count(*) FROM chimera.forgotten_transactions('0') WHERE message ~ 'database (postgres|pool)$')),
    4, 'health knows of the transactions that were forgotten, and does not wait for them');
is($pool->safe_psql('SELECT count(*) FROM chimera.forgotten_transactions()'), 0, 'but not of those that have only begun');
$elsewhere->quit;
$forgotten->quit;

# --- the edge: the last batch before a horizon holds it up, the next one doesn't

my $edge = $pool->safe_psql(<<"SQL");
\\i $work
SELECT network_id AS network FROM chimera.network_configs \\gset
SELECT max(miner_id) AS bob FROM chimera.miners \\gset
SELECT pg_temp.make_job(:'network', :hard_nbits, salt => 3) AS job \\gset
SELECT dblink_connect('edge', format('host=%s port=%s dbname=%s', split_part(current_setting('unix_socket_directories'), ',', 1),
    current_setting('port'), current_database())) AS unused \\gset
SELECT dblink_exec('edge', 'BEGIN') AS unused \\gset
SELECT answer FROM dblink('edge', format('SELECT chimera.submit_shares(%L)', '\\x00000001'::bytea || pg_temp.share(:job, :bob)))
    AS d (answer bytea) \\gset
SELECT xid FROM dblink('edge', 'SELECT txid_current()') AS d (xid bigint) \\gset
-- whatever else was under way is over soon: workers' transactions are short
DO \$\$ BEGIN PERFORM pg_sleep(0.5); END \$\$;
SELECT chimera.shares_are_settled((:xid)::text::xid8);
SELECT chimera.shares_are_settled((:xid + 1)::text::xid8);
SELECT dblink_exec('edge', 'COMMIT') AS unused \\gset
SELECT chimera.shares_are_settled((:xid + 1)::text::xid8);
SQL
is($edge, "t\nf\nt", 'the very last batch before a horizon is waited for, and the one after it is not');

# --- where a scheme changes: not before it is known which block is the first

$answers = $pool->safe_psql(<<"SQL");
\\i $work
SELECT network_id AS network FROM chimera.network_configs \\gset
SELECT max(miner_id) FILTER (WHERE a.name = 'alice') AS alice, max(miner_id) FILTER (WHERE a.name = 'bob') AS bob
FROM chimera.miners JOIN chimera.accounts a USING (account_id) \\gset
SELECT pg_temp.make_job(:'network', :easy_nbits, salt => 1) AS job, pg_temp.make_job(:'network', :easy_nbits, false, salt => 2) AS job2 \\gset
SELECT count(dblink_connect(name, format('host=%s port=%s dbname=%s', split_part(current_setting('unix_socket_directories'), ',', 1),
    current_setting('port'), current_database()))) AS connections FROM unnest('{early,late}'::text[]) name \\gset
SELECT max(share_id) AS paid_before FROM chimera.shares \\gset
SELECT chimera.set_reward_scheme('settled', 'pplns'), chimera.set_reward_scheme('settled', 'pps') \\g /dev/null
UPDATE chimera.reward_settings SET after_block_id = (SELECT max(block_id) FROM chimera.blocks) WHERE from_share_id IS NULL;
-- a batch from before the block, which might hold an earlier one
SELECT dblink_exec('early', 'BEGIN') AS unused \\gset
SELECT answer FROM dblink('early', format('SELECT chimera.submit_shares(%L)', '\\x00000001'::bytea || pg_temp.share(:job, :bob, pg_temp.find(:job, false))))
    AS d (answer bytea) \\gset early_
SELECT answer FROM dblink('late', format('SELECT chimera.submit_shares(%L)', '\\x00000001'::bytea || pg_temp.share(:job, :alice, pg_temp.find(:job, true))))
    AS d (answer bytea) \\gset late_
SELECT answer FROM dblink('late', format('SELECT chimera.submit_shares(%L)', '\\x00000001'::bytea || pg_temp.share(:job2, :alice, pg_temp.find(:job2, false))))
    AS d (answer bytea) \\gset later_
-- a horizon beyond all three that is settled; the accountant may post, too, and does the same
INSERT INTO chimera.pps_progress AS p (network_id, share_id, next_share_id, next_settles_after, next_taken_at)
SELECT :'network', :paid_before, share_id, '3', taken_at + interval '1 hour' FROM chimera.share_horizon()
ON CONFLICT (network_id) DO UPDATE SET share_id = excluded.share_id, next_share_id = excluded.next_share_id,
    next_settles_after = excluded.next_settles_after, next_taken_at = excluded.next_taken_at;
SELECT chimera.post_pps_shares();
SELECT share_id >= (SELECT max(share_id) FROM chimera.shares) FROM chimera.pps_progress;
SELECT dblink_exec('early', 'COMMIT') AS unused \\gset
SQL
is($answers, "0\nf", 'shares are not paid by a scheme that may not be theirs');
$pool->wait_for_sql(<<'SQL');
SELECT chimera.post_pps_shares() >= 0 AND share_id >= (SELECT max(share_id) FROM chimera.shares) FROM chimera.pps_progress
SQL
is( $pool->safe_psql(<<'SQL'), '1|t', 'nor passed over');
SELECT (SELECT count(*) FROM chimera.reward_settings
        WHERE from_share_id = (SELECT max(share_id) FROM chimera.blocks)),
       (SELECT sum(amount_sats) > 0 FROM chimera.balances WHERE account = 'balance');
SQL

done_testing();
