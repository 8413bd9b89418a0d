# Web sessions: cookies, forgery, tokens, roles, passwords, limits.
use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use IPC::Run ();
use JSON::PP;
use Test::More;

use Chimera::Pool;
use Chimera::Webd;

use constant {
    PASSWORD => 'a long password',
    CROWD => 60,
};

my $pool = Chimera::Pool->new('sessions');
my $webd = Chimera::Webd->start($pool, '--rate=0', '--trusted-proxy=127.0.0.1', '--secure-cookies');

sub from
{
    my ($address) = @_;
    return (headers => { 'x-forwarded-for' => $address });
}

sub try
{
    my ($name, $password, %options) = @_;
    return $webd->request('POST', '/session', json => { name => $name, password => $password }, %options);
}

sub status
{
    my ($session, $method, $path, %options) = @_;
    return $webd->request($method, $path, as => $session, %options)->{status};
}

# --- the cookie

my $answer = $webd->request('POST', '/accounts', json => { name => 'alice', password => PASSWORD });
is($answer->{status}, 201, 'signing up also signs in');
my $cookie = $answer->{headers}{'set-cookie'};
like($cookie, qr/\Achimera_session=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure\z/, 'with a cookie');
my $alice = Chimera::Webd::session_of($answer);
is($webd->get('/session', as => $alice)->{json}{csrf_token}, $alice->{csrf_token}, 'the csrf_token belongs to the cookie');
is( $pool->safe_psql(q(SELECT encode(session_hash, 'hex') FROM chimera.web_sessions)),
    sha256_hex($alice->{cookie}),
    'the database stores only its hash');
my $plain = Chimera::Webd->start($pool, '--rate=0');
unlike($plain->request('POST', '/session', json => { name => 'alice', password => PASSWORD })->{headers}{'set-cookie'},
    qr/Secure/, 'without --secure-cookies it goes by HTTP too');
$plain->stop;

my $right = "chimera_session=$alice->{cookie}";
for my $header ("a=b; $right", "$right; a=b", "a=b;$right;c=d", "chimera_sessio=x; $right")
{
    is($webd->get('/user/stats', headers => { cookie => $header })->{status}, 200, 'the cookie among others');
}
for my $header ('', 'chimera_session=', "x$right", "$right.", substr($right, 0, -1), "chimera_session=\"$alice->{cookie}\"",
    'chimera_session=' . 'A' x 43, 'chimera_session=' . '+' x 43, "chimera_session=a; $right", '=;;=;' x 20)
{
    is($webd->get('/user/stats', headers => { cookie => $header })->{status}, 401, 'no session: ' . substr $header, 0, 30);
}
is_deeply($webd->get('/session')->{json}, { account => undef }, 'without a cookie nobody is signed in');
is_deeply($webd->get('/session', headers => { cookie => 'chimera_session=' . 'A' x 43 })->{json}, { account => undef },
    'nor with an invalid cookie');

# --- forgery

my %change = (json => { network => undef, addresses => [] });
my $forged = { %{$alice}, csrf_token => 'A' x 43 };
is(status($forged, 'POST', '/user/tokens', json => { name => 'x', scope => 'read' }), 403, 'a wrong csrf_token is rejected');
for my $token ('', substr($alice->{csrf_token}, 1), "$alice->{csrf_token}x")
{
    is( status($alice, 'POST', '/user/tokens', json => { name => 'x', scope => 'read' }, headers => { 'x-csrf-token' => $token }),
        403, "so is '" . substr($token, 0, 5) . "'");
}
is($webd->request('DELETE', '/session', headers => { cookie => $right })->{status}, 403, 'a missing one too');
is($webd->get('/user/stats', headers => { cookie => $right })->{status}, 200, 'reading requires no csrf_token');
is($webd->request('POST', '/session', json => { name => 'alice', password => PASSWORD }, headers => { cookie => $right })->{status},
    200, 'signing in neither');

# --- tokens

my %token = map {
    my $made = $webd->request('POST', '/user/tokens', as => $alice, json => { name => $_, scope => $_, expires_in_days => 1 })->{json};
    $_ => $made;
} qw(read write);
like($token{read}{token}, qr/\Achm_[\w-]{43}\z/, 'a token is created');
is($webd->get('/session', as => $token{read})->{json}{account}, 'alice', 'a token authenticates');
is($webd->get('/session', as => $token{read})->{json}{csrf_token}, undef, 'without a csrf_token');
is(status($token{read}, 'GET', '/user/tokens'), 200, 'a read token can read');
is(status($token{read}, 'DELETE', '/user/wallets/pending'), 403, 'but cannot write');
is(status($token{write}, 'DELETE', '/user/wallets/pending'), 200, 'a write token can write');
is(status($token{write}, 'DELETE', '/session'), 403, 'a token cannot sign out');
is(status($token{write}, 'POST', '/user/tokens', json => { name => 'x', scope => 'write' }), 403, 'nor create a token');
is(status($token{write}, 'PUT', '/user/password', json => { old_password => PASSWORD, new_password => 'some other password' }),
    403, 'nor change the password');
is($webd->get('/user/stats', headers => { authorization => $_ })->{status}, 401, 'no token: ' . substr $_, 0, 20)
  for 'Bearer', 'Bearer ', "Bearer $alice->{cookie}", 'Bearer chm_' . 'A' x 43, "Basic $token{read}{token}", "Bearer $token{read}{token} ",
  'Bearer chm_' . '=' x 43;
is($webd->get('/user/stats', headers => { authorization => "bearer $token{read}{token}" })->{status}, 200, 'the scheme is case-insensitive');
is($webd->get('/user/stats', headers => { authorization => 'Bearer chm_' . 'A' x 43, cookie => $right })->{status},
    401, 'an invalid token is rejected despite a valid cookie');
$pool->safe_psql(q(UPDATE chimera.web_tokens SET expires_at = now() WHERE name = 'read'));
is(status($token{read}, 'GET', '/user/stats'), 401, 'a token is revoked');
is(status($alice, 'DELETE', "/user/tokens/$token{write}{token_id}"), 200, 'or is revoked');
is(status($token{write}, 'GET', '/user/stats'), 401, 'and is no longer valid');

# --- passwords

my $second = $webd->log_in('alice', PASSWORD);
is(status($alice, 'PUT', '/user/password', json => { old_password => 'not the password', new_password => 'another password' }),
    403, 'changing the password requires the old one');
is(status($alice, 'PUT', '/user/password', json => { old_password => PASSWORD, new_password => $_ }), 400, 'a new one of ' . length)
  for 'nine char', 'x' x 129, "\x{e4}" x 9;
is(status($alice, 'PUT', '/user/password', json => { old_password => PASSWORD, new_password => 'another password' }), 200, 'a valid new password is accepted');
is(status($alice, 'GET', '/user/stats'), 200, 'this session continues');
is(status($second, 'GET', '/user/stats'), 401, 'the other sessions have ended');
is(try('alice', PASSWORD)->{status}, 401, 'the old password is no longer valid');
is(try('alice', 'another password')->{status}, 200, 'the new one is');
my $long = "\x{1f511}" x 32;
is($webd->request('POST', '/accounts', json => { name => 'zoe', password => $long })->{status}, 201, 'a password of 128 bytes');
is(try('zoe', $long)->{status}, 200, 'signs in');
is(try('zoe', $long . 'x')->{status}, 401, 'but a prefix of it does not');
is_deeply(try('nobody', PASSWORD)->{json}, try('alice', 'a wrong password')->{json}, 'a wrong name and a wrong password have the same response');
is(try('alice', '')->{status}, 401, 'an empty password is wrong');

# --- the operator's commands

my ($code, $said) = Chimera::Webd::set_password($pool, 'No Name', PASSWORD);
is($code, 1, 'an invalid name is rejected');
like($said, qr/\Awebd: .*name/, 'and the error says why');
$pool->safe_psql(q(INSERT INTO chimera.accounts (name) VALUES ('miner')));
is((Chimera::Webd::set_password($pool, 'miner', 'short'))[0], 1, 'a short password too');
is((Chimera::Webd::set_password($pool, 'miner', PASSWORD))[0], 0, 'a miner\'s account can get a password');
my $miner = $webd->log_in('miner', PASSWORD);
is(status($miner, 'GET', '/admin/networks'), 403, 'a user is not an admin');
is((Chimera::Webd::set_password($pool, 'miner', 'the admin\'s password', '--admin'))[0], 0, 'until the operator makes it one');
is(status($miner, 'GET', '/user/stats'), 401, 'which ends its previous sessions');
$miner = $webd->log_in('miner', 'the admin\'s password');
is(status($miner, 'GET', '/admin/networks'), 200, 'then it is an admin');
is($webd->get('/session', as => $miner)->{json}{role}, 'admin', 'and sees the admin pages');
$pool->safe_psql(q(SELECT chimera.disable_web_user('miner')));
is(status($miner, 'GET', '/user/stats'), 401, 'a disabled user is signed out');
is(try('miner', 'the admin\'s password')->{status}, 401, 'and cannot sign in');

# --- signing out

$answer = $webd->request('DELETE', '/session', as => $alice);
is($answer->{status}, 200, 'signing out');
like($answer->{headers}{'set-cookie'}, qr/\Achimera_session=; Path=\/; Max-Age=0;/, 'the cookie is deleted');
is(status($alice, 'GET', '/user/stats'), 401, 'and no longer valid');
is(status($alice, 'DELETE', '/session'), 200, 'signing out twice');

# --- guessing passwords

is(try('zoe', "wrong password $_", from('192.0.2.1'))->{status}, 401, "wrong password $_") for 1 .. 9;
my @limited = map { try('zoe', 'wrong', from('192.0.2.1')) } 1 .. 2;
is($limited[1]{status}, 429, 'after too many attempts all are refused');
is($limited[1]{headers}{'retry-after'}, 60, 'for a while');
is(try('zoe', $long, from('192.0.2.1'))->{status}, 429, 'even the right password');

# --- many sign in at once

my @sockets = map {
    my $socket = $webd->socket;
    my $body = encode_json({ name => "nobody$_", password => PASSWORD });
    print {$socket} "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.$_\r\n"
      . "Content-Type: application/json\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
    $socket;
} 1 .. CROWD;
is($webd->get('/health')->{status}, 200, 'other requests are served while many users sign in');
my %count;
for my $socket (@sockets)
{
    sysread $socket, my $text, 4096;
    my ($found) = $text =~ m{\AHTTP/1\.1 (\d+)};
    $count{$found}++;
}
is($count{401} + ($count{503} // 0), CROWD, 'every sign-in gets a response');
cmp_ok($count{401}, '>=', 32, 'most succeed or fail');
cmp_ok($count{503} // 0, '>', 0, 'the rest are told to try again');

# --- too many requests

$webd->stop;
unlike($webd->log_text, qr/password|chm_|argon2/, 'the log contains no secrets');
$webd = Chimera::Webd->start($pool, '--rate=1', '--trusted-proxy=127.0.0.1');
sub asks_from { return $webd->get('/openapi.json', from($_[0]))->{status} }

for my $case ([ '192.0.2.9', '192.0.2.10' ], [ '2001:db8:0:1::1', '2001:db8:0:2::1' ])
{
    my ($address, $other) = @{$case};
    my @statuses = map { asks_from($address) } 1 .. 30;
    is($statuses[0], 200, "$address is served");
    is($statuses[-1], 429, 'until it exceeds its rate');
    is(asks_from($other), 200, 'another address is served');
}

# A new client may send five requests at once.
sub is_new
{
    my ($forwarded) = @_;
    return 5 == grep { $_ == 200 } map { asks_from($forwarded) } 1 .. 5;
}

# Clients that share a limit cannot.
sub counts_with
{
    my ($other, $forwarded) = @_;
    asks_from($other) for 1 .. 30;
    return !is_new($forwarded);
}

ok(counts_with('2001:db8:0:1::1', '2001:db8:0:1::2'), 'addresses of one /64 count as one');
ok(counts_with('192.0.2.9', '::ffff:192.0.2.9'), 'and IPv4-mapped addresses count as IPv4');
ok(counts_with('192.0.2.9', '203.0.113.1, 192.0.2.9'), 'the limit applies to the proxy\'s client');
ok(is_new('192.0.2.9, 203.0.113.2'), 'not to addresses that the client claims');
ok(counts_with('192.0.2.9', '192.0.2.9, 127.0.0.1'), 'except the proxy itself');
ok(counts_with('192.0.2.9', [ '203.0.113.3', '192.0.2.9' ]), 'nor in a separate header line');
Chimera::Pool::wait_until('the bucket to fill', sub { asks_from('192.0.2.9') == 200 });
$answer = (grep { $_->{status} == 429 } map { $webd->get('/openapi.json', from('192.0.2.9')) } 1 .. 30)[0];
is($answer->{headers}{'retry-after'}, 1, 'Retry-After is one second');
$webd->stop;
$webd = Chimera::Webd->start($pool, '--rate=1');
is((map { asks_from("192.0.2.$_") } 1 .. 30)[-1], 429, 'without a trusted proxy the header is ignored');

done_testing();
