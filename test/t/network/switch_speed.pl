# A switch under a thousand connected miners: how long it takes from the
# statement to the last miner's new job. Nobody is disconnected.
use strict;
use warnings;

BEGIN
{
    open my $limits, '<', '/proc/self/limits' or die "/proc/self/limits: $!";
    my ($line) = grep { /^Max open files/ } <$limits>;
    my ($soft) = $line =~ /(\d+)/;
    exec 'bash', '-c', 'ulimit -n $(ulimit -Hn); exec "$@"', 'bash', $^X, $0
      if $soft < 1500 && !$ENV{CHIMERA_LIMIT_RAISED}++;
}

use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    MINERS => 1000,
    ROUNDS => 4,
    BOUND_S => 2,    # here; bench/run broadcast measures
    TIMEOUT_S => 60,
};

my $pool = Chimera::Pool->new('switch_speed');
my %coin;
for my $name (qw(alpha beta))
{
    $coin{$name} = Chimera::FakeNode->new(Chimera::Pool->directory($name))->start;
    $coin{$name}->set(tip => 100 * (1 + keys %coin));
    $pool->add_network($name, $coin{$name},
        start_difficulty => 1,
        min_difficulty => 1,
        max_difficulty => 1);
}
my $port = $pool->add_listener('any', network => undef, algorithm => 'sha256d');
$pool->safe_psql("SELECT chimera.make_rig('farm', 'rig' || n) FROM generate_series(0, " . MINERS . ') n');
$pool->start_stratumd;
$pool->wait_for_job($_) for sort keys %coin;

my $login =
    qq({"id":1,"method":"mining.subscribe","params":["x"]}\n)
  . qq({"id":2,"method":"mining.authorize","params":["farm.rig%d","x"]}\n);
my $select = IO::Select->new;
my %input;
my @sockets;

# Wait until a line of each socket matches; when the first and the last did.
sub gather
{
    my ($pattern) = @_;
    my %missing = map { $_ => 1 } @sockets;
    my ($first, $last);
    my $deadline = time + TIMEOUT_S;

    while (%missing && time < $deadline)
    {
        for my $socket ($select->can_read(1))
        {
            $input{$socket} //= '';
            my $n = sysread $socket, $input{$socket}, 65536, length $input{$socket};
            BAIL_OUT('a connection is gone') unless $n;
            while ($input{$socket} =~ s/\A([^\n]*)\n//)
            {
                next unless $1 =~ $pattern && delete $missing{$socket};
                $last = time;
                $first //= $last;
            }
        }
    }
    is(scalar keys %missing, 0, 'all ' . MINERS . ' have it');
    return ($first, $last);
}

sub job_upon
{
    my ($name) = @_;
    my $prevhash = join '', reverse unpack '(a8)8', $coin{$name}->best_hash;
    return qr/"mining\.notify".*"\Q$prevhash\E".*,true\]\}\z/;
}

for my $number (1 .. MINERS)
{
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => $port,
        Proto => 'tcp') or BAIL_OUT("connect: $@");
    syswrite $socket, sprintf $login, $number;
    $select->add($socket);
    push @sockets, $socket;
}
gather(job_upon('alpha'));

# A session that is there: psql's own start isn't measured.
my $session = $pool->background_psql;
my ($here, $there) = qw(alpha beta);
for my $round (1 .. ROUNDS)
{
    ($here, $there) = ($there, $here);
    my $began = time;
    $session->query_safe("SELECT chimera.switch_active_network('sha256d', '$here', 'round $round')");
    my $done = time;
    my ($first, $last) = gather(job_upon($here));
    diag sprintf 'switch of %d miners: statement %.0f ms; its start to the last new job read here %.0f ms',
      MINERS, 1000 * ($done - $began), 1000 * ($last - $began);
    cmp_ok($last - $began, '<', BOUND_S, "round $round: within " . BOUND_S . ' s');
    is($pool->safe_psql("SELECT count(*) FROM chimera.miner_connections WHERE network = '$here'"),
        MINERS, 'the database has them all there');
}
$session->quit;

# nobody was disconnected
syswrite $_, qq({"id":3,"method":"mining.ping"}\n) for @sockets;
gather(qr/pong/);
is($pool->safe_psql('SELECT count(*) FROM chimera.miner_network_assignments'),
    MINERS * (1 + ROUNDS), 'each switch is one more interval of each');

done_testing();
