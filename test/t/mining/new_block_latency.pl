# How soon a new block, and how new transactions, reach a connected miner.

use strict;
use warnings;

use Chimera::Pool;
use Test::More;
use Time::HiRes qw(time);

use constant {
    BLOCKS => 10,
    BOUND_MS => 2000,
    REFRESH_MS => 300,
    REFRESHES => 12,
    RESTARTS => 6,
    LONG_POLL_US => 1_000_000,
};

my %node = (
    litecoin => Chimera::Pool->start_litecoind,
    bitcoin => Chimera::Pool->start_bcoin,
);
$node{litecoin}->reach_mweb;
$node{bitcoin}->mine(20);

# so seldom is the tip asked for that only the long poll can tell in time
my $pool = Chimera::Pool->new('main', conf => <<"CONF");
chimera.tip_poll_interval = 60s
chimera.template_refresh_interval = @{[REFRESH_MS]}ms
CONF

sub next_clean_job
{
    my ($client) = @_;

    while (my $job = $client->next_notify($PostgreSQL::Test::Utils::timeout_default))
    {
        return $job if $job->{clean};
    }
    die 'no clean job';
}

sub prevhash_of
{
    my ($job) = @_;
    return unpack 'H*', reverse pack 'V*', unpack 'N*', pack 'H*', $job->{prevhash};
}

# Milliseconds from asking the node for a block to the job upon it, sorted.
sub measure
{
    my ($name, $client) = @_;
    my $address = $node{$name}->new_address;
    my @ms;

    for (1 .. BLOCKS)
    {
        my $start = time;
        my ($hash) = @{ $node{$name}->rpc('generatetoaddress', 1, $address) };
        my $job = next_clean_job($client);
        push @ms, 1000 * (time - $start);
        return if prevhash_of($job) ne $hash;
    }
    return sort { $a <=> $b } @ms;
}

my %client;
for my $name (sort keys %node)
{
    $pool->add_network($name, $node{$name});
    $pool->add_listener($name);
}
$pool->start_stratumd;
for my $name (sort keys %node)
{
    $pool->wait_for_job($name);
    $client{$name} = $pool->stratum($name, user => 'alice.rig1');
    next_clean_job($client{$name});

    my @ms = measure($name, $client{$name});
    is(scalar @ms, BLOCKS, "each new block of $name comes as a clean job upon it");
    cmp_ok($ms[-1], '<', BOUND_MS, "new blocks of $name reach a miner in time");
    diag sprintf '%s: generate to mining.notify: median %.0f ms, max %.0f ms',
      $name, $ms[ @ms / 2 ], $ms[-1];
}

# --- transactions

my $litecoin = $node{litecoin};
my $txid = $litecoin->send_segwit;
my $raw = $litecoin->rpc('getrawtransaction', $txid);
my $job;
do { $job = $client{litecoin}->next_notify } until $pool->safe_psql(<<"SQL") eq 't';
SELECT position('\\x$raw'::bytea IN t.transactions) > 0
FROM chimera.jobs j JOIN chimera.templates t USING (template_id) WHERE j.job_id = @{[hex $job->{id}]}
SQL
ok(!$job->{clean}, 'a new transaction comes with a job that is not clean');
is(prevhash_of($job), $litecoin->best_hash, 'such a job builds on the same tip');
ok(@{ $job->{branch} } > 0, 'it has the transaction in its merkle branch');

my $jobs = REFRESHES + 1;
$client{litecoin}->next_notify for 1 .. REFRESHES;
my $least = $pool->safe_psql(<<"SQL");
SELECT extract(epoch FROM min(pause)) * 1000
FROM (SELECT created_at - lag(created_at) OVER (ORDER BY job_id) AS pause FROM
      (SELECT * FROM chimera.jobs j WHERE network_id = chimera.network_id('litecoin')
       ORDER BY job_id DESC LIMIT $jobs) newest) pauses
SQL
cmp_ok($least, '>=', REFRESH_MS, 'jobs are not refreshed more often than the setting says');

# --- the node's RPC threads

# litecoind has four, and a long poll holds one until the tip moves, whoever
# may have hung up
sub long_polls
{
    return scalar grep { $_->{method} eq 'getblocktemplate' && $_->{duration} > LONG_POLL_US }
      @{ $litecoin->rpc('getrpcinfo')->{active_commands} };
}
is(long_polls(), 1, 'one long poll is open at the node, however often the job was refreshed');

for my $start (1 .. RESTARTS)
{
    my $worker = $pool->worker_pid('template', 'litecoin');
    $pool->safe_psql("UPDATE chimera.network_configs SET display_name = 'Start $start' WHERE name = 'litecoin'");
    $pool->wait_for_sql("SELECT bool_and(pid <> $worker AND state = 'ok') FROM chimera.worker_status()"
          . " WHERE kind = 'template' AND network_id = chimera.network_id('litecoin')");
}

# until one that the last of them may have opened would count as a long one
my $jobs_wanted = REFRESHES / 2 + $pool->safe_psql(
    q{SELECT count(*) FROM chimera.jobs WHERE network_id = chimera.network_id('litecoin')});
$pool->wait_for_sql("SELECT count(*) >= $jobs_wanted FROM chimera.jobs WHERE network_id = chimera.network_id('litecoin')");
is(long_polls(), 1, 'one long poll is open at the node, however often the worker was restarted');

# a worker that was restarted finds one new tip by asking, then has its own
sub set_tip_poll_interval
{
    my ($interval) = @_;

    $pool->safe_psql("ALTER SYSTEM SET chimera.tip_poll_interval = '$interval'");
    $pool->safe_psql('SELECT pg_reload_conf()');
    $pool->wait_for_sql("SELECT current_setting('chimera.tip_poll_interval') = '$interval'");
    return;
}
set_tip_poll_interval('200ms');
$litecoin->mine(1);
next_clean_job($client{litecoin});
set_tip_poll_interval('1min');
my @ms = measure('litecoin', $client{litecoin});
cmp_ok($ms[-1], '<', BOUND_MS, 'a worker that was restarted learns of new blocks as soon');

done_testing();
