# Every part of the pool is killed, one after the other and all at once, under
# a steady load of two coins: whatever a miner was told is kept, and counted
# once, in the shares, the rollups, the ledger and the node's chain.

use strict;
use warnings;

use FindBin;
use Test::More;

use Chimera::Audit;
use Chimera::Pool;
require "$FindBin::Bin/100_fake_node.pm";

# litecoin: every second share is a block of a real node.  steady: many shares
# and no block, so that batches are under way whenever something is killed.
use constant {
    START_HEIGHT => 20,
    CONFIRMATIONS => 30,
    BLOCKS_LOST => 3,
    DIFFICULTY => { litecoin => 2e-5, steady => 1e-8 },
    HASHES_PER_SECOND => { litecoin => 10, steady => 2000 },
    SHARES_BETWEEN => { litecoin => 5, steady => 30 },
};

my $litecoin = Chimera::Pool->start_litecoind;
$litecoin->mine(START_HEIGHT);
my %node = (
    litecoin => $litecoin,
    steady => FakeNode->new(Chimera::Pool->directory('steady'))->start,
);
my $pool = Chimera::Pool->new('main');
for my $name (sort keys %node)
{
    $pool->add_network($name, $node{$name}, confirmations_needed => CONFIRMATIONS,
        map { $_ => DIFFICULTY->{$name} } qw(start_difficulty min_difficulty max_difficulty));
    $pool->add_listener($name);
    $pool->safe_psql(qq(SELECT chimera.set_reward_scheme('$name', 'pplns', '{"window": 2, "fee_percent": 1}')));
}
$pool->start_stratumd;

my $audit = Chimera::Audit->new($pool);
my %miners;
for my $name (sort keys %node)
{
    $pool->wait_for_job($name);
    for my $user (qw(alice bob))
    {
        my $miner = $pool->miner($name, user => "$user.$name", quiet => 1,
            hashes_per_second => HASHES_PER_SECOND->{$name});

        push @{ $miners{$name} }, $miner;
        $audit->watch($name, $miner);
    }
}

# Wait until every miner has been told of some more accepted shares.
sub mine_on
{
    for my $name (sort keys %miners)
    {
        my @wanted = map { $_->count('accepted') + SHARES_BETWEEN->{$name} } @{ $miners{$name} };

        Chimera::Pool::wait_until("accepted shares of $name",
            sub { !grep { $miners{$name}[$_]->count('accepted') < $wanted[$_] } 0 .. $#wanted });
    }
    return;
}

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

mine_on();
for my $what (sort keys %kill)
{
    $kill{$what}->();
    bring_back();
    mine_on();
    is_deeply([ $audit->deviations ], [], "nothing is missing or counted twice after kill -9 of $what");
}

# --- what has come of it

is($_->stop, 0, 'a miner ends') for map { @{$_} } values %miners;
$pool->wait_for_sql(q(SELECT count(*) FROM chimera.blocks WHERE status IN ('found', 'submitted')), 0);
$pool->wait_for_sql(
    'SELECT bool_and(chimera.is_accounted(status, ledger_state)) AND count(ledger_problem) = 0 FROM chimera.blocks');
is_deeply([ $audit->final_deviations ], [], 'nor at the end, and nothing is stored that was refused');

# beside them there are blocks that lost to a brother, since two were found at once
my @chain = map { $litecoin->rpc('getblockhash', $_) } START_HEIGHT + 1 .. $litecoin->height;
$pool->wait_for_sql(q(SELECT count(*) FROM chimera.blocks WHERE status IN ('accepted', 'confirmed')), scalar @chain);
is_deeply(
    [ split /\n/, $pool->safe_psql(
        q(SELECT encode(hash, 'hex') FROM chimera.blocks WHERE status IN ('accepted', 'confirmed') ORDER BY height)) ],
    \@chain,
    "the node's chain is of the pool's blocks alone, and those are the pool's good ones");
is($pool->safe_psql(q(SELECT count(*) FROM chimera.blocks WHERE status NOT IN ('accepted', 'confirmed', 'orphaned'))),
    0, 'nothing has become of a block but that');
is($pool->safe_psql(<<'SQL'), 't', 'the ledger holds the rewards of the chain, to the smallest unit');
SELECT sum(amount_sats) = (SELECT sum(reward_sats) FROM chimera.blocks WHERE status IN ('accepted', 'confirmed'))
FROM chimera.balances WHERE account IN ('balance', 'pool', 'immature', 'pool_immature')
SQL
$pool->wait_for_sql('SELECT bool_and(ok) FROM chimera.health');
pass('the pool is in good health');
# --- the audit itself can fail

$pool->safe_psql(q(DELETE FROM chimera.shares WHERE share_id = (SELECT max(share_id) FROM chimera.shares)));
is_deeply([ map { /(not stored|rollups)/ } $audit->deviations ],
    [ 'not stored', 'rollups' ], 'a share that is gone is missed, and the rollups count one too many');
diag scalar($audit->acknowledged($_, 'shares')), " shares of $_, ",
  scalar($audit->acknowledged($_, 'blocks')), ' of them blocks'
  for sort keys %miners;

done_testing();
