# The dialects of firmware, rental services and proxies, by a client that knows
# nothing of ours (test/client): all mine on both coins, and nobody is banned.
# And what a miner's version bits mean.
use strict;
use warnings;

use FindBin;
use Test::More;

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    ADDRESS => 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
    SHARES => 12,
    RIGS => 1000,
    MASK => 0x1fffe000,
};
use constant DIFFICULTY => { sha256d => 5e-9, scrypt => 2e-5 };

my $pool = Chimera::Pool->new('dialects');
my %coin;
for my $algorithm (sort keys %{ +DIFFICULTY })
{
    $coin{$algorithm} = Chimera::FakeNode->new(Chimera::Pool->directory($algorithm))->start;
    $coin{$algorithm}->set(tip => 100 * (1 + keys %coin));
    my $difficulty = DIFFICULTY->{$algorithm};
    $pool->add_network($algorithm, $coin{$algorithm},
        algorithm => $algorithm,
        bech32_hrp => 'bc',
        start_difficulty => $difficulty,
        min_difficulty => $difficulty,
        max_difficulty => $difficulty);
    $pool->add_listener($algorithm);
}
$pool->start_stratumd;
$pool->wait_for_job($_) for sort keys %coin;

# --- all of them

for my $algorithm (sort keys %coin)
{
    my @lines = split /\n/, `python3 $FindBin::Bin/../../client/dialects.py 127.0.0.1 @{[ $pool->port($algorithm) ]} $algorithm @{[ ADDRESS, SHARES, RIGS ]}`;
    cmp_ok(scalar @lines, '>=', 10, "the miners of $algorithm have run");
    for my $line (@lines)
    {
        my ($dialect, $accepted, $refused, $why) = split /\t/, $line;
        my $shares = $dialect eq 'Farm' ? RIGS : SHARES;
        is($accepted, $shares, "$dialect mines $algorithm") or diag $why;
    }
    is($pool->safe_psql(<<"SQL"), ADDRESS . ' ' . (RIGS + 9), 'all are rigs of one account, however they spell it');
SELECT string_agg(DISTINCT a.name, ' ') || ' ' || count(DISTINCT m.miner_id)
FROM chimera.shares s JOIN chimera.network_configs n USING (network_id) JOIN chimera.miners m USING (miner_id)
JOIN chimera.accounts a USING (account_id) WHERE n.name = '$algorithm'
SQL
}
is($pool->safe_psql('SELECT count(*) FROM chimera.bans'), 0, 'nobody is banned');

# --- version bits that the template has set itself: 20800202, as DigiByte's had, and Core's in regtest

my $port = $pool->port('sha256d');
for my $version (0x20800202, 0x30000000)
{
    $coin{sha256d}->set(version => $version, tip => 1 + $coin{sha256d}{control}{tip});
    my $here = sprintf '%08x', $version;
    my $miner = $pool->stratum('sha256d');
    $pool->wait_for_sql("SELECT bool_or(version = $version) FROM chimera.jobs");
    $miner->configure_version_rolling('ffffffff');
    is(sprintf('%08x', $miner->version_mask), sprintf('%08x', MASK & ~$version), "of $here the bits that are set may not be rolled");
    $miner->subscribe;
    $miner->authorize(ADDRESS . '.bits');
    my $job = $miner->next_notify;
    is($job->{version}, $here, 'it has a job');
    my $bits = sprintf '%08x', 0x0a514000 & $miner->version_mask;
    my %way = (
        'rolled bits' => $miner->find_share($job, version_bits => $bits),
        'bits of zero' => $miner->find_share($job),
        'no bits' => $miner->find_share($job));
    $way{'bits of zero'}{version_bits} = '00000000';
    ok($miner->submit($way{$_})->{result}, "$_ are taken as they are meant") for sort keys %way;
}

# --- a miner that comes before the first job

{
    my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('late'))->start;
    $coin->set(tip => 900, mode => 'error');
    $pool->add_network('late', $coin,
        bech32_hrp => 'bc',
        start_difficulty => 1e-6,
        min_difficulty => 1e-6,
        max_difficulty => 1e-6);
    $pool->safe_psql(q(DELETE FROM chimera.stopped_networks));
    $pool->add_listener('late');
    my $early = $pool->stratum('late');
    my $reply = $early->configure_version_rolling('ffffffff')->{result};
    ok($reply->{'version-rolling'}, 'without a job the network\'s bits are granted');
    is($reply->{'version-rolling.mask'}, sprintf('%08x', MASK), 'all of them');
    $early->subscribe;
    my $in = $early->authorize(ADDRESS . '.early')->{result};
    $coin->set(mode => 'ok', version => 0x30000000);
    if (!$in)
    {
        $pool->wait_for_job('late');
        $early->authorize(ADDRESS . '.early');
    }
    my $job = $early->next_notify(30);
    is(sprintf('%08x', $early->version_mask), sprintf('%08x', MASK & ~0x30000000), 'and the first job\'s told with it');
    ok($early->submit($early->find_share($job, version_bits => '00002000'))->{result}, 'rolled bits are accepted');
}

# --- a coin that is chosen has its own difficulties

{
    my $shared = $pool->add_listener('any', network => undef, algorithm => 'sha256d');
    my $own = $pool->add_listener('mine', network => undef, algorithm => 'sha256d', min_difficulty => 2e-8, start_difficulty => 2e-8);
    my $told = sub {
        my ($port, $password) = @_;
        my $miner = $pool->stratum('any', port => $port, user => ADDRESS . '.chooser', password => $password);
        return $miner->next_notify->{difficulty};
    };
    is($told->($shared, 'x'), DIFFICULTY->{sha256d}, 'a port of an algorithm has the difficulty of the coin it serves');
    is($told->($shared, 'c=late'), 1e-6, 'who chooses another has that one\'s');
    is($told->($shared, 'c=late;d=1e-9'), 1e-6, 'and its limits');
    is($told->($own, 'c=late'), 2e-8, 'a port\'s own figures come first...');
    is($told->($own, 'x'), 2e-8, '...for each coin');
    my $moved = $pool->stratum('any', port => $shared, user => ADDRESS . '.Bitaxe');
    $moved->next_notify;
    $pool->safe_psql("SELECT chimera.assign_miner('@{[ADDRESS]}.Bitaxe', 'late')");
    # a difficulty holds for jobs that are made after it was chosen
    my $later = sub { my ($wanted) = @_; my $now = 0; for (1 .. 5) { last if ($now = $moved->next_notify(5)->{difficulty}) == $wanted } return $now };
    is($later->(1e-6), 1e-6, 'so has who is sent there');
    $pool->safe_psql("SELECT chimera.unassign_miner('@{[ADDRESS]}.Bitaxe')");
    is($later->(DIFFICULTY->{sha256d}), DIFFICULTY->{sha256d}, 'until it is back');
}

ok($pool->stratumd_is_running, 'stratumd runs');
done_testing();
