# Stratum.pm: a raw Stratum V1 client for tests.
#
#     my $miner = Chimera::Stratum->connect($port);
#     $miner->subscribe;
#     $miner->authorize('address.rig1');
#     my $job = $miner->next_notify;
#     my $share = $miner->find_share($job);
#     my $answer = $miner->submit($share);
#
# Nothing is hidden: a test can send what no miner would.  request() returns
# the whole reply and keeps what the server says unasked for next_notify() and
# next_notification().  Shares can be found for sha256d only, in pure Perl, at
# difficulties of a millionth or so; scrypt is for Chimera::Miner.
package Chimera::Stratum;

use strict;
use warnings;

use Carp;
use Digest::SHA qw(sha256);
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Time::HiRes qw(time);

use constant {
    DEFAULT_TIMEOUT => 10,

    # difficulty 1 of sha256d: 0xffff * 2^208
    DIFFICULTY_1 => 0xffff * 2**208,
};

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# connect(PORT, host => ADDRESS, from => ADDRESS, socket => HANDLE); with a
# socket that is connected already (through TLS, say), the port doesn't matter
sub connect
{
    my ($class, $port, %options) = @_;
    my $host = $options{host} // '127.0.0.1';
    my $socket = $options{socket} // IO::Socket::INET->new(
        PeerAddr => $host,
        PeerPort => $port,
        Proto => 'tcp',
        (defined $options{from} ? (LocalAddr => $options{from}) : ()),
        Timeout => DEFAULT_TIMEOUT) or croak "connect to $host:$port: $@";

    $socket->autoflush(1);
    return bless {
        socket => $socket,
        buffer => '',
        next_id => 1,
        notifications => [],
        difficulty => 1,
        version_mask => 0,
        extranonce2 => 0,
    }, $class;
}

# extranonce1 (hex), extranonce2_size, session, difficulty, version_mask: what
# the server told last
sub extranonce1 { return $_[0]{extranonce1} }
sub extranonce2_size { return $_[0]{extranonce2_size} }
sub session { return $_[0]{session} }
sub difficulty { return $_[0]{difficulty} }
sub version_mask { return $_[0]{version_mask} }
sub user { return $_[0]{user} }

# --- bytes and messages

# Exactly these bytes.  False if the server is gone.
sub send_raw
{
    my ($self, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';

    while (length $bytes)
    {
        my $sent = syswrite $self->{socket}, $bytes;
        return 0 unless defined $sent;
        substr($bytes, 0, $sent) = '';
    }
    return 1;
}

sub send_json
{
    my ($self, $message) = @_;
    return $self->send_raw($json->encode($message) . "\n");
}

# The next message, or undef after the timeout or at the end; is_closed()
# tells which.
sub recv_json
{
    my ($self, $timeout) = @_;
    my $line = $self->recv_line($timeout);

    return unless defined $line;
    my $message = $json->decode($line);
    $self->learn($message);
    return $message;
}

sub recv_line
{
    my ($self, $timeout) = @_;
    my $deadline = time + ($timeout // DEFAULT_TIMEOUT);
    my $select = IO::Select->new($self->{socket});

    my $end;
    while (($end = index $self->{buffer}, "\n") < 0)
    {
        my $left = $deadline - time;
        return if $self->{closed} || !$select->can_read($left > 0 ? $left : 0);
        my $got = sysread $self->{socket}, $self->{buffer}, 65536,
          length $self->{buffer};
        $self->{closed} = 1 unless $got;
    }
    my $line = substr $self->{buffer}, 0, $end + 1, '';
    chomp $line;
    return $line;
}

# Has the server closed the connection?  Waits for that up to the timeout.
sub is_closed
{
    my ($self, $timeout) = @_;
    my $deadline = time + ($timeout // 0);
    my $message;

    # what was sent before the end is read first, however late
    do
    {
        $message = $self->recv_json($deadline - time);
        push @{ $self->{notifications} }, $message if defined $message;
    } until ($self->{closed} || (!defined $message && time > $deadline));
    return $self->{closed} ? 1 : 0;
}

# Keep what the server sets.
sub learn
{
    my ($self, $message) = @_;
    return unless ref $message eq 'HASH';
    my $method = $message->{method} // '';
    my $params = $message->{params};

    $self->{difficulty} = $params->[0] if $method eq 'mining.set_difficulty';
    @{$self}{qw(extranonce1 extranonce2_size)} = @{$params}
      if $method eq 'mining.set_extranonce';
    $self->{version_mask} = hex $params->[0]
      if $method eq 'mining.set_version_mask';

    # a job is worked on at the difficulty told before it
    @{$message}{qw(difficulty extranonce1 extranonce2_size)} =
      @{$self}{qw(difficulty extranonce1 extranonce2_size)}
      if $method eq 'mining.notify';
    return;
}

# Send a request without waiting; returns its id.
sub send_request
{
    my ($self, $method, @params) = @_;
    my $id = $self->{next_id}++;

    $self->send_json(
        { id => $id, method => $method, params => \@params });
    return $id;
}

# The reply to that id, as the server sent it.
sub reply_to
{
    my ($self, $id, $timeout) = @_;
    my $deadline = time + ($timeout // DEFAULT_TIMEOUT);

    return delete $self->{replies}{$id} if $self->{replies}{$id};
    while (defined(my $message = $self->recv_json($deadline - time)))
    {
        my $is_reply = !exists $message->{method} && defined $message->{id};
        return $message if $is_reply && $message->{id} eq $id;
        if ($is_reply) { $self->{replies}{ $message->{id} } = $message }
        else { push @{ $self->{notifications} }, $message }
    }
    croak "no reply to request $id"
      . ($self->{closed} ? ': the server closed the connection' : '');
}

sub request
{
    my ($self, $method, @params) = @_;
    return $self->reply_to($self->send_request($method, @params));
}

# The next message that is not a response; undef after the timeout.
sub next_notification
{
    my ($self, $timeout) = @_;
    my $deadline = time + ($timeout // DEFAULT_TIMEOUT);

    return shift @{ $self->{notifications} }
      if @{ $self->{notifications} };
    while (defined(my $message = $self->recv_json($deadline - time)))
    {
        return $message if exists $message->{method};
        $self->{replies}{ $message->{id} } = $message
          if defined $message->{id};
    }
    return;
}

# The next job as a hash; what comes before it is passed over.
sub next_notify
{
    my ($self, $timeout) = @_;
    my $deadline = time + ($timeout // DEFAULT_TIMEOUT);

    while (defined(
            my $message = $self->next_notification($deadline - time)))
    {
        return $self->job_of($message)
          if $message->{method} eq 'mining.notify';
    }
    return;
}

sub job_of
{
    my ($self, $message) = @_;
    my %job;

    @job{qw(id prevhash coinbase1 coinbase2 branch version nbits ntime clean)}
      = @{ $message->{params} };
    @job{qw(difficulty extranonce1 extranonce2_size)} =
      @{$message}{qw(difficulty extranonce1 extranonce2_size)};
    return \%job;
}

# --- the usual requests

sub subscribe
{
    my ($self, @params) = @_;
    my $reply = $self->request('mining.subscribe',
        @params ? @params : ('chimera-test/1.0'));

    if (my $result = $reply->{result})
    {
        @{$self}{qw(extranonce1 extranonce2_size)} = @{$result}[1, 2];
        my ($notify) =
          grep { ref && $_->[0] eq 'mining.notify' } @{ $result->[0] };
        $self->{session} = $notify->[1] if $notify;
    }
    return $reply;
}

sub authorize
{
    my ($self, $user, $password) = @_;

    $self->{user} = $user;
    return $self->request('mining.authorize', $user, $password // 'x');
}

# mining.configure for version-rolling (BIP 310)
sub configure_version_rolling
{
    my ($self, $mask) = @_;
    my $reply = $self->request(
        'mining.configure',
        ['version-rolling'],
        {   'version-rolling.mask' => $mask // '1fffe000',
            'version-rolling.min-bit-count' => 2,
        });

    $self->{version_mask} = hex $reply->{result}{'version-rolling.mask'}
      if $reply->{result} && $reply->{result}{'version-rolling'};
    return $reply;
}

# mining.submit's parameters for a share of find_share()
sub submit_params
{
    my ($self, $share) = @_;
    my @params = (
        $self->{user}, $share->{job}, $share->{extranonce2},
        $share->{ntime}, $share->{nonce});

    push @params, $share->{version_bits} if defined $share->{version_bits};
    return @params;
}

sub submit
{
    my ($self, $share) = @_;
    return $self->request('mining.submit', $self->submit_params($share));
}

# --- mining

# The 80 bytes that a share of a job stands for.
sub build_header
{
    my ($self, $job, $share) = @_;
    my $version = hex $job->{version};

    # each 4-byte word of prevhash is reversed
    my $prevhash = pack 'V*', unpack 'N*', pack 'H*', $job->{prevhash};
    my $root = sha256d(
        pack 'H*',
        join '', $job->{coinbase1}, $job->{extranonce1},
        $share->{extranonce2}, $job->{coinbase2});
    $root = sha256d($root . pack 'H*', $_) for @{ $job->{branch} };

    $version = $version & ~$self->{version_mask} | hex $share->{version_bits}
      if defined $share->{version_bits};
    return
        pack('V', $version & 0xffffffff)
      . $prevhash
      . $root
      . pack('V*',
        map { hex } $job->{ntime}, $job->{nbits}, $share->{nonce});
}

# Find a share.  Options: difficulty (the job's), below (a difficulty that the
# share must NOT reach, such as the network's), extranonce2 (the next),
# version_bits, ntime, nonce (where to begin).
sub find_share
{
    my ($self, $job, %options) = @_;
    my $target = DIFFICULTY_1 / ($options{difficulty} // $job->{difficulty});
    my $above = defined $options{below} ? DIFFICULTY_1 / $options{below} : -1;
    my %share = (
        job => $job->{id},
        ntime => $options{ntime} // $job->{ntime},
        extranonce2 => $options{extranonce2} // $self->next_extranonce2($job),
        nonce => '00000000',
    );
    $share{version_bits} = $options{version_bits}
      if defined $options{version_bits};
    my $header = $self->build_header({ %{$job}, ntime => $share{ntime} },
        \%share);
    my $front = substr $header, 0, 76;

    for (my $nonce = $options{nonce} // 0; $nonce < 2**32; $nonce++)
    {
        my $hash = sha256d($front . pack 'V', $nonce);
        my $value = hash_number($hash);
        next unless $value <= $target && $value > $above;
        $share{nonce} = sprintf '%08x', $nonce;
        $share{hash} = unpack 'H*', reverse $hash;
        $share{difficulty} = DIFFICULTY_1 / $value;
        return \%share;
    }
    croak 'no share in 2^32 nonces';
}

# Extranonce2s count on, so that no share is found twice by chance.
sub next_extranonce2
{
    my ($self, $job) = @_;
    my $digits = 2 * $job->{extranonce2_size};

    return sprintf "%0${digits}x", $self->{extranonce2}++;
}

sub sha256d { return sha256(sha256($_[0])) }

# A hash as a number: a double, good to 50 bits
sub hash_number
{
    my @words = unpack 'V8', $_[0];
    my $number = 0;

    $number = $number * 2**32 + $_ for reverse @words;
    return $number;
}

# --- the end

sub close
{
    my ($self) = @_;
    $self->{closed} = 1;
    return CORE::close($self->{socket});
}

# No more from us, but the server may go on.
sub half_close
{
    my ($self) = @_;
    return shutdown $self->{socket}, 1;
}

# Break off with a reset, as a crashed miner's machine would.
sub reset
{
    my ($self) = @_;
    setsockopt $self->{socket}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
    return $self->close;
}

1;
