# Credit is unbiased: whoever knows its hashes first and names a difficulty
# afterwards, by whatever way in, is credited no more than its work.
#
# In each round the adversary hashes HASHES nonces of a job that it knows, with
# the extranonce1 of its session, at the least difficulty there is. Then it
# names the difficulty d that is worth most: the one with the greatest d times
# (hashes of at least d). Named in time, that would earn it several times its
# work; the jobs it knows must be credited at the difficulty it had before.
#
# What it may earn: at a difficulty t that is fixed, the shares of W units of
# work are Poisson with mean m = W / t. By Chernoff's bound they are more than
# (1 + x) m with a probability below exp(-m ((1 + x) ln(1 + x) - x)); x is such
# that this is FALSE_ALARM for each way in. A gain of 1.3 is far above that.
use strict;
use warnings;

use JSON::PP;
use List::Util qw(max min);
use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    ROUNDS => 4,
    HASHES => 2**20,
    LEAST => 2.5e-7,
    MOST => 1,
    FALSE_ALARM => 1e-8,
    HASHES_PER_DIFFICULTY => 2**32,

    # of the ports by which the adversary may come in again
    STARTS => [ map { 1e-6 * 4**$_ } 1 .. 6 ],
};
use constant WORK => HASHES / HASHES_PER_DIFFICULTY;

my $json = JSON::PP->new;
my $hasher = dirname_of(Chimera::Miner::program()) . '/chimera-hasher';

# long poll and tip poll bring new tips; no other job comes by itself
my $pool = Chimera::Pool->new('credit',
    conf => "chimera.template_refresh_interval = 1h\n");
my %coins;
for my $name ('one', 'other')
{
    my $dir = Chimera::Pool->directory($name);
    $coins{$name} = Chimera::FakeNode->new($dir)->start;
    $pool->add_network($name, $coins{$name},
        start_difficulty => LEAST,
        min_difficulty => LEAST,
        max_difficulty => MOST);
}
my $port = $pool->add_listener('one');
$pool->add_listener('other');
my @ports = map { $pool->add_listener('one', start_difficulty => $_, min_difficulty => $_) } @{ +STARTS };

# an algorithm's port, whose miners may choose the coin; the first is active
my $any_port = PostgreSQL::Test::Cluster::get_free_port();
$pool->safe_psql("SELECT chimera.add_listener($any_port, algorithm => 'sha256d', address => '127.0.0.1')");

# what is refused here is refused by design
$pool->safe_psql(q(SELECT chimera.set_connection_limit('bad_share_percent', 100)));
$pool->start_stratumd;
$pool->wait_for_job($_) for 'one', 'other';
$pool->wait_for_port($_) for @ports, $any_port;

sub dirname_of { return $_[0] =~ s{/[^/]*$}{}r }

# --- what an adversary can do

# A network's newest job, as any other connection would tell it.
sub known_job
{
    my ($name) = @_;
    my ($id, $params) = split /\|/, $pool->safe_psql(<<"SQL");
SELECT to_hex(job_id), notify_params FROM chimera.stratum_jobs()
WHERE network_id = chimera.network_id('$name')
SQL
    my %job = (id => $id);

    @job{qw(prevhash coinbase1 coinbase2 branch version nbits ntime)} =
      @{ $json->decode("[$params]") };
    return \%job;
}

# A new block: a job that nobody can have known.
sub new_job
{
    my ($name) = @_;
    my $before = known_job($name)->{id};

    $coins{$name}->new_tip;
    Chimera::Pool::wait_until('a new job',
        sub { known_job($name)->{id} ne $before });
    return known_job($name);
}

# The hashes of a job of at least the least difficulty, the best first.
sub hits
{
    my ($client, $job, %options) = @_;
    my %work = (%{$job}, extranonce1 => $client->extranonce1, extranonce2_size => 8);
    my %share = (
        job => $job->{id},
        extranonce2 => '0' x 16,
        ntime => $job->{ntime},
        nonce => '00000000',
        %options);
    my $front = unpack 'H152', $client->build_header(\%work, \%share);
    my @lines = `$hasher $front @{[HASHES]} @{[LEAST]}`;

    return sort { $b->{difficulty} <=> $a->{difficulty} }
      map { my ($nonce, $difficulty) = split; +{ %share, nonce => $nonce, difficulty => $difficulty } } @lines;
}

# The difficulty that those hashes would be worth most at.
sub best_difficulty
{
    my (@hits) = @_;
    my ($best, $worth) = (LEAST, 0);

    for my $count (1 .. @hits)
    {
        my $difficulty = min(MOST, $hits[ $count - 1 ]{difficulty} * 0.999999);
        ($best, $worth) = ($difficulty, $count * $difficulty)
          if $count * $difficulty > $worth;
    }
    return $best;
}

sub come_in
{
    my ($port, @subscribe) = @_;
    my $client = Chimera::Stratum->connect($port);

    $client->subscribe('chimera-test/1.0', @subscribe);
    return $client;
}

# Which difficulties the pool tells, for as long as it says something.
sub hear
{
    my ($client, $told) = @_;
    my $seconds = 1.5;

    while (my $job = $client->next_notify($seconds))
    {
        $told->{ $job->{id} } = $job->{difficulty};
        $seconds = 0.2;
    }
    return;
}

# Hand in what meets the difficulty told for its job; where none was told, all
# that was good at the one that was named.
sub hand_in
{
    my ($client, $told, $named, @hits) = @_;
    my @ids;

    for my $hit (@hits)
    {
        push @ids, $client->send_request('mining.submit', $client->submit_params($hit))
          if $hit->{difficulty} >= ($told->{ $hit->{job} } // $named);
    }
    return scalar grep { $_->{result} } map { $client->reply_to($_) } @ids;
}

# --- the ways in: each takes the account's name, does a round

my %ways = (
    'password' => sub {
        my ($user) = @_;
        my $client = come_in($port);
        my @hits = hits($client, known_job('one'));
        my $named = best_difficulty(@hits);
        $client->authorize($user, sprintf 'd=%.12g', $named);
        return [ $client, $named, @hits ];
    },
    'mining.suggest_difficulty before it authorizes' => sub {
        my ($user) = @_;
        my $client = come_in($port);
        my @hits = hits($client, known_job('one'));
        my $named = best_difficulty(@hits);
        $client->request('mining.suggest_difficulty', $named);
        $client->authorize($user);
        return [ $client, $named, @hits ];
    },
    'mining.suggest_difficulty at work' => sub {
        my ($user, $told) = @_;
        my $client = at_work($user, $told);
        my @hits = hits($client, known_job('one'));
        my $named = best_difficulty(@hits);
        $client->request('mining.suggest_difficulty', $named);
        return [ $client, $named, @hits ];
    },
    'mining.suggest_target' => sub {
        my ($user, $told) = @_;
        my $client = come_in($port);
        my @hits = hits($client, known_job('one'));
        my $named = best_difficulty(@hits);
        $client->request('mining.suggest_target', target_of($named));
        $client->authorize($user);
        return [ $client, $named, @hits ];
    },
    'minimum-difficulty' => sub {
        my ($user) = @_;
        my $client = come_in($port);
        my @hits = hits($client, known_job('one'));
        my $named = best_difficulty(@hits);
        $client->request('mining.configure', ['minimum-difficulty'], { 'minimum-difficulty.value' => $named });
        $client->authorize($user);
        return [ $client, $named, @hits ];
    },
    'a second authorize' => sub {
        my ($user, $told) = @_;
        my $client = at_work($user, $told);
        my @hits = hits($client, known_job('one'));
        my $named = best_difficulty(@hits);
        $client->authorize("$user.second", sprintf 'd=%.12g', $named);
        return [ $client, $named, @hits ];
    },
    'a session resumed' => sub {
        my ($user, $told) = @_;
        my $client = at_work($user, $told);
        my @hits = hits($client, known_job('one'));
        my $named = best_difficulty(@hits);
        return [ resume($client, $port, $user, $named), $named, @hits ];
    },
    'a session resumed, of a job made meanwhile' => sub {
        my ($user, $told) = @_;
        my $client = at_work($user, $told);
        $client->close;
        my @hits = hits($client, new_job('one'));
        my $named = best_difficulty(@hits);
        return [ resume($client, $port, $user, $named), $named, @hits ];
    },
    'a session resumed by another port' => sub {
        my ($user, $told) = @_;
        my $client = at_work($user, $told);
        $client->close;
        my @hits = hits($client, new_job('one'));
        my ($place) = sort {
            worth(STARTS->[$b], @hits) <=> worth(STARTS->[$a], @hits) } 0 .. $#ports;
        return [ resume($client, $ports[$place], $user), STARTS->[$place], @hits ];
    },
    'an extranonce1 foretold' => sub {
        my ($user, $told) = @_;
        my $last = come_in($port);
        my $guess = bless { %{$last}, extranonce1 => sprintf '%08x', (1 + hex $last->extranonce1) % 2**32 }, ref $last;
        my @hits = hits($guess, known_job('one'));
        my $named = best_difficulty(@hits);
        my $client = come_in($port);
        isnt($client->extranonce1, $guess->extranonce1, 'the next extranonce1 is not the last plus one');
        $client->authorize($user, sprintf 'd=%.12g', $named);
        $guess->close;
        return [ $client, $named, @hits ];
    },
    'the coin chosen by c=' => sub {
        my ($user) = @_;
        my $client = come_in($any_port);
        my @hits = map { [ hits($client, known_job($_)) ] } 'one', 'other';
        my $named = best_difficulty(@{ $hits[1] });
        $client->authorize($user, sprintf 'c=other,d=%.12g', $named);
        return [ $client, $named, @{ $hits[1] } ];
    },
    'rolled version bits' => sub {
        my ($user, $told) = @_;
        my $client = come_in($port);
        $client->configure_version_rolling;
        my @hits = hits($client, known_job('one'), version_bits => '00aaa000');
        my $named = best_difficulty(@hits);
        $client->authorize($user, sprintf 'd=%.12g', $named);
        return [ $client, $named, @hits ];
    },

    # the choice reaches stratumd, and its question the database, before
    # stratumd hears of the job, which is known elsewhere
    'a stratumd that hears late' => sub {
        my ($user, $told) = @_;
        my $client = at_work($user, $told);
        my $backend = feed_backend();
        kill STOP => $backend;
        my @hits = hits($client, new_job('one'));
        my $named = best_difficulty(@hits);
        $client->request('mining.suggest_difficulty', $named);
        sleep 1.2;
        kill CONT => $backend;
        return [ $client, $named, @hits ];
    },
);

my %needs_new_job = map { $_ => 1 } (
    'a session resumed, of a job made meanwhile',
    'a session resumed by another port',
    'a stratumd that hears late',
);

# The server's process that tells stratumd of jobs.
sub feed_backend
{
    return $pool->safe_psql(<<'SQL');
SELECT pid FROM pg_stat_activity
WHERE usename = 'stratumd' AND query ~ 'stratum_(job|mark|listeners|sessions|limits|bans|banned)|lease_extranonce1'
SQL
}

# A client with its first job.
sub at_work
{
    my ($user, $told, @password) = @_;
    my $client = come_in($port);

    $client->authorize($user, @password);
    my $job = $client->next_notify;
    $told->{ $job->{id} } = $job->{difficulty};
    $client->{job} = $job;
    return $client;
}

sub resume
{
    my ($client, $port, $user, $named) = @_;

    $client->close;
    my $back;
    Chimera::Pool::wait_until('the session to end', sub {
        $back = come_in($port, $client->session);
        return $back->extranonce1 eq $client->extranonce1 });
    $back->authorize($user, defined $named ? sprintf 'd=%.12g', $named : 'x');
    return $back;
}

sub worth
{
    my ($difficulty, @hits) = @_;
    return $difficulty * grep { $_->{difficulty} >= $difficulty } @hits;
}

# A target as 64 hex digits; a double has 53 bits of it.
sub target_of
{
    my ($difficulty) = @_;
    my $target = 65535 * 2**208 / $difficulty;
    my $hex = '';

    for my $place (reverse 0 .. 7)
    {
        my $word = int($target / 2**(32 * $place));
        $hex .= sprintf '%08x', $word;
        $target -= $word * 2**(32 * $place);
    }
    return $hex;
}

# --- what comes of it

sub credit_of
{
    my ($account) = @_;
    return 0 + $pool->safe_psql(<<"SQL");
SELECT coalesce(sum(difficulty), 0) FROM chimera.shares s JOIN chimera.miners m USING (miner_id) JOIN chimera.accounts a USING (account_id)
WHERE a.name = '$account'
SQL
}

# By how much shares of that mean may exceed it: see above.
sub margin
{
    my ($mean) = @_;
    my $x = 0;

    $x += 0.001 while $mean * ((1 + $x) * log(1 + $x) - $x) < -log FALSE_ALARM;
    return $x;
}

my $number = 0;
my %tally = map { $_ => { account => 'way' . ++$number, accepted => 0, sought => 0 } } sort keys %ways;

# Ways that leave the known job what it is can be tried side by side.
sub try_ways
{
    my (@names) = @_;
    my @tries;

    for my $name (@names)
    {
        my %told;
        push @tries, [ $name, \%told, @{ $ways{$name}->("$tally{$name}{account}.rig", \%told) } ];
    }
    for my $try (@tries) { hear(@{$try}[2, 1]) }
    for my $try (@tries)
    {
        my ($name, $told, $client, $named, @hits) = @{$try};
        $tally{$name}{accepted} += hand_in($client, $told, $named, @hits);
        $tally{$name}{sought} += worth($named, @hits);
        $client->close;
    }
    return;
}

for my $round (1 .. ROUNDS)
{
    try_ways(grep { !$needs_new_job{$_} } sort keys %ways);
    try_ways($_) for sort keys %needs_new_job;
}

my $margin = margin(ROUNDS * WORK / LEAST);
my @ratios;
for my $way (sort keys %ways)
{
    my $ratio = credit_of($tally{$way}{account}) / (ROUNDS * WORK);
    push @ratios, sprintf '%-50s %.2f of its work by %d shares, %.2f was sought', $way, $ratio,
      $tally{$way}{accepted}, $tally{$way}{sought} / (ROUNDS * WORK);
    cmp_ok($ratio, '<', 1 + $margin, "$way: no more than the work");
}

# --- what honest work is worth

sub honest
{
    my ($name, $round) = @_;
    my $account = "honest$name";
    my $mean = 0;

    for (1 .. ROUNDS) { $mean += WORK / $_ for $round->("$account.rig") }
    my $ratio = credit_of($account) / (ROUNDS * WORK);
    my $margin = margin($mean);
    push @ratios, sprintf '%-50s %.2f of its work', "honest: $name", $ratio;
    cmp_ok(abs($ratio - 1), '<', $margin, "$name: all of the work is credited");
    return;
}

honest('start', sub {
        my %told;
        my $client = at_work($_[0], \%told);
        hand_in($client, \%told, 0, hits($client, $client->{job}));
        return $client->{job}{difficulty};
    });

# d= in time: the job that comes with it is credited with it, and hashes below
# it are worth nothing, also when a lower difficulty is asked for with them in
# hand
honest('chosen', sub {
        my %told;
        my $client = at_work($_[0], \%told, 'd=1e-6');
        is($client->{job}{difficulty}, 1e-6, 'd= is told with the first job');
        my @hits = hits($client, $client->{job});
        $client->request('mining.suggest_difficulty', LEAST);
        hear($client, \%told);
        hand_in($client, {}, 0, @hits);
        return $client->{job}{difficulty};
    });

diag $_ for @ratios;
diag sprintf 'the margin is %.2f at %d shares', $margin, ROUNDS * WORK / LEAST;
done_testing();
