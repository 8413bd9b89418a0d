# A block found while its node is unavailable is not forgotten: it is sent when the
# node is back, whatever else crashes in between.

use strict;
use warnings;

use Chimera::Pool;
use Test::More;

my $litecoin = Chimera::Pool->start_litecoind;
$litecoin->mine(20);
my $pool = Chimera::Pool->new('main');
$pool->add_network('litecoin', $litecoin);
$pool->add_listener('litecoin');
$pool->start_stratumd;
$pool->wait_for_job('litecoin');

# Mine a block while the nodes are down; returns its hash.
sub mine_without_node
{
    $pool->wait_for_job('litecoin');
    $litecoin->kill9;
    $pool->wait_for_sql("SELECT bool_or(NOT ok) FROM chimera.health WHERE name = 'litecoin' AND part <> 'rewards'");

    my $miner = $pool->miner('litecoin', shares => 1);
    is($miner->wait, 0, 'the miner is told its share is accepted without a node');
    my ($block) = grep { $_->{block} } $miner->log('accepted');
    is(status_of($block->{hash}), 'found', 'its block is stored as found');
    return $block->{hash};
}

sub status_of
{
    my ($hash) = @_;
    return $pool->safe_psql("SELECT status FROM chimera.blocks WHERE hash = '\\x$hash'");
}

sub expect_accepted
{
    my ($hash, $how) = @_;

    $litecoin->start;
    $pool->wait_for_sql("SELECT status FROM chimera.blocks WHERE hash = '\\x$hash'", 'accepted');
    is($litecoin->best_hash, $hash, "the block is the tip of the node that is back: $how");
    $litecoin->wait_until_synced;
    ok($litecoin->second->is_in_best_chain($hash), 'and the other node has it too');
    $pool->wait_for_sql("SELECT bool_and(ok) FROM chimera.health WHERE name = 'litecoin' AND part <> 'rewards'");
    return;
}

my $hash = mine_without_node();
$pool->wait_for_sql("SELECT submit_attempts > 1 FROM chimera.blocks WHERE hash = '\\x$hash'");
like(
    $pool->safe_psql("SELECT submit_result FROM chimera.blocks WHERE hash = '\\x$hash'"),
    qr/the node cannot be reached/,
    'chimera.blocks says why it was not sent');
expect_accepted($hash, 'nothing else happened');

$hash = mine_without_node();
$pool->kill9_postgres;
$pool->start_postgres;
is(status_of($hash), 'found', 'a found block outlives a crash of the server');
expect_accepted($hash, 'the server crashed');

$hash = mine_without_node();
$pool->restart;
is(status_of($hash), 'found', 'a found block outlives a restart of the server');
expect_accepted($hash, 'the server restarted');

$hash = mine_without_node();
$pool->kill9_stratumd;
$pool->safe_psql("SELECT chimera.disable_network('litecoin')");
$pool->safe_psql("SELECT chimera.enable_network('litecoin')");
expect_accepted($hash, 'the network was disabled and enabled');

# --- the node knows it already

$pool->start_stratumd;
$hash = mine_without_node();
my $raw = $pool->safe_psql("SELECT encode(raw, 'hex') FROM chimera.blocks WHERE hash = '\\x$hash'");
$pool->node->stop;
$litecoin->start;
is($litecoin->rpc('submitblock', $raw), undef, 'the node gets the block by another way');
$pool->node->start;
$pool->wait_for_sql("SELECT status || ', ' || submit_result FROM chimera.blocks WHERE hash = '\\x$hash'",
    'accepted, duplicate');
pass('a block that the node knows already is accepted');

done_testing();
