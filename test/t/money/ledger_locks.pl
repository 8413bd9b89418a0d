# What moves money locks what it decides by, in one order: whoever comes at the
# same time waits, and then sees what the first one did.
use strict;
use warnings;

use Chimera::Pool;
use Test::More;

use constant ACCOUNTS => 30;

my $pool = Chimera::Pool->new('locks');
my $first = $pool->background_psql;
my $second = $pool->background_psql;

$pool->safe_psql(<<'SQL');
SELECT chimera.add_network('gold', 'sha256d', 'TST', repeat('0', 64), 'http://127.0.0.1:1', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
    settings => '{"p2pkh_version": 0, "p2sh_version": 5}');
UPDATE chimera.network_configs SET minimum_payout_sats = 1000000;
INSERT INTO chimera.accounts (name) SELECT 'miner_' || lpad(n::text, 2, '0') FROM generate_series(1, 30) n ORDER BY n;
INSERT INTO chimera.accounts (name) VALUES ('1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa');
SELECT chimera.adjust_balance('gold', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 2000000, 'a test');
SQL
my $network = $pool->safe_psql('SELECT network_id FROM chimera.network_configs');
my $lowest = $pool->safe_psql('SELECT min(account_id) FROM chimera.accounts');
my $highest = $lowest + ACCOUNTS - 1;

# Is what a query selects locked while a statement's transaction is open?
sub locks
{
    my ($statement, $rows, $name) = @_;

    is($pool->safe_psql("SELECT count(*) > 0 FROM (SELECT $rows) present"), 't', "$name: it is there");
    $first->query_safe("BEGIN; $statement");
    is($pool->safe_psql("SELECT count(*) FROM (SELECT $rows FOR NO KEY UPDATE SKIP LOCKED) free"), 0, $name);
    $first->query_safe('ROLLBACK');
    return;
}

sub locks_table
{
    my ($statement, $table, $mode, $name) = @_;

    $first->query_safe("BEGIN; $statement");
    is( $pool->safe_psql(
            "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'chimera.$table'::regclass AND mode = '$mode' AND granted"),
        't', $name);
    $first->query_safe('ROLLBACK');
    return;
}

# Have the second session begin a statement, which has to wait for the first.
sub begin_waiting
{
    my ($statement) = @_;

    $second->query_until(qr/begun/, "\\set ON_ERROR_STOP 0\n\\echo begun\n$statement;\n\\echo ended\n");
    $pool->wait_for_sql(
        q(SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND backend_type = 'client backend'), 1);
    return;
}

sub entries
{
    my ($from, @accounts) = @_;
    my $values = join ', ', map { "('balance', $_, 1)" } @accounts;

    return "WITH moved AS (INSERT INTO chimera.ledger_transactions (network_id, kind, memo) VALUES ('$network', 'adjustment', 'a test') RETURNING transaction_id)"
      . ' INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)'
      . " SELECT transaction_id, '$network', e.account::chimera.ledger_account, e.account_id, e.sats FROM moved,"
      . " (VALUES ('$from', NULL::int, -" . @accounts . "::bigint), $values) e (account, account_id, sats)";
}

# --- who makes batches, and who divides a balance

my $of_network = "FROM chimera.network_configs WHERE network_id = '$network'";
locks("SELECT chimera.collect_payouts('$network')", $of_network, 'batches of a network are made by one at a time');
locks("SELECT chimera.queue_due_payouts('$network')", $of_network, 'and its runs begun by one');
locks("SELECT chimera.retry_payout('miner_01', 'gold')", $of_network, 'who has a payout tried again waits for them');
locks("SELECT chimera.start_payout_run('$network'); SELECT chimera.choose_payouts('$network', NULL)",
    "FROM chimera.balances WHERE account = 'balance' AND amount_sats = 2000000", 'a balance that is divided does not move meanwhile');
locks(q(SELECT chimera.lock_account('miner_01')), q(FROM chimera.accounts WHERE name = 'miner_01'), q(an account's wallets are set by one at a time));
locks_table('UPDATE chimera.network_configs SET minimum_payout_sats = 2000001', 'balances', 'ShareLock',
    'while a minimum changes no balance does');
locks_table('SELECT chimera.rebuild_balances()', 'ledger_entries', 'ShareRowExclusiveLock', 'while balances are made of the entries none is entered');

# --- who decides about a batch

my $batch = $pool->safe_psql(q(SELECT chimera.prepare_payouts('gold')));
my $of_batch = "FROM chimera.payout_batches WHERE batch_id = $batch";
locks("SELECT chimera.retry_payout_batch($batch)", $of_batch, 'an operator decides about a batch that nobody moves meanwhile');
locks("SELECT chimera.return_payouts($batch, '{}', 'later')", $of_batch, 'so does the payer that gives payouts back');
$pool->safe_psql("SELECT chimera.store_payout_transaction($batch, '\\x00', repeat('ab', 32), 500)");
$first->query_safe("BEGIN; SELECT chimera.finish_payout($batch, true)");
begin_waiting("SELECT chimera.settle_payout_batch($batch, 'void', 'a test')");
$first->query_safe('COMMIT');
$second->query_until(qr/ended/, '');
is($pool->safe_psql("SELECT verdict IS NULL AND state = 'failed' $of_batch"), 't', 'a verdict on a batch that has just ended is refused');

# --- in one order: the highest is locked last, though it is entered first

$pool->safe_psql("SELECT chimera.adjust_balance('gold', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 1, 'a test'); "
      . entries('pool_immature', $highest + 1) . '; '
      . entries('rewards', $highest + 1));
$first->query_safe('BEGIN; ' . entries('pool_immature', $lowest));
begin_waiting(entries('pool', reverse $lowest .. $highest));
is( $pool->safe_psql('SET lock_timeout = 500; ' . entries('rewards', $highest) . ' RETURNING account_id'), "\n$highest",
    'new balances are made in their order');
$first->query_safe('COMMIT');
$second->query_until(qr/ended/, '');

# the lowest is the last one in the table
$pool->safe_psql('VACUUM FULL chimera.balances');
$pool->safe_psql("UPDATE chimera.balances SET amount_sats = amount_sats WHERE account_id = $lowest");
$first->query_safe("BEGIN; SELECT FROM chimera.balances WHERE account = 'balance' AND account_id = $lowest FOR UPDATE");
begin_waiting(entries('pool', reverse $lowest .. $highest));
is( $pool->safe_psql("SELECT count(*) FROM (SELECT FROM chimera.balances WHERE account = 'balance' AND account_id BETWEEN $lowest AND $highest FOR UPDATE SKIP LOCKED) free"),
    ACCOUNTS - 1, 'balances are locked in their order');
$first->query_safe('COMMIT');
$second->query_until(qr/ended/, '');
is($pool->safe_psql('SELECT * FROM chimera.audit()'), '', 'and the audit finds nothing');

done_testing();
