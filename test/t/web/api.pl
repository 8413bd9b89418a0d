# Every route of the REST API, with valid and invalid input and callers, on a pool
# that has mined; each response is checked against webd/openapi.json.
use strict;
use warnings;

use JSON::PP;
use Test::More;

use Chimera::OpenApi;
use Chimera::Pool;
use Chimera::Webd;
use PostgreSQL::Test::Utils qw(slurp_file);

use constant {
    CONFIRMATIONS => 2,
    MATURITY => 101,
    NOBODY => '00000000-0000-0000-0000-000000000000',
};

my ($true, $false) = (JSON::PP::true, JSON::PP::false);

# --- a pool with blocks, balances and payouts of two coins

my $litecoin = Chimera::Pool->start_litecoind;
my $bitcoin = Chimera::Pool->start_bcoin;
$litecoin->mine(20);
my $pool = Chimera::Pool->new('main');
$pool->add_network('litecoin', $litecoin, confirmations_needed => CONFIRMATIONS);
$pool->add_network('bitcoin', $bitcoin, confirmations_needed => CONFIRMATIONS);
$pool->add_listener($_) for qw(litecoin bitcoin);
$pool->safe_psql(<<"SQL");
SELECT chimera.set_reward_scheme('litecoin', 'prop', '{"fee_percent": 1}');
SELECT chimera.add_node('litecoin', '@{[$litecoin->url]}wallet/pool', kind => 'wallet', rpc_cookie_file => '@{[$litecoin->cookie_file]}');
SELECT chimera.update_network('litecoin', '{"minimum_payout_sats": 10000, "block_url": "https://explorer.test/block/{hash}", "transaction_url": "https://explorer.test/tx/{txid}"}');
SQL
my $webd = Chimera::Webd->start($pool, '--rate=0');
my $api = Chimera::OpenApi->new($webd->get('/openapi.json')->{json});
$pool->start_stratumd;
$pool->wait_for_job($_) for qw(litecoin bitcoin);

# --- requests, and checking responses against the description

my %called;

# path has {name} where :name => VALUE is to be put.
sub ask
{
    my ($what, $wanted, %options) = @_;
    my ($method, $path) = split / /, $what;
    my $query = $path =~ s/(\?.*)// ? $1 : '';
    my $url = $path =~ s/\{(\w+)\}/$options{$1}/gr;
    my $answer = $webd->request($method, $url . $query, %options);
    my $type = ($answer->{headers}{'content-type'} // '') =~ s/;.*//r;
    my @wrong = $api->check_answer($method, $path, $answer->{status}, $type, $answer->{json});
    my $name = join ' ', $method, $url . $query, $options{named} // ();

    $called{"$method $path"}++ if $wanted < 300;
    unshift @wrong, "status $answer->{status}: $answer->{content}" if $answer->{status} != $wanted;
    if ($wanted >= 400 && $answer->{status} == $wanted)
    {
        push @wrong, 'the status in the body differs' if $answer->{json}{status} != $wanted;
        push @wrong, 'the problem has no detail' unless length $answer->{json}{detail};
    }
    ok(!@wrong, "$name: $wanted") or diag join "\n", @wrong;
    return $answer->{json};
}

# --- before anything was mined

ask('GET /pool/stats', 200, named => 'of a new pool');
ask('GET /pool/blocks', 200, named => 'of a new pool');
ask('GET /pool/stats/hashrate', 200, named => 'of a new pool');

# --- mining

my $events = $webd->listen;
my %address = map { $_ => $litecoin->first->wallet($_, 'getnewaddress', '', 'bech32') } qw(alice bob);
my $operator = $webd->sign_up('operator', 'a long password');
my $carol = $webd->sign_up('carol', 'a long password');
is((Chimera::Webd::set_password($pool, 'operator', 'another password', '--admin'))[0], 0, 'an admin is created');
my $admin = $webd->log_in('operator', 'another password');
$pool->miner('litecoin', user => $_, shares => 8)->wait for "$address{alice}.rig1", "$address{bob}.rig1", 'carol.rig1';
$pool->miner('bitcoin', user => 'dave.rig1', shares => 3)->wait;
$pool->wait_for_sql(q(SELECT count(*) >= 3 FROM chimera.blocks b JOIN chimera.network_configs n USING (network_id)
    WHERE n.name = 'litecoin' AND b.status <> 'found'));
$litecoin->mine(MATURITY);
$pool->wait_for_sql(q(SELECT bool_and(b.status IN ('confirmed', 'orphaned') AND chimera.is_posted(b.status, b.ledger_state))
    FROM chimera.blocks b JOIN chimera.network_configs n USING (network_id) WHERE n.name = 'litecoin'));
$pool->wait_for_sql('SELECT NOT EXISTS (SELECT FROM chimera.share_deltas)');
$pool->safe_psql(q(SELECT chimera.prepare_payouts('litecoin')));
$pool->wait_for_sql(q(SELECT bool_and(state = 'sent') FROM chimera.payout_batches));
my $told = decode_json($events->hear(qr/event: block\r?\ndata: (\{.*?\})\r?\n/));
my @wrong = $api->check($told->{data}, $api->resolve('#/components/schemas/Block'), 'data');
ok(!@wrong, 'a block is sent as an event') or diag join "\n", @wrong;
$called{'GET /events'}++;
$pool->make_rigs("$address{alice}.rig2");
my $online = $pool->stratum('litecoin', user => "$address{alice}.rig2");
$pool->wait_for_sql('SELECT count(*) > 0 FROM chimera.miner_network_assignments WHERE disconnected_at IS NULL');

# --- /pool, /networks, /health

my $stats = ask('GET /pool/stats', 200);
is_deeply([ map { $_->{algorithm} } @{ $stats->{algorithms} } ], [qw(scrypt sha256d)], 'algorithms are separate');
is($stats->{networks}[1]{shares_24h}{accepted}, 24, 'the accepted shares are counted');
is(scalar @{ ask('GET /pool/stats?network=litecoin', 200)->{networks} }, 1, 'one network');
is_deeply(ask('GET /networks/{network}/stats', 200, network => 'litecoin')->{networks}[0]{network}, 'litecoin',
    'the same network in the path');
my $id = $pool->network_id('litecoin');
is(ask('GET /networks/{network}', 200, network => $id)->{network}, 'litecoin', 'a network by its id');
ask('GET /networks/{network}', 404, network => $_) for 'nowhere', NOBODY, '%2e%2e', 'a%2Fb', q(';--);
ask('GET /networks', 200);
ask('GET /networks/active', 200);
for my $range (qw(1h 6h 12h 24h 3d 7d 30d 90d all))
{
    my $curve = ask("GET /pool/stats/hashrate?range=$range", 200);
    is($curve->{range}, $range, "the range $range");
}
my $curve = ask('GET /networks/{network}/hashrate?range=1h', 200, network => 'litecoin');
my $accepted = 0;
$accepted += $_->[2] // 0 for @{ $curve->{series}[0]{points} };
is($accepted, 24, 'the series contains each share once');
ask('GET /pool/stats/hashrate?range=2h', 400);
ask('GET /pool/stats/hashrate?network=nowhere', 404);
ask('GET /pool/stats?nothing=1', 400);
ask('GET /pool/stats?network=', 400);
ask('GET /pool/stats?network=a&network=b', 400);
ask('GET /pool/stats?network=%ff', 400);
ask('GET /pool/stats?network=%00', 400);

my $blocks = ask('GET /pool/blocks?limit=100', 200);
cmp_ok(scalar @{ $blocks->{items} }, '>=', 4, 'blocks were found');
my ($block) = grep { $_->{network} eq 'litecoin' } @{ $blocks->{items} };
is($block->{explorer_url}, "https://explorer.test/block/$block->{hash}", 'a block links to the explorer');
ok((grep { $_->{is_private} && !defined $_->{finder} } @{ $blocks->{items} }), 'the finder of a private account is hidden');
my (@paged, $next);
do
{
    my $page = ask('GET /pool/blocks?limit=2' . (defined $next ? "&before=$next" : ''), 200);
    push @paged, @{ $page->{items} };
    $next = $page->{next};
} while (defined $next);
is_deeply([ map { $_->{block_id} } @paged ], [ map { $_->{block_id} } @{ $blocks->{items} } ], 'the pages contain all items');
is_deeply(ask('GET /pool/blocks?status=rejected', 200)->{items}, [], 'no blocks of another status');
ask('GET /networks/{network}/blocks?status=confirmed&limit=1', 200, network => 'litecoin');
ask("GET /pool/blocks?$_", 400) for qw(status=no limit=0 limit=101 limit=x before=x before=-1 before=99999999999999999999);

$pool->wait_for_sql(<<"SQL");
SELECT EXISTS (SELECT FROM chimera.account_standings JOIN chimera.accounts USING (account_id) WHERE name = '$address{alice}' AND "window" = '24h')
SQL
my $top = ask('GET /pool/top-miners', 200);
ok((grep { ($_->{account} // '') eq $address{alice} } @{ $top->{items} }), 'an address is among the top miners');
ok(!(grep { ($_->{account} // '') eq 'carol' } @{ $top->{items} }), 'a user\'s name is not shown');
ask('GET /networks/{network}/top-miners?range=1h&limit=1', 200, network => 'litecoin');
ask('GET /pool/top-miners?range=30d', 400);

my $connect = ask('GET /networks/{network}/connect', 200, network => 'litecoin');
is_deeply([ map { $_->{port} } @{ $connect->{listeners} } ], [ $pool->port('litecoin') ], 'the port is listed');
ask('GET /networks/{network}/connect', 404, network => 'nowhere');
is(ask("GET /networks/{network}/address?address=$address{alice}", 200, network => 'litecoin')->{is_valid},
    $true, 'a valid address is accepted');
is(ask("GET /networks/{network}/address?address=$address{alice}x", 200, network => 'litecoin')->{is_valid},
    $false, 'an invalid address is reported');
ask('GET /networks/{network}/address', 400, network => 'litecoin');
ask('GET /health', 200);

# --- /accounts

my $account = ask('GET /accounts/{account}', 200, account => $address{alice});
is($account->{networks}[0]{windows}[-1]{accepted}, 8, 'an account\'s shares');
for my $part (qw(/hashrate /workers /balances /payouts /earnings), '')
{
    ask("GET /accounts/{account}$part?network=litecoin", 200, account => $address{alice});
    ask("GET /accounts/{account}$part", 404, account => 'nobody');
    ask("GET /accounts/{account}$part", 404, account => 'carol', named => '(a user)');
    ask("GET /accounts/{account}$part?network=nowhere", 404, account => $address{alice});
}
my $workers = ask('GET /accounts/{account}/workers', 200, account => $address{alice})->{items};
is_deeply([ map { $_->{is_online} } @{$workers} ], [ $true, $false ], 'a connected miner is online');
ask('GET /accounts/{account}/workers?limit=1', 200, account => $address{alice});
my $paid = ask('GET /accounts/{account}/payouts', 200, account => $address{alice})->{items}[0];
is($paid->{explorer_url}, "https://explorer.test/tx/$paid->{txid}", 'a payout links to the explorer');
my $earned = 0;
$earned += $_->[1] for @{ ask('GET /accounts/{account}/earnings?range=24h', 200, account => $address{alice})->{series}[0]{points} };
cmp_ok($earned, '>', 0, 'an account has earnings');
ask('GET /accounts/{account}/earnings?range=x', 400, account => $address{alice});

# --- /accounts and /session; test/t/web/sessions.pl tests more of them

ask('POST /accounts', 201, json => { name => 'erin', password => 'a long password' });
ask('POST /accounts', 409, json => { name => 'erin', password => 'a long password' });
ask('POST /accounts', 400, json => { name => 'x', password => 'a long password' });
ask('POST /accounts', 400, json => { name => $address{bob}, password => 'a long password' });
ask('POST /accounts', 400, json => { name => 'frank', password => 'short' });
ask('POST /accounts', 400, json => { name => 'frank' });
ask('POST /accounts', 400, json => ['frank']);
ask('POST /accounts', 400, json => { name => 'frank', password => 'a long password', role => 'admin' });
ask('POST /accounts', 415, body => '{}', headers => { 'content-type' => 'text/plain' });
ask('POST /session', 200, json => { name => 'erin', password => 'a long password' });
ask('POST /session', 401, json => { name => 'erin', password => 'another password' });
ask('GET /session', 200);
is(ask('GET /session', 200, as => $admin)->{role}, 'admin', 'the session shows the account');

# --- /user

my $own = ask('GET /user/stats', 200, as => $carol);
is($own->{networks}[0]{windows}[-1]{accepted}, 8, 'a user sees its own account');
ask('GET /user/stats?network=nowhere', 404, as => $carol);
ask('GET /user/networks/stats', 200, as => $carol);
ask('GET /user/hashrate?range=1h', 200, as => $carol);
ask('GET /user/workers?limit=1', 200, as => $carol);
my $balance = ask('GET /user/balances', 200, as => $carol)->{items}[0];
ok($balance->{available_sats} + $balance->{sending_sats} + $balance->{pending_sats} > 0, 'a user has a balance');
ask('GET /user/payouts', 200, as => $carol);
ask('GET /user/earnings', 200, as => $carol);
ask('GET /user/wallets', 200, as => $carol);
ask('PUT /user/wallets', 200, as => $carol, json => { network => 'litecoin', addresses => [ $address{bob} ] });
ask('PUT /user/wallets', 200, as => $carol, named => 'with percents',
    json => { network => 'litecoin', addresses => [ @address{qw(alice bob)} ], percents => [ 70, 30 ] });
ask('PUT /user/wallets', 400, as => $carol, json => { network => 'litecoin', addresses => ['nothing'] });
ask('PUT /user/wallets', 400, as => $carol, json => { network => 'litecoin', addresses => 'nothing' });
ask('PUT /user/wallets', 404, as => $carol, json => { network => 'nowhere', addresses => [] });
ok(scalar @{ ask('GET /user/wallets', 200, as => $carol, named => 'again')->{items} }, 'a user has wallets');
ask('DELETE /user/wallets/pending?network=litecoin', 200, as => $carol);
ask('DELETE /user/wallets/pending?network=nowhere', 404, as => $carol);
ask('PUT /user/minimum-payout', 200, as => $carol, json => { network => 'litecoin', minimum_payout_sats => '900719925474099312' });
is(ask('GET /user/balances?network=litecoin', 200, as => $carol)->{items}[0]{minimum_payout_sats},
    '900719925474099312', 'a number beyond 2^53 is exact');
ask('PUT /user/minimum-payout', 200, as => $carol, named => 'taken back', json => { network => 'litecoin', minimum_payout_sats => undef });
ask('PUT /user/minimum-payout', 400, as => $carol, json => { network => 'litecoin', minimum_payout_sats => '-1' });
ask('PUT /user/minimum-payout', 400, as => $carol, json => { network => 'litecoin', minimum_payout_sats => 5 });
my $token = ask('POST /user/tokens', 201, as => $carol, json => { name => 'a script', scope => 'read' });
ask('POST /user/tokens', 400, as => $carol, json => { name => 'a script', scope => 'all' });
ask('GET /user/tokens', 200, as => $carol);
ask('GET /user/stats', 200, as => { token => $token->{token} }, named => 'with a token');
ask('PUT /user/wallets', 403, as => { token => $token->{token} }, named => 'by a token that may read',
    json => { network => 'litecoin', addresses => [ $address{bob} ] });
ask('DELETE /user/tokens/{token_id}', 404, as => $carol, token_id => 999999);
ask('DELETE /user/tokens/{token_id}', 404, as => $carol, token_id => 'x');
ask('DELETE /user/tokens/{token_id}', 200, as => $carol, token_id => $token->{token_id});
ask('GET /user/stats', 401, as => { token => $token->{token} }, named => 'with a revoked token');
ask('PUT /user/password', 403, as => $carol, json => { old_password => 'no', new_password => 'the newer password' });
ask('PUT /user/password', 400, as => $carol, json => { old_password => 'a long password', new_password => 'short' });
ask('PUT /user/password', 200, as => $carol, json => { old_password => 'a long password', new_password => 'the newer password' });

# --- denied access

for my $operation ($api->operations)
{
    my ($method, $path) = split / /, $operation;
    my @ids = (network => 'litecoin', token_id => 1, batch_id => 1, node_id => 1);
    next unless $path =~ m{\A/(?:user|admin)/};
    ask($operation, 401, @ids, named => 'without credentials');
    next if $path !~ m{\A/admin/};
    my %body = $api->operation($method, $path)->{requestBody} ? (json => sample($operation)) : ();
    ask($operation, 403, @ids, %body, as => $carol, named => 'by a user');
}

# A body with all required members.
sub sample
{
    my ($operation) = @_;
    my ($method, $path) = split / /, $operation;
    my $schema = $api->operation($method, $path)->{requestBody}{content}{'application/json'}{schema};
    my %of = (object => {}, array => [], string => 'x');

    my @needed = (@{ $schema->{required} // [] }, map { @{ $_->{required} } } ($schema->{anyOf} // [])->[0] // ());
    return { map { $_ => $of{ $api->deref($schema->{properties}{$_})->{type} } } @needed };
}

# --- /admin: networks

my %as = (as => $admin);
my $networks = ask('GET /admin/networks', 200, %as)->{items};
is(scalar @{$networks}, 2, 'an admin sees the networks');
unlike(JSON::PP->new->encode($networks), qr/rpc_password|\.cookie/, 'without credentials of nodes');
ask('GET /admin/networks/{network}', 200, %as, network => 'bitcoin');
ask('GET /admin/networks/{network}', 404, %as, network => 'nowhere');
ask('GET /admin/presets', 200, %as);
my %new = (name => 'spare', preset => 'litecoin_regtest', rpc_url => $litecoin->url,
    rpc_cookie_file => $litecoin->cookie_file, pool_address => $address{alice});
ask('POST /admin/networks', 201, %as, json => \%new);
ask('POST /admin/networks', 409, %as, json => \%new);
ask('POST /admin/networks', 400, %as, json => { %new, name => 'other', colour => 'red' });
ask('POST /admin/networks', 400, %as, json => {});
# before its first template nobody knows whether it has a chain id
for my $verb (qw(merge unmerge))
{
    ask("POST /admin/networks/{network}/$verb", 404, %as, network => 'spare', json => { parent => 'nowhere' });
    ask("POST /admin/networks/{network}/$verb", 400, %as, network => 'spare', json => {});
    ask("POST /admin/networks/{network}/$verb", 200, %as, network => 'spare', json => { parent => 'litecoin', reason => 'a test' });
    ask("POST /admin/networks/{network}/$verb", 200, %as, network => 'spare', json => { parent => 'litecoin' }, named => 'again');
    is($pool->safe_psql('SELECT count(*) FROM chimera.merged_networks WHERE unmerged_at IS NULL'), $verb eq 'merge' ? 1 : 0, "after $verb");
}
ask('POST /admin/networks/{network}/enable', 404, %as, network => 'nowhere', json => { reason => 'a test' });
ask('POST /admin/networks/{network}/enable', 200, %as, network => 'spare', json => { reason => 'a test' });
my $checks = ask('POST /admin/networks/{network}/test', 200, %as, network => 'litecoin')->{items};
ok((grep { $_->{ok} } @{$checks}), 'the nodes are tested');
ask('POST /admin/networks/{network}/test', 404, %as, network => 'nowhere');

ask('POST /admin/switch', 404, %as, json => { network => 'nowhere', reason => 'a test' });
ask('POST /admin/switch', 409, %as, json => { network => 'litecoin', reason => 'it is the active one' });
ask('POST /admin/switch', 200, %as, json => { network => 'spare', reason => 'a test' });
ask('POST /admin/rollback', 200, %as, json => { algorithm => 'scrypt', reason => 'back' });
ask('POST /admin/rollback', 409, %as, json => { algorithm => 'scrypt', reason => 'back' });
my $history = ask('GET /admin/history', 200, %as);
is($history->{items}[0]{who}, 'web:operator', 'the history shows who did it');
ask('GET /admin/history?network=spare&limit=1', 200, %as);
ask('GET /admin/history?network=nowhere', 404, %as);
ask('POST /admin/networks/{network}/disable', 200, %as, network => 'spare', json => { reason => 'a test' });
ask('PATCH /admin/networks/{network}', 200, %as, network => 'spare',
    json => { changes => { display_name => 'Spare', payout_interval => '1 hour' }, reason => 'a better name' });
is(ask('GET /admin/networks/{network}', 200, %as, network => 'spare')->{display_name}, 'Spare', 'settings change');
ask('PATCH /admin/networks/{network}', 400, %as, network => 'spare', json => { changes => { colour => 'red' } });
ask('PATCH /admin/networks/{network}', 400, %as, network => 'spare', json => { changes => 'none' });
ask('PATCH /admin/networks/{network}', 404, %as, network => 'nowhere', json => { changes => { icon => 'x' } });
my $node = ask('POST /admin/networks/{network}/nodes', 201, %as, network => 'spare',
    json => { rpc_url => 'http://127.0.0.1:1/', rpc_user => 'u', rpc_password => 'a secret', priority => 7 });
ask('POST /admin/networks/{network}/nodes', 400, %as, network => 'spare', json => { rpc_url => 'http://127.0.0.1:2/', kind => 'oven' });
ask('PATCH /admin/nodes/{node_id}', 200, %as, node_id => $node->{node_id}, json => { changes => { rpc_password => 'a secret of it' }, reason => 'a test' });
ask('PATCH /admin/nodes/{node_id}', 400, %as, node_id => $node->{node_id}, json => { changes => { kind => 'wallet' } });
ask('PATCH /admin/nodes/{node_id}', 404, %as, node_id => 99999, json => { changes => {} });
ask('DELETE /admin/nodes/{node_id}', 200, %as, node_id => $node->{node_id});
ask('DELETE /admin/nodes/{node_id}', 404, %as, node_id => $node->{node_id});
ask('PUT /admin/networks/{network}/reward-scheme', 200, %as, network => 'spare',
    json => { scheme => 'pplns', parameters => { window => 2 }, reason => 'a test' });
ask('PUT /admin/networks/{network}/reward-scheme', 400, %as, network => 'spare', json => { scheme => 'lottery', parameters => {} });

# --- archiving and deleting networks

ask('DELETE /admin/networks/{network}?reason=over', 200, %as, network => 'spare');
ask('DELETE /admin/networks/{network}?reason=over', 409, %as, network => 'litecoin');
ask('POST /admin/networks/{network}/disable', 200, %as, network => 'bitcoin', json => { reason => 'over' });
ask('POST /admin/networks/{network}/archive', 400, %as, network => 'bitcoin', json => { reason => 'over', even_if_in_use => 'yes' });
ask('POST /admin/networks/{network}/archive', 200, %as, network => 'bitcoin', json => { reason => 'over', even_if_in_use => $true });
ask('POST /admin/networks/{network}/archive', 404, %as, network => 'nowhere', json => { reason => 'over' });

# --- payouts, health, audit

my $batches = ask('GET /admin/payouts', 200, %as)->{items};
is($batches->[0]{state}, 'sent', 'an admin sees the batches');
ask('GET /admin/payouts?network=litecoin&state=sent', 200, %as);
ask('GET /admin/payouts?state=lost', 400, %as);
ask('GET /admin/payouts?network=nowhere', 404, %as);
for my $verb (qw(hold release retry cancel))
{
    ask("POST /admin/payouts/{batch_id}/$verb", 404, %as, batch_id => 99999);
}
ask("POST /admin/payouts/{batch_id}/$_", 409, %as, batch_id => $batches->[0]{batch_id}, named => 'of one that is sent')
  for qw(hold cancel);
$litecoin->stop;
$pool->safe_psql(q(SELECT chimera.adjust_balance('litecoin', 'carol', 5000000, 'a test')));
my $batch = $pool->safe_psql(q(SELECT chimera.prepare_payouts('litecoin')));
ask('POST /admin/payouts/{batch_id}/hold', 200, %as, batch_id => $batch, json => { reason => 'a test' });
ask('POST /admin/payouts/{batch_id}/release', 200, %as, batch_id => $batch);
ask('POST /admin/payouts/{batch_id}/retry', 200, %as, batch_id => $batch);
ask('POST /admin/payouts/{batch_id}/cancel', 200, %as, batch_id => $batch, json => { reason => 'a test' });
ask('GET /admin/health', 200, %as);
is_deeply(ask('GET /admin/audit', 200, %as)->{items}, [], 'the audit finds no differences');

# --- the description and the table of routes

is_deeply([ sort keys %{ $api->resolve('#/components/schemas/NetworkSettings')->{properties} } ],
    [ split /,/, $pool->safe_psql(q(SELECT string_agg(attname, ',' ORDER BY attname COLLATE "C") FROM pg_attribute
        WHERE attrelid = 'chimera.network_configs'::regclass AND attnum > 0 AND NOT attisdropped
          AND attname NOT IN ('network_id', 'name', 'is_enabled', 'is_active', 'archived_at', 'created_at', 'updated_at'))) ],
    'each setting of a network is described');

my @described = map { s/\{(\w+)\}/:$1/gr } $api->operations;
my %routes = slurp_file('webd/http/routes.c') =~ m{\{(METHOD_\w+, "/[^"]*")()}g;
my @routes = map { /METHOD_(\w+), "(.*)"/ ? "$1 $2" : () } keys %routes;
is_deeply([ sort @described ], [ sort @routes ], 'the description contains exactly the existing routes');
for my $operation ($api->operations)
{
    my ($method, $path) = split / /, $operation;
    my %known = map { $_->{name} => $_->{in} } map { $api->deref($_) } @{ $api->operation($method, $path)->{parameters} // [] };
    my $url = $path =~ s/\{\w+\}/1/gr;

    next if $path eq '/events';
    for my $field ('nothing', grep { $known{$_} eq 'query' } sort keys %known)
    {
        my $said = $webd->request($method, "$url?$field=", %as)->{json}{detail} // '';
        is($said =~ /unknown query parameter/ ? 'is unknown' : 'is known', $field eq 'nothing' ? 'is unknown' : 'is known',
            "$operation: $field");
    }
}

# --- the end

ask('DELETE /session', 200, %as);
ask('GET /admin/health', 401, %as, named => 'after signing out');
$called{'GET /openapi.json'}++;    # at the beginning
my @missed = grep { !$called{$_} } $api->operations;
is_deeply(\@missed, [], 'every described operation was called');
is($webd->stop, 0, 'webd exits successfully');
unlike($webd->log_text, qr/a secret|long password|chm_/, 'its log contains no secrets');
unlike($webd->log_text, qr/ERROR|warning: SELECT/, 'and no statement failed unexpectedly');

done_testing();
