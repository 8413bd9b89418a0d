# SteadyLoad.pm: a steady load of honest shares on two coins, for the tests of faults.
#
#     my $load = Chimera::SteadyLoad->new;
#     $load->start($pool);
#     ... something breaks ...
#     $load->mine_on;
#     is_deeply([ $load->audit->deviations ], []);
#     is_deeply([ $load->end ], []);
#
# litecoin: every second share is a block of a real node.  steady: many shares
# and no block, so that batches are under way whenever something breaks; its
# node is a Chimera::FakeNode, for a real one asks for nothing but blocks in regtest.
package Chimera::SteadyLoad;

use strict;
use warnings;


use Chimera::Audit;
use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    NETWORKS => [qw(litecoin steady)],
    USERS => [qw(alice bob)],
    CONFIRMATIONS => 30,
    DIFFICULTY => { litecoin => 2e-5, steady => 1e-8 },
    HASHES_PER_SECOND => { litecoin => 2, steady => 1000 },

    # what counts as mining on, of each miner
    SHARES_MORE => { litecoin => 3, steady => 20 },
};

# The coins' nodes, started.
sub new
{
    my ($class) = @_;
    my $litecoin = Chimera::Pool->start_litecoind;

    # the first MWEB block, which needs a transaction, is not for the pool
    $litecoin->reach_mweb;
    return bless {
        start_height => $litecoin->height,
        node => {
            litecoin => $litecoin,
            steady => Chimera::FakeNode->new(Chimera::Pool->directory('steady'))->start,
        },
        miners => {},
    }, $class;
}

sub node { return $_[0]{node}{ $_[1] } }

# Let the pool ask that for a network, which answers for the network's node.
sub put_before
{
    my ($self, $name, $node) = @_;

    $self->{before}{$name} = $node;
    return;
}

# the Chimera::Audit of its miners
sub audit { return $_[0]{audit} }

# Networks, listeners and miners, in a pool whose stratumd is started here.
sub start
{
    my ($self, $pool) = @_;

    $self->{pool} = $pool;
    for my $name (@{ +NETWORKS })
    {
        $pool->add_network($name, $self->{before}{$name} // $self->{node}{$name}, confirmations_needed => CONFIRMATIONS,
            map { $_ => DIFFICULTY->{$name} } qw(start_difficulty min_difficulty max_difficulty));
        $pool->add_listener($name);
        $pool->safe_psql(qq(SELECT chimera.set_reward_scheme('$name', 'pplns', '{"window": 2, "fee_percent": 1}')));
    }
    # health reports money that has nowhere to go
    $pool->pay_to_pool(@{ +USERS });
    $pool->start_stratumd;
    $self->{audit} = Chimera::Audit->new($pool);
    for my $name (@{ +NETWORKS })
    {
        $pool->wait_for_job($name);
        $self->start_miner($name, $_) for @{ +USERS };
    }
    $self->mine_on;
    return;
}

sub start_miner
{
    my ($self, $name, $user) = @_;
    my $miner = $self->{pool}->miner($name, user => "$user.$name", quiet => 1, hashes_per_second => HASHES_PER_SECOND->{$name});

    push @{ $self->{miners}{$name} }, $miner;
    $self->{audit}->watch($name, $miner);
    return;
}

sub miners { return map { @{$_} } values %{ $_[0]{miners} } }

# Wait until every miner has been told of some more accepted shares; dies when
# they don't come.
sub mine_on
{
    my ($self, $timeout) = @_;

    for my $name (@{ +NETWORKS })
    {
        my @miners = @{ $self->{miners}{$name} };
        my @wanted = map { $_->count('accepted') + SHARES_MORE->{$name} } @miners;

        Chimera::Pool::wait_until("accepted shares of $name",
            sub { !grep { $miners[$_]->count('accepted') < $wanted[$_] } 0 .. $#miners }, $timeout);
    }
    return;
}

# How many shares its miners have been told are accepted.
sub acknowledgements
{
    my ($self) = @_;
    my $sum = 0;

    $sum += $_->count('accepted') for $self->miners;
    return $sum;
}

# How many connections its miners have had, beyond one each.
sub reconnects
{
    my ($self) = @_;
    my $reconnects = 0;

    for my $miner ($self->miners)
    {
        my %extranonces = map { /"extranonce1":"(\w+)"/ ? ($1 => 1) : () } $miner->log_lines;
        $reconnects += keys(%extranonces) - 1;
    }
    return $reconnects;
}

# End the miners and wait until the pool has done its part; returns what is not
# as it must be then.
sub end
{
    my ($self) = @_;
    my $pool = $self->{pool};
    my @deviations = map { 'a miner ended with ' . $_->exit_code } grep { $_->stop != 0 } $self->miners;

    $pool->wait_for_sql(q(SELECT count(*) FROM chimera.blocks WHERE status IN ('found', 'submitted')), 0);
    $pool->wait_for_sql('SELECT bool_and(chimera.is_posted(status, ledger_state)) AND count(ledger_problem) = 0'
          . ' FROM chimera.blocks');
    $pool->wait_for_sql('SELECT bool_and(ok) FROM chimera.health');
    return (@deviations, $self->{audit}->final_deviations, $self->chain_deviations, $self->ledger_deviations);
}

# The node's chain is of the pool's blocks alone, and those are the pool's good
# ones.  In addition there are some that lost to a sibling, since two were found
# at once.
sub chain_deviations
{
    my ($self) = @_;
    my $pool = $self->{pool};
    my $node = $self->{node}{litecoin};
    my %chain = map { $node->rpc('getblockhash', $_) => $_ } $self->{start_height} + 1 .. $node->height;
    my @deviations;

    for (split /\n/, $pool->safe_psql(q(SELECT height, encode(hash, 'hex'), status FROM chimera.blocks)))
    {
        my ($height, $hash, $status) = split /\|/;
        my $expected = delete $chain{$hash} ? 'accepted|confirmed' : 'orphaned';
        push @deviations, "block $hash of height $height is $status, not $expected" if $status !~ /\A(?:$expected)\z/;
    }
    return (@deviations, map { "the chain's block $_ is not known to the pool" } keys %chain);
}

sub ledger_deviations
{
    my ($self) = @_;
    my $sums = $self->{pool}->safe_psql(<<'SQL');
SELECT (SELECT sum(reward_sats) FROM chimera.blocks WHERE status IN ('accepted', 'confirmed')),
       (SELECT sum(amount_sats) FROM chimera.balances WHERE account IN ('balance', 'pool', 'immature', 'pool_immature'))
SQL
    my ($rewards, $balances) = split /\|/, $sums;
    return $rewards == $balances ? () : "rewards of $rewards, and balances of $balances";
}

# For the test's report.
sub summary
{
    my ($self) = @_;
    return join '; ', map {
        sprintf '%d shares of %s, %d of them blocks', scalar($self->{audit}->acknowledged($_, 'shares')), $_,
          scalar($self->{audit}->acknowledged($_, 'blocks'))
    } @{ +NETWORKS };
}

1;
