# Rollups through crashes: while miners work, the accountant is killed at any
# moment, hours and days are closed beside it, and the server is killed too.
# Afterwards every level has each share once, and what was refused as often as
# the miner was told so.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 1e-6,
    HASHES_PER_SECOND => 150_000,    # some forty shares a second
    ACCOUNTANT_KILLS => 4,
    SHARES_BETWEEN => 15,
    TOO_LOW => 1e-7,
};

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('stats', conf => "chimera.rollup_interval = 10ms\n");
$pool->add_network('fake', $coin,
    map { $_ . '_difficulty' => DIFFICULTY } qw(start min max));
$pool->add_listener('fake');
$pool->start_stratumd;
$pool->wait_for_job('fake');

my @miners = map {
    $pool->miner('fake',
        user => $_,
        hashes_per_second => HASHES_PER_SECOND / 2,
        quiet => 1)
} qw(alice.rig1 alice.rig2);

sub mine_on
{
    for my $miner (@miners)
    {
        my $wanted = $miner->log('accepted') + SHARES_BETWEEN;
        Chimera::Pool::wait_until("$wanted accepted shares",
            sub { $miner->log('accepted') >= $wanted });
    }
    return;
}

# --- one who is refused much, and counts it

my $bob = $pool->stratum('fake', user => 'bob.rig');
$bob->configure_version_rolling('1fffe000');
my $job = $bob->next_notify;
my %told = map { $_ => 0 } qw(accepted duplicate low_difficulty invalid);

sub send_of_each_kind
{
    my $good = $bob->find_share($job);
    my @shares = (
        [ accepted => $good ],
        [ duplicate => $good ],
        [ duplicate => $good ],
        [ invalid => $bob->find_share($job, version_bits => '20000000') ],
        [ low_difficulty => $bob->find_share($job, difficulty => TOO_LOW, below => DIFFICULTY) ],
    );
    my %code = (duplicate => 22, invalid => 20, low_difficulty => 23);

    for (@shares)
    {
        my ($kind, $share) = @{$_};
        my $reply = $bob->submit($share);
        my $is_so = $kind eq 'accepted' ? $reply->{result} : ($reply->{error}[0] // 0) == $code{$kind};
        fail("a share that should be $kind: " . ($reply->{error}[1] // 'accepted')) unless $is_so;
        $told{$kind}++;
    }
    return;
}

# --- crashes

mine_on();
send_of_each_kind();
for my $kill (1 .. ACCOUNTANT_KILLS)
{
    my $accountant = $pool->worker_pid('accountant');
    sleep rand 0.5;
    kill 'KILL', $accountant;
    $pool->wait_for_sql("SELECT pid <> $accountant AND state = 'ok' FROM chimera.worker_status() WHERE kind = 'accountant'");
    mine_on();
    send_of_each_kind();

    # from here on all that comes is late for its hour, and then for its day
    my $until = $kill == 2 ? "1 hour" : $kill == 3 ? "1 day" : undef;
    $pool->safe_psql("SELECT chimera.close_rollups(now() + interval '$until')") if defined $until;
    pass("mining goes on after kill $kill of the accountant");
}
$pool->kill9_postgres;
$pool->start_postgres;
mine_on();
send_of_each_kind();
pass('and after a kill of the server');
$_->stop for @miners;

# --- what has come of it

$pool->wait_for_rollups;
$pool->safe_psql("SELECT chimera.close_rollups(now() + interval '2 days')");
is($pool->rollup_differences, '', 'minutes equal a recount of the shares');
for my $level (qw(hour day))
{
    is($pool->safe_psql(<<"SQL"), '', "${level}s equal a recount of the shares");
SELECT * FROM (SELECT network_id, miner_id, date_trunc('$level', submitted_at, 'UTC') AS at, count(*) AS accepted, sum(difficulty) AS difficulty
               FROM chimera.shares GROUP BY 1, 2, 3) counted
FULL JOIN (SELECT network_id, miner_id, $level AS at, accepted, difficulty FROM chimera.share_rollups_$level WHERE accepted > 0) rolled_up
    USING (network_id, miner_id, at)
WHERE counted.accepted IS DISTINCT FROM rolled_up.accepted
   OR abs(counted.difficulty - rolled_up.difficulty) > 1e-12 * counted.difficulty
SQL
}
is($pool->safe_psql(<<'SQL'), 't', 'the minutes of the network too');
SELECT sum(r.accepted) = (SELECT count(*) FROM chimera.shares)
   AND abs(sum(r.difficulty) - (SELECT sum(s.difficulty) FROM chimera.shares s)) <= 1e-12 * sum(r.difficulty)
FROM chimera.network_rollups_minute r
SQL

my @kinds = sort keys %told;
my $sums = join ', ', map { "sum($_)" } @kinds;
my $expected = join '|', @told{@kinds};
is($pool->safe_psql("SELECT $sums FROM chimera.share_rollups_$_ r JOIN chimera.miners m USING (miner_id) WHERE m.name = 'rig'"),
    $expected, "${_}s have what one was told, of each kind: " . join ', ', @kinds)
  for qw(minute hour day);
is($pool->safe_psql(qq(SELECT @{[ join ', ', @kinds ]} FROM chimera.user_network_stats WHERE account = 'bob' AND "window" = '1h')),
    $expected, 'so has the view of accounts');
is($pool->safe_psql(q(SELECT accepted = (SELECT count(*) FROM chimera.shares), miners, accounts FROM chimera.network_pool_stats WHERE "window" = '24h')),
    't|3|2', 'and that of the pool all of it');
cmp_ok($_->log('accepted'), '>=', SHARES_BETWEEN * (ACCOUNTANT_KILLS + 2), 'the miners were at work all the time') for @miners;
diag $pool->safe_psql('SELECT count(*) FROM chimera.shares'), ' shares';

done_testing();
