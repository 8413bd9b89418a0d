# A thousand connections that send bad shares as fast as they can: honest
# miners mine on, the others are banned.
use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Test::More;

use Chimera::Pool;
use Chimera::Stratum;
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 1e-6,
    FLOODERS => 1000,
    WINDOW => 20,         # submissions of an address that are judged together
    BAD_EACH => 60,       # more than that
    EARLY_SHARES => 50,   # of an honest miner, by which it is known as one
    WAITING => 1000,
    COME_AGAIN => 20,     # connections
    LOGIN_TIMEOUT => 60,  # stratumd keeps a login for half a minute
};

$SIG{PIPE} = 'IGNORE';
my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('flood');
my $metrics = PostgreSQL::Test::Cluster::get_free_port();
$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => 1e-9,
    max_difficulty => 1);
my $port = $pool->add_listener('fake');
$pool->safe_psql(
    "SELECT chimera.set_connection_limit('bad_share_window', @{[ WINDOW ]})");
$pool->start_stratumd("--metrics=$metrics");
$pool->wait_for_job('fake');

my %job;

sub miner
{
    my ($name, $from, $password) = @_;
    my $miner = Chimera::Stratum->connect($port, from => $from);
    $miner->subscribe;
    $miner->authorize("$name.rig", $password)->{result} or die 'not authorized';
    $job{$miner} = $miner->next_notify;
    return $miner;
}

my $honest_shares = 0;

sub mines
{
    my ($miner) = @_;
    $honest_shares++;
    return $miner->submit($miner->find_share($job{$miner}))->{result} ? 1 : 0;
}

sub counted
{
    my ($name) = @_;
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => $metrics) or die "metrics: $@";
    print {$socket} "GET /metrics HTTP/1.1\r\n\r\n";
    local $/ = undef;
    my ($value) = <$socket> =~ /^chimera_stratumd_\Q$name\E (\d+)$/m;
    return $value;
}

# --- an honest miner, known and unknown

my $known = miner('honest', '127.0.1.1');
is(scalar(grep { mines($known) } 1 .. EARLY_SHARES), EARLY_SHARES, 'a miner mines');

# --- the flood: shares of the job at a difficulty that no hash meets

my $loop = '127.1';
my @flooders = map {
    my $address = sprintf '%s.%d.%d', $loop, 1 + $_ / 250, 1 + $_ % 250;
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => $port,
        LocalAddr => $address) or die "from $address: $@";
    { socket => $socket, address => $address, number => $_, text => '' }
} 0 .. FLOODERS - 1;
my %by_socket = map { $_->{socket} => $_ } @flooders;
my $select = IO::Select->new(map { $_->{socket} } @flooders);

sub submission
{
    my ($flooder, $number) = @_;
    return sprintf qq({"id":9,"method":"mining.submit","params":["bad.%d","%s","%016x","%s","%08x"]}\n),
      $flooder->{number}, $flooder->{job}, $number, $job{$known}{ntime}, $number;
}

# Take what is there; at the first job, send all at once.
sub serve
{
    my ($flooder) = @_;
    my $got = sysread $flooder->{socket}, my $bytes, 65536;
    if (!$got)
    {
        $select->remove($flooder->{socket});
        $flooder->{is_closed} = 1;
        return;
    }
    return if $flooder->{job};
    $flooder->{text} .= $bytes;
    ($flooder->{job}) = $flooder->{text} =~ /"mining.notify","params":\["(\w+)"/ or return;
    $flooder->{socket}->blocking(0);
    syswrite $flooder->{socket}, join '', map { submission($flooder, $_) } 1 .. BAD_EACH;
    return;
}

for my $flooder (@flooders)
{
    syswrite $flooder->{socket},
        qq({"id":1,"method":"mining.subscribe","params":[]}\n)
      . qq({"id":2,"method":"mining.authorize","params":["bad.$flooder->{number}","d=1"]}\n);
}

my ($during, $accepted, $new, $new_accepted) = (0, 0, 0, 0);
my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
while ($select->count && time < $deadline)
{
    serve($by_socket{$_}) for $select->can_read(0.01);
    $during++;
    $accepted += mines($known);
    next if $during % 10;
    $new++;
    $new_accepted += mines(miner("newcomer$new", '127.0.1.2'));
}
is($accepted, $during, "its $during shares during the flood are accepted");
is($new_accepted, $new, "so are those of $new that come meanwhile");
is(scalar(grep { $_->{is_closed} } @flooders), FLOODERS, 'every flooder is disconnected');
ok(mines($known), 'the miner goes on');

sub banned
{
    return $pool->safe_psql(
        "SELECT count(*) FROM chimera.active_bans WHERE is_automatic AND address << '$loop.0.0/16'");
}
# A session that holds a table until it is let go.
sub lock_table
{
    my ($table) = @_;
    my $session = $pool->background_psql;
    $session->query_safe("BEGIN; LOCK TABLE $table IN ACCESS EXCLUSIVE MODE");
    return $session;
}

sub let_go
{
    my ($session) = @_;
    $session->query_safe('COMMIT');
    $session->quit;
    return;
}

sub waits_for_lock
{
    return $pool->safe_psql(
        q(SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%chimera.authorize%'))
    ) eq 't';
}
Chimera::Pool::wait_until('the bans to be stored', sub { banned() == FLOODERS });
is( $pool->safe_psql('SELECT count(*) FROM chimera.active_bans'),
    FLOODERS, 'they are banned, and nobody else');
my $again = Chimera::Stratum->connect($port, from => $flooders[0]{address});
ok($again->is_closed(10), 'and not accepted again');
cmp_ok(counted('shares_total{answer="low_difficulty"}'),
    '<', FLOODERS * BAD_EACH, 'not all of their shares had to be looked at');
is( $pool->safe_psql(
        q(SELECT count(*) FROM chimera.shares JOIN chimera.miners USING (miner_id)
          JOIN chimera.accounts a USING (account_id) WHERE a.name IN ('honest') OR a.name LIKE 'newcomer%')
    ),
    $honest_shares,
    'every honest share is stored');

# --- who comes again from an address that has behaved badly waits for others

close $_->{socket} for @flooders;
my $bad_address = '127.0.1.4';
my $bad = Chimera::Stratum->connect($port, from => $bad_address);
$bad->send_raw("nonsense\n");
ok($bad->recv_json->{error}, 'a line that is no JSON is refused');
my @doubtful = map { Chimera::Stratum->connect($port, from => $bad_address) } 1 .. COME_AGAIN;
my $other = Chimera::Stratum->connect($port, from => '127.0.1.5');
# no end of a connection is to wait for the lock before them
$pool->wait_for_sql(q(SELECT NOT EXISTS (SELECT FROM chimera.miner_connections WHERE account <> 'honest')));
$pool->make_rigs(qw(again.rig other.rig));
my $logins = lock_table('chimera.miner_network_assignments');
my %login = map { $_ => $_->send_request('mining.authorize', 'again.rig', 'x') } @doubtful;
Chimera::Pool::wait_until('a login to wait for the lock', sub { waits_for_lock() });
my $lines = counted('lines_total');
my $login = $other->send_request('mining.authorize', 'other.rig', 'x');
Chimera::Pool::wait_until('the other to be heard', sub { counted('lines_total') > $lines });
let_go($logins);
ok($other->reply_to($login)->{result}, 'another miner is accepted');
is(scalar(grep { $_->reply_to($login{$_})->{result} } @doubtful), COME_AGAIN, 'and all who come again');
is( $pool->safe_psql(
        q(SELECT count(*) FILTER (WHERE a.name = 'again') FROM chimera.miner_network_assignments s
          JOIN chimera.miners USING (miner_id) JOIN chimera.accounts a USING (account_id)
          WHERE s.assignment_id <= (SELECT s.assignment_id FROM chimera.miner_network_assignments s
              JOIN chimera.miners USING (miner_id) JOIN chimera.accounts a USING (account_id) WHERE a.name = 'other'))
    ),
    1,
    'of whom only the one under way came before it');

$logins = lock_table('chimera.miner_network_assignments');
my @late = map { Chimera::Stratum->connect($port, from => $bad_address) } 0 .. COME_AGAIN;
my $under_way = shift @late;
my $its_login = $under_way->send_request('mining.authorize', 'late.rig', 'x');
Chimera::Pool::wait_until('it to wait for the lock', sub { waits_for_lock() });
%login = map { $_ => $_->send_request('mining.authorize', 'late.rig', 'x') } @late;
is( scalar(
        grep { ($_->reply_to($login{$_}, LOGIN_TIMEOUT)->{error}[1] // '') =~ /^too many logins/ }
          @late
    ),
    COME_AGAIN,
    'who has waited for half a minute is told to try again');
let_go($logins);
ok($under_way->reply_to($its_login)->{result}, 'the one under way is accepted');

# --- a connection that has shown nothing can't make much wait

my $lock = lock_table('chimera.shares');
my $eager = miner('eager', '127.0.1.3', 'd=1e-9');
my $before = counted('lines_total');
my @ids = map {
    $eager->send_request('mining.submit',
        $eager->submit_params($eager->find_share($job{$eager})))
} 1 .. WAITING;
Chimera::Pool::wait_until('its shares to be read', sub { counted('lines_total') > $before });
ok(!$eager->is_closed(1), 'it waits with its answers');
cmp_ok(counted('lines_total') - $before,
    '<', WAITING / 2, 'and is not read from before it has got some');
let_go($lock);
is(scalar(grep { $eager->reply_to($_)->{result} } @ids), WAITING, 'in the end it gets them all');

done_testing();
