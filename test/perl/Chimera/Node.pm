# Node.pm: a coin's node as one process, and its JSON-RPC.
#
# Chimera::LitecoinDaemon and Chimera::Bcoin are made of this.  A node lives
# in a directory of its own; what has to outlast this process (its ports, its
# secrets, its pid) stands there in node.json, so that new() on the same
# directory finds the same node again, running or not.
package Chimera::Node;

use strict;
use warnings;

use Carp;
use Cwd qw(abs_path);
use Fcntl qw(SEEK_END);
use File::Path qw(make_path);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use POSIX qw(setsid WNOHANG);
use Time::HiRes qw(sleep time);

use constant {
    START_TIMEOUT => 60,
    STOP_TIMEOUT => 30,
    RPC_TIMEOUT => 120,

    # below the ports that the kernel gives to outgoing connections
    LOWEST_PORT => 10200,
    HIGHEST_PORT => 32767,
};

my $json = JSON::PP->new->utf8->canonical->allow_nonref->allow_blessed;
my %ports_given;

# new(dir => DIR, leave_running => BOOL, ...): the node of that directory.
# It is not started.  Unless leave_running is set, the process ends together
# with the object.
sub new
{
    my ($class, %options) = @_;
    my $dir = $options{dir} // croak "a node needs a directory";

    make_path($dir);
    my $self = bless {
        %options,
        dir => abs_path($dir),
        owner => $$,
        state => {},
    }, $class;
    if (-e $self->state_file)
    {
        $self->{state} = $json->decode(slurp($self->state_file));
    }
    else
    {
        $self->{state} = $self->new_state;
        $self->save_state;
    }
    return $self;
}

# What a subclass defines: the ports and secrets of a new node; the command
# that runs it, and its environment; and whether it is up, which may die.
sub new_state { croak "no new_state" }
sub command { croak "no command" }
sub environment { return () }
sub is_up { my ($self) = @_; $self->rpc('getblockcount'); return 1 }

sub dir { return $_[0]{dir} }
sub pid { return $_[0]{state}{pid} }
sub url { return "http://127.0.0.1:$_[0]{state}{rpc_port}/" }
sub log_file { return "$_[0]{dir}/output.log" }
sub state_file { return "$_[0]{dir}/node.json" }

# user and password for url
sub credentials
{
    my ($self) = @_;
    return ($self->{state}{rpc_user}, $self->{state}{rpc_password});
}

sub save_state
{
    my ($self) = @_;
    my $file = $self->state_file;

    return unless -d $self->{dir};

    # it holds secrets
    my $mask = umask 0077;
    open my $handle, '>', "$file.new" or croak "$file.new: $!";
    print $handle $json->pretty->encode($self->{state});
    close $handle or croak "$file.new: $!";
    umask $mask;
    rename "$file.new", $file or croak "$file: $!";
    return;
}

# Is the process of node.json alive, and ours?  A pid may have gone to
# another program since; a node's working directory is its own.
sub is_running
{
    my ($self) = @_;
    my $pid = $self->{state}{pid} or return 0;

    waitpid $pid, WNOHANG;
    my $cwd = readlink "/proc/$pid/cwd";
    return 0 unless defined $cwd;

    # a test's directory may be removed before its nodes
    $cwd =~ s/ \(deleted\)\z//;
    return $cwd eq $self->{dir};
}

# Start the node, if it doesn't run, and wait until it answers.
sub start
{
    my ($self) = @_;

    $self->launch unless $self->is_running;
    $self->wait_until_up;
    return $self;
}

sub launch
{
    my ($self) = @_;
    my @command = $self->command;
    my %environment = $self->environment;

    my $pid = fork // croak "fork: $!";
    if ($pid == 0)
    {
        # out of the terminal's signals, with nothing of ours left open
        setsid();
        chdir $self->{dir} or POSIX::_exit(126);
        POSIX::close($_) for 3 .. 255;
        open STDIN, '<', '/dev/null' or POSIX::_exit(126);
        open STDOUT, '>>', $self->log_file or POSIX::_exit(126);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(126);
        @ENV{keys %environment} = values %environment;
        no warnings 'exec';
        exec { $command[0] } @command;
        print STDERR "$command[0]: $!\n";
        POSIX::_exit(127);
    }
    $self->{state}{pid} = $pid;
    $self->save_state;
    return;
}

sub wait_until_up
{
    my ($self) = @_;
    my $deadline = time + START_TIMEOUT;

    # between fork and chdir the process is not known by its directory yet
    my $grace = time + 2;
    until (eval { $self->is_up })
    {
        my $error = $@;
        croak "$self->{dir}: the node ended at its start:\n" . $self->log_tail
          if time > $grace && !$self->is_running;
        croak "$self->{dir}: the node does not answer: $error"
          if time > $deadline;
        sleep 0.1;
    }
    return;
}

# End the node as an operator would, and wait for it.
sub stop
{
    my ($self) = @_;
    return $self->end_process('TERM');
}

# End it as a power cut would.
sub kill9
{
    my ($self) = @_;
    return $self->end_process('KILL');
}

sub end_process
{
    my ($self, $signal) = @_;
    my $pid = $self->{state}{pid};

    if ($self->is_running)
    {
        kill $signal, $pid;
        my $deadline = time + STOP_TIMEOUT;
        while ($self->is_running)
        {
            kill 'KILL', $pid if time > $deadline;
            sleep 0.05;
        }
    }
    delete $self->{state}{pid};
    $self->save_state;
    return;
}

sub restart
{
    my ($self) = @_;
    $self->stop;
    return $self->start;
}

sub DESTROY
{
    my ($self) = @_;
    local ($@, $!, $?);

    return if $self->{leave_running} || $self->{owner} != $$;
    eval { $self->end_process('KILL') if $self->{state}{pid} };
    return;
}

# Call the node.  Dies with a Chimera::RpcError for the node's own errors,
# with text where the node could not be asked.
sub rpc
{
    my ($self, $method, @params) = @_;
    return $self->rpc_at($self->url, $method, @params);
}

sub rpc_at
{
    my ($self, $url, $method, @params) = @_;
    my ($user, $password) = $self->credentials;

    # the environment's proxies are not for the loopback
    my $http = HTTP::Tiny->new(
        timeout => $self->{rpc_timeout} // RPC_TIMEOUT,
        keep_alive => 0,
        proxy => undef,
        http_proxy => undef,
        https_proxy => undef);
    my $response = $http->post(
        $url,
        {   headers => {
                'Content-Type' => 'application/json',
                Authorization => 'Basic '
                  . encode_base64("$user:$password", ''),
            },
            content => $json->encode(
                { id => 1, method => $method, params => \@params }),
        });

    # litecoind answers errors with status 500 or 404, bcoin with 200
    my $answer = eval { $json->decode($response->{content}) };
    croak "$method: $response->{status} $response->{reason}: "
      . ($response->{status} == 599 ? $response->{content} : '')
      unless ref $answer eq 'HASH';
    die Chimera::RpcError->new($method, $answer->{error})
      if $answer->{error};
    return $answer->{result};
}

sub genesis_hash { return $_[0]->rpc('getblockhash', 0) }
sub height { return $_[0]->rpc('getblockcount') }
sub best_hash { return $_[0]->rpc('getbestblockhash') }

# Is that block in the best chain?  For litecoind the confirmations would say
# it; bcoin counts them for orphans too.
sub is_in_best_chain
{
    my ($self, $hash) = @_;
    my $header = $self->rpc('getblockheader', $hash);
    my $at_height = eval { $self->rpc('getblockhash', $header->{height}) };

    return defined $at_height && $at_height eq $hash;
}

# The last lines of what the process printed.
sub log_tail
{
    my ($self) = @_;

    open my $log, '<', $self->log_file or return '';
    seek $log, -2000, SEEK_END or seek $log, 0, 0;
    local $/;
    return scalar <$log>;
}

# --- plain functions, for the other modules too

# A port of 127.0.0.1 that nothing listens on, never the same one twice.
sub free_port
{
    for (1 .. 1000)
    {
        my $port =
          LOWEST_PORT + int(rand(HIGHEST_PORT + 1 - LOWEST_PORT));
        next if $ports_given{$port};
        my $socket = IO::Socket::INET->new(
            LocalAddr => '127.0.0.1',
            LocalPort => $port,
            Proto => 'tcp',
            ReuseAddr => 1,
            Listen => 1) or next;
        close $socket;
        $ports_given{$port} = 1;
        return $port;
    }
    croak "no free port";
}

# Random hexadecimal digits: a secret.
sub random_hex
{
    my ($bytes) = @_;

    open my $random, '<:raw', '/dev/urandom' or croak "/dev/urandom: $!";
    read $random, my ($data), $bytes;
    return unpack 'H*', $data;
}

sub slurp
{
    my ($file) = @_;

    open my $handle, '<', $file or croak "$file: $!";
    local $/;
    return scalar <$handle>;
}

# Repeat until the code returns true; dies with $what after $timeout seconds.
sub wait_for
{
    my ($what, $code, $timeout) = @_;
    my $deadline = time + ($timeout // START_TIMEOUT);

    until ($code->())
    {
        croak "waited in vain for $what" if time > $deadline;
        sleep 0.05;
    }
    return;
}

# A node's own error: code, message and method; as text, all three.
package Chimera::RpcError;

use overload
  '""' => sub {
    "$_[0]{method}: $_[0]{message} (code $_[0]{code})\n";
  },
  fallback => 1;

sub new
{
    my ($class, $method, $error) = @_;
    return bless {
        method => $method,
        code => $error->{code},
        message => $error->{message},
    }, $class;
}

sub code { return $_[0]{code} }
sub message { return $_[0]{message} }

1;
