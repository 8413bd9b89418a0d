# Webd.pm: webd for a Chimera::Pool, and a client of it.
#
#     my $webd = Chimera::Webd->start($pool, '--rate=0');
#     my $answer = $webd->get('/pool/stats');
#     is($answer->{status}, 200);
#     my $session = $webd->sign_up('alice', 'correct horse');
#     $webd->request('PUT', '/user/wallets', as => $session, json => {...});
#
# It ends with the test, also when that dies.
package Chimera::Webd;

use strict;
use warnings;

use Carp;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(WNOHANG);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils qw(slurp_file);
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Time::HiRes qw(sleep time);

use Chimera::Pool;

use constant {
    ADDRESS => '127.0.0.1',
    API => '/api/v1',
};

my $root = abs_path(dirname(__FILE__) . '/../../..');
my @running;

sub program
{
    return $ENV{CHIMERA_WEBD} // "$root/webd/webd";
}

# --- its life

# Further arguments are webd's own; returns when it answers.
sub start
{
    my ($class, $pool, @arguments) = @_;
    my $port = PostgreSQL::Test::Cluster::get_free_port();
    my $self = bless { pool => $pool, port => $port, log => $pool->log_file("webd_$port") }, $class;

    $pool->safe_psql(<<'SQL');
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'webd') THEN
        CREATE ROLE webd LOGIN IN ROLE chimera_web;
    END IF;
END $$
SQL
    $self->{client} = HTTP::Tiny->new(timeout => 120, max_redirect => 0);
    $self->run('--listen', ADDRESS . ":$port", @arguments);
    $pool->wait_for_port($port);
    Chimera::Pool::wait_until('webd to reach the database',
        sub { $self->request('GET', '/health')->{status} != 503 });
    return $self;
}

sub run
{
    my ($self, @arguments) = @_;
    my $database = $self->{pool}->conninfo . ' user=webd';
    my $pid = fork // croak "fork: $!";

    if ($pid == 0)
    {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        POSIX::close($_) for 3 .. 255;
        open STDIN, '<', '/dev/null' or POSIX::_exit(126);
        open STDOUT, '>>', $self->{log} or POSIX::_exit(126);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(126);
        no warnings 'exec';
        exec { program() } program(), '--database', $database, @arguments;
        POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    push @running, $self;
    return;
}

sub port { return $_[0]{port} }

sub pid { return $_[0]{pid} }

sub log_text { return slurp_file($_[0]{log}) }

sub is_running
{
    my ($self) = @_;

    return 0 unless defined $self->{pid};
    return 1 if waitpid($self->{pid}, WNOHANG) == 0;
    $self->{status} = $?;
    delete $self->{pid};
    return 0;
}

# End it as an operator would; returns its wait status.
sub stop { return $_[0]->end('TERM') }

sub end
{
    my ($self, $signal) = @_;
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;

    kill $signal, $self->{pid} if $self->is_running;
    while ($self->is_running)
    {
        kill 'KILL', $self->{pid} if time > $deadline;
        sleep 0.02;
    }
    return $self->{status};
}

# --- asking it

# request(METHOD, PATH, json => ..., body => ..., headers => {}, as => SESSION):
# {status, headers, content, json}; a path below /api/v1 unless it is a URL's
# whole path by raw => 1.
sub request
{
    my ($self, $method, $path, %options) = @_;
    my %headers = %{ $options{headers} // {} };
    my %request = (headers => \%headers);

    if (exists $options{json})
    {
        $headers{'content-type'} //= 'application/json';
        $request{content} = JSON::PP->new->utf8->allow_nonref->encode($options{json});
    }
    $request{content} = $options{body} if exists $options{body};
    $self->identify($options{as}, $method, \%headers) if $options{as};
    my $url = 'http://' . ADDRESS . ":$self->{port}" . ($options{raw} ? '' : API) . $path;
    my $answer = $self->{client}->request($method, $url, \%request);
    croak "$method $path: $answer->{content}" if $answer->{status} == 599;
    $answer->{json} = JSON::PP->new->utf8->allow_nonref->decode($answer->{content})
      if ($answer->{headers}{'content-type'} // '') =~ /json/ && length $answer->{content};
    return $answer;
}

sub get
{
    my ($self, $path, %options) = @_;
    return $self->request('GET', $path, %options);
}

# A session is {cookie, csrf_token} or {token}.
sub identify
{
    my ($self, $session, $method, $headers) = @_;

    if (defined $session->{token})
    {
        $headers->{authorization} //= "Bearer $session->{token}";
        return;
    }
    $headers->{cookie} //= "chimera_session=$session->{cookie}";
    $headers->{'x-csrf-token'} //= $session->{csrf_token} unless $method =~ /\A(?:GET|HEAD)\z/;
    return;
}

sub session_of
{
    my ($answer) = @_;
    my ($cookie) = ($answer->{headers}{'set-cookie'} // '') =~ /\Achimera_session=([^;]+)/;

    croak "no session: $answer->{status} $answer->{content}" unless defined $cookie;
    return { cookie => $cookie, csrf_token => $answer->{json}{csrf_token} };
}

sub sign_up
{
    my ($self, $name, $password) = @_;
    return session_of($self->request('POST', '/accounts', json => { name => $name, password => $password }));
}

sub log_in
{
    my ($self, $name, $password) = @_;
    return session_of($self->request('POST', '/session', json => { name => $name, password => $password }));
}

# webd --set-password, as the database's superuser: its exit code and words.
sub set_password
{
    my ($pool, $name, $password, @arguments) = @_;
    my $said = '';

    IPC::Run::run([ program(), '--database', $pool->conninfo, '--set-password', $name, @arguments ],
        '<', \"$password\n", '>&', \$said);
    return ($? >> 8, $said);
}

# A socket to speak HTTP by hand.
sub socket
{
    my ($self) = @_;
    return IO::Socket::INET->new(PeerAddr => ADDRESS, PeerPort => $self->{port}, Proto => 'tcp')
      // croak "port $self->{port}: $@";
}

# --- events

# A stream of events, a Chimera::Webd::Stream; query is its "?network=...".
sub listen
{
    my ($self, $query, %options) = @_;
    my $socket = $self->socket;
    my $stream = bless { socket => $socket, text => '' }, 'Chimera::Webd::Stream';

    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, 4096 if $options{is_slow};
    print {$socket} 'GET ' . API . '/events' . ($query // '') . " HTTP/1.1\r\nHost: x\r\n\r\n";
    $stream->hear(qr/retry: 3000/) unless $options{is_slow};
    return $stream;
}

END
{
    my $exit_code = $?;

    # the leak sanitizer looks at the end of an orderly exit
    $_->end($ENV{ASAN_OPTIONS} ? 'TERM' : 'KILL') for @running;
    $? = $exit_code;
}

package Chimera::Webd::Stream;

use Carp;
use IO::Select;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(time);

# all that has been read since drain()
sub text { return $_[0]{text} }

# Read until it has said that; returns the first group of the pattern.
sub hear
{
    my ($self, $pattern) = @_;
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;

    until ($self->{text} =~ $pattern)
    {
        croak "waited in vain for $pattern: $self->{text}" if time > $deadline;
        next unless IO::Select->new($self->{socket})->can_read(1);
        sysread($self->{socket}, $self->{text}, 65536, length $self->{text})
          or croak "the stream has ended: $self->{text}";
    }
    return $self->{text} =~ $pattern ? $1 : undef;
}

# Take what is there, and forget it.
sub drain
{
    my ($self) = @_;

    while (IO::Select->new($self->{socket})->can_read(0))
    {
        last unless sysread $self->{socket}, my $text, 1 << 20;
    }
    $self->{text} = '';
    return;
}

1;
