# Connections that are too slow, silent, too fast, or don't take their answers.
use strict;
use warnings;

use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use Chimera::Stratum;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 2e-6,
    PING => qq({"id":1,"method":"mining.ping","params":[]}\n),
    READS_NOT => 60,
    BURST => 50,

    # of stratumd's memory, for each that doesn't read: two buffers' worth,
    # where its answers would be more
    MAX_GROWTH_KB => 160,
    SENT_AT_MOST => 4 * 1024 * 1024,
};

$SIG{PIPE} = 'IGNORE';
my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('slow_and_fast');
$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => DIFFICULTY,
    max_difficulty => DIFFICULTY);
my $port = $pool->add_listener('fake');
my $metrics = PostgreSQL::Test::Cluster::get_free_port();
$pool->start_stratumd("--metrics=$metrics");
$pool->wait_for_job('fake');
my %standard = map { split /=/ } split /\n/, $pool->safe_psql(
    q(SELECT name || '=' || standard FROM chimera.connection_limits));

# Set limits, and wait until stratumd goes by them; undef: the standard.
sub set_limits
{
    my (%limits) = @_;
    $pool->safe_psql(join ';',
        map { sprintf q(SELECT chimera.set_connection_limit('%s', %s)),
              $_, defined $limits{$_} ? "'$limits{$_}'" : 'NULL' } sort keys %limits);
    Chimera::Pool::wait_until(
        'the limits',
        sub {
            !grep {
                counted(qq(limit{name="$_"})) ne ($limits{$_} // $standard{$_})
            } keys %limits;
        });
    return;
}

sub client { return Chimera::Stratum->connect($port, from => $_[0]) }

sub miner
{
    my ($address) = @_;
    my $miner = client($address);
    $miner->subscribe;
    $miner->authorize('a.rig')->{result} or die 'not authorized';
    return $miner;
}

sub memory_kb
{
    my ($kb) = slurp_file('/proc/' . $pool->stratumd_pid . '/status') =~
      /^VmRSS:\s+(\d+)/m;
    return $kb;
}

sub counted
{
    my ($name) = @_;
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => $metrics) or die "metrics: $@";
    print {$socket} "GET /metrics HTTP/1.1\r\n\r\n";
    local $/ = undef;
    my ($value) = <$socket> =~ /^chimera_stratumd_\Q$name\E (\S+)$/m;
    return $value;
}

sub works { return eval { $_[0]->request('mining.ping')->{result} } ? 1 : 0 }

my $honest = miner('127.0.1.1');

# --- deadlines

set_limits(authorize_seconds => 2);
my $began = time;
my @mute = (client('127.0.1.2'), client('127.0.1.2'));
$mute[1]->request('mining.ping');
ok($_->is_closed(30), 'one that does not authorize is closed') for @mute;
cmp_ok(time - $began, '>=', 2, 'not before its time');
set_limits(authorize_seconds => undef);

set_limits(line_seconds => 2);
my $loris = miner('127.0.1.3');
my $slow = miner('127.0.1.3');
$began = time;
until ($loris->is_closed(0.2) || time - $began > 30)
{
    $loris->send_raw('{');
}
ok($loris->is_closed, 'a line that does not end is not waited for');
$slow->send_raw(substr PING, 0, 10);
sleep 0.5;
$slow->send_raw(substr(PING, 10) . substr PING, 0, 10);
$began = time;
ok($slow->is_closed(30), 'nor one that begins behind another');
cmp_ok(time - $began, '>=', 1.4, 'whose time does not count');
ok(works($honest), 'who sends whole lines may be silent between them');
set_limits(line_seconds => undef);

set_limits(idle_seconds => 2);
my ($idle, $alive) = (miner('127.0.1.4'), miner('127.0.1.4'));
$began = time;
works($alive) && works($honest) until $idle->is_closed(0.2) || time - $began > 30;
ok($idle->is_closed, 'one that says nothing is closed');
ok(works($alive), 'one that says something is not');
$alive->close;
set_limits(idle_seconds => undef);

# --- who does not read

# Send as much as is taken, reading nothing.
sub stuff
{
    my ($client) = @_;
    my $sent = 0;
    my $text = PING x 1000;
    $client->{socket}->blocking(0);
    while ($sent < SENT_AT_MOST)
    {
        $sent += syswrite($client->{socket}, $text) // last;
    }
    return $sent;
}

set_limits(
    lines_per_second => '+Inf',
    line_burst => '+Inf',
    unread_seconds => 8);
my @deaf = map { miner('127.0.1.5') } 1 .. READS_NOT;
my $before = memory_kb();
for my $round (1 .. 5)
{
    stuff($_) for @deaf;
    sleep 0.3;
}
cmp_ok(memory_kb() - $before, '<', READS_NOT * MAX_GROWTH_KB,
    'answers that nobody takes cost little memory');
ok(works($honest), 'and others are served meanwhile');
Chimera::Pool::wait_until(
    'who does not read to be closed',
    sub { counted('sessions') == 1 });
pass('who does not read is closed');
ok(works($honest), 'who reads is not');
my $reader = miner('127.0.1.6');
my $cut = stuff($reader) % length PING;
$reader->{socket}->blocking(1);
my $read = 0;
$read++ while $reader->recv_line(2);
$reader->send_raw(substr PING, $cut);
cmp_ok($read, '>', 1000, 'who reads in the end gets all it has asked for');
ok(works($reader), 'and goes on');
set_limits(map { $_ => undef } qw(lines_per_second line_burst unread_seconds));

# --- too many lines

set_limits(lines_per_second => 1, line_burst => BURST);
my $fast = miner('127.0.1.7');
$fast->send_raw(PING x (BURST + 5));
$fast->is_closed(10);
my ($why) = map { $_->{error}[1] }
  grep { !exists $_->{method} && $_->{error} } @{ $fast->{notifications} };
like($why, qr/^too many lines/, 'too many lines are told of and end a connection');
my $steady = miner('127.0.1.8');
is(scalar(grep { works($steady) } 1 .. BURST - 3), BURST - 3, 'a burst is allowed');
sleep 2.1;
is(scalar(grep { works($steady) } 1 .. 2), 2, 'and as many as the time brings');
ok(works($honest), 'others have a count of their own');

for (1 .. 10)
{
    my $client = client('127.0.1.9');
    $client->send_raw(PING x (BURST + 5));
    $client->is_closed(2);
}
Chimera::Pool::wait_until(
    'a ban of who does it again and again',
    sub {
        $pool->safe_psql(
            q(SELECT count(*) FROM chimera.active_bans WHERE address = '127.0.1.9'));
    });
pass('who does it again and again is banned');

cmp_ok(counted('sessions_slow_total'), '>=', 5 + READS_NOT, 'the slow ones are counted');
cmp_ok(counted('sessions_fast_total'), '>=', 6, 'and the fast ones');

done_testing();
