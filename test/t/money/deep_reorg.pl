# A reorganization deeper than the confirmations needed: the confirmed blocks that
# leave the chain are found, and their rewards are taken back, from the pool's own
# account where they have been paid out.  They return with the blocks.
# Meanwhile nothing is paid out.
use strict;
use warnings;

use Chimera::Pool;
use Test::More;

use constant CONFIRMATIONS => 3;

my $litecoin = Chimera::Pool->start_litecoind;
$litecoin->mine(20);
my $pool = Chimera::Pool->new('main');
$pool->add_network('litecoin', $litecoin, confirmations_needed => CONFIRMATIONS);
$pool->add_listener('litecoin');
$pool->safe_psql(<<"SQL");
SELECT chimera.set_reward_scheme('litecoin', 'solo', '{"fee_percent": 1}');
SELECT chimera.add_node('litecoin', '@{[$litecoin->url]}wallet/pool', kind => 'wallet', rpc_cookie_file => '@{[$litecoin->cookie_file]}');
SQL
$pool->start_stratumd;

# A block that is confirmed and spendable; returns its hash.
sub mature_block
{
    my ($user) = @_;

    $pool->wait_for_job('litecoin');
    my $miner = $pool->miner('litecoin', shares => 1, user => $user);
    $miner->wait;
    my ($block) = grep { $_->{block} } $miner->log('accepted');
    $litecoin->mine(CONFIRMATIONS);
    wait_for_state($block->{hash}, 'confirmed', 'matured');
    return $block->{hash};
}

sub wait_for_state
{
    my ($hash, $status, $ledger_state) = @_;

    $pool->wait_for_sql(
        "SELECT status = '$status' AND ledger_state = '$ledger_state' FROM chimera.blocks WHERE hash = '\\x$hash'");
    return;
}

# Wait until health says this of the payouts.
sub wait_for_payouts
{
    my ($message) = @_;

    $pool->wait_for_sql("SELECT message LIKE '$message' FROM chimera.health WHERE name = 'litecoin' AND part = 'payouts'");
    return;
}

sub balances
{
    return $pool->safe_psql(<<'SQL');
SELECT string_agg(format('%s %s %s', b.account, coalesce(a.name, '-'), b.amount_sats), ', ' ORDER BY b.account, a.name)
FROM chimera.balances b LEFT JOIN chimera.accounts a USING (account_id) WHERE b.amount_sats <> 0
SQL
}

sub deviations
{
    return $pool->safe_psql(q(SELECT string_agg(DISTINCT check_name, ', ') FROM chimera.audit()));
}

my $address = $litecoin->first->wallet('carol', 'getnewaddress', '', 'bech32');
$pool->safe_psql("INSERT INTO chimera.accounts (name) VALUES ('carol'); SELECT chimera.set_wallets('carol', 'litecoin', ARRAY['$address'])");
my $kept = mature_block('carol.rig');
my $lost = mature_block('alice.rig');
my $later = mature_block('bob.rig');
my $before = balances();
my ($alice) = $before =~ /balance alice (\d+)/;
is(deviations(), '', 'three blocks are confirmed and the books are right');

# alice has been paid most of what she had
my $paid = $alice - 1000;
$pool->safe_psql("SELECT chimera.adjust_balance('litecoin', 'alice', -$paid, 'as if she had been paid')");

# a payout to carol is signed and stored, but not sent yet
my $batch = $pool->safe_psql(<<'SQL');
BEGIN;
SELECT chimera.prepare_payouts('litecoin') AS batch \gset
SELECT FROM chimera.store_payout_transaction(:batch, '\x00', repeat('a', 64), 500);
SELECT FROM chimera.hold_payout_batch(:batch);
COMMIT;
SELECT :batch;
SQL

# --- a chain that leaves two of them

$litecoin->rpc('invalidateblock', $lost);
$litecoin->mine(2 * CONFIRMATIONS + 4);
$pool->wait_for_sql(q(SELECT count(*) = 2 FROM chimera.blocks WHERE missing_since IS NOT NULL OR status = 'orphaned'));
pass('confirmed blocks that the chain has left are seen');
wait_for_state($_, 'orphaned', 'reversed') for $lost, $later;
wait_for_state($kept, 'confirmed', 'matured');
is($pool->safe_psql(q(SELECT count(*) FROM chimera.blocks WHERE missing_since IS NOT NULL)), 0, 'and orphaned');
my ($carol) = $before =~ /balance carol (\d+)/;
like(balances(), qr/sending carol $carol\b/, 'what another block brought stays');
unlike(balances(), qr/balance (alice|bob)/, 'what they brought is taken back');
is($pool->safe_psql(q(SELECT sum(amount_sats) FROM chimera.balances)), 0, 'the ledger sums to zero');
is($pool->safe_psql(q(SELECT format('%s %s', a.name, s.amount_sats) FROM chimera.shortfalls s JOIN chimera.accounts a USING (account_id))),
    "alice $paid", 'what could not be taken back is noted, and the pool bears it');
is(deviations(), 'rewards of blocks that left the chain are taken back', 'the audit says so');
is($pool->safe_psql(q(SELECT ok FROM chimera.health WHERE name = 'litecoin' AND part = 'shortfall')), 'f', 'so does health');

# carol's payout waits: it is not sent, nor, if it has no transaction, signed
my $undecided = 'shortfalls of 1 accounts are undecided%';
$pool->safe_psql("SELECT chimera.release_payout_batch($batch)");
$pool->wait_for_sql("SELECT state = 'sending' AND problem LIKE '$undecided' FROM chimera.payout_batches WHERE batch_id = $batch");
pass('a transaction that was never seen is not sent');
$pool->safe_psql(<<"SQL");
UPDATE chimera.payout_batches SET state = 'prepared', raw = NULL, txid = NULL, fee_sats = NULL, problem = NULL, problem_since = NULL
WHERE batch_id = $batch;
UPDATE chimera.payouts SET txid = NULL WHERE batch_id = $batch;
SELECT chimera.wake_payer(network_id) FROM chimera.payout_batches WHERE batch_id = $batch;
SQL
$pool->wait_for_sql("SELECT state = 'prepared' AND problem LIKE '$undecided' FROM chimera.payout_batches WHERE batch_id = $batch");
pass('none is made for a batch');
$pool->safe_psql("SELECT chimera.cancel_payout_batch($batch, 'a test')");
$pool->safe_psql(q(UPDATE chimera.payout_batches SET created_at = created_at - interval '2 hours'));

# carol's balance is due
$pool->safe_psql(q(SELECT chimera.update_network('litecoin', '{"payout_interval": "1 hour"}')));
wait_for_payouts("payouts wait: $undecided");
$pool->wait_for_sql(q(SELECT ok FROM chimera.health WHERE name = 'litecoin' AND part = 'payer'), 't');
is($pool->safe_psql('SELECT count(*) FROM chimera.payout_batches'), 1, 'no batch is made until that is decided');

# --- what the operator can do

$pool->safe_psql(q(SELECT chimera.adjust_balance('litecoin', 'alice', 400, 'earned again')));
is($pool->safe_psql(q(SELECT chimera.recover_shortfalls('litecoin'))), $paid - 400, 'it is recovered as far as there is something');
is($pool->safe_psql(q(SELECT chimera.write_off_shortfalls('litecoin', 'bad luck'))), $paid - 400, 'the rest is written off');
is(deviations(), '', 'the audit finds nothing any more');
is($pool->safe_psql(q(SELECT count(*) FROM chimera.health WHERE name = 'litecoin' AND part = 'shortfall')), 0, 'nor does health');
wait_for_payouts('% accounts wait for money in the wallet%');
pass('then only the wallet\'s immature coins make payouts wait');

# --- and back

my $tip = $litecoin->rpc('getblockhash', $litecoin->height - 2 * CONFIRMATIONS - 3);
$litecoin->rpc('invalidateblock', $tip);
$litecoin->rpc('reconsiderblock', $lost);
$litecoin->mine(2 * CONFIRMATIONS + 6);
wait_for_state($_, 'confirmed', 'matured') for $lost, $later, $kept;
is($pool->safe_psql('SELECT count(*) FROM chimera.shortfalls'), 0, 'when the blocks return, nothing is missing');
like(balances(), qr/balance alice 1400,.*balance bob/, 'each has what it had: alice what she was not paid, and earned since');
is(deviations(), '', 'and the books are right');

# --- and out

$litecoin->mine(100);
my $paid_out = "FROM chimera.payouts p JOIN chimera.accounts USING (account_id) WHERE name = 'carol' AND p.txid IS NOT NULL";
$pool->wait_for_sql("SELECT count(*) $paid_out", 1);
is($pool->safe_psql("SELECT sum(p.amount_sats) $paid_out"),
    $carol, 'what is in the chain is paid out');
is(deviations(), '', 'with the books right');

done_testing();
