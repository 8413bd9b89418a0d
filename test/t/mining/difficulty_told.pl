# What a miner is told, and how soon: a rig that is much too fast, at once and
# without being thrown out; a small device, why it gets more than it asked for;
# nobody more than the network's difficulty; a wish that is repeated, nothing.
use strict;
use warnings;

use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    START => 1e-9,
    LEAST => 1e-9,
    HIGH => 1e-4,

    # too fast for START by that factor, for the network's target of 10 s
    FACTOR => 5000,
    RUN_S => 6,
    MOST_HASHES => 2**20,
    TOLD_WITHIN_S => 2.5,

    # nbits of a difficulty of about 1e-6
    EASY_BITS => '1f0f4230',
};

my $json = JSON::PP->new;
my $hasher = Chimera::Miner::program() =~ s{/[^/]*$}{/chimera-hasher}r;
my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $easy = Chimera::FakeNode->new(Chimera::Pool->directory('easy'))->set(bits => EASY_BITS)->start;

# a job comes by itself only when half a minute is over
my $pool = Chimera::Pool->new('told', conf => "chimera.template_refresh_interval = 30s\n");
$pool->add_network('fake', $coin, start_difficulty => START, min_difficulty => LEAST, max_difficulty => 1);
my $port = $pool->add_listener('fake');
$pool->add_network('easy', $easy, start_difficulty => HIGH, min_difficulty => LEAST, max_difficulty => 1);
$pool->add_network('free', $easy, caps_difficulty => 0, start_difficulty => HIGH, min_difficulty => LEAST, max_difficulty => 1);
my %port_of = map { $_ => $pool->add_listener($_) } 'easy', 'free';
$pool->start_stratumd;
$pool->wait_for_job($_) for 'fake', 'easy', 'free';

# --- a rig

# Shares of a job, many at once: the nonces that meet the difficulty, each as
# the parameters of mining.submit.
sub shares_of
{
    my ($client, $job) = @_;
    my %share = (
        job => $job->{id},
        extranonce2 => $client->next_extranonce2($job),
        ntime => $job->{ntime},
        nonce => '00000000');
    my $front = unpack 'H152', $client->build_header($job, \%share);
    my $hashes = int(1000 * $job->{difficulty} * 2**32);
    $hashes = MOST_HASHES if $hashes > MOST_HASHES;

    return map { [ $client->submit_params({ %share, nonce => (split)[0] }) ] }
      `$hasher $front $hashes $job->{difficulty}`;
}

# Submit at a rate, as a rig does whose speed is that many shares of START a
# second: fewer as its difficulty rises. Returns when it was told what.
sub run_rig
{
    my ($client, $job, $rate) = @_;
    my @shares = shares_of($client, $job);
    my $began = time;
    my $told = [];
    my ($sent, $refused, $due, $at) = (0, 0, 0, $began);

    while (time - $began < RUN_S && !$client->{closed})
    {
        $due += (time - $at) * $rate * START / $job->{difficulty};
        $at = time;
        for (; $due >= 1; $due--)
        {
            @shares = shares_of($client, $job) unless @shares;
            $client->send_request('mining.submit', @{ shift @shares });
            $sent++;
        }
        while (my $message = $client->recv_json(0.005))
        {
            if (!defined $message->{method}) { $refused++ unless $message->{result} }
            elsif ($message->{method} eq 'mining.notify')
            {
                my $next = $client->job_of($message);
                push @{$told}, [ time - $began, $next->{difficulty} ]
                  if $next->{difficulty} != $job->{difficulty};
                $job = $next;
                @shares = ();
            }
        }
    }
    return { told => $told, sent => $sent, refused => $refused, closed => $client->{closed} };
}

sub is_told_soon
{
    my ($name, $run, $ideal) = @_;
    my ($fit) = grep { $_->[1] > $ideal / 4 } @{ $run->{told} };

    ok(!$run->{closed}, "$name is not thrown out");
    is($run->{refused}, 0, "... all of its $run->{sent} shares are accepted");
    ok($fit && $fit->[0] < TOLD_WITHIN_S, '... and it is told its difficulty in time')
      or diag join ', ', map { sprintf '%.2f s: %g', @{$_} } @{ $run->{told} };
    return;
}

# who can't be paid would be told that, too
$pool->pay_to_pool(qw(big spare mad tiny alive));
my $rate = FACTOR / 10;
my $client = $pool->stratum('fake', user => 'big.rig', port => $port);
my $run = run_rig($client, $client->next_notify, $rate);
is_told_soon(FACTOR . ' times too fast', $run, START * FACTOR);
$client->close;

# a connection that was there without a share for a while, as a proxy's spare one
$client = $pool->stratum('fake', user => 'spare.rig', port => $port);
my $job = $client->next_notify;
sleep 8;
$run = run_rig($client, $job, $rate);
is_told_soon('a connection that was idle', $run, START * FACTOR);
$client->close;

# --- lines count for those who were told, and for those who show no work

$client = $pool->stratum('fake', user => 'mad.rig', port => $port);
$client->next_notify;
for my $line (1 .. 4000) { last unless $client->send_raw(qq({"id":$line,"method":"mining.ping","params":[]}\n)) }
ok($client->is_closed(10), 'who sends other lines is thrown out as ever');

# --- a device that asks for less than there is

$client = $pool->stratum('fake', user => 'tiny.rig', port => $port);
$client->next_notify;
sub next_message
{
    my ($seconds) = @_;
    my $deadline = time + $seconds;
    while (my $message = $client->next_notification($deadline - time))
    {
        return $message->{params}[0] if $message->{method} eq 'client.show_message';
    }
    return;
}
ok($client->request('mining.suggest_difficulty', 1e-11)->{result}, 'a wish below the minimum is answered');
is(next_message(3), 'difficulty 1e-11 is below the minimum of this port, 1e-09', '... with the reason');
$client->request('mining.suggest_difficulty', 1e-11);
is(next_message(1), undef, '... once');
$client->request('mining.suggest_difficulty', 5);
is(next_message(3), 'difficulty 5 is above the maximum of this port, 1', 'so is one above the maximum');
$client->close;

# --- a wish repeated as a sign of life

$client = $pool->stratum('fake', user => 'alive.rig', port => $port);
$job = $client->next_notify;
$client->request('mining.suggest_difficulty', 2e-9);
$job = $client->next_notify;
is($job->{difficulty}, 2e-9, 'a wish is told with a job');
my @shares = shares_of($client, $job);
my $deadline = time + 8;
my @told;
while (time < $deadline && @shares)
{
    $client->request('mining.suggest_difficulty', 2e-9);
    for (1 .. 20) { $client->request('mining.submit', @{ shift @shares }) if @shares }
    while (my $next = $client->next_notify(0.05)) { push @told, $next->{difficulty} }
    sleep 0.2;
}
cmp_ok($told[-1] // 0, '>', 2e-8, 'the same wish again leaves vardiff alone');
ok(!(grep { $_ <= 2e-9 } @told), '... and takes nothing back') or diag "@told";
$client->close;

# --- the network's difficulty

sub network_difficulty
{
    my ($name) = @_;
    return 0 + $pool->safe_psql(<<"SQL");
SELECT chimera.difficulty(chimera.target(nbits), algorithm) FROM chimera.jobs
WHERE network_id = chimera.network_id('$name') ORDER BY job_id DESC LIMIT 1
SQL
}

my $cap = network_difficulty('easy');
cmp_ok($cap, '<', HIGH, 'a network whose difficulty is below the port\'s');
for my $password ('x', 'd=0.001')
{
    $client = $pool->stratum('easy', user => 'capped.rig', password => $password, port => $port_of{easy});
    $job = $client->next_notify;
    is($job->{difficulty}, $cap, "with password $password its own is told");
    $client->close;
}
$client = $pool->stratum('easy', user => 'capped.rig', port => $port_of{easy});
$job = $client->next_notify;
my $share = $client->find_share($job);
ok($client->submit($share)->{result}, 'its share is accepted');
is($pool->safe_psql(<<'SQL'), 't', '... and credited at what was told');
SELECT bool_and(s.difficulty = chimera.difficulty(chimera.target(j.nbits), j.algorithm))
FROM chimera.shares s JOIN chimera.jobs j USING (job_id) JOIN chimera.miners m USING (miner_id) JOIN chimera.accounts a USING (account_id)
WHERE a.name = 'capped'
SQL
is($pool->safe_psql(q(SELECT count(*) FROM chimera.blocks WHERE network_id = chimera.network_id('easy'))),
    1, 'each of them is a block');
$easy->set(bits => '1d00ffff');
$easy->new_tip;
$job = $client->next_notify;
is($job->{difficulty}, HIGH, 'once the network\'s is above it, the miner has its own');
$client->close;

is($pool->stratum('free', user => 'free.rig', port => $port_of{free})->next_notify->{difficulty},
    HIGH, 'a test chain may be told otherwise');

done_testing();
