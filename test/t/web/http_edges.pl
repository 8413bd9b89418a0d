# Edge cases of HTTP: client addresses behind a proxy, other origins, ambiguous
# request lengths, and limits that one address cannot exhaust for all.
use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use Chimera::Webd;

use constant {
    PER_ADDRESS => 4,
    STREAMS => 10,
    SIGN_UPS => 20,    # per address and hour
    CROWD => 60,       # more than the queue of hashes holds
};

my $pool = Chimera::Pool->new('main');

# Send raw bytes and read until the connection closes or a second has passed.
sub say_to
{
    my ($webd, $text, %options) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $webd->port, Proto => 'tcp',
        LocalAddr => $options{from} // '127.0.0.1') // die "connect: $@";
    my $said = '';

    syswrite $socket, $text;
    my $is_closed = 0;
    while (!$is_closed && IO::Select->new($socket)->can_read(1))
    {
        $is_closed = !sysread $socket, $said, 65536, length $said;
        last if $options{is_stream};
    }
    return wantarray ? ($said, $is_closed, $socket) : $said;
}

# --- other origins

my $webd = Chimera::Webd->start($pool, '--rate=0');
my $answer = $webd->get('/pool/stats');
is($answer->{headers}{'access-control-allow-origin'}, '*', 'other origins may read public responses');
like($answer->{headers}{'access-control-expose-headers'}, qr/\bETag\b/, 'and their ETag');
my %preflight = (headers => { origin => 'https://elsewhere.test', 'access-control-request-method' => 'GET',
        'access-control-request-headers' => 'if-none-match' });
for my $path (qw(/pool/stats /networks /networks/litecoin/blocks /health /events /openapi.json /accounts/someone))
{
    my $leave = $webd->request('OPTIONS', $path, %preflight);

    is($leave->{status}, 204, "OPTIONS $path");
    is($leave->{headers}{'access-control-allow-origin'}, '*', 'from any origin');
    like($leave->{headers}{'access-control-allow-headers'}, qr/\bIf-None-Match\b/, 'with If-None-Match');
    unlike($leave->{headers}{'access-control-allow-headers'}, qr/Authorization|CSRF/i, 'but no private headers');
    is($leave->{content} // '', '', 'and no body');
}
for my $path (qw(/user/stats /session /accounts /admin/health))
{
    is($webd->request('OPTIONS', $path, %preflight)->{status}, 405, "not OPTIONS $path");
}
is($webd->request('OPTIONS', '/nowhere', %preflight)->{status}, 404, 'nor of a missing path');
$answer = $webd->get('/pool/stats', headers => { 'if-none-match' => $answer->{headers}{etag}, origin => 'https://elsewhere.test' });
is($answer->{status}, 304, 'an unchanged response');
is($answer->{headers}{'access-control-allow-origin'}, '*', 'may be read by other origins');

# --- ambiguous request lengths

my $smuggled = "GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n";
for my $case (
    [ 'two lengths', "Content-Length: 2\r\nContent-Length: 44\r\n", "{}$smuggled" ],
    [ 'two lengths, the longer first', "Content-Length: 44\r\nContent-Length: 2\r\n", "{}$smuggled" ],
    [ 'a list of lengths', "Content-Length: 2, 44\r\n", "{}$smuggled" ],
    [ 'a length with a sign', "Content-Length: +2\r\n", "{}$smuggled" ],
    [ 'a length and chunks', "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n$smuggled" ],
    [ 'chunks and a length', "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n$smuggled" ],
    [ 'an unknown encoding', "Transfer-Encoding: gzip\r\n", "{}$smuggled" ],
    [ 'chunks that are not last', "Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n$smuggled" ],
    [ 'two encodings', "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n$smuggled" ])
{
    my ($what, $headers, $rest) = @{$case};

    for my $method ('POST', 'GET')
    {
        my ($said, $is_closed) = say_to($webd,
            "$method /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n$headers\r\n$rest");
        like($said, qr{\AHTTP/1\.1 400 }, "$method with $what: 400");
        unlike($said, qr/ (?:[235]\d\d|40[1-9]) |"ok"/, 'the bytes after it are not taken as a request');
        ok($is_closed, 'and the connection is closed');
    }
}
like(say_to($webd, "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), qr/name is missing/, 'a chunked body is read');
like(say_to($webd, "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"),
    qr/name is missing/, 'and a body with a length');
$webd->stop;

# --- behind a proxy

$webd = Chimera::Webd->start($pool, '--rate=1', '--trusted-proxy=127.0.0.1');

sub asks_from { return $webd->get('/openapi.json', headers => { 'x-forwarded-for' => $_[0] })->{status} }

for my $form ('10.1.0.%d', '10.2.0.%d:50123', '[2001:db8:0:%x::1]:443', '[2001:db8:1:%x::1]', '2001:db8:2:%x::1')
{
    my %seen;
    $seen{ asks_from(sprintf $form, $_ % 50 + 1) }++ for 1 .. 100;
    is_deeply(\%seen, { 200 => 100 }, "$form: each client is counted separately");
}
for my $pair ([ '10.3.0.1:1', '10.3.0.1:2' ], [ '10.3.0.2', '10.3.0.2:443' ], [ '[2001:db8:3::1]:1', '2001:db8:3::2' ],
    [ '10.3.0.3', '[::ffff:10.3.0.3]:9' ])
{
    # by itself the second could ask five times at once
    my $is_refused = 0;
    for (1 .. 4)
    {
        Chimera::Pool::wait_until('the first to be refused', sub { asks_from($pair->[0]) == 429 });
        last if $is_refused = asks_from($pair->[1]) == 429;
    }
    ok($is_refused, "@{$pair} are one client");
}
my %forged;
$forged{ asks_from($_) }++ for map { ("[10.0.0.$_]:80", "10.0.0.$_:", "10.0.0.$_:123456", "[2001:db8::$_", "10.0.0.$_:1:2") } 1 .. 20;
ok($forged{429}, 'an invalid address counts as the proxy');
$webd->stop;

# --- event streams

$webd = Chimera::Webd->start($pool, '--rate=0', '--trusted-proxy=127.0.0.99', '--max-streams=' . STREAMS, '--streams-per-address=' . PER_ADDRESS);

sub stream
{
    my ($from, $cookie) = @_;
    my ($said, undef, $socket) = say_to($webd, "GET /api/v1/events HTTP/1.1\r\nHost: x\r\n"
          . ($cookie ? "Cookie: chimera_session=$cookie\r\n" : '') . "\r\n", from => $from, is_stream => 1);
    my ($status) = $said =~ m{\AHTTP/1\.1 (\d+)};

    return { status => $status, said => $said, socket => $socket };
}

my @held = map { stream('127.0.0.1') } 1 .. PER_ADDRESS;
is_deeply([ map { $_->{status} } @held ], [ (200) x PER_ADDRESS ], 'an address may open some streams');
my $refused = stream('127.0.0.1');
is($refused->{status}, 429, 'but no more than the limit');
like($refused->{said}, qr/^Retry-After: \d+\r$/m, 'and gets Retry-After');
push @held, my $other = stream('127.0.0.2');
is($other->{status}, 200, 'another address can open one');
my $cookie = 'A' x 43;
push @held, map { stream("127.0.0.$_", $cookie) } 3 .. 3 + PER_ADDRESS / 2;
is_deeply([ map { $_->{status} } @held[ -1 - PER_ADDRESS / 2 .. -1 ] ], [ (200) x (PER_ADDRESS / 2), 429 ],
    'streams of a session are limited across addresses');
close $held[0]{socket};
sleep 0.2;
is(stream('127.0.0.1')->{status}, 200, 'a closed stream does not count');
undef @held;
$webd->stop;

# --- signing up

$webd = Chimera::Webd->start($pool, '--rate=0', '--trusted-proxy=127.0.0.1');

sub sign_up
{
    my ($name, $from) = @_;
    my $body = encode_json({ name => $name, password => 'a long password' });
    my $socket = $webd->socket;

    print {$socket} "POST /api/v1/accounts HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: $from\r\nContent-Type: application/json\r\n"
      . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    return $socket;
}

sub status_of
{
    my ($socket) = @_;
    sysread $socket, my $text, 4096;
    return ($text // '') =~ m{\AHTTP/1\.1 (\d+)} ? $1 : 'nothing';
}

is(status_of(sign_up("first$_", '192.0.2.1')), 201, "sign-up $_ from an address") for 1 .. SIGN_UPS;
my $began = time;
my @crowd = map { sign_up("more$_", '192.0.2.1') } 1 .. CROWD;
is(status_of(sign_up('another', '192.0.2.2')), 201, 'while one address exceeds its limit, another can sign up');
my %count;
$count{ status_of($_) }++ for @crowd;
is_deeply(\%count, { 429 => CROWD }, 'excess sign-ups are refused without hashing');
is($webd->stop, 0, 'webd exits successfully');

# --- --set-password with an unreachable database

my $said = '';
IPC::Run::run([ Chimera::Webd::program(), '--database', $pool->conninfo . ' user=nobody_here', '--set-password', 'someone' ],
    '<', \"a long password\n", '>&', \$said);
is($? >> 8, 1, '--set-password by an unknown role fails');
like($said, qr/role "nobody_here" does not exist/, 'and the error says why');
unlike($said, qr/\n\n/, 'once');

done_testing();
