# A reorganization deeper than the confirmations needed: the confirmed blocks that
# leave the chain are found, and their rewards are taken back, from the pool's own
# account where they have been paid out.  They return with the blocks.
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
$pool->safe_psql(q(SELECT chimera.set_reward_scheme('litecoin', 'solo', '{"fee_percent": 1}')));
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

my $kept = mature_block('carol.rig');
my $lost = mature_block('alice.rig');
my $later = mature_block('bob.rig');
my $before = balances();
my ($alice) = $before =~ /balance alice (\d+)/;
is(deviations(), '', 'three blocks are confirmed and the books are right');

# alice has been paid most of what she had
my $paid = $alice - 1000;
$pool->safe_psql("SELECT chimera.adjust_balance('litecoin', 'alice', -$paid, 'as if she had been paid')");

# --- a chain that leaves two of them

$litecoin->rpc('invalidateblock', $lost);
$litecoin->mine(2 * CONFIRMATIONS + 4);
$pool->wait_for_sql(q(SELECT count(*) = 2 FROM chimera.blocks WHERE missing_since IS NOT NULL OR status = 'orphaned'));
pass('confirmed blocks that the chain has left are seen');
wait_for_state($_, 'orphaned', 'reversed') for $lost, $later;
wait_for_state($kept, 'confirmed', 'matured');
is($pool->safe_psql(q(SELECT count(*) FROM chimera.blocks WHERE missing_since IS NOT NULL)), 0, 'and orphaned');
my ($carol) = $before =~ /balance carol (\d+)/;
like(balances(), qr/balance carol $carol\b/, 'what another block brought stays');
unlike(balances(), qr/balance (alice|bob)/, 'what they brought is taken back');
is($pool->safe_psql(q(SELECT sum(amount_sats) FROM chimera.balances)), 0, 'the ledger sums to zero');
is($pool->safe_psql(q(SELECT format('%s %s', a.name, s.amount_sats) FROM chimera.shortfalls s JOIN chimera.accounts a USING (account_id))),
    "alice $paid", 'what could not be taken back is noted, and the pool bears it');
is(deviations(), 'rewards of blocks that left the chain are taken back', 'the audit says so');
is($pool->safe_psql(q(SELECT ok FROM chimera.health WHERE name = 'litecoin' AND part = 'shortfall')), 'f', 'so does health');

# --- what the operator can do

$pool->safe_psql(q(SELECT chimera.adjust_balance('litecoin', 'alice', 400, 'earned again')));
is($pool->safe_psql(q(SELECT chimera.recover_shortfalls('litecoin'))), $paid - 400, 'it is recovered as far as there is something');
is($pool->safe_psql(q(SELECT chimera.write_off_shortfalls('litecoin', 'bad luck'))), $paid - 400, 'the rest is written off');
is(deviations(), '', 'the audit finds nothing any more');
is($pool->safe_psql(q(SELECT count(*) FROM chimera.health WHERE name = 'litecoin' AND part = 'shortfall')), 0, 'nor does health');

# --- and back

my $tip = $litecoin->rpc('getblockhash', $litecoin->height - 2 * CONFIRMATIONS - 3);
$litecoin->rpc('invalidateblock', $tip);
$litecoin->rpc('reconsiderblock', $lost);
$litecoin->mine(2 * CONFIRMATIONS + 6);
wait_for_state($_, 'confirmed', 'matured') for $lost, $later, $kept;
is($pool->safe_psql('SELECT count(*) FROM chimera.shortfalls'), 0, 'when the blocks return, nothing is missing');
like(balances(), qr/balance alice 1400,.*balance bob/, 'each has what it had: alice what she was not paid, and earned since');
is(deviations(), '', 'and the books are right');

done_testing();
