# Miners behind a load balancer that speaks the PROXY protocol.
use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IPC::Run ();
use POSIX ();
use Socket qw(inet_aton);
use Test::More;
use Time::HiRes qw(time);

use Chimera::Pool;
use Chimera::Stratum;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 2e-6,
    MAX_PER_ADDRESS => 3,
    HEADER_WITHIN_S => 5,
    PING => qq({"id":77,"method":"mining.ping","params":[]}\n),
};

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('proxy');
my $files = Chimera::Pool->directory('certificates');
my @balancers;
END { kill 'KILL', @balancers if @balancers }

# --- headers

sub line_for
{
    my ($address) = @_;
    my $family = $address =~ /:/ ? 'TCP6' : 'TCP4';
    return "PROXY $family $address $address 4000 3333\r\n";
}

sub binary
{
    my ($command, $family, $rest) = @_;
    return "\r\n\r\n\0\r\nQUIT\n" . pack('CCn/a*', 0x20 | $command, $family, $rest);
}

sub binary_for
{
    my ($address, $appended) = @_;
    return binary(1, 0x11,
        inet_aton($address) x 2 . pack('nn', 4000, 3333) . ($appended // ''));
}

# --- connections

sub client
{
    my ($port, @pieces) = @_;
    my $client = Chimera::Stratum->connect($port);
    for my $piece (@pieces)
    {
        select undef, undef, undef, 0.05 if $piece ne $pieces[0];
        $client->send_raw($piece);
    }
    return $client;
}

sub is_let_in
{
    my ($client) = @_;
    return eval { $client->request('mining.ping')->{result} } ? 1 : 0;
}

# What the database knows of the connection of a rig.
sub address_of
{
    my ($client, $rig) = @_;
    $client->subscribe;
    $client->authorize("a.$rig")->{result} or return 'not authorized';
    return $pool->safe_psql(
        "SELECT address FROM chimera.miner_connections WHERE rig = '$rig'");
}

# --- a balancer in front of a port: it says whom it connects for and goes
# between

sub pump
{
    my (@sockets) = @_;
    my $select = IO::Select->new(@sockets);
    while (my @ready = $select->can_read)
    {
        for my $socket (@ready)
        {
            sysread($socket, my $bytes, 65536) or return;
            syswrite $sockets[ $socket == $sockets[0] ], $bytes;
        }
    }
    return;
}

sub balance_one
{
    my ($listening, $port, $header) = @_;
    my $front = $listening->accept or return;
    return if fork // POSIX::_exit(1);
    my $back = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port)
      or POSIX::_exit(1);
    $back->autoflush(1);
    print {$back} $header;
    pump($front, $back);
    POSIX::_exit(0);
}

sub start_balancer
{
    my ($port, $header) = @_;
    my $listening = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5)
      or die "listen: $@";
    my $child = fork // die "fork: $!";
    if ($child == 0)
    {
        local $SIG{CHLD} = 'IGNORE';
        balance_one($listening, $port, $header) while 1;
    }
    push @balancers, $child;
    return $listening->sockport;
}

# What a TLS client gets for its lines.
sub ask_by_tls
{
    my ($port, $lines) = @_;
    my ($said, $errors) = ('', '');
    my $client = IPC::Run::start(
        [ qw(openssl s_client -quiet -connect), "127.0.0.1:$port" ],
        '<', \$lines, '>', \$said, '2>', \$errors, IPC::Run::timeout(20));
    $client->pump until $said =~ /\n/;
    $client->kill_kill;
    return $said;
}

# --- the pool

my $made;
IPC::Run::run([
        qw(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes),
        qw(-days 2 -subj /CN=pool -keyout), "$files/key", '-out', "$files/crt" ],
    '<', \undef, '>&', \$made) or die "openssl req: $made";

$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => 1e-9,
    max_difficulty => 1);
my $plain = $pool->add_listener('fake');
my $port = $pool->add_listener('fake', proxy_protocol => 'true');
my $encrypted =
  $pool->add_listener('fake', proxy_protocol => 'true', tls => 'true');
$pool->start_stratumd('--max-per-address=' . MAX_PER_ADDRESS,
    "--tls-certificate=$files/crt", "--tls-key=$files/key");
$pool->wait_for_job('fake');

# --- the address that a header names

is(address_of(client($port, line_for('192.0.2.1')), 'line'),
    '192.0.2.1', 'a line names the miner\'s address');
is(address_of(client($port, line_for('2001:db8::1')), 'line6'),
    '2001:db8::1', 'an IPv6 address too');
is(address_of(client($port, line_for('::ffff:192.0.2.2')), 'mapped'),
    '192.0.2.2', 'one that is mapped into IPv6 is the IPv4 one');
is(address_of(client($port, binary_for('192.0.2.3')), 'binary'),
    '192.0.2.3', 'a binary header names it');
is( address_of(client($port, binary_for('192.0.2.4', "\x04\0\x01x")), 'more'),
    '192.0.2.4', 'with more appended as well');
is(address_of(client($port, "PROXY UNKNOWN\r\n"), 'unknown'),
    '127.0.0.1', 'an unknown one is the balancer\'s own');
is(address_of(client($port, binary(0, 0, '')), 'local'),
    '127.0.0.1', 'so is a connection it makes for itself');
is(address_of(client($plain), 'direct'),
    '127.0.0.1', 'a port without PROXY protocol knows the socket\'s');

# --- headers in pieces, and lines right behind them

my $pieces = client($port, split //, line_for('192.0.2.5'));
is(address_of($pieces, 'pieces'), '192.0.2.5', 'a line may come byte by byte');
$pieces = client($port, unpack '(a5)*', binary_for('192.0.2.6'));
is(address_of($pieces, 'pieces6'), '192.0.2.6', 'so may a binary header');
for my $header (line_for('192.0.2.7'), binary_for('192.0.2.7'))
{
    my $client = client($port, $header . PING);
    ok($client->reply_to(77)->{result}, 'what comes with a header is read');
}

my $miner = client($port, line_for('192.0.2.8'));
$miner->subscribe;
$miner->authorize('a.mines');
ok($miner->submit($miner->find_share($miner->next_notify))->{result},
    'a share by it is accepted');

# --- TLS begins behind the header

$pool->make_rigs('a.tls');
my $front = start_balancer($encrypted, line_for('192.0.2.9'));
like(
    ask_by_tls($front,
        qq({"id":1,"method":"mining.authorize","params":["a.tls","x"]}\n)),
    qr/"id":1,"result":true/,
    'TLS comes after the header');
is( $pool->safe_psql(
        q(SELECT address FROM chimera.miner_network_assignments a
          JOIN chimera.miners USING (miner_id) WHERE name = 'tls')),
    '192.0.2.9',
    'and its address is the miner\'s');

# --- limits go by it

my @crowd = map { client($port, line_for('192.0.2.10')) } 1 .. MAX_PER_ADDRESS;
is(scalar(grep { is_let_in($_) } @crowd),
    MAX_PER_ADDRESS, 'an address has as many as it may');
ok(!is_let_in(client($port, line_for('192.0.2.10'))), 'and no more');
ok(is_let_in(client($port, line_for('192.0.2.11'))), 'another one has its own');

# --- who has no header

my $began = time;
my @slow = (client($port), client($port, 'PROXY TCP4 '), client($encrypted));
ok(client($port, PING)->is_closed(10), 'a miner without a header is disconnected');
ok(client($port, "PROXY TCP4 x x 1 1\r\n")->is_closed(10), 'so is a bad one');
ok( client($port, "\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff")->is_closed(10),
    'one that says it is endless');
ok(client($encrypted, "\x16\x03\x01\x02\x00")->is_closed(10),
    'and TLS without it');
ok(client($plain, line_for('192.0.2.1') . PING)->is_closed(10),
    'a port without PROXY protocol takes none');
ok($_->is_closed(30), 'one that does not come is not waited for') for @slow;
cmp_ok(time - $began, '>=', HEADER_WITHIN_S, 'though for a while');
my @told = slurp_file($pool->stratumd_log) =~ /which requires the PROXY protocol/g;
is(scalar @told, 1, 'the log tells of it once');
ok(is_let_in($miner), 'the others go on');

# --- turned on and off while it runs

$pool->safe_psql(
    "UPDATE chimera.listeners SET proxy_protocol = true WHERE port = $plain");
Chimera::Pool::wait_until('the port to want headers',
    sub { client($plain, PING)->is_closed(1) });
ok(is_let_in(client($plain, line_for('192.0.2.20'))), 'a port can come to want headers');
my $waiting = client($plain);
$pool->safe_psql(
    "SELECT chimera.remove_listener(listener_id) FROM chimera.listeners WHERE port = $plain"
);
Chimera::Pool::wait_until('the port to be closed',
    sub { !IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $plain) });
$waiting->send_raw(line_for('192.0.2.21'));
ok($waiting->is_closed(10), 'who has not come in when a port closes does not');
is($pool->stop_stratumd, 0, 'stratumd ends');

done_testing();
