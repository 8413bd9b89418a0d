# Thousands of miners at once: all get a new job, and all stay.
use strict;
use warnings;

# Limits of open files, soft and hard.
sub open_files
{
    open my $limits, '<', '/proc/self/limits' or die "/proc/self/limits: $!";
    my ($line) = grep { /^Max open files/ } <$limits>;
    return $line =~ /(\d+)\s+(\d+)/;
}

# A shell raises the limit; where it can't be raised there are fewer miners,
# which the tests' names say.  Before the modules take standard output over.
BEGIN
{
    my ($soft, $hard) = open_files();
    exec 'bash', '-c', 'ulimit -n $(ulimit -Hn); exec "$@"', 'bash', $^X, $0
      if $soft < $hard && !$ENV{CHIMERA_LIMIT_RAISED}++;
}

use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);

use Chimera::Pool;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

use constant {
    WANTED => 3000,
    RESERVED => 100,    # descriptors for all else, here
    STRATUMD_RESERVED => 300,    # and there
    TIMEOUT_S => 60,
    MAX_KB => 64 * 1024,
};

my ($soft, $hard) = open_files();
my $count = WANTED;
for my $room ($soft - RESERVED, $hard - STRATUMD_RESERVED)
{
    $count = $room if $room < $count;
}

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('thousands');
$pool->add_network('fake', $coin,
    start_difficulty => 1,
    min_difficulty => 1,
    max_difficulty => 1);
my $port = $pool->add_listener('fake');
$pool->start_stratumd;
$pool->wait_for_job('fake');

my $login =
    qq({"id":1,"method":"mining.subscribe","params":["x"]}\n)
  . qq({"id":2,"method":"mining.authorize","params":["farm.rig%d","x"]}\n);
my $select = IO::Select->new;
my %input;

# Read until each of the sockets has sent this many lines; returns them.
sub gather
{
    my ($what, $lines, @sockets) = @_;
    my %missing = map { $_ => $lines } @sockets;
    my %got = map { $_ => [] } @sockets;
    my $left = @sockets;
    my $deadline = time + TIMEOUT_S;

    while ($left > 0 && time < $deadline)
    {
        for my $socket ($select->can_read(1))
        {
            $input{$socket} //= '';
            my $n = sysread $socket, $input{$socket}, 65536,
              length $input{$socket};
            if (!$n)
            {
                fail("$what: a connection is gone");
                $select->remove($socket);
                $left--;
                next;
            }
            while ($input{$socket} =~ s/\A([^\n]*)\n//)
            {
                push @{ $got{$socket} }, $1;
                $left-- if --$missing{$socket} == 0;
            }
        }
    }
    is($left, 0, "$what: all of " . @sockets . ' have it');
    return \%got;
}

my @sockets;
my $began = time;
while (@sockets < $count)
{
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => $port,
        Proto => 'tcp') or BAIL_OUT("connect: $@ after " . @sockets);
    syswrite $socket, sprintf $login, scalar @sockets;
    $select->add($socket);
    push @sockets, $socket;
}
my $got = gather('subscribe, authorize and a first job', 4, @sockets);
my $wrong = 0;
my %extranonce1;
for my $socket (@sockets)
{
    my @lines = @{ $got->{$socket} };
    $extranonce1{$_} = 1 for map { /\]\],"([0-9a-f]{8})",8\]/ } @lines;
    $wrong++
      unless grep({ /"id":2,"result":true/ } @lines)
      && grep({ /"method":"mining.notify"/ } @lines);
}
is($wrong, 0, 'each of them is accepted');
is(scalar keys %extranonce1, $count, 'each with an extranonce1 of its own');
note sprintf '%d connections in %.1f s', $count, time - $began;

# a new block: everybody hears of it
for my $round (1 .. 3)
{
    $began = time;
    $coin->new_tip;
    my $prevhash = join '', reverse unpack '(a8)8', $coin->best_hash;
    $got = gather("new job $round", 1, @sockets);
    my $right =
      grep { ($got->{$_}[0] // '') =~ /"\Q$prevhash\E".*,true\]\}\z/ } @sockets;
    is($right, $count,
        "$count miners get the job upon the new tip, with clean_jobs");
    note sprintf 'all had it %.2f s after the node', time - $began;
}

# and is still there
syswrite $_, qq({"id":3,"method":"mining.ping"}\n) for @sockets;
$got = gather('ping', 1, @sockets);
is(scalar(grep { ($got->{$_}[0] // '') =~ /pong/ } @sockets),
    $count, "all $count connections are there at the end");
my ($kb) = slurp_file('/proc/' . $pool->stratumd_pid . '/status') =~
  /^VmHWM:\s+(\d+)/m;
cmp_ok($kb, '<', MAX_KB, "stratumd took at most $kb kB for them");
is($pool->safe_psql('SELECT count(*) FROM chimera.miner_connections'),
    $count, 'each of them is known to the database');
close $_ for @sockets;
ok($pool->stratum('fake', user => 'last.rig')->next_notify,
    'after all have left, a new miner gets work at once');

done_testing();
