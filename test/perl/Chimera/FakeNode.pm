# FakeNode.pm: answers as a sha256d node would, with a chain of its own making.
#
#     my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
#     $pool->add_network('fake', $coin, ...);
#     $coin->new_tip;                       # the chain grows: clean jobs
#     $coin->set(mode => 'garbage');        # and what else nodes may do
#
# Its blocks ask for difficulty 1, so that shares of the tests, of a millionth
# or so, are never blocks and the tip stays where the test has put it.  It is
# a process that serves HTTP on a port of the loopback; what it answers it
# reads from a file that set() writes, again for each request.
package Chimera::FakeNode;

use strict;
use warnings;

use Carp;
use Digest::SHA qw(sha256 sha256_hex);
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

use Chimera::Node;

use constant {
    USER => 'fake',
    PASSWORD => 'kh6Qpa55word',
    FIRST_HEIGHT => 1000,

    # what a slow node takes over an answer; endless ones continue until
    # anybody listens
    SLOW_S => 3,
    DEEP => 100_000,
    HUGE => 10_000_000,
    TICK_S => 0.02,
};

my $json = JSON::PP->new->canonical->allow_nonref;

sub new
{
    my ($class, $dir) = @_;
    my $self = bless {
        dir => $dir,
        port => Chimera::Node::free_port(),
        owner => $$,
        control => {
            mode => 'ok',
            tip => 1,
            refresh => 1,
            bits => '1d00ffff',
            coinbasevalue => 5_000_000_000,
            transactions => [],
            version => 0x20000000,
            user => USER,
            password => PASSWORD,

            # of getblockchaininfo, and of a node that lies
            has_info => 1,
            syncing => 0,
            headers_ahead => 0,
            template_tip => undef,

            # the second parameter that getblocktemplate must have
            algorithm => '',
            submit_result => undef,

            # what each call but submitblock takes
            delay_s => 0,

            # members of the template instead of or in addition to its own, and the
            # error in its place
            template => {},
            template_error => undef,
        },
    }, $class;
    $self->set;
    return $self;
}

# --- what the test sets

# tip: how many blocks the chain has; nodes of the same tip are on one block.
# mode: ok, garbage, half, endless, empty, unauthorized, slow, hang, error,
# html, deaf (accepts and says nothing), genesis (another chain), hangup (closes
# the connection), trickle (a byte now and then), types (JSON of any other type
# than is due), deep (JSON in JSON in JSON), huge (tens of MB)
sub set
{
    my ($self, %changes) = @_;
    my $file = "$self->{dir}/control.json";

    @{ $self->{control} }{ keys %changes } = values %changes;
    open my $handle, '>', "$file.new" or croak "$file.new: $!";
    print $handle $json->encode($self->{control});
    close $handle or croak "$file.new: $!";
    rename "$file.new", $file or croak "$file: $!";
    return $self;
}

# The chain grows by a block of somebody else's.
sub new_tip
{
    my ($self) = @_;
    return $self->set(tip => $self->{control}{tip} + 1);
}

# The long poll ends as for new transactions.
sub refresh
{
    my ($self) = @_;
    return $self->set(refresh => $self->{control}{refresh} + 1);
}

# How many requests the node has had, of a method or of any.
sub requests
{
    my ($self, $method) = @_;

    open my $log, '<', "$self->{dir}/requests" or return 0;
    my @lines = grep { !defined $method || /^\Q$method\E$/ } <$log>;
    return scalar @lines;
}

# The blocks the node was given: of each its hash and when it came.
sub blocks
{
    my ($self) = @_;

    open my $log, '<', "$self->{dir}/blocks" or return;
    return map { { time => $_->[0], hash => $_->[1] } } map { [split] } <$log>;
}

# --- what Chimera::Pool asks of a node

sub url { return "http://127.0.0.1:$_[0]{port}/" }
sub credentials { return @{ $_[0]{control} }{qw(user password)} }
sub best_hash { return tip_hash($_[0]{control}) }
sub genesis_hash { return sha256_hex('the fake chain') }

sub chain_parameters
{
    my ($self) = @_;
    return {
        algorithm => 'sha256d',
        genesis_hash => $self->genesis_hash,
        p2pkh_version => 0,
        p2sh_version => 5,
        bech32_hrp => 'fk',
        template_rules => ['segwit'],
    };
}

# Satoshi's own, the address of block 0's coinbase.
sub new_address { return '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa' }

sub tip_hash { return sha256_hex("block $_[0]{tip}") }

# --- the process

sub start
{
    my ($self) = @_;
    my $listening = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1',
        LocalPort => $self->{port},
        Proto => 'tcp',
        ReuseAddr => 1,
        Listen => 128) or croak "port $self->{port}: $!";

    my $pid = fork // croak "fork: $!";
    if ($pid == 0)
    {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        $SIG{PIPE} = 'IGNORE';
        eval { $self->serve($listening); 1 } or print STDERR $@;
        POSIX::_exit(1);
    }
    $self->{pid} = $pid;
    return $self;
}

sub stop
{
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;

    kill 'KILL', $pid;
    waitpid $pid, 0;
    return;
}

sub DESTROY
{
    my ($self) = @_;
    local ($@, $!, $?);

    $self->stop if $self->{owner} == $$;
    return;
}

sub serve
{
    my ($self, $listening) = @_;
    my $select = IO::Select->new($listening);
    my %clients;

    while (getppid() == $self->{owner})
    {
        for my $socket ($select->can_read(TICK_S))
        {
            if ($socket == $listening)
            {
                my $new = $listening->accept or next;
                $new->blocking(0);
                $select->add($new);
                $clients{$new} = { socket => $new, input => '', output => '' };
                next;
            }
            my $client = $clients{$socket};
            my $got = sysread $socket, $client->{input}, 65536,
              length $client->{input};
            $client->{gone} = 1 if defined $got && $got == 0;
        }
        for my $client (values %clients)
        {
            $self->tend($client) unless $client->{gone};
            next unless $client->{gone};
            $select->remove($client->{socket});
            delete $clients{ $client->{socket} };
            CORE::close($client->{socket});
        }
    }
    POSIX::_exit(0);
}

sub read_control
{
    my ($self) = @_;
    return $json->decode(Chimera::Node::slurp("$self->{dir}/control.json"));
}

sub tend
{
    my ($self, $client) = @_;
    my $control = $self->read_control;

    if (!$client->{request}
        && $client->{input} =~ /\A(.*?)\r\n\r\n/s)
    {
        my $head = $1;
        my ($length) = $head =~ /^content-length:\s*(\d+)/im;
        my $start = length($head) + 4;

        return if length $client->{input} < $start + $length;
        my $body = substr $client->{input}, $start, $length;
        $client->{input} = substr $client->{input}, $start + $length;
        $client->{request} = $json->decode($body);
        $client->{head} = $head;
        $client->{since} = time;
        open my $log, '>>', "$self->{dir}/requests" or die $!;
        print $log "$client->{request}{method}\n";
        CORE::close($log);
        $self->note_block($client) if $client->{request}{method} eq 'submitblock';
    }
    $self->answer($client, $control) if $client->{request};

    if ($client->{endless} && length $client->{output} < 200_000)
    {
        $client->{output} .= '"x' x 100_000;
    }
    $client->{output} .= 'x' if $client->{trickle};
    return unless length $client->{output};
    my $sent = syswrite $client->{socket}, $client->{output};
    if (defined $sent) { substr($client->{output}, 0, $sent) = '' }
    elsif (!$!{EAGAIN}) { $client->{gone} = 1 }
    $client->{gone} = 1 if $client->{last} && !length $client->{output};
    return;
}

sub note_block
{
    my ($self, $client) = @_;
    my $header = substr pack('H*', $client->{request}{params}[0]), 0, 80;
    my $hash = unpack 'H*', scalar reverse sha256(sha256($header));

    open my $log, '>>', "$self->{dir}/blocks" or die $!;
    print $log "$client->{since} $hash\n";
    CORE::close($log);
    return;
}

sub answer
{
    my ($self, $client, $control) = @_;
    my $mode = $control->{mode};
    my $expected = 'Basic '
      . encode_base64("$control->{user}:$control->{password}", '');

    return if $mode eq 'deaf';
    return if $mode eq 'slow' && time < $client->{since} + SLOW_S;
    return
      if $client->{request}{method} ne 'submitblock'
      && time < $client->{since} + $control->{delay_s};
    if ($mode eq 'unauthorized'
        || $client->{head} !~ /^authorization: \Q$expected\E\s*$/im)
    {
        return $self->send_body($client, 401, '');
    }
    return $self->send_body($client, 200, "\x00\xff{]not JSON")
      if $mode eq 'garbage';
    return $self->send_body($client, 502, '<html>Bad Gateway</html>')
      if $mode eq 'html';
    return $self->send_body($client, 200, '{}') if $mode eq 'empty';
    return $self->send_body($client, 200, $self->odd_body($mode))
      if $mode eq 'types' || $mode eq 'deep' || $mode eq 'huge';
    return $client->{gone} = 1 if $mode eq 'hangup';
    return $self->send_body($client, 500,
        '{"result":null,"error":{"code":-28,"message":"Loading block index..."},"id":1}'
    ) if $mode eq 'error';
    if ($mode eq 'half' || $mode eq 'endless' || $mode eq 'trickle')
    {
        delete $client->{request};
        $client->{output} .= "HTTP/1.1 200 OK\r\nContent-Length: "
          . ($mode eq 'half' ? 100 : 10_000_000_000)
          . "\r\n\r\n{\"result\":\"";
        $client->{ $mode eq 'half' ? 'last' : $mode } = 1;
        return;
    }

    return $self->send_body($client, 500,
        $json->encode({ result => undef, error => { code => -1, message => $control->{template_error} }, id => 1 }))
      if defined $control->{template_error} && $client->{request}{method} eq 'getblocktemplate';

    my $result = eval { $self->result_of($client, $control) };
    die $@ if $@ && $@ ne "later\n";
    return if $@;
    return $self->send_body($client, 200,
        $json->encode({ result => $result, error => undef, id => 1 }));
}

# Valid JSON that is not a response.
sub odd_body
{
    my ($self, $mode) = @_;
    my @types = ('5', '[]', '[[]]', '{}', 'true', '-1e300', '{"height":"high","bits":7,"transactions":{}}');
    my $result =
        $mode eq 'deep' ? '[' x DEEP . ']' x DEEP
      : $mode eq 'huge' ? '"' . 'ab' x HUGE . '"'
      : $types[ $self->{odd}++ % @types ];

    return qq({"result":$result,"error":null,"id":1});
}

sub send_body
{
    my ($self, $client, $status, $body) = @_;

    $client->{output} .=
        "HTTP/1.1 $status x\r\nContent-Type: application/json\r\n"
      . 'Content-Length: '
      . length($body)
      . "\r\n\r\n$body";
    delete $client->{request};
    return;
}

sub chain_info
{
    my ($self, $control) = @_;
    my $height = FIRST_HEIGHT + $control->{tip} - 1;

    return {
        blocks => $height,
        headers => $height + $control->{headers_ahead},
        bestblockhash => tip_hash($control),
        initialblockdownload => $control->{syncing}
        ? JSON::PP::true
        : JSON::PP::false,
        chainwork => sprintf('%064x', $height),
    };
}

sub result_of
{
    my ($self, $client, $control) = @_;
    my ($method, $params) = @{ $client->{request} }{qw(method params)};

    return tip_hash($control) if $method eq 'getbestblockhash';
    return FIRST_HEIGHT + $control->{tip} - 1 if $method eq 'getblockcount';
    return $control->{mode} eq 'genesis'
      ? sha256_hex('another chain')
      : $self->genesis_hash
      if $method eq 'getblockhash';
    return $self->chain_info($control)
      if $method eq 'getblockchaininfo' && $control->{has_info};
    return $control->{submit_result} if $method eq 'submitblock';
    return undef if $method ne 'getblocktemplate';    ## no critic

    return {} if ($params->[1] // '') ne $control->{algorithm};
    my $id = tip_hash($control) . sprintf '%08d', $control->{refresh};
    die "later\n" if ($params->[0]{longpollid} // '') eq $id;
    return {
        version => $control->{version},
        previousblockhash => $control->{template_tip} // tip_hash($control),
        transactions => $control->{transactions},
        coinbaseaux => {},
        coinbasevalue => $control->{coinbasevalue},
        longpollid => $id,
        bits => $control->{bits},
        height => FIRST_HEIGHT + $control->{tip},
        curtime => int time,
        mintime => int(time) - 3600,
        mutable => [ 'time', 'transactions', 'prevblock' ],
        rules => [],
        %{ $control->{template} },
    };
}

1;
