# chimera.test_network: what it finds at real nodes, and at none.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

use Chimera::Pool;
use Chimera::FakeNode;

use constant CANCELS_WITHIN_S => 3;

my $litecoin = Chimera::Pool->start_litecoind;
$litecoin->mine(5);
my $pool = Chimera::Pool->new('main', conf => "chimera.node_timeout = 60s\n");
my @endpoint = $litecoin->credentials;
my $secrets = join '|', map { quotemeta } $endpoint[1], Chimera::FakeNode::PASSWORD();

# Another endpoint for a network; returns its node_id.
sub add_node
{
    my ($network, $url, %arguments) = @_;
    my $list = join ', ', map { "$_ => " . Chimera::Pool::literal($arguments{$_}) } sort keys %arguments;

    return $pool->safe_psql("SELECT chimera.add_node('$network', '$url', $list)");
}

# What the test finds, a hash of [ok, message] by "node_id check".
sub findings
{
    my ($network) = @_;
    my $rows = $pool->safe_psql(<<"SQL");
SET SESSION AUTHORIZATION admin;
SELECT node_id || ' ' || check_name, ok, message, duration_ms >= 0 FROM chimera.test_network('$network')
SQL
    unlike($rows, qr/$secrets/, "$network: no secret is shown");
    my %found;
    for my $row (split /\n/, $rows)
    {
        my ($check, $ok, $message, $took) = split /\|/, $row;
        $found{$check} = [ $ok, $message ];
        is($took, 't', "$network: $check took a while");
    }
    return %found;
}

sub found
{
    my ($finding, $ok, $pattern, $name) = @_;
    is($finding->[0], $ok, "$name: " . ($finding->[1] // 'no row'));
    like($finding->[1], $pattern, "$name, in words");
    return;
}

$pool->safe_psql('CREATE ROLE admin LOGIN IN ROLE chimera_admin');

# --- all is well

$pool->add_network('litecoin', $litecoin, enable => 0);
add_node('litecoin', $litecoin->second->url,
    rpc_user => ($litecoin->second->credentials)[0], rpc_password => ($litecoin->second->credentials)[1]);
add_node('litecoin', $litecoin->url . 'wallet/pool',
    rpc_user => $endpoint[0], rpc_password => $endpoint[1], kind => 'wallet');
my %found = findings('litecoin');
is(scalar keys %found, 12, 'five rows a node and two of the wallet');
for my $node_id (1, 2)
{
    found($found{"$node_id connect"}, 't', qr/^the node responds; its height is 5$/, 'connect');
    found($found{"$node_id chain"}, 't', qr/^block 0 is the network's genesis block$/, 'chain');
    found($found{"$node_id sync"}, 't', qr/^the node is synced$/, 'sync');
    found($found{"$node_id peers"}, 't', qr/^1 peer$/, 'peers');
    found($found{"$node_id template"}, 't', qr/^a block of height 6 with 0 transactions$/, 'template');
}
found($found{'3 wallet'}, 't', qr/^wallet "pool" has 0\.00000000 LIT$/, 'wallet');
found($found{'3 address'}, 't', qr/^rltc1\w+ belongs to the wallet$/, 'address');

# --- what may be wrong

$pool->add_network('wrong_chain', $litecoin, enable => 0, genesis_hash => 'ab' x 32,
    pool_address => $litecoin->second->wallet('second', 'getnewaddress'));
add_node('wrong_chain', $litecoin->url . 'wallet/pool',
    rpc_user => $endpoint[0], rpc_password => $endpoint[1], kind => 'wallet');
%found = findings('wrong_chain');
found($found{'4 chain'}, 'f', qr/^the node is on another chain: its block 0 is [0-9a-f]{64}$/, 'another chain');
found($found{'4 template'}, 't', qr/^a block of height 6/, 'the rest is tried all the same');
found($found{'5 address'}, 'f', qr/is valid, but does not belong to the wallet/, 'an address of which the wallet has no key');

$pool->add_network('wrong_password', $litecoin, enable => 0);
$pool->safe_psql(<<'SQL');
UPDATE chimera.network_credentials SET rpc_cookie_file = NULL, rpc_user = 'chimera', rpc_password = 'guessed'
WHERE node_id = (SELECT node_id FROM chimera.network_nodes WHERE network_id = chimera.network_id('wrong_password'))
SQL
%found = findings('wrong_password');
found($found{'6 connect'}, 'f', qr/^the node refused the credentials/, 'a wrong password');
found($found{"6 $_"}, 'f', qr/^not tried$/, "$_ hangs on it") for qw(chain sync peers template address);

# what is no file would be waited for, or gives no end of bytes
my $fifo = Chimera::Pool->directory('fifo') . '/cookie';
system('mkfifo', $fifo) == 0 or die "mkfifo: $?\n";
for my $no_file ($fifo, Chimera::Pool->directory('fifo'), '/dev/zero')
{
    $pool->safe_psql(<<"SQL");
UPDATE chimera.network_credentials SET rpc_cookie_file = '$no_file', rpc_user = NULL, rpc_password = NULL
WHERE node_id = (SELECT node_id FROM chimera.network_nodes WHERE network_id = chimera.network_id('wrong_password'))
SQL
    %found = findings('wrong_password');
    found($found{'6 connect'}, 'f', qr/^the node's cookie file does not contain a cookie$/, "$no_file as a cookie file");
}

my $gone = Chimera::FakeNode->new(Chimera::Pool->directory('gone'));
$pool->add_network('gone', $gone, enable => 0);
%found = findings('gone');
found($found{'7 connect'}, 'f', qr/^the node cannot be reached: Couldn't connect to server$/, 'no node there');
found($found{'7 template'}, 'f', qr/^not tried$/, 'so nothing else is tried');

$gone->start;
$gone->set(syncing => 1, bits => 'zz');
%found = findings('gone');
found($found{'7 sync'}, 'f', qr/initial block download/, 'a node that is not synced');
found($found{'7 template'}, 'f', qr/no usable "bits"/, 'and gives no good template');
found($found{'7 wallet'}, 'f', qr/./, 'nor has a wallet');

$gone->set(syncing => 0, bits => '1d00ffff', algorithm => 'sha256d');
%found = findings('gone');
found($found{'7 template'}, 'f', qr/no usable/, 'a node that wants to know the algorithm');
$pool->safe_psql(q(UPDATE chimera.network_configs SET template_algorithm = 'sha256d' WHERE name = 'gone'));
%found = findings('gone');
found($found{'7 template'}, 't', qr/^a block of height \d+ with 0 transactions$/, 'is told of template_algorithm');

# --- a node with many wallets, none of which is named

$pool->safe_psql('SELECT chimera.remove_node(3)');
%found = findings('litecoin');
found($found{'1 wallet'}, 't', qr/^no wallet, and the network does not need one, because it has no payouts \(/, 'a network without payouts needs no wallet');
found($found{'1 address'}, 't', qr/is valid; no wallet reports/, 'nor its address');
is(scalar(grep { $_->[0] ne 't' } values %found), 0, 'so all can be well');
$pool->safe_psql(q(SELECT chimera.update_network('litecoin', '{"payout_interval": "1 hour"}')));
%found = findings('litecoin');
found($found{'1 wallet'}, 'f', qr/^no wallet: /, 'which wallet is not known');
found($found{'1 address'}, 't', qr/is valid; no wallet reports/, 'the address is valid all the same');

# --- errors and cancellation

my ($stdout, $stderr);
$pool->node->psql('pool', q(SELECT * FROM chimera.test_network('nothing')), stderr => \$stderr);
like($stderr, qr/network "nothing" does not exist/, 'an unknown network is an error');

$gone->set(mode => 'deaf');
my $begin = time;
$pool->node->psql('pool', <<'SQL', stdout => \$stdout, stderr => \$stderr, on_error_stop => 0);
SET statement_timeout = '500ms';
SELECT * FROM chimera.test_network('gone');
SELECT count(*) FROM chimera.test_network('gone');
RESET statement_timeout;
SELECT count(*) || ' rows' FROM chimera.test_network('litecoin');
SQL
like($stderr, qr/canceling statement due to statement timeout/, 'statement_timeout ends it');
cmp_ok(time - $begin, '<', 2 * CANCELS_WITHIN_S, 'at once');
like($stdout, qr/^12 rows$/m, 'and the session goes on');

my $session = $pool->background_psql(on_error_stop => 0);
$session->query(q(SET application_name = 'tester'));
$session->{stdin} .= "SELECT * FROM chimera.test_network('gone');\n";
$session->{run}->pump_nb;
$pool->wait_for_sql(
    q(SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'tester' AND query LIKE '%test_network%' AND state = 'active'));
$begin = time;
$pool->safe_psql(q(SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'tester'));
$pool->wait_for_sql(q(SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'tester' AND state = 'idle'));
cmp_ok(time - $begin, '<', CANCELS_WITHIN_S, 'a cancel is honoured at once');
$session->quit;

my $log = PostgreSQL::Test::Utils::slurp_file($pool->node->logfile);
unlike($log, qr/(?:LOG|WARNING|FATAL):.*(?:$secrets)/, 'no secret is in the log');
unlike($log, qr/PANIC|TRAP|terminated by signal/, 'nothing has crashed');

done_testing();
