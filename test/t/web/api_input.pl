# Input of the REST API: networks by name or id, numbers as clients write them, and
# readable errors for invalid values.
use strict;
use warnings;

use JSON::PP;
use Test::More;

use Chimera::Pool;
use Chimera::Webd;
require './test/perl/Chimera/FakeNode.pm';

use constant {
    NUMBERS => 200,
    ADDRESSES => [ '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2' ],
};

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('main');
$pool->add_network($_, $coin) for qw(fake other);
my $id = $pool->network_id('fake');
my $webd = Chimera::Webd->start($pool, '--rate=0');
my $carol = $webd->sign_up('carol', 'a long password');
Chimera::Webd::set_password($pool, 'operator', 'another password', '--admin');
my $operator = $webd->log_in('operator', 'another password');

# body is JSON as text, so that its numbers remain as written
sub put
{
    my ($method, $path, $who, $body) = @_;
    return $webd->request($method, $path, as => $who, headers => { 'content-type' => 'application/json' }, body => $body);
}

# --- a network by its name or id, as network or network_id

for my $route ('/pool/stats', '/pool/stats/hashrate', '/pool/blocks', '/pool/top-miners', '/user/stats', '/user/balances',
    '/user/hashrate', '/user/workers', '/user/payouts', '/user/earnings', '/admin/history', '/admin/payouts')
{
    my %as = (as => $route =~ /admin/ ? $operator : $carol);
    my $wanted = $webd->get("$route?network=fake", %as)->{content};

    for my $query ("network_id=$id", 'network_id=fake', 'network=fake&network_id=fake')
    {
        my $answer = $webd->get("$route?$query", %as);
        is($answer->{status}, 200, "GET $route?$query");
        is($answer->{content}, $wanted, 'has the same response as network=fake') unless $route =~ /stats|hashrate|earnings/;
    }
    is($webd->get("$route?network=fake&network_id=other", %as)->{status}, 400, "GET $route: two networks are one too many");
    is($webd->get("$route?network_id=nowhere", %as)->{status}, 404, "GET $route: an unknown network_id");
}
for my $body (qq({"network_id": "$id"), qq({"network": "fake"), qq({"network": null, "network_id": "fake"),
    qq({"network": "FAKE", "network_id": "fake"))
{
    is(put('PUT', '/user/minimum-payout', $carol, qq($body, "minimum_payout_sats": "5000000"}))->{status}, 200, "a body with $body");
}
my $answer = put('PUT', '/user/minimum-payout', $carol, '{"network": "fake", "network_id": "other", "minimum_payout_sats": null}');
is($answer->{status}, 400, 'two different networks in a body are rejected');
like($answer->{json}{detail}, qr/network and network_id differ/, 'the error names both members');
is(put('PUT', '/user/minimum-payout', $carol, '{"network_id": 5}')->{status}, 400, 'a network_id that is not a string');
is(put('POST', '/admin/switch', $operator, qq({"network_id": "$id", "reason": "a test"}))->{status}, 409,
    'a switch to a network given by its id');

# --- numbers keep their text

sub random_percent { return sprintf '%.*f', int(rand 3), 0.01 + rand 99.98 }

# they are limited to 20 an hour
sub forget_wallet_changes
{
    $pool->safe_psql(q(ALTER TABLE chimera.wallet_sets DISABLE TRIGGER USER;
        UPDATE chimera.wallet_sets SET set_at = set_at - interval '2 hours', valid_from = valid_from - interval '2 hours';
        ALTER TABLE chimera.wallet_sets ENABLE TRIGGER USER));
    return;
}

my $changes = 0;
my @percents = (map({ random_percent() } 1 .. NUMBERS), '33.33', '12.34', '0.1', '99.9', '66.67', '29.99', '1.10', '5e1', '5.00E+1');
my @broken;
for my $percent (grep { $_ > 0 && $_ < 100 } @percents)
{
    my $rest = sprintf '%.2f', 100 - $percent;
    my $got = put('PUT', '/user/wallets', $carol,
        qq({"network": "fake", "addresses": ["@{[ADDRESSES->[0]]}", "@{[ADDRESSES->[1]]}"], "percents": [$percent, $rest]}));

    push @broken, "$percent, $rest: $got->{content}" if $got->{status} != 200;
    forget_wallet_changes() if ++$changes % 20 == 0;
}
is_deeply(\@broken, [], scalar(@percents) . ' percentages with up to two decimals are taken');

# in an order in which each is another than the one before
@broken = ();
my %seen;
for my $number (grep { !$seen{ 0 + $_ }++ } '0.1', '1.1', '2.30', '0.0000001', '123456.789012', '33.33', '1e-5',
    map { sprintf '%.*f', 1 + int(rand 9), 0.1 + rand 0.9 } 1 .. NUMBERS / 2)
{
    my $got = put('PATCH', '/admin/networks/fake', $operator, qq({"changes": {"vardiff_target_s": $number}}));

    push @broken, "$number: $got->{content}" if $got->{status} != 200;
}
is_deeply(\@broken, [], 'numeric settings are accepted');
for my $fee (qw(1 0.5 0.1 1.1 0.9 2.3 1.10 0.25))
{
    is(put('PUT', '/admin/networks/fake/reward-scheme', $operator, qq({"scheme": "prop", "parameters": {"fee_percent": $fee}}))->{status},
        200, "a fee of $fee percent");
    is($pool->safe_psql(q(SELECT parameters ->> 'fee_percent' FROM chimera.reward_settings ORDER BY setting_id DESC LIMIT 1)),
        $fee, 'is stored as it was written');
}
is(put('PUT', '/admin/networks/fake/reward-scheme', $operator, qq({ "reason":"}\\"{,[", "\\u0070arameters" : {"window": 2.1} ,"scheme":"pplns"}))->{status},
    200, 'whatever surrounds it');
is($pool->safe_psql(q(SELECT parameters::text FROM chimera.reward_settings ORDER BY setting_id DESC LIMIT 1)), '{"window": 2.1}',
    'the member itself');
for my $wrong ('1e999', '.5', '05', '1.', 'NaN', '0x10', '1_000')
{
    is(put('PATCH', '/admin/networks/fake', $operator, qq({"changes": {"min_difficulty": $wrong}}))->{status}, 400, "$wrong is not a number");
}
for my $wrong ('1.5', '1e3', '-1', '99999999999999999999', '"7"', 'true')
{
    is(put('POST', '/user/tokens', $carol, qq({"name": "a", "scope": "read", "expires_in_days": $wrong}))->{status}, 400,
        "$wrong is not a number of days");
}

# --- details and hints

$answer = put('PATCH', '/admin/networks/fake', $operator, '{"changes": {"is_active": true}}');
is($answer->{json}{detail}, 'network setting "is_active" cannot be changed', 'the message');
is($answer->{json}{hint}, 'Use chimera.switch_active_network().', 'and the hint separately');
$answer = $webd->request('POST', '/admin/networks/fake/archive', as => $operator, json => {});
is($answer->{json}{detail}, 'reason must not be empty', 'a message does not contain its hint');

# --- values that the tables refuse

my %wrong = (
    network_configs => {
        name_check => undef, active => undef, archived => undef, algorithm_check => undef, genesis_hash_check => undef,
        p2pkh_version_check => { p2pkh_version => 256 }, p2sh_version_check => { p2sh_version => -1 },
        p2sh_version_old_check => { p2sh_version_old => 256 }, bech32_hrp_check => { bech32_hrp => 'BC' },
        cashaddr_prefix_check => { cashaddr_prefix => 'a-b' }, template_rules_check => { template_rules => [ 'segwit', undef ] },
        version_mask_check => { version_mask => -1 }, template_max_age_s_check => { template_max_age_s => 0 },
        coinbase_tag_check => { coinbase_tag => 'x' x 41 }, confirmations_needed_check => { confirmations_needed => 0 },
        min_difficulty_check => { min_difficulty => 0 }, max_difficulty_check => { max_difficulty => 'infinity' },
        vardiff_target_s_check => { vardiff_target_s => 0 }, vardiff_retarget_s_check => { vardiff_retarget_s => -1 },
        vardiff_retarget_shares_check => { vardiff_retarget_shares => 0 }, vardiff_variance_check => { vardiff_variance => 1 },
        share_retention_check => { share_retention => '1 hour' }, payout_interval_check => { payout_interval => '2 years' },
        minimum_payout_sats_check => { minimum_payout_sats => 0, dust_sats => 0 }, payout_fee_payer_check => { payout_fee_payer => 'god' },
        payout_confirmations_check => { payout_confirmations => 0 }, dust_sats_check => { dust_sats => -1 },
        wallet_change_delay_check => { wallet_change_delay => '-1 day' }, block_url_check => { block_url => 'javascript:alert(1)' },
        transaction_url_check => { transaction_url => 'x' }, address_url_check => { address_url => '' },
        difficulties => { start_difficulty => 1, min_difficulty => 2 }, dust => { minimum_payout_sats => 5, dust_sats => 6 },
        pool_address_is_the_coins => { pool_address => 'x' },
        witness_version_max_check => { witness_version_max => 2 }, dust_relay_fee_sats_check => { dust_relay_fee_sats => -1 },
        easiest_nbits_check => { easiest_nbits => 0 }, difficulty_drop_max_check => { difficulty_drop_max => 0.5 },
        subsidy_rise_max_check => { subsidy_rise_max => 0.5 }, pool_reserve_sats_check => { pool_reserve_sats => -1 },
    },
    network_nodes => {
        kind_check => { kind => 'god', rpc_url => 'http://x' }, priority_check => { priority => 0, rpc_url => 'http://x' },
        rpc_url_check => { rpc_url => 'ftp://x' }, one_wallet => { kind => 'wallet', priority => 2, rpc_url => 'http://x' },
    },
    network_credentials => {
        one_login => { rpc_url => 'http://x', rpc_password => 'a secret', rpc_cookie_file => '/a/b' },
    },
);
my %new = (name => 'third', symbol => 'X', algorithm => 'sha256d', rpc_url => 'http://x', p2pkh_version => 0,
    genesis_hash => $pool->safe_psql(q(SELECT genesis_hash FROM chimera.network_configs LIMIT 1)), pool_address => ADDRESSES->[0]);
my %own = (name_check => { name => 'No Name' }, algorithm_check => { algorithm => 'md5' }, genesis_hash_check => { genesis_hash => 'ab' });
my $raw = qr/violates|constraint|relation|_check|network_configs|network_nodes|network_credentials|a secret/;

sub is_refused_in_words
{
    my ($got, $status, $what) = @_;

    is($got->{status}, $status, "$what: $status") or diag $got->{content};
    like($got->{json}{detail} // '', qr/\A[a-z0-9_]+ .*[^.]\z/, 'with the reason');
    unlike($got->{content}, $raw, 'not with the server\'s own message');
    return;
}

for my $constraint (split /\n/, $pool->safe_psql(q(SELECT conrelid::regclass || ' ' || conname FROM pg_constraint
    WHERE contype = 'c' AND conrelid IN (SELECT tgrelid FROM pg_trigger WHERE tgname = 'violations_in_words') ORDER BY 1)))
{
    my ($table, $name) = $constraint =~ /\Achimera\.(\w+) (?:\g1_)?(\w+)\z/;

    next if $table eq 'listeners';    # of no route
    ok(exists $wrong{$table}{$name}, "$table: constraint $name is tested");
    my $values = $wrong{$table}{$name};
    is_refused_in_words(put('PATCH', '/admin/networks/fake', $operator, encode_json({ changes => $values })), 400, "PATCH: $name")
      if $values && $table eq 'network_configs';
    is_refused_in_words(put('POST', '/admin/networks', $operator, encode_json({ %new, %{$values} })), 400, "POST: $name")
      if $table ne 'network_nodes' && ($values //= $own{$name});
    is_refused_in_words(put('POST', '/admin/networks/fake/nodes', $operator, encode_json($values)), 400, "POST a node: $name")
      if $table ne 'network_configs';
}
is_refused_in_words(put('PATCH', '/admin/networks/fake', $operator, qq({"changes": {"$_": null}})), 400, "$_ of null")
  for qw(symbol display_name coinbase_tag min_difficulty);
is_refused_in_words(put('POST', '/admin/networks', $operator, encode_json({ %new, name => 'fake' })), 409, 'a name that is taken');
my $node = $pool->safe_psql(q(SELECT min(node_id) FROM chimera.network_nodes));
is_refused_in_words(put('POST', '/admin/networks/fake/nodes', $operator, '{"rpc_url": "http://x", "priority": 1}'), 409, 'a priority that is taken');
is_refused_in_words(put('PATCH', "/admin/nodes/$node", $operator, qq({"changes": $_})), 400, "a node's $_")
  for '{"priority": -1}', '{"priority": null}', '{"rpc_url": "http://user:a secret@x"}',
  '{"rpc_cookie_file": "/a", "rpc_password": "a secret"}';
is(put('POST', '/admin/networks/fake/nodes', $operator, '{"rpc_url": "http://x", "kind": "wallet"}')->{status}, 201, 'a wallet');
is_refused_in_words(put('POST', '/admin/networks/fake/nodes', $operator, '{"rpc_url": "http://y", "kind": "wallet"}'), 409, 'a second wallet');

is($webd->stop, 0, 'webd exits successfully');
unlike($webd->log_text, qr/warning: SELECT/, 'no statement failed with the server\'s own message');
unlike(PostgreSQL::Test::Utils::slurp_file($pool->node->logfile), qr/a secret/, 'the server has logged no secret');
done_testing();
