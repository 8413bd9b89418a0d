# Miners that connect by TLS; certificates that change while stratumd runs.
use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IPC::Run ();
use Socket qw(AF_UNIX SOCK_STREAM PF_UNSPEC);
use POSIX ();
use Test::More;

use Chimera::Pool;
use Chimera::Stratum;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

use constant { DIFFICULTY => 2e-6, MINERS => 20 };

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('tls');
my $files = Chimera::Pool->directory('certificates');
my ($certificate, $key) = ("$files/server.crt", "$files/server.key");
my @clients;    # processes of openssl
END { kill 'KILL', @clients if @clients }

sub make_certificate
{
    my ($name) = @_;
    my $said;
    IPC::Run::run([
            qw(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256),
            qw(-nodes -days 2 -subj), "/CN=$name", '-keyout', "$key.new", '-out',
            "$certificate.new" ],
        '<', \undef, '>&', \$said) or die "openssl req: $said";
    rename "$_.new", $_ or die "rename $_: $!" for $certificate, $key;
    return;
}

# What a client sees of the port's TLS, its own words included.
sub probe
{
    my ($port, @arguments) = @_;
    my $said = '';
    IPC::Run::run([ qw(openssl s_client -connect), "127.0.0.1:$port", @arguments ],
        '<', \'', '>&', \$said, IPC::Run::timeout(20));
    return $said;
}

# A socket whose other end is a TLS client connected to the port.
sub tls_socket
{
    my ($port, @arguments) = @_;
    socketpair(my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC)
      or die "socketpair: $!";
    my $child = fork // die "fork: $!";
    if ($child == 0)
    {
        open STDIN, '<&', $theirs or POSIX::_exit(126);
        open STDOUT, '>&', $theirs or POSIX::_exit(126);
        open STDERR, '>', '/dev/null' or POSIX::_exit(126);
        close $ours;
        exec(qw(openssl s_client -quiet -connect), "127.0.0.1:$port", @arguments)
          or POSIX::_exit(127);
    }
    push @clients, $child;
    close $theirs;
    $ours->autoflush(1);
    return $ours;
}

sub tls_miner
{
    my ($port, @arguments) = @_;
    my $miner = Chimera::Stratum->connect($port,
        socket => tls_socket($port, @arguments));
    $miner->subscribe;
    $miner->authorize('a.rig')->{result} or die 'not authorized';
    return $miner;
}

sub mines
{
    my ($miner) = @_;
    return $miner->submit($miner->find_share($miner->next_notify))->{result};
}

# Does the server end the connection, whatever it says before?
sub is_ended
{
    my ($client) = @_;
    my $select = IO::Select->new($client->{socket});

    while ($select->can_read(10))
    {
        return 1 unless sysread $client->{socket}, my $said, 4096;
    }
    return 0;
}

sub log_has { return slurp_file($pool->stratumd_log) =~ $_[0] }

# --- options

make_certificate('first');
my @tls = ("--tls-certificate=$certificate", "--tls-key=$key");
my $program = Chimera::Pool::stratumd_program();
for my $case (
    [ 2, 'only one of the options is refused', $tls[0] ],
    [ 1, 'an invalid key ends the start', $tls[0], "--tls-key=$certificate" ],
    [ 1, 'so does a certificate that is not there', "--tls-certificate=$files/no", $tls[1] ])
{
    my ($wanted, $name, @arguments) = @{$case};
    IPC::Run::run([ $program, @arguments ], '<', \undef, '>&', \my $said);
    is($? >> 8, $wanted, $name);
}

# --- without a certificate

$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => 1e-9,
    max_difficulty => 1);
my $plain = $pool->add_listener('fake');
$pool->start_stratumd;
$pool->wait_for_job('fake');
my $port = PostgreSQL::Test::Cluster::get_free_port();
$pool->safe_psql(
    "SELECT chimera.add_listener($port, network => 'fake', address => '127.0.0.1', tls => true)");
Chimera::Pool::wait_until('stratumd to say that it has no certificate',
    sub { log_has(qr/could not listen on \S+ port $port.*--tls-certificate/) });
ok( !IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port),
    'without a certificate a port with TLS stays closed');
ok($pool->stratum('fake', port => $plain, user => 'a.rig')->next_notify,
    'and the others are served');
$pool->stop_stratumd;

# --- with one

$pool->start_stratumd(@tls);
$pool->wait_for_port($port);
my $miner = tls_miner($port);
ok(mines($miner), 'a share that comes by TLS is accepted');
ok(mines(tls_miner($port, '-tls1_2')), 'so is one by TLS 1.2');
like(probe($port, '-tls1_2'), qr/Protocol *: TLSv1\.2/, 'TLS 1.2 it was');
for my $old (qw(-tls1 -tls1_1))
{
    like(probe($port, $old, qw(-cipher DEFAULT@SECLEVEL=0)),
        qr/alert protocol version/, "the server refuses $old");
}
my @many = map { tls_miner($port) } 1 .. MINERS;
is(scalar(grep { mines($_) } @many), MINERS, MINERS . ' more mine by TLS');
$coin->new_tip;
is(scalar(grep { $_->next_notify } @many), MINERS, 'and all get the next job');

# a line in pieces, and many lines at once
my $line = qq({"id":77,"method":"mining.ping","params":[]}\n);
$miner->send_raw(substr $line, 0, 20);
select undef, undef, undef, 0.2;
$miner->send_raw(substr $line, 20);
ok($miner->reply_to(77)->{result}, 'a line may come in two records');
$miner->send_raw($line =~ s/77/1000 + $_/er) for 1 .. 1000;
is(scalar(grep { $miner->reply_to(1000 + $_)->{result} } 1 .. 1000),
    1000, 'a thousand lines at once are answered');
my $eager = tls_miner($port);
$eager->send_raw('x' x 20_000 . "\n");
ok($eager->is_closed(10), 'a line that is too long ends the connection');
ok(scalar(grep { $_->{error} } @{ $eager->{notifications} }),
    'and its last answer comes first');

# --- who speaks no TLS

my $confused = Chimera::Stratum->connect($port);
$confused->send_raw($line);
ok(is_ended($confused), 'a miner without TLS is disconnected');
my $silent = Chimera::Stratum->connect($port);
my $garbage = Chimera::Stratum->connect($port);
$garbage->send_raw("\x16\x03\x01\x02\x00" . 'x' x 512);
ok(is_ended($garbage), 'a handshake of garbage is ended');
ok(!$silent->is_closed(0.1), 'one that has not begun waits');
ok($miner->request('mining.ping')->{result}, 'the others go on');

# --- a new certificate

sub reload_and_wait
{
    my ($pattern) = @_;
    my $had = () = slurp_file($pool->stratumd_log) =~ /$pattern/g;
    kill 'HUP', $pool->stratumd_pid;
    Chimera::Pool::wait_until('stratumd to have read its files',
        sub { (() = slurp_file($pool->stratumd_log) =~ /$pattern/g) > $had });
    return;
}

like(probe($port), qr/subject=CN = first/, 'the certificate is shown');
make_certificate('second');
reload_and_wait(qr/TLS certificate reloaded/);
like(probe($port), qr/subject=CN = second/,
    'after SIGHUP new connections are shown the new one');
ok($miner->request('mining.ping')->{result}, 'the former ones stay');

open my $file, '>', $certificate or die "$certificate: $!";
print {$file} "nothing\n";
close $file;
reload_and_wait(qr/previous TLS certificate stays/);
like(probe($port), qr/subject=CN = second/,
    'a file that cannot be used changes nothing');
ok($miner->request('mining.ping')->{result}, 'and ends nobody');

# --- the end of TLS on a port, and of stratumd

$pool->safe_psql("UPDATE chimera.listeners SET tls = false WHERE port = $port");
Chimera::Pool::wait_until('the port to be in the clear',
    sub { log_has(qr/info: listening on \S+ port $port$/m) });
ok($pool->stratum('fake', port => $port, user => 'a.rig')->next_notify,
    'a port can change to be in the clear');
ok($miner->request('mining.ping')->{result}, 'who came by TLS goes on');
is($pool->stop_stratumd, 0, 'stratumd ends with TLS connections open');
ok($miner->is_closed(10), 'and they with it');

done_testing();
