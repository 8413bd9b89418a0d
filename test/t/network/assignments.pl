# Which network a miner works on: by its port, its password, an admin; moved at
# once, and true in the database whatever dies. Ports that drain, networks
# whose work stops.
use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 1e-6,
    TRUE_WITHIN_S => 3,    # a second, and a slow machine's
};

my $pool = Chimera::Pool->new('assignments');
my %coin;
for my $name (qw(alpha beta gamma))
{
    $coin{$name} =
      Chimera::FakeNode->new(Chimera::Pool->directory($name))->start;
    $coin{$name}->set(tip => 100 * (1 + keys %coin));
    $pool->add_network($name, $coin{$name},
        start_difficulty => DIFFICULTY,
        min_difficulty => DIFFICULTY,
        max_difficulty => DIFFICULTY);
}
my $own = $pool->add_listener('beta');
my $shared = $pool->add_listener('any', network => undef, algorithm => 'sha256d');
$pool->start_stratumd;
$pool->wait_for_job($_) for sort keys %coin;

sub tip_of
{
    my ($name) = @_;
    return join '', reverse unpack '(a8)8', $coin{$name}->best_hash;
}

# The network of a job, by the block it builds upon.
sub network_of
{
    my ($job) = @_;
    return 'none' unless $job;
    my ($name) = grep { tip_of($_) eq $job->{prevhash} } sort keys %coin;
    return $name // 'unknown';
}

sub come
{
    my ($port, $user, $password) = @_;
    $pool->make_rigs($user) if $user =~ /^a/;
    return $pool->stratum('any', port => $port, user => $user, password => $password);
}

# "network by rule" of a rig, as the database says.
sub assigned
{
    my ($rig) = @_;
    return $pool->safe_psql(<<"SQL");
SELECT coalesce(network, 'none') || ' by ' || chosen_by FROM chimera.miner_connections WHERE rig = '$rig'
SQL
}

sub open_rows
{
    return $pool->safe_psql('SELECT count(*) FROM chimera.miner_connections');
}

sub is_within
{
    my ($code, $expected, $name) = @_;
    my $deadline = time + TRUE_WITHIN_S;
    my $got;

    until (($got = $code->()) eq $expected || time > $deadline) { sleep 0.05 }
    return is($got, $expected, $name) || diag $pool->state;
}

# The next client.show_message.
sub message_to
{
    my ($client) = @_;
    my $deadline = time + 10;

    while (my $message = $client->next_notification($deadline - time))
    {
        return $message->{params}[0] if ($message->{method} // '') eq 'client.show_message';
    }
    return;
}

sub refusal
{
    my ($port, $user, $password) = @_;
    my $client = $pool->stratum('any', port => $port);
    $client->subscribe;
    return $client->authorize($user, $password)->{error}[1] // 'none';
}

# --- who decides

$pool->pay_to_pool('a', 'b');
$pool->make_rigs('a.second');
my %miner = (
    fixed => come($own, 'a.fixed'),
    default => come($shared, 'a.default'),
    asks => come($shared, 'a.asks', 'd=1,c=GAMMA'));
is(network_of($miner{fixed}->next_notify), 'beta', 'a port of a network');
is(network_of($miner{default}->next_notify), 'alpha', 'a port of an algorithm: its active network');
is(network_of($miner{asks}->next_notify), 'gamma', 'the coin that the password asks for');
is(assigned('fixed'), 'beta by listener', 'so says the database');
is(assigned('default'), 'alpha by default', 'of each of them');
is(assigned('asks'), 'gamma by password', 'at once');
is(refusal($shared, 'a.x', 'c=doge'), 'coin "doge" is not mined here', 'an unknown coin is refused clearly');
ok($miner{default}->authorize('a.second')->{result}, 'a second worker of a connection');
is(assigned('second'), 'alpha by default', 'is assigned, too');

# --- moved at once

my $client = come($shared, 'a.moving');
my $old = $client->next_notify;
my $extranonce1 = $client->extranonce1;
$pool->safe_psql(q(SELECT chimera.assign_miner('a.moving', 'beta', 'a test')));
my $new = $client->next_notify;
is(network_of($new), 'beta', 'a connected miner is assigned by an admin');
ok($new->{clean}, 'with clean_jobs');
is($new->{difficulty}, $old->{difficulty}, 'at its difficulty');
ok($client->submit($client->find_share($new))->{result}, 'its share for the new network is accepted');
ok($client->submit($client->find_share($old))->{result}, 'so is one in flight for the old');
is($client->extranonce1, $extranonce1, 'with the extranonce1 it had');
is($pool->safe_psql(<<'SQL'), 'alpha beta', 'each is credited to the network of its job');
SELECT string_agg(n.name, ' ' ORDER BY s.share_id DESC) FROM chimera.shares s JOIN chimera.network_configs n USING (network_id)
SQL
is(assigned('moving'), 'beta by assignment', 'the database says who decided');
$pool->safe_psql(q(SELECT chimera.switch_active_network('sha256d', 'gamma', 'a test')));
is(assigned('default'), 'gamma by default', 'a switch moves in the same transaction');
is(network_of($miner{default}->next_notify), 'gamma', 'and miners at once');
is($client->next_notify(0.5), undef, 'one that is assigned stays');
is($miner{asks}->next_notify(0.1), undef, 'one that asked stays');
$pool->safe_psql(q(SELECT chimera.unassign_miner('a.moving')));
is(network_of($client->next_notify), 'gamma', 'unassigned it goes where the others are');
$pool->safe_psql(q(SELECT chimera.switch_active_network('sha256d', 'alpha', 'a test')));
is(network_of($_->next_notify), 'alpha', 'and follows again') for $client, $miner{default};
is(network_of($miner{asks}->next_notify(0.5)), 'none', 'who asked for a coin stays with it');

# --- logins and moves at the same time

my @crowd;
my $switcher = fork // die "fork: $!";
if ($switcher == 0)
{
    for my $to (('beta', 'alpha') x 4)
    {
        system 'psql', '-XAtqd', $pool->node->connstr('pool'), '-c', "SELECT chimera.assign_miner('b', '$to')";
    }
    POSIX::_exit(0);
}
push @crowd, come($shared, "b.$_") for 1 .. 60;
waitpid $switcher, 0;
$pool->safe_psql(q(SELECT chimera.assign_miner('b', 'beta')));
my $where = 0;
for my $one (@crowd)
{
    my $last;
    while (my $next = $one->next_notify($last ? 0.05 : 5)) { $last = $next }
    $where++ if network_of($last) eq 'beta';
}
is($where, 60, 'all who come while they are sent to and fro end where they belong');
is($pool->safe_psql(q(SELECT count(*) FROM chimera.miner_connections WHERE account = 'b' AND network = 'beta')),
    60, 'so says the database');
$_->close for @crowd;
is_within(sub { $pool->safe_psql(q(SELECT count(*) FROM chimera.miner_connections WHERE account = 'b')) },
    0, 'who leaves is not connected any more');

# --- what dies

$miner{default}->request('mining.ping');
my $connected = open_rows();
my $before = $pool->safe_psql('SELECT string_agg(rig || network || chosen_by, $$ $$ ORDER BY rig) FROM chimera.miner_connections');
for my $way ('a restart', 'kill -9')
{
    if ($way eq 'a restart') { $pool->restart }
    else { $pool->kill9_postgres; $pool->start_postgres }
    $pool->wait_for_sql(<<'SQL');
SELECT count(*) = 1 FROM chimera.stratum_servers JOIN pg_stat_activity USING (pid, backend_start)
SQL
    my $deadline = time + 20;
    sleep 0.1 until open_rows() eq $connected || time > $deadline;
    is($pool->safe_psql('SELECT string_agg(rig || network || chosen_by, $$ $$ ORDER BY rig) FROM chimera.miner_connections'),
        $before, "after $way of the database all are connected as they were");
    my $job = $miner{asks}->next_notify(0.5);
    ok(!$job || network_of($job) eq 'gamma', 'and where they were');
    ok($miner{default}->request('mining.ping')->{result}, 'by the same connections');
}
$pool->wait_for_sql(q(SELECT state = 'ok' FROM chimera.worker_status() WHERE kind = 'accountant'));
$pool->kill9_stratumd;
is_within(\&open_rows, 0, 'after kill -9 of stratumd nobody is connected');
is($pool->safe_psql('SELECT count(*) FROM chimera.stratum_servers WHERE lost_at IS NULL'), 0, 'nor is stratumd');
$pool->start_stratumd;

# --- a port that drains

my $draining = come($shared, 'a.drains');
is(network_of($draining->next_notify), 'alpha', 'a miner by a port');
my $listener = $pool->safe_psql("SELECT listener_id FROM chimera.listeners WHERE port = $shared");
is($pool->safe_psql("SELECT chimera.remove_listener($listener)"), 't', 'the port is removed');
Chimera::Pool::wait_until('the port to close',
    sub { !IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $shared, Proto => 'tcp') });
ok($draining->request('mining.ping')->{result}, 'its miner goes on');
$pool->safe_psql(q(SELECT chimera.switch_active_network('sha256d', 'beta', 'a test')));
is(network_of($draining->next_notify), 'beta', 'and follows a switch');
$pool->add_listener('any', network => undef, algorithm => 'sha256d', port => $shared);
is(network_of(come($shared, 'a.again')->next_notify), 'beta', 'the port is opened again meanwhile');
$pool->safe_psql("SELECT chimera.remove_listener($listener, '1 s')");
like(message_to($draining), qr/closed/, 'when the drain is over its miner is told');
ok($draining->is_closed(5), 'and disconnected');
$draining->close;
is_within(sub { assigned('drains') }, '', 'it is not connected any more');
is($pool->safe_psql("SELECT count(*) FROM chimera.listeners WHERE listener_id = $listener"), 0, 'the listener is gone');
my $gone = come($shared, 'a.gone');
$gone->next_notify;
$pool->safe_psql("SELECT chimera.remove_listener(listener_id, '0') FROM chimera.listeners WHERE port = $shared");
ok($gone->is_closed(5), 'without a drain miners are disconnected at once');

# --- a network whose work stops

$shared = $pool->add_listener('any', network => undef, algorithm => 'sha256d');
my $idle = come($shared, 'a.idle');
$idle->next_notify;
my $chooses = come($shared, 'a.chooses', 'c=beta');
$chooses->next_notify;
my $network = $pool->network_id('beta');
$pool->safe_psql("INSERT INTO chimera.stopped_networks (network_id, reason) VALUES ('$network', 'no template for an hour')");
is(message_to($idle), 'no template for an hour', 'a connected miner is told why there is no work');
is(refusal($shared, 'a.late'), 'no template for an hour', 'who comes is refused with the reason');
is(assigned('idle'), 'beta by default', 'who is there is kept');
is(network_of(come($shared, 'a.elsewhere', 'c=alpha')->next_notify), 'alpha', 'another coin can be asked for');
ok($idle->request('mining.ping')->{result}, 'the connection stays');
is($idle->next_notify(0.3), undef, 'without a job');
$coin{beta}->new_tip;
$pool->wait_for_job('beta');
is(network_of($idle->next_notify), 'beta', 'with the next job it works again');
is(network_of(come($shared, 'a.late')->next_notify), 'beta', 'and newcomers are accepted');

# without any network
$pool->safe_psql(<<'SQL');
SELECT chimera.disable_network('alpha', 'a test'), chimera.disable_network('gamma', 'a test');
SELECT chimera.disable_network('beta', 'a test');
SQL
like(message_to($idle), qr/no network/, 'without any network miners are told, too');
is_within(sub { assigned('idle') }, 'none by default', 'and have none');
$pool->safe_psql(q(SELECT chimera.enable_network('alpha', 'a test')));
is(network_of($idle->next_notify), 'alpha', 'the first that is enabled has them');
is(assigned('idle'), 'alpha by default', 'and the database says so');

done_testing();
