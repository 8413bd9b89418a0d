# Wrong shares are refused with the code that miners know, counted by their
# kind, and disturb no other.

use strict;
use warnings;

use Chimera::Pool;
use JSON::PP;
use Test::More;

# Half of all hashes are blocks in regtest.  Shares here are easier than that,
# and those that would be blocks are passed over: the job stays.
use constant {
    DIFFICULTY => 2.5e-10,
    GOOD => 2.6e-10,
    TOO_LOW => 2.4e-10,
    BELOW_BLOCK => 4.6e-10,
    ANY => 1e-11,
    ALL_BITS => '1fffe000',
};

my $bitcoin = Chimera::Pool->start_bcoin;
$bitcoin->mine(20);
my $pool = Chimera::Pool->new('main', conf => <<'CONF');
chimera.template_refresh_interval = 1h
CONF
$pool->add_network('bitcoin', $bitcoin,
    map({ $_ => DIFFICULTY } qw(start_difficulty min_difficulty max_difficulty)));
$pool->add_listener('bitcoin');
$pool->start_stratumd;
$pool->wait_for_job('bitcoin');

my $client = $pool->stratum('bitcoin', user => 'alice.rig1');
my $job = $client->next_notify;
my %sent = map { $_ => 0 } qw(accepted stale duplicate low_difficulty invalid);

sub good_share
{
    my (%options) = @_;
    return $client->find_share($job, difficulty => GOOD, below => BELOW_BLOCK, %options);
}

sub accepts
{
    my ($share, $name) = @_;
    my $reply = $client->submit($share);

    $sent{accepted}++;
    return is_deeply([ @{$reply}{qw(result error)} ], [ JSON::PP::true, undef ], $name);
}

# The kind is what the rollups count it as, if the database hears of it.
sub refuses
{
    my ($code, $share, $kind, $name) = @_;
    my $reply = $client->submit($share);

    $sent{$kind}++ if defined $kind;
    return is($reply->{result} ? 'accepted' : $reply->{error}[0],
        $code, "$name: error $code")
      && accepts(good_share(), 'a good share after it is accepted');
}

is($job->{difficulty}, DIFFICULTY, 'the client is told the difficulty');
accepts(good_share(), 'a good share is accepted');

# --- work

refuses(23, $client->find_share($job, difficulty => ANY, below => TOO_LOW),
    'low_difficulty', 'a share below the difficulty');

my $share = good_share();
accepts($share, 'a share is accepted');
refuses(22, $share, 'duplicate', 'the same share again');

# --- time

my ($mintime, $maxtime) = split /\|/,
  $pool->safe_psql("SELECT mintime, curtime + 7200 FROM chimera.jobs WHERE job_id = @{[hex $job->{id}]}");

sub share_at
{
    my ($time) = @_;
    return good_share(ntime => sprintf '%08x', $time);
}
refuses(20, share_at($mintime - 1), 'invalid', 'a share from before the median time');
refuses(20, share_at($maxtime + 1), 'invalid', 'a share from two hours ahead');
accepts(share_at($mintime), 'the earliest time is accepted');
accepts(share_at($maxtime), 'the latest time is accepted');

# --- version

refuses(20, good_share(version_bits => '00002000'),
    undef, 'version bits that were not negotiated');
$client->configure_version_rolling(ALL_BITS);
is($client->version_mask, hex ALL_BITS, 'version rolling is granted');
refuses(20, good_share(version_bits => '20000000'),
    'invalid', 'version bits outside the mask');
accepts(good_share(version_bits => '0abce000'), 'version bits within the mask are accepted');

# --- jobs

refuses(21, { %{ good_share() }, job => 'ffffff' }, undef, 'a job that never was');
refuses(21, { %{ good_share() }, job => 'no job' }, undef, 'a job that is no number');

my $stale = good_share();
$bitcoin->mine(1);
do { $job = $client->next_notify } until $job->{clean};
refuses(21, $stale, 'stale', 'a share of a job before the clean one');

# --- who

is($client->request('mining.submit', 'mallory.rig1',
        ($client->submit_params(good_share()))[ 1 .. 4 ])->{error}[0],
    24, 'a worker that is not authorized: error 24');
my $stranger = $pool->stratum('bitcoin');
is($stranger->request('mining.submit', $client->submit_params(good_share()))->{error}[0],
    25, 'a client that has not subscribed: error 25');
$stranger->subscribe;
is($stranger->request('mining.submit', $client->submit_params(good_share()))->{error}[0],
    24, 'a client that has not authorized: error 24');
accepts(good_share(), 'a good share after them is accepted');

# --- the count

my $columns = join ', ', map { "sum($_)" } sort keys %sent;
$pool->wait_for_rollups;
is($pool->safe_psql("SELECT $columns FROM chimera.share_rollups_minute"),
    join('|', map { $sent{$_} } sort keys %sent),
    'the rollups have every kind as it was sent: ' . join ', ', sort keys %sent);
is($pool->safe_psql('SELECT count(*) FROM chimera.shares'),
    $sent{accepted}, 'only what was accepted is stored');
is($pool->rollup_differences, '', 'the rollups equal a recount');

done_testing();
