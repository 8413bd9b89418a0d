# Secrets do not leak: no password, cookie or token is in the database, its log of
# every statement, webd's debug log, or any response except the one that issues it;
# credentials of nodes are in no response and, by default, in no log.
use strict;
use warnings;

use Test::More;

use Chimera::Pool;
use Chimera::Webd;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('secrets');
$pool->add_network('fake', $coin, start_difficulty => 1e-6, min_difficulty => 1e-6, max_difficulty => 1e-6);
my $webd = Chimera::Webd->start($pool, '--rate=0', '--log-level=debug');
my $answers = '';
my (%secrets, %node_secrets);

# Send a request and keep the response.
sub ask
{
    my ($status, $method, $path, %options) = @_;
    my $answer = $webd->request($method, $path, %options);

    is($answer->{status}, $status, "$method $path: $status");
    $answers .= join "\n", $answer->{content}, map { "$_: $answer->{headers}{$_}" } keys %{ $answer->{headers} };
    return $answer;
}

sub secret
{
    my ($name) = @_;
    return $secrets{$name} = "s3cret of $name $$";
}

sub session
{
    my ($name, $answer) = @_;
    my ($cookie) = $answer->{headers}{'set-cookie'} =~ /=([^;]+)/;

    $answers =~ s/\Q$cookie\E//g;
    $secrets{$name} = $cookie;
    return { cookie => $cookie, csrf_token => $answer->{json}{csrf_token} };
}

# --- signing up and in, successfully or not, while the server logs all statements

$pool->safe_psql("ALTER SYSTEM SET $_") for "log_statement = 'all'", 'log_parameter_max_length_on_error = -1', "log_min_messages = 'debug1'";
$pool->safe_psql('SELECT pg_reload_conf()');
my ($exit) = Chimera::Webd::set_password($pool, 'root', secret('root'), '--admin');
is($exit, 0, 'the admin has a password');
my $alice = session('alice cookie', ask(201, 'POST', '/accounts', json => { name => 'alice', password => secret('alice') }));
ask(409, 'POST', '/accounts', json => { name => 'alice', password => secret('another alice') });
ask(400, 'POST', '/accounts', json => { name => 'Alice!', password => secret('no alice') });
ask(401, 'POST', '/session', json => { name => 'alice', password => secret('wrong') });
my $second = session('second cookie', ask(200, 'POST', '/session', json => { name => 'alice', password => $secrets{alice} }));
ask(403, 'PUT', '/user/password', as => $alice, json => { old_password => secret('wrong old'), new_password => secret('new') });
ask(200, 'PUT', '/user/password', as => $alice, json => { old_password => $secrets{alice}, new_password => secret('new') });
ask(401, 'GET', '/user/wallets', as => $second);
my $made = ask(201, 'POST', '/user/tokens', as => $alice, json => { name => 'x', scope => 'write' });
my $token = { token => $secrets{token} = $made->{json}{token} };
$answers =~ s/\Q$secrets{token}\E//g;
ask(200, 'GET', $_, as => $token) for '/user/tokens', '/user/stats', '/session';
ask(200, 'DELETE', "/user/tokens/$made->{json}{token_id}", as => $token);
ask(401, 'GET', '/user/stats', as => $token);
my $root = session('root cookie', ask(200, 'POST', '/session', json => { name => 'root', password => $secrets{root} }));
ask(200, 'DELETE', '/session', as => $alice);
ask(401, 'GET', '/user/stats', as => $alice);

# --- credentials of nodes, with default logging: only failed statements are logged

$pool->safe_psql("ALTER SYSTEM RESET $_") for qw(log_statement log_parameter_max_length_on_error log_min_messages);
$pool->safe_psql('SELECT pg_reload_conf()');
$pool->wait_for_sql(q(SELECT current_setting('log_statement') = 'none'));
sub login { my ($name) = @_; return (rpc_user => 'pool', rpc_password => $node_secrets{$name} = "n0de $name $$") }
my %network = (preset => 'bitcoin', pool_address => '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', rpc_url => 'http://127.0.0.1:1');
ask(201, 'POST', '/admin/networks', as => $root, json => { %network, login('first') });
ask(409, 'POST', '/admin/networks', as => $root, json => { %network, login('again') });
ask(400, 'POST', '/admin/networks', as => $root, json => { %network, name => 'bad', coinbase_tag => 'x' x 41, login('with a tag that is too long') });
ask(400, 'POST', '/admin/networks', as => $root, json => { %network, name => 'bad', rpc_url => 'http://pool:' . ($node_secrets{url} = "n0de-url-$$") . '@127.0.0.1:1' });
ask(400, 'POST', '/admin/networks', as => $root, json => { %network, name => 'bad', login('both'), rpc_cookie_file => '/cookie' });
ask(201, 'POST', '/admin/networks/bitcoin/nodes', as => $root, json => { rpc_url => 'http://127.0.0.1:2', login('node') });
ask(409, 'POST', '/admin/networks/bitcoin/nodes', as => $root, json => { rpc_url => 'http://127.0.0.1:2', priority => 2, login('taken') });
ask(404, 'POST', '/admin/networks/none/nodes', as => $root, json => { rpc_url => 'http://127.0.0.1:2', login('nowhere') });
ask(200, 'POST', '/admin/networks/bitcoin/test', as => $root);
ask(200, 'GET', $_, as => $root)
  for '/admin/networks', '/admin/networks/bitcoin', '/admin/history', '/admin/health', '/admin/presets', '/admin/audit', '/admin/payouts';
ask(200, 'GET', $_) for '/networks', '/pool/stats', '/health';

# --- searching for the secrets

my $dump = $pool->node->data_dir . '/../dump.sql';
$pool->node->command_ok([ 'pg_dump', '-d', $pool->node->connstr('pool'), '-f', $dump ], 'a dump');
my %places = (
    'the database' => slurp_file($dump) . $pool->safe_psql('SELECT * FROM chimera.web_sessions; SELECT * FROM chimera.web_attempts'),
    'its log' => slurp_file($pool->node->logfile),
    'the log of webd' => $webd->log_text,
    'an answer' => $answers);
like($places{'its log'}, qr/web_login_end.*\n.*parameters: /, 'the log contains every statement with its parameters');
for my $place (sort keys %places)
{
    my @found = grep { index($places{$place}, $secrets{$_}) >= 0 } sort keys %secrets;
    is("@found", '', "$place contains no password, cookie or token");
    next if $place eq 'the database';
    my @logins = grep { index($places{$place}, $node_secrets{$_}) >= 0 } sort keys %node_secrets;
    is("@logins", '', "$place contains no credentials of a node");
}
unlike($answers, qr/argon2/, 'no response contains a password hash');

done_testing();
