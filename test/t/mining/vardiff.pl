# Vardiff: up for the fast, down for the slow, within the limits; told with a
# job only; and every share credited at the difficulty its job was sent with.
use strict;
use warnings;

use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    START => 1e-6,
    LOWEST => 1.25e-7,
    HIGHEST => 3e-6,
    OWN_FLOOR => 5e-7,
    TARGET_S => 1,
    CALM_TARGET_S => 0.4,
    RETARGET_S => 3,
    REFRESH_S => 1,
    RUN_S => 24,
};

my $json = JSON::PP->new->utf8->allow_nonref;
my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('vardiff',
    conf => 'chimera.template_refresh_interval = ' . REFRESH_S . "s\n");
$pool->add_network('fake', $coin,
    start_difficulty => START,
    min_difficulty => 1e-9,
    max_difficulty => 1);
$pool->safe_psql(sprintf <<'SQL', TARGET_S, RETARGET_S);
UPDATE chimera.network_configs SET vardiff_target_s = %f,
    vardiff_retarget_s = %f, vardiff_retarget_shares = 8
SQL
$pool->add_listener('fake',
    min_difficulty => LOWEST,
    max_difficulty => HIGHEST);

# another network for the miner whose pace is right: with wide limits to that,
# for this machine has other things to do as well
$pool->add_network('calm', $coin,
    start_difficulty => LOWEST,
    min_difficulty => LOWEST / 1000,
    max_difficulty => 1);
$pool->safe_psql(sprintf <<'SQL', CALM_TARGET_S);
UPDATE chimera.network_configs SET vardiff_target_s = %f,
    vardiff_retarget_shares = 20, vardiff_variance = 0.6 WHERE name = 'calm'
SQL
$pool->add_listener('calm');
$pool->start_stratumd;
$pool->wait_for_job($_) for 'fake', 'calm';

# --- miners that note all they are told

my %told;    # job -> miner -> difficulty
my @refused;
my $lone = 0;    # set_difficulty that no notify followed at once
my $again = 0;    # set_difficulty that changed nothing
my $submitted = 0;

sub miner
{
    my ($name, $password, $network) = @_;
    my $client = $pool->stratum($network // 'fake',
        user => "miner.$name", password => $password);
    my $miner = {
        name => $name,
        client => $client,
        difficulties => [],
        jobs => [],
        sent => 0,
        answered => 0,
    };
    hear($miner, $client->next_notification) while !@{ $miner->{jobs} };
    return $miner;
}

sub hear
{
    my ($miner, $message) = @_;
    my $method = $message->{method};

    $lone++ if $miner->{pending} && ($method // '') ne 'mining.notify';
    if (!defined $method)
    {
        $miner->{answered}++;
        push @refused, "$miner->{name}: " . $json->encode($message)
          unless $message->{result};
    }
    elsif ($method eq 'mining.set_difficulty')
    {
        my $told = $message->{params}[0];
        $miner->{pending} = 1;
        $again++
          if @{ $miner->{difficulties} }
          && $told == $miner->{difficulties}[-1];
        push @{ $miner->{difficulties} }, $told;
    }
    elsif ($method eq 'mining.notify')
    {
        my $job = $miner->{client}->job_of($message);
        $miner->{pending} = 0;
        $job->{difficulty} = $miner->{difficulties}[-1];
        $told{ hex $job->{id} }{ $miner->{name} } = $job->{difficulty};
        push @{ $miner->{jobs} }, $job;
    }
    return;
}

# All that has come; with a timeout, also what comes within it.
sub listen_to
{
    my ($miner, $timeout) = @_;
    while (defined(my $message = $miner->{client}->recv_json($timeout // 0)))
    {
        hear($miner, $message);
    }
    return;
}

sub mine_one
{
    my ($miner, $job) = @_;
    my $client = $miner->{client};

    $client->send_request('mining.submit',
        $client->submit_params($client->find_share($job)));
    $miner->{sent}++;
    $submitted++;
    return;
}

# The last job with another difficulty than the newest.
sub old_job
{
    my ($miner) = @_;
    my @jobs = reverse @{ $miner->{jobs} };
    my ($old) = grep { $_->{difficulty} != $jobs[0]{difficulty} } @jobs;
    return $old;
}

my $fast = miner('fast');
my $idle = miner('idle');
my $stubborn = miner('stubborn', 'd=' . OWN_FLOOR);
my $owner = miner('owner', 'd=' . HIGHEST);

# the last, for it is to keep its pace from its first job on
my $steady = miner('steady', 'x', 'calm');
my @miners = ($fast, $idle, $steady, $stubborn, $owner);

is($fast->{difficulties}[0], START, 'a miner starts with the start difficulty');
is($stubborn->{difficulties}[0], OWN_FLOOR, 'or with its own');

my $end = time + RUN_S;
my $old_shares = 0;
my $steady_at = time + CALM_TARGET_S;
my $given_up = $end + RUN_S;
while (time < $end || ($fast->{difficulties}[-1] < HIGHEST && time < $given_up))
{
    listen_to($_) for @miners;
    if ($fast->{answered} >= $fast->{sent})
    {
        my $old = $fast->{sent} % 4 == 3 ? old_job($fast) : undef;
        $old_shares++ if $old;
        mine_one($fast, $old // $fast->{jobs}[-1]);
    }
    while (time >= $steady_at)
    {
        $steady_at += CALM_TARGET_S;
        mine_one($steady, $steady->{jobs}[-1]);
    }
    sleep 0.005;
}

# the idle one's share of its very first difficulty, long after; it may be told
# of a higher one for that, and is idle no more
my $idled = { difficulties => [ @{ $idle->{difficulties} } ] };
mine_one($idle, $idle->{jobs}[0]);
Chimera::Pool::wait_until(
    'the last answers',
    sub {
        listen_to($_) for @miners;
        return !grep { $_->{answered} < $_->{sent} } @miners;
    });
for my $miner (grep { $_->{pending} } @miners) { listen_to($miner, 1) }

# --- what has come of it

sub list { return join ' ', @{ $_[0]{difficulties} } }

cmp_ok($fast->{difficulties}[1] // 0, '>', START, 'up for the fast miner')
  or diag list($fast);
is($fast->{difficulties}[-1], HIGHEST, 'as far as the listener\'s ceiling');
ok((!grep { $_ > HIGHEST } @{ $fast->{difficulties} }), 'and not above');
is_deeply([ sort { $b <=> $a } @{ $idled->{difficulties} } ],
    $idled->{difficulties}, 'down for the idle one')
  or diag list($idled);
is($idled->{difficulties}[1], START / 4, 'by a factor of four');
is($idled->{difficulties}[-1], LOWEST, 'down to the listener\'s floor');
ok((!grep { $_ < LOWEST } @{ $idle->{difficulties} }), 'and not below');
is_deeply($steady->{difficulties}, [LOWEST],
    'who has the pace that is wanted keeps its difficulty')
  or diag list($steady);
is_deeply($stubborn->{difficulties}, [OWN_FLOOR],
    'd= is a floor: who is slow at it keeps it');
is_deeply($owner->{difficulties}, [HIGHEST], 'at the ceiling as well');

is($lone, 0, 'set_difficulty is followed by a job at once');
is($again, 0, 'and says something new');
is_deeply(\@refused, [], "all of $submitted shares are accepted");
cmp_ok($old_shares, '>=', 3,
    "$old_shares of them for jobs of another difficulty");

my $wrong = 0;
my $counted = 0;
for my $row (split /\n/, $pool->safe_psql(<<'SQL'))
SELECT s.job_id || ' ' || m.name || ' ' || s.difficulty || ' ' || count(*)
FROM chimera.shares s JOIN chimera.miners m USING (miner_id)
GROUP BY s.job_id, m.name, s.difficulty
SQL
{
    my ($job_id, $name, $difficulty, $count) = split / /, $row;
    $counted += $count;
    next if $told{$job_id}{$name} == $difficulty;
    $wrong++;
    diag "$row, but it was told $told{$job_id}{$name}";
}
is($counted, $submitted, 'every share is stored');
is($wrong, 0,
    'each with the difficulty that its job was sent with, to the last bit');
$pool->wait_for_sql(<<'SQL');
SELECT abs(sum(r.difficulty) / (SELECT sum(s.difficulty) FROM chimera.shares s) - 1) < 1e-9
FROM chimera.share_rollups_minute r
SQL
pass('the rollups have the same sum');

# --- what a miner suggests

{
    my $client = $pool->stratum('fake', user => 'miner.asks');
    my $job = $client->next_notify;
    is($job->{difficulty}, START, 'a miner at the start');
    for my $case (
        [ 1.5e-6, 1.5e-6 ],
        [ 1e-9, LOWEST ],
        [ 1e9, HIGHEST ],
        [ 2.71828182845905e-6, 2.71828182845905e-6 ])
    {
        my ($asked, $given) = @{$case};
        my $before = $client->difficulty;

        # a job may come between: then the one after it
        $client->request('mining.suggest_difficulty', $asked);
        my $next = $client->next_notify;
        $next = $client->next_notify
          if $next && $next->{difficulty} == $before;
        is($next->{difficulty}, $given,
            "suggested $asked: a job comes with $given");
        ok($client->submit($client->find_share($job))->{result},
            'the job before is still good');
        is( $pool->safe_psql(
                'SELECT difficulty FROM chimera.shares ORDER BY share_id DESC LIMIT 1'
              ) + 0,
            $job->{difficulty},
            'and credited at its own difficulty');
        $job = $next;
    }
}

done_testing();
