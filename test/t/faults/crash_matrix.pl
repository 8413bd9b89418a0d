# Every part of the pool is killed, one after the other and all at once, under
# a steady load of two coins: whatever a miner was told is kept, and counted
# once, in the shares, the rollups, the ledger and the node's chain.

use strict;
use warnings;

use Test::More;

use Chimera::Pool;
use Chimera::SteadyLoad;

use constant BLOCKS_LOST => 3;

my $pool = Chimera::Pool->new('main');
my $load = Chimera::SteadyLoad->new;
my $litecoin = $load->node('litecoin');

# --- what is killed, and what brings it back where nothing does by itself

sub submit_backend
{
    return $pool->safe_psql(
        q(SELECT pid FROM pg_stat_activity WHERE usename = 'stratumd' AND query LIKE '%submit_shares%' LIMIT 1));
}

my $node = $litecoin->first;
my %kill = (
    'stratumd' => sub { $pool->kill9_stratumd },
    'a backend that takes shares' => sub { kill 'KILL', submit_backend() },
    (map { my $kind = $_; ("the $kind" => sub { kill 'KILL', $pool->worker_pid($kind) }) } qw(launcher accountant)),
    (map { my $kind = $_; ("the $kind worker" => sub { kill 'KILL', $pool->worker_pid($kind, 'litecoin') }) }
      qw(template block)),
    'the postmaster' => sub { $pool->kill9_postmaster },
    'the whole server' => sub { $pool->kill9_postgres },

    # it has not written its last blocks; the other still has them
    'the node' => sub { $node->end_process('KILL') },
    'both nodes, which lose their last blocks' => \&kill_both_nodes,
    'the server and stratumd' => sub { $pool->kill9_postgres; $pool->kill9_stratumd },
    'the node and stratumd' => sub { $node->end_process('KILL'); $pool->kill9_stratumd },
    'all of it' => sub { $pool->kill9_postgres; $node->end_process('KILL'); $pool->kill9_stratumd },
);

# What the chain has lost the pool must bring back, which keeps the blocks that
# are not confirmed.
sub kill_both_nodes
{
    $_->rpc('gettxoutsetinfo') for $node, $litecoin->second;    # writes the chain down
    my $height = $litecoin->height + BLOCKS_LOST;
    $pool->wait_for_sql("SELECT count(*) > 0 FROM chimera.blocks WHERE height >= $height AND status = 'accepted'");
    $_->end_process('KILL') for $litecoin->second, $node;
    return;
}

sub bring_back
{
    $litecoin->second->start;
    $node->start;
    $litecoin->wait_until_connected;
    $pool->start_postgres if !-e $pool->node->data_dir . '/postmaster.pid';
    $pool->start_stratumd unless $pool->stratumd_is_running;
    return;
}

$load->start($pool);
my $audit = $load->audit;
for my $what (sort keys %kill)
{
    $kill{$what}->();
    bring_back();
    $load->mine_on;
    is_deeply([ $audit->deviations ], [], "nothing is missing or counted twice after kill -9 of $what");
}

is_deeply([ $load->end ], [], 'nor at the end, in the shares, the rollups, the ledger and the chain');

# --- the audit itself can fail

$pool->safe_psql(q(DELETE FROM chimera.shares WHERE share_id = (SELECT max(share_id) FROM chimera.shares)));
is_deeply([ map { /(not stored|rollups)/ } $audit->deviations ],
    [ 'not stored', 'rollups' ], 'a share that is gone is missed, and the rollups count one too many');
diag $load->summary;

done_testing();
