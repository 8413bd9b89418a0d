# Listeners change in SQL while stratumd runs; a port that is taken is tried
# again; two stratumd serve one port.
use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Node;
use Chimera::Pool;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 2e-6,
    CONNECTIONS => 60,
    RETRIES_S => 5,    # stratumd tries a taken port again each 2 s
};

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('listeners');

sub add_network
{
    my ($name, $node) = @_;
    return $pool->add_network($name, $node,
        start_difficulty => DIFFICULTY,
        min_difficulty => 1e-9,
        max_difficulty => 1);
}

add_network('fake', $coin);
my $port = $pool->add_listener('fake');
$pool->start_stratumd;
$pool->wait_for_job('fake');

sub connects
{
    my ($to) = @_;
    return IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => $to,
        Proto => 'tcp') ? 1 : 0;
}

sub log_count
{
    my ($pattern) = @_;
    my @lines =
      grep { /$pattern/ } split /\n/, slurp_file($pool->stratumd_log);
    return scalar @lines;
}

sub miner_at
{
    my ($at, @password) = @_;
    return $pool->stratum('fake', port => $at, user => 'a.rig', password => @password);
}

sub last_difficulty
{
    return 0 + $pool->safe_psql(
        'SELECT difficulty FROM chimera.shares ORDER BY share_id DESC LIMIT 1');
}

# the tip as mining.notify shows it
sub tip_of
{
    my ($node) = @_;
    return join '', reverse unpack '(a8)8', $node->best_hash;
}

# --- coming and going

my $second = $pool->add_listener('fake', start_difficulty => 5e-6);
is(miner_at($second)->next_notify->{difficulty},
    5e-6, 'a listener added in SQL serves at once, with its own difficulty');
my $first = miner_at($port);
is($first->next_notify->{difficulty},
    DIFFICULTY, 'the other has the network\'s');

$pool->safe_psql(
    "SELECT chimera.remove_listener(listener_id) FROM chimera.listeners WHERE port = $second");
Chimera::Pool::wait_until('the port to close', sub { !connects($second) });
pass('a listener removed in SQL closes its port');
ok($first->request('mining.ping')->{result}, 'miners of the other stay');
is($pool->safe_psql('SELECT chimera.remove_listener(999999)'),
    'f', 'to remove one that is not there gives false');

$pool->add_listener('fake', port => $second);
is(miner_at($second)->next_notify->{difficulty},
    DIFFICULTY, 'the port can be opened again, with other settings');

my $moved = PostgreSQL::Test::Cluster::get_free_port();
$pool->safe_psql(
    "UPDATE chimera.listeners SET port = $moved WHERE port = $second");
$pool->wait_for_port($moved);
Chimera::Pool::wait_until('the old port to close',
    sub { !connects($second) });
pass('a listener moves to another port');

# what is rolled back has no effect; what comes after it shows that it was read
my $never = PostgreSQL::Test::Cluster::get_free_port();
$pool->safe_psql(
    "BEGIN; SELECT chimera.add_listener($never, network => 'fake'); ROLLBACK");
$pool->safe_psql(
    "UPDATE chimera.listeners SET start_difficulty = 7e-6 WHERE port = $port");
Chimera::Pool::wait_until('the new start difficulty',
    sub { miner_at($port)->next_notify->{difficulty} == 7e-6 });
pass('a parameter changed in SQL is that of the next miner');
ok(!connects($never), 'what was rolled back has no port');

# --- limits that change under a miner

$first = miner_at($port);
is($first->next_notify->{difficulty}, 7e-6, 'a miner at work');
for my $case (
    [ 'min_difficulty = 9e-6', 9e-6, 'd=1e-9', 'a floor that rises' ],
    [ 'min_difficulty = 1e-6, max_difficulty = 3e-6', 3e-6, 'd=1', 'a ceiling that falls' ])
{
    my ($set, $wanted, $password, $name) = @{$case};
    $pool->safe_psql(
        "UPDATE chimera.listeners SET $set, start_difficulty = NULL WHERE port = $port");
    Chimera::Pool::wait_until('the limits to be known',
        sub { miner_at($port, $password)->next_notify->{difficulty} == $wanted });
    my $job = $first->next_notify;
    is($job->{difficulty}, $wanted,
        "$name holds for a miner that is there, at once");
    ok($first->submit($first->find_share($job))->{result},
        'its shares are accepted');
    is(last_difficulty(), $wanted, 'at that difficulty');
}

# --- the network goes and comes

$pool->safe_psql(q(SELECT chimera.disable_network('fake')));
Chimera::Pool::wait_until(
    'the network to be off',
    sub {
        my $new = $pool->stratum('fake', port => $port);
        $new->subscribe;
        my $reply = $new->authorize('a.rig');
        return ref $reply->{error} && $reply->{error}[0] == 24;
    });
pass('a port whose network is disabled accepts nobody');
ok($first->request('mining.ping')->{result}, 'who is there stays');
$pool->safe_psql(q(SELECT chimera.enable_network('fake')));
$coin->new_tip;
$pool->wait_for_job('fake');
my $wanted = tip_of($coin);
my $job = { prevhash => '' };
Chimera::Pool::wait_until(
    'a job',
    sub {
        $job = $first->next_notify(1) // $job;
        return $job->{prevhash} eq $wanted;
    });
pass('and gets jobs when it is enabled again');
ok($first->submit($first->find_share($job))->{result},
    'its shares are accepted');

# --- the active network of an algorithm

my $other = Chimera::FakeNode->new(Chimera::Pool->directory('other'))->start;
$other->set(tip => 500);
add_network('other', $other);
my $shared = PostgreSQL::Test::Cluster::get_free_port();
$pool->safe_psql(
    "SELECT chimera.add_listener($shared, algorithm => 'sha256d', address => '127.0.0.1')");
$pool->wait_for_port($shared);
$pool->wait_for_job('other');
my $client = miner_at($shared);
$job = $client->next_notify;
is($job->{prevhash}, $wanted,
    'a port of an algorithm serves its active network');
$pool->safe_psql(<<'SQL');
BEGIN;
UPDATE chimera.network_configs SET is_active = false WHERE name = 'fake';
UPDATE chimera.network_configs SET is_active = true WHERE name = 'other';
COMMIT;
SQL
my $next = $client->next_notify;
is($next->{prevhash}, tip_of($other),
    'and its miners are sent to another when that is switched');
ok($next->{clean}, 'with clean_jobs');
ok($client->submit($client->find_share($next))->{result},
    'a share for the new network is accepted');
ok($client->submit($client->find_share($job))->{result},
    'and one for the old network, whose job is still good');
is( $pool->safe_psql(<<'SQL'),
SELECT string_agg(n.name, ' ' ORDER BY s.share_id DESC)
FROM (SELECT * FROM chimera.shares ORDER BY share_id DESC LIMIT 2) s
JOIN chimera.network_configs n USING (network_id)
SQL
    'fake other',
    'each is credited to the network of its job');

# --- a port that another process has

my $taken = Chimera::Node::free_port();
my $holder = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1',
    LocalPort => $taken,
    Proto => 'tcp',
    Listen => 1) or die "port $taken: $@";
my $refused = qr/could not listen on 127\.0\.0\.1 port $taken/;
$pool->safe_psql(
    "SELECT chimera.add_listener($taken, network => 'fake', address => '127.0.0.1')");
Chimera::Pool::wait_until('stratumd to see that the port is taken',
    sub { log_count($refused) });
ok($first->request('mining.ping')->{result},
    'meanwhile the others are served');
sleep RETRIES_S;
is(log_count($refused), 1, 'a port that is taken is told of once');
close $holder;
$pool->wait_for_port($taken);
ok(miner_at($taken)->next_notify, 'and opened when it has become free');

$pool->safe_psql(
    "SELECT chimera.add_listener($never, network => 'fake', address => '192.0.2.77')");
Chimera::Pool::wait_until('stratumd to see that it does not have the address',
    sub { log_count(qr/could not listen on 192\.0\.2\.77/) });
ok($first->request('mining.ping')->{result},
    'an invalid address does no harm');
$pool->safe_psql(
    'SELECT chimera.remove_listener(listener_id) FROM chimera.listeners');
Chimera::Pool::wait_until('all ports to close',
    sub { !grep { connects($_) } $port, $moved, $shared, $taken });
pass('all listeners can be removed at once');

# --- two stratumd on one port

# Connections of a process to a port.
sub sockets_of
{
    my ($process, $at) = @_;
    my %inode;
    for (split /\n/, slurp_file('/proc/net/tcp'))
    {
        my @field = split ' ';
        $inode{"socket:[$field[9]]"} = 1
          if $field[1] =~ /:(\w{4})$/ && hex $1 == $at && $field[3] eq '01';
    }
    my @mine =
      grep { $inode{ readlink($_) // '' } } glob "/proc/$process/fd/*";
    return scalar @mine;
}

my $both = $pool->add_listener('fake');
my $log = $pool->log_file('stratumd_2');
my $child = fork // die "fork: $!";
if ($child == 0)
{
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
    open STDERR, '>>', $log or POSIX::_exit(126);
    exec { Chimera::Pool::stratumd_program() }
      Chimera::Pool::stratumd_program(), '--database',
      $pool->node->connstr('pool') . ' user=stratumd'
      or POSIX::_exit(127);
}
END { kill 'KILL', $child if $child }
Chimera::Pool::wait_until('the second stratumd to listen',
    sub { -e $log && slurp_file($log) =~ /listening on \S+ port $both/ });

my @clients = map { miner_at($both) } 1 .. CONNECTIONS;
my %extranonce1 = map { $_->extranonce1 => 1 } @clients;
is(scalar keys %extranonce1, CONNECTIONS,
    'two stratumd on one port give no extranonce1 twice');
my ($here, $there) =
  map { sockets_of($_, $both) } $pool->stratumd_pid, $child;
is($here + $there, CONNECTIONS, 'they have all the connections');
cmp_ok($here, '>', 5, "one serves $here");
cmp_ok($there, '>', 5, "the other $there");

my %job = map { $_ => $_->next_notify } @clients;
is( scalar(grep { $_->submit($_->find_share($job{$_}))->{result} } @clients),
    CONNECTIONS,
    'shares are accepted from all');
$coin->new_tip;
is(scalar(grep { $_->next_notify } @clients),
    CONNECTIONS, 'all get the next job');

kill 'TERM', $child;
waitpid $child, 0;
is($?, 0, 'one of them ends');
undef $child;
ok(miner_at($both)->next_notify, 'the other lets new miners in');
is(scalar(grep { !$_->is_closed } @clients), $here, 'and has kept those it had');

done_testing();
