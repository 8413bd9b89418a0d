# Blocks that a node's chain leaves are orphaned, and accepted again when it
# comes back; those of another coin are no part of it.

use strict;
use warnings;

use Chimera::Pool;
use Test::More;

my %node = (
    litecoin => Chimera::Pool->start_litecoind,
    bitcoin => Chimera::Pool->start_bcoin,
);
$_->mine(20) for values %node;
my $pool = Chimera::Pool->new('main');
for my $name (sort keys %node)
{
    $pool->add_network($name, $node{$name});
    $pool->add_listener($name);
}
$pool->start_stratumd;

# Mine blocks through the pool, one upon the other; returns their hashes.
sub mine_blocks
{
    my ($name, $count) = @_;
    my @hashes;

    for (1 .. $count)
    {
        $pool->wait_for_job($name);
        my $miner = $pool->miner($name, shares => 1);
        $miner->wait;
        my ($block) = grep { $_->{block} } $miner->log('accepted');
        push @hashes, $block->{hash};
        wait_for_blocks($name, 'accepted', $block->{hash});
    }
    return @hashes;
}

# Wait until all of these blocks have that status.
sub wait_for_blocks
{
    my ($name, $status, @hashes) = @_;
    my $list = join ', ', map { "'\\x$_'" } @hashes;

    $pool->wait_for_sql("SELECT count(*) FROM chimera.blocks WHERE network_id = chimera.network_id('$name')"
          . " AND status = '$status' AND hash IN ($list)", scalar @hashes);
    return;
}

sub wait_for_confirmations
{
    my ($name, $expected) = @_;

    $pool->wait_for_sql("SELECT string_agg(confirmations::text, ' ' ORDER BY block_id) FROM chimera.blocks"
          . " WHERE network_id = chimera.network_id('$name')", $expected);
    return;
}

# All of a network's blocks as they stand, to the row's version.
sub blocks_of
{
    my ($name) = @_;
    return $pool->safe_psql(
        "SELECT xmin, b FROM chimera.blocks b WHERE network_id = chimera.network_id('$name') ORDER BY block_id");
}

my @bitcoin_blocks = mine_blocks('bitcoin', 2);
my @litecoin_blocks = mine_blocks('litecoin', 3);
wait_for_confirmations('bitcoin', '2 1');
wait_for_confirmations('litecoin', '3 2 1');
my $bitcoin_before = blocks_of('bitcoin');
my $litecoin = $node{litecoin};

# --- invalidateblock, and back

$litecoin->rpc('invalidateblock', $litecoin_blocks[1]);
wait_for_blocks('litecoin', 'orphaned', @litecoin_blocks[ 1, 2 ]);
pass('blocks that the node has left are orphaned');
wait_for_blocks('litecoin', 'accepted', $litecoin_blocks[0]);
wait_for_confirmations('litecoin', '1 0 0');
pass('the block before them is not');
ok($pool->wait_for_job('litecoin'), 'the job builds on the tip that is left');

$litecoin->rpc('reconsiderblock', $litecoin_blocks[1]);
wait_for_blocks('litecoin', 'accepted', @litecoin_blocks);
pass('blocks to which the node returns are accepted again');
wait_for_confirmations('litecoin', '3 2 1');
pass('with the confirmations they have');

# --- a longer chain, and back

my @rivals = $litecoin->reorganise(2);
wait_for_blocks('litecoin', 'orphaned', @litecoin_blocks[ 1, 2 ]);
pass('blocks of the shorter chain are orphaned');
my @own = mine_blocks('litecoin', 1);
is($litecoin->rpc('getblockheader', $own[0])->{previousblockhash},
    $rivals[-1], 'the pool mines on upon the longer chain');

$litecoin->build_on($litecoin_blocks[2], 3);
wait_for_blocks('litecoin', 'accepted', @litecoin_blocks);
pass('they are accepted again when theirs is the longer one');
wait_for_blocks('litecoin', 'orphaned', @own);
pass('and the pool\'s block upon the other is orphaned');

is(blocks_of('bitcoin'), $bitcoin_before, 'nothing of it has touched the other coin\'s blocks');

# --- a node without invalidateblock, whose orphans have confirmations

wait_for_confirmations('litecoin', '6 5 4 0');
my $litecoin_before = blocks_of('litecoin');
my $bitcoin = $node{bitcoin};
$bitcoin->reorganise(1);
wait_for_blocks('bitcoin', 'orphaned', $bitcoin_blocks[1]);
wait_for_blocks('bitcoin', 'accepted', $bitcoin_blocks[0]);
pass('bcoin: a block of the shorter chain is orphaned');
$bitcoin->build_on($bitcoin_blocks[1], 2);
wait_for_blocks('bitcoin', 'accepted', @bitcoin_blocks);
pass('bcoin: it is accepted again when its chain is the longer one');
is(blocks_of('litecoin'), $litecoin_before, 'nothing of it has touched the other coin\'s blocks');

done_testing();
