# webd as an HTTP server: responses, limits and robustness.
use strict;
use warnings;

use HTTP::Tiny;
use IO::Select;
use IPC::Run ();
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Node;
use Chimera::Pool;
use Chimera::Webd;
use Chimera::FakeNode;

use constant {
    MAX_STREAMS => 3,
    WAIT_S => 60,
    FLOOD => 200,
};

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('webd');
my $dashboard = Chimera::Pool->directory('dashboard');
my $metrics_port = Chimera::Node::free_port();

sub write_file
{
    my ($name, $text) = @_;
    open my $file, '>', "$dashboard/$name" or die "$name: $!";
    print {$file} $text;
    close $file;
    return;
}

sub metric
{
    my ($name) = @_;
    my $page = HTTP::Tiny->new->get("http://127.0.0.1:$metrics_port/metrics")->{content};
    return $page =~ /^chimera_webd_\Q$name\E (\S+)$/m ? $1 : undef;
}

# --- the command line

for my $arguments ([qw(--rate=x)], [qw(--connections=0)], [qw(--metrics=65536)], [qw(--trusted-proxy=example.org)],
    [qw(--admin)], [qw(--colour)], ['left'], ['--database=port'], ['--log-level=loud'])
{
    IPC::Run::run([ Chimera::Webd::program(), @{$arguments} ], '<', \undef, '>&', \my $said);
    is($? >> 8, 2, "@{$arguments} is refused");
    unlike($said, qr/port/, 'and a connection string is not shown') if $arguments->[0] =~ /database/;
}
for my $arguments ([qw(--listen nowhere)], [qw(--listen 127.0.0.1:99999)], [qw(--dashboard /nonexistent)], [ '--dashboard', $dashboard ])
{
    IPC::Run::run([ Chimera::Webd::program(), '--database', $pool->conninfo, @{$arguments} ], '<', \undef, '>&', \my $said, IPC::Run::timeout(60));
    is($? >> 8, 1, "@{$arguments} ends the start");
}

write_file('index.html', '<!doctype html><title>first</title>');
write_file('robots.txt', "nothing\n");
write_file('.secret', 'secret');
mkdir "$dashboard/assets";
write_file('assets/index-1234.js', 'let x = 1;');
symlink '/etc/passwd', "$dashboard/assets/link.txt";
my @options = ('--rate=0', '--connections=1', "--metrics=$metrics_port", '--max-streams=' . MAX_STREAMS, '--dashboard', $dashboard);
my $webd = Chimera::Webd->start($pool, @options);

# --- raw HTTP

# Send text and read until the server is silent or closes the connection.
sub speak
{
    my ($text, %options) = @_;
    my $socket = $options{socket} // $webd->socket;
    my $said = '';
    my $select = IO::Select->new($socket);
    my $deadline = time + WAIT_S;

    local $SIG{PIPE} = 'IGNORE';
    print {$socket} $text;
    while (time < $deadline && $said !~ $options{until})
    {
        next unless $select->can_read(1);
        last unless sysread $socket, $said, 65536, length $said;
    }
    return $said;
}

sub ask
{
    my ($text) = @_;
    return speak($text, until => qr/\r\n\r\n/);
}

my $host = "Host: x\r\n";
like(ask("GET /api/v1/health HTTP/1.1\r\n$host\r\n"), qr{\AHTTP/1\.1 200 OK\r\n}, 'a request gets a response');
like(ask("GET /api/v1/health HTTP/1.0\r\n\r\n"), qr{\AHTTP/1\.[01] 200 OK\r\n}, 'an HTTP/1.0 request too');
like(ask("GET /api/v1/health HTTP/1.1\r\n\r\n"), qr{\AHTTP/1\.1 400 }, 'HTTP/1.1 needs a Host');
like(ask("nonsense\r\n\r\n"), qr{\A(?:HTTP/1\.[01] 400 |\z)}, 'an invalid request is rejected');
like(ask('GET /api/v1/' . 'x' x 40_000 . " HTTP/1.1\r\n$host\r\n"), qr{\AHTTP/1\.1 414 }, 'a path that is too long');
like(ask("GET /api/v1/health HTTP/1.1\r\n${host}X: " . 'x' x 40_000 . "\r\n\r\n"), qr{\AHTTP/1\.1 431 }, 'headers that are too long');
like(ask("GET http://x/api/v1/health HTTP/1.1\r\n$host\r\n"), qr{\AHTTP/1\.1 400 }, 'a path without a slash');
like(ask("GET /api/v1/" . 'a/' x 20 . " HTTP/1.1\r\n$host\r\n"), qr{\AHTTP/1\.1 400 }, 'a path with too many segments');

my $three = speak(join('', map { "GET /api/v1/$_ HTTP/1.1\r\n$host\r\n" } qw(networks nothing health)), until => qr/"ok"/);
is_deeply([ $three =~ m{HTTP/1\.1 (\d+)}g ], [ 200, 404, 200 ], 'pipelined requests are answered in order');

sub post
{
    my ($path, $headers, $body) = @_;
    return ask("POST /api/v1$path HTTP/1.1\r\n${host}Content-Type: application/json\r\n$headers\r\n$body");
}

like(post('/session', "Content-Length: 65537\r\n", ''), qr{\AHTTP/1\.1 413 }, 'a body that is announced as too long is refused at once');
like(post('/session', "Content-Length: 65537\r\nExpect: 100-continue\r\n", ''), qr{\AHTTP/1\.1 413 }, 'also with Expect: 100-continue');
my $chunk = sprintf "%x\r\n%s\r\n", 10_000, 'x' x 10_000;
like(post('/session', "Transfer-Encoding: chunked\r\n", $chunk x 7 . "0\r\n\r\n"), qr{\AHTTP/1\.1 413 }, 'a chunked body that is too long is refused');
like(post('/session', "Transfer-Encoding: chunked\r\n", "5\r\n{\"a\":\r\n3\r\n 1}\r\n0\r\n\r\n"), qr{\AHTTP/1\.1 400 }, 'a body may arrive in pieces');
for my $body ('', '{', '[]', '"x"', '{"name":1,"password":"x"}', '{"name":"a","name":"b","password":"x"}', "{\"name\":\"\xff\",\"password\":\"x\"}",
    '{"name":"a\u0000b","password":"x"}', '[' x 60_000)
{
    like(post('/session', 'Content-Length: ' . length($body) . "\r\n", $body), qr{\AHTTP/1\.1 400 }, 'no login: ' . substr $body, 0, 40);
}

# --- methods, headers, ETags

my $get = $webd->get('/networks');
my $head = $webd->request('HEAD', '/networks');
is($head->{status}, 200, 'HEAD works');
is($head->{content} // '', '', 'without a body');
is($head->{headers}{$_}, $get->{headers}{$_}, "but with the header $_") for qw(etag content-length content-type);
for my $case ([ 'DELETE', '/networks', 'GET, HEAD, OPTIONS' ], [ 'GET', '/accounts', 'POST' ], [ 'BREW', '/session', 'GET, HEAD, POST, DELETE' ])
{
    my ($method, $path, $allowed) = @{$case};
    my $answer = $webd->request($method, $path);
    is($answer->{status}, 405, "$method $path");
    is($answer->{headers}{allow}, $allowed, "and the allowed methods");
}
my $etag = $get->{headers}{etag};
like($etag, qr/\A"[\w-]+"\z/, 'a public response has an ETag');
is($get->{headers}{'cache-control'}, 'public, max-age=2', 'and may be cached for two seconds');
is($get->{headers}{'access-control-allow-origin'}, '*', 'by anybody');
for my $has ($etag, "W/$etag", qq("other", $etag), '*')
{
    my $answer = $webd->get('/networks', headers => { 'if-none-match' => $has });
    is($answer->{status}, 304, "If-None-Match: $has matches");
    is($answer->{content} // '', '', 'without a body');
    is($answer->{headers}{etag}, $etag, 'but with the ETag');
    is($answer->{headers}{'content-length'} // $get->{headers}{'content-length'}, $get->{headers}{'content-length'}, 'and the same length');
}
is($webd->get('/networks', headers => { 'if-none-match' => '"other"' })->{status}, 200, 'another ETag gets the response');
is($webd->get('/session')->{headers}{'cache-control'}, 'no-store', 'private responses are not cached');
for my $path (qw(/networks /nothing /session /user/stats))
{
    my $headers = $webd->get($path)->{headers};
    is($headers->{'x-content-type-options'}, 'nosniff', "$path: no content sniffing");
    like($headers->{'content-security-policy'}, qr/frame-ancestors 'none'/, 'no framing');
    is($headers->{'referrer-policy'}, 'no-referrer', 'no referrer');
}

# --- files

sub file
{
    my ($path, %options) = @_;
    return $webd->request($options{method} // 'GET', $path, raw => 1, %options);
}

like(file('/')->{content}, qr/first/, 'the dashboard is served');
like(file($_)->{content}, qr/first/, "$_ is a page of the dashboard") for qw(/index.html /network/litecoin /admin/);
my $asset = file('/assets/index-1234.js');
is($asset->{content}, 'let x = 1;', 'its files are served');
like($asset->{headers}{'content-type'}, qr{\Atext/javascript}, 'with their type');
like($asset->{headers}{'cache-control'}, qr/immutable/, 'as immutable');
is(file('/')->{headers}{'cache-control'}, 'no-cache', 'the page is revalidated');
is(file('/', headers => { 'if-none-match' => file('/')->{headers}{etag} })->{status}, 304, 'with its ETag');
like(file('/')->{headers}{'content-security-policy'}, qr/default-src 'self'/, 'it may load from its own site only');
is(file('/', method => 'POST')->{status}, 405, 'files are read-only');
is(file($_)->{status}, 404, "$_ does not exist")
  for qw(/.secret /assets/link.txt /assets/../.secret /..%2f..%2fetc/passwd /%2e%2e/%2e%2e/etc/passwd.x /assets/none.js /api/v1x /api);
write_file('index.html', '<!doctype html><title>second</title>');
kill 'HUP', $webd->pid;
Chimera::Pool::wait_until('the new page', sub { file('/')->{content} =~ /second/ });
unlink "$dashboard/index.html";
kill 'HUP', $webd->pid;
Chimera::Pool::wait_until('a refusal', sub { $webd->log_text =~ /does not contain index\.html/ });
like(file('/')->{content}, qr/second/, 'incomplete files are not loaded');
write_file('index.html', '<!doctype html><title>second</title>');

# --- many equal requests, and a slow database

my $lock;

sub hold
{
    $lock = $pool->background_psql;
    return $lock->query_safe('BEGIN; LOCK chimera.accounts IN ACCESS EXCLUSIVE MODE');
}

sub release { return $lock->quit }

sub send_get
{
    my ($path) = @_;
    my $socket = $webd->socket;
    print {$socket} "GET /api/v1$path HTTP/1.1\r\n$host\r\n";
    return $socket;
}

sub answer_of { return speak('', socket => $_[0], until => qr/\r\n\r\n.*\}/s) }

my $before = metric('database_calls_total');
hold();
my @same = map { send_get('/accounts/one') } 1 .. 20;
Chimera::Pool::wait_until('the call', sub { $pool->safe_psql(q(SELECT count(*) FROM pg_stat_activity WHERE usename = 'webd' AND wait_event_type = 'Lock')) == 1 });
release();
my @answers = map { answer_of($_) } @same;
is(scalar(grep { m{\AHTTP/1\.1 404 .*account .* does not exist}s } @answers), 20, 'twenty equal requests get a response');
my $calls = metric('database_calls_total') - $before;
cmp_ok($calls, '<=', 3, "with one database call (and the metrics' own: $calls)");

hold();
my @different = map { send_get("/accounts/number$_") } 1 .. 6;
@answers = map { answer_of($_) } @different;
is(scalar(grep { m{\AHTTP/1\.1 503 .*Retry-After: 1\r\n}s } @answers), 6, 'requests that time out are told to retry');
ok((grep { /"55P03"/ } @answers), 'some because of a lock');
ok((grep { /busy/ } @answers), 'others as the only connection is busy');
release();
Chimera::Pool::wait_until('an answer', sub { $webd->get('/accounts/again')->{status} == 404 });
pass('then it continues');

# --- a database server that does not respond

my $backend = $pool->safe_psql(q(SELECT pid FROM pg_stat_activity WHERE application_name = 'webd' AND query NOT LIKE 'LISTEN%'));
kill 'STOP', $backend;
my $stuck = send_get('/networks/stuck');
like(answer_of($stuck), qr{\AHTTP/1\.1 503 }, 'webd does not wait forever for a server that is stuck');
Chimera::Pool::wait_until('another connection', sub { $webd->get('/networks')->{status} == 200 });
kill 'CONT', $backend;
pass('a new connection replaces it');

# --- slow clients

my $slow = $webd->socket;
my $body = $webd->socket;
print {$slow} "GET /api/v1/health HTTP/1.1\r\n";
print {$body} "POST /api/v1/session HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n";
my $select = IO::Select->new($slow, $body);
my ($ended, $served) = (0, 0);
my $deadline = time + WAIT_S;
{
    local $SIG{PIPE} = 'IGNORE';
    while ($ended < 2 && time < $deadline)
    {
        for my $socket ($select->can_read(0))
        {
            next if sysread $socket, my $said, 4096;
            $select->remove($socket);
            $ended++;
        }
        syswrite $slow, "X: y\r\n";
        syswrite $body, ' ';
        $served++ if $webd->get('/health')->{status} == 200;
        sleep 0.5;
    }
}
is($ended, 2, 'a client that never ends its request is disconnected');
cmp_ok($served, '>', 10, 'and delays nobody');

# --- events

my $all = $webd->listen;
like($all->text, qr{Content-Type: text/event-stream\r\n}, 'events are a stream');
$all->hear(qr/event: stats\r?\ndata: \{.*"networks": \[\]/);
pass('that begins with the statistics');

$pool->add_network('fake', $coin, start_difficulty => 2e-6, min_difficulty => 1e-9, max_difficulty => 1);
my $event = decode_json($all->hear(qr/event: network\r?\ndata: (\{.*?\})\r?\n/));
is($event->{network}, 'fake', 'enabling a network sends an event');
is($event->{data}{is_enabled}, JSON::PP::true, 'with its current state');
Chimera::Pool::wait_until('the network', sub { $webd->get('/networks/fake')->{status} == 200 });
my $one = $webd->listen('?network=fake');
like(ask("GET /api/v1/events?network=nowhere HTTP/1.1\r\n$host\r\n"), qr{\AHTTP/1\.1 404 }, 'events of an unknown network');
$pool->safe_psql("NOTIFY chimera_events, '$_'") for '', 'x', '[]', '{"event": "block"}', '{"event": "nothing", "id": 1}',
  '{"event": "block", "id": 999999}', '{"event": "block", "id": "1"}', '{"event": "block", "id": 99999999999999999999}';
$pool->safe_psql(q(SELECT chimera.disable_network('fake')));
$all->drain;
$pool->safe_psql(q(SELECT chimera.enable_network('fake')));
$all->hear(qr/"is_enabled": true/);
pass('invalid notifications are harmless');

my $third = $webd->listen('', is_slow => 1);
Chimera::Pool::wait_until('three streams', sub { metric('event_clients') == MAX_STREAMS });
like(ask("GET /api/v1/events HTTP/1.1\r\n$host\r\n"), qr{\AHTTP/1\.1 503 }, 'the number of streams is limited');
my $flood = 0;
my $history_id = $pool->safe_psql('SELECT max(history_id) FROM chimera.network_switch_history');
Chimera::Pool::wait_until(
    'the slow one to be dropped',
    sub {
        $pool->safe_psql(sprintf <<'SQL', $history_id, $flood++, FLOOD);
SELECT pg_notify('chimera_events', json_build_object('event', 'network', 'id', %d, 'n', %d, 'i', i)::text) FROM generate_series(1, %d) i
SQL
        $_->drain for $all, $one;
        return metric('event_clients_dropped_total') == 1;
    },
    180);
Chimera::Pool::wait_until('it to be gone', sub { metric('event_clients') == 2 });
$all->drain;
$pool->safe_psql(q(SELECT chimera.update_network('fake', '{"display_name": "Renamed"}')));
$all->hear(qr/Renamed/);
pass('a client that does not read is dropped, the others continue');

# --- losing the database, and recovery

my $pid = $webd->pid;
$pool->node->stop('immediate');
Chimera::Pool::wait_until('webd to notice', sub { $webd->get('/networks')->{status} == 503 });
my $away = $webd->get('/networks');
is($away->{headers}{'retry-after'}, 1, 'an unavailable database is reported');
is($away->{json}{title}, 'Service Unavailable', 'as a problem document');
is($webd->get('/openapi.json')->{status}, 200, 'routes without the database still work');
is(metric('database_connections'), 0, 'the metrics show it');
$all->drain;
$pool->node->start;
Chimera::Pool::wait_until('webd to be back', sub { $webd->get('/networks')->{status} == 200 });
is($webd->pid, $pid, 'it is the same webd');
$all->hear(qr/event: resync/);
pass('clients are told that events may have been missed');

# --- metrics

my $page = HTTP::Tiny->new->get("http://127.0.0.1:$metrics_port/metrics");
is($page->{headers}{'content-type'}, 'text/plain; version=0.0.4', 'the metrics have their type');
is(HTTP::Tiny->new->get("http://127.0.0.1:$metrics_port/api/v1/networks")->{status}, 404, 'no other path exists');
is(HTTP::Tiny->new->post("http://127.0.0.1:$metrics_port/metrics")->{status}, 405, 'the metrics are read-only');
is(file('/metrics.txt')->{status}, 404, 'and not served on the API port');
cmp_ok(metric('answers_total{status="5xx"}'), '>=', 8, 'responses are counted');

# --- the end

hold();
my $pending = send_get('/accounts/last');
Chimera::Pool::wait_until('the last call', sub { $pool->safe_psql(q(SELECT count(*) FROM pg_stat_activity WHERE usename = 'webd' AND wait_event_type = 'Lock')) == 1 });
kill 'TERM', $webd->pid;
Chimera::Pool::wait_until('webd to close its port', sub { !IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $webd->port) });
release();
like(answer_of($pending), qr{\AHTTP/1\.1 404 .*account .* does not exist}s, 'a request under way gets its response');
$all->hear(qr/\r\n0\r\n\r\n\z/);
pass('streams end as complete responses');
is($webd->stop, 0, 'then webd exits');
unlike($webd->log_text, qr/runtime error|AddressSanitizer/, 'without errors of the sanitizers');

done_testing();
