# Litecoin is mined, its miners are switched to a second scrypt chain and back
# again: every share and statistic stands where it belongs, nobody is
# disconnected, and a sha256d miner beside it notices nothing.

use strict;
use warnings;

use Chimera::Pool;
use List::Util qw(uniq);
use Test::More;

# a few shares a second of each coin, nearly all of them blocks
use constant {
    HASHES_PER_SECOND => 30,
    SCRYPT_DIFFICULTY => 1e-4,
    SHA256D_DIFFICULTY => 1e-9,
};

my %coin = (
    litecoin => Chimera::Pool->start_litecoind,
    rivalcoin => Chimera::Pool->start_litecoind,
    bitcoin => Chimera::Pool->start_bcoin);
$_->mine(20) for values %coin;

my $pool = Chimera::Pool->new('main');
for my $name (qw(litecoin rivalcoin bitcoin))
{
    my $difficulty = $name eq 'bitcoin' ? SHA256D_DIFFICULTY : SCRYPT_DIFFICULTY;
    $pool->add_network($name, $coin{$name},
        map({ $_ => $difficulty } qw(start_difficulty min_difficulty max_difficulty)));
}
$pool->add_listener($_, network => undef, algorithm => $_) for qw(scrypt sha256d);
$pool->start_stratumd;
$pool->wait_for_job($_) for sort keys %coin;

my %miner = map {
    $_ => $pool->miner($_, algorithm => $_, user => "alice.$_", hashes_per_second => HASHES_PER_SECOND)
} qw(scrypt sha256d);

sub shares_of
{
    my ($network) = @_;
    return $pool->safe_psql(
        "SELECT count(*) FROM chimera.shares WHERE network_id = chimera.network_id('$network')");
}

# Wait for that many more shares of a network than it has.
sub wait_for_shares
{
    my ($network, $more) = @_;
    my $wanted = shares_of($network) + $more;
    return $pool->wait_for_sql(
        "SELECT count(*) >= $wanted FROM chimera.shares WHERE network_id = chimera.network_id('$network')");
}

sub active
{
    return $pool->safe_psql(
        q(SELECT string_agg(name, ' ' ORDER BY algorithm) FROM chimera.network_configs WHERE is_active));
}

# Where the scrypt miner is, by its open assignment.
sub assigned
{
    return $pool->safe_psql(<<'SQL');
SELECT string_agg(n.name, ' ') FROM chimera.miner_network_assignments a
JOIN chimera.network_configs n USING (network_id) JOIN chimera.miners m USING (miner_id)
WHERE a.disconnected_at IS NULL AND m.name = 'scrypt'
SQL
}

# --- the first chain

wait_for_shares($_, 10) for qw(litecoin bitcoin);
is(active(), 'litecoin bitcoin', 'the first network of an algorithm is its active one');
is(shares_of('rivalcoin'), 0, 'nobody mines the second scrypt chain');
is(assigned(), 'litecoin', 'the assignment says so');

# --- the second

$pool->safe_psql(q(SELECT chimera.switch_active_network('scrypt', 'rivalcoin', 'it pays more')));
is(assigned(), 'rivalcoin', 'the assignment changes with the switch');
wait_for_shares($_, 15) for qw(rivalcoin bitcoin);
pass('miners work on the second chain');
my $litecoin_shares = shares_of('litecoin');
wait_for_shares('rivalcoin', 5);
is(shares_of('litecoin'), $litecoin_shares, 'and on the first no more');
$pool->wait_for_sql(q(SELECT count(*) > 0 FROM chimera.blocks JOIN chimera.network_configs USING (network_id)
    WHERE name = 'rivalcoin' AND status IN ('accepted', 'confirmed')));
my $hash = $pool->safe_psql(q(SELECT encode(hash, 'hex') FROM chimera.blocks JOIN chimera.network_configs USING (network_id)
    WHERE name = 'rivalcoin' AND status IN ('accepted', 'confirmed') ORDER BY block_id DESC LIMIT 1));
ok($coin{rivalcoin}->is_in_best_chain($hash), 'its blocks are in the second chain');

# --- and back

$pool->safe_psql(q(SELECT chimera.rollback_switch('it pays less')));
is(active(), 'litecoin bitcoin', 'the rollback makes the first one active again');
is(assigned(), 'litecoin', 'the assignment follows');
wait_for_shares($_, 15) for qw(litecoin bitcoin);
pass('miners work on the first chain again');
is($pool->safe_psql(<<'SQL'), "switch|litecoin|rivalcoin|it pays more\nrollback|rivalcoin|litecoin|it pays less", 'the history tells both');
SELECT h.kind, f.name, t.name, h.reason FROM chimera.network_switch_history h
JOIN chimera.network_configs f ON f.network_id = h.from_network JOIN chimera.network_configs t ON t.network_id = h.to_network
WHERE h.kind IN ('switch', 'rollback') ORDER BY h.history_id
SQL

# --- the server dies in the middle of a switch

my $session = $pool->background_psql(on_error_stop => 0);
$session->query('BEGIN');
$session->query(q(SELECT chimera.switch_active_network('scrypt', 'rivalcoin', 'never done')));
$pool->kill9_postgres;
eval { $session->quit };
$pool->start_postgres;
is(active(), 'litecoin bitcoin', 'a switch that a crash cut off has not been');
wait_for_shares($_, 10) for qw(litecoin bitcoin);
pass('the miners go on where they were');
is(assigned(), 'litecoin', 'the assignment is true after the crash');
is($pool->safe_psql(q(SELECT count(*) FROM chimera.network_switch_history WHERE reason = 'never done')), 0,
    'and the history knows nothing of it');

# --- what became of it all

is($miner{$_}->stop, 0, "the miner of $_ ends") for qw(scrypt sha256d);
is(scalar uniq(map { $_->{extranonce1} } $miner{$_}->log), 1, "the miner of $_ had one connection all the time")
  for qw(scrypt sha256d);

# What was answered is stored; what is stored was sent, once.  A share whose
# answer the crash took is stored or not.
my %stored = (
    scrypt => [ map { $pool->stored_share_keys($_) } qw(litecoin rivalcoin) ],
    sha256d => [ $pool->stored_share_keys('bitcoin') ]);
for my $algorithm (qw(scrypt sha256d))
{
    my $log = $miner{$algorithm};
    my %is_stored = map { $_ => 1 } @{ $stored{$algorithm} };
    my %is_sent = map { $_ => 1 } $pool->logged_share_keys($log->log);

    is_deeply([ grep { !$is_stored{$_} } $pool->logged_share_keys($log->log('accepted')) ],
        [], "every accepted $algorithm share is stored");
    is_deeply([ grep { !$is_sent{$_} } @{ $stored{$algorithm} } ], [], "no $algorithm share is made up");
    is(scalar keys %is_stored, scalar @{ $stored{$algorithm} }, "no $algorithm share is stored twice");
}
is($pool->safe_psql(<<'SQL'), '', 'every share and block carries the network of its job');
SELECT s.share_id FROM chimera.shares s
LEFT JOIN chimera.jobs j ON j.job_id = s.job_id AND j.network_id = s.network_id WHERE j.job_id IS NULL
UNION ALL
SELECT b.block_id FROM chimera.blocks b
LEFT JOIN chimera.jobs j ON j.job_id = b.job_id AND j.network_id = b.network_id WHERE j.job_id IS NULL
SQL
is($pool->safe_psql(q(SELECT count(*) FROM chimera.miner_network_assignments a JOIN chimera.miners USING (miner_id)
    WHERE name = 'sha256d' AND network_id <> chimera.network_id('bitcoin'))), 0,
    'the sha256d miner was never assigned to another network');

$pool->wait_for_rollups;
is($pool->rollup_differences, '', 'the rollups equal a recount');
is($pool->safe_psql(<<'SQL'), '', 'so do the networks\' statistics');
SELECT * FROM (SELECT network_id, count(*) AS accepted FROM chimera.shares GROUP BY 1) counted
FULL JOIN (SELECT network_id, accepted FROM chimera.network_pool_stats WHERE "window" = '24h' AND accepted > 0) shown
USING (network_id, accepted)
WHERE counted.network_id IS NULL OR shown.network_id IS NULL
SQL

done_testing();
