# Presets against real nodes: their chain, their addresses, their templates.

use strict;
use warnings;

use Chimera::Pool;
use Test::More;

my $litecoin = Chimera::Pool->start_litecoind;
my $bitcoin = Chimera::Pool->start_bcoin;
# a node gives templates only when its tip is of today
$_->mine(1) for $litecoin, $bitcoin;

my $pool = Chimera::Pool->new('main');

sub preset
{
    my ($name, $column) = @_;
    return $pool->safe_psql("SELECT $column FROM chimera.network_presets WHERE name = '$name'");
}

sub add_network
{
    my (%arguments) = @_;
    my $list = join ', ', map { "$_ => " . Chimera::Pool::literal($arguments{$_}) } sort keys %arguments;
    $pool->safe_psql("SELECT chimera.add_network_from_preset($list)");
    $pool->safe_psql("SELECT chimera.enable_network('$arguments{preset}')");
    return;
}

sub has_job
{
    my ($network) = @_;
    return $pool->wait_for_sql(
        "SELECT count(*) > 0 FROM chimera.jobs WHERE network_id = chimera.network_id('$network')");
}

# --- litecoind

is(preset('litecoin_regtest', 'genesis_hash'), $litecoin->genesis_hash, 'litecoind is on the preset\'s chain');
add_network(
    preset => 'litecoin_regtest',
    rpc_url => $litecoin->url,
    rpc_cookie_file => $litecoin->cookie_file,
    pool_address => $litecoin->new_address);
has_job('litecoin_regtest');
pass('the pool gets work from litecoind by the preset alone');

my %types = (legacy => 'p2pkh', 'p2sh-segwit' => 'p2sh', bech32 => 'p2wpkh');
for my $type (sort keys %types)
{
    my $address = $litecoin->new_address($type);
    my $script = $litecoin->first->wallet('pool', 'getaddressinfo', $address)->{scriptPubKey};
    is( $pool->safe_psql("SELECT encode(chimera.network_address_script('litecoin_regtest', '$address'), 'hex')"
              . " || ' ' || chimera.network_address_type('litecoin_regtest', '$address')"),
        "$script $types{$type}",
        "litecoind's $type address has litecoind's script");
}
my $mweb = $litecoin->new_address('mweb');
like($pool->safe_psql("SELECT chimera.network_address_error('litecoin_regtest', '$mweb')"),
    qr/MWEB/, 'litecoind\'s MWEB address is refused as such');

# --- bcoin, whose regtest is Bitcoin Core's but for its addresses

is(preset('bitcoin_regtest', 'genesis_hash'), $bitcoin->genesis_hash, 'bcoin is on the preset\'s chain');
my $parameters = $bitcoin->chain_parameters;
my ($user, $password) = $bitcoin->credentials;
add_network(
    preset => 'bitcoin_regtest',
    rpc_url => $bitcoin->url,
    rpc_user => $user,
    rpc_password => $password,
    pool_address => $bitcoin->new_address,
    overrides => sprintf('{"p2pkh_version": %d, "p2sh_version": %d, "bech32_hrp": "%s"}',
        @{$parameters}{qw(p2pkh_version p2sh_version bech32_hrp)}));
has_job('bitcoin_regtest');
pass('the pool gets work from bcoin by the preset and other addresses');
for my $type (qw(legacy bech32))
{
    my $address = $bitcoin->new_address($type);
    is($pool->safe_psql("SELECT chimera.is_valid_address('bitcoin_regtest', '$address')"),
        't', "bcoin's $type address is valid");
}

$pool->wait_for_sql(q(SELECT bool_and(ok) AND count(*) = 4 FROM chimera.health WHERE subject = 'network' AND part <> 'rewards'));
pass('both networks are in good health');

done_testing();
