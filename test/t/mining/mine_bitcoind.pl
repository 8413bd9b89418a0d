# Blocks of bitcoin regtest mined through the pool with a bitcoind of the Bitcoin
# Core family: segwit and taproot transactions, the cookie, reserved block
# weight, long poll, reorganisations by invalidateblock, initial download.

use strict;
use warnings;

use Chimera::Pool;
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);

use constant {
    TAG => '/Chimera test/',
    CONFIRMATIONS => 3,
    RESERVED_WEIGHT => 12_000,
    BLOCK_WEIGHT => 4_000_000,
};

plan skip_all => 'bitcoind is not installed' unless Chimera::Bitcoind->is_installed;

my $bitcoin = Chimera::Pool->start_bitcoind(settings => [ 'blockreservedweight=' . RESERVED_WEIGHT ]);
$bitcoin->mine(110);

my $pool = Chimera::Pool->new('main', conf => "chimera.template_refresh_interval = 200ms\n");
$pool->add_network('bitcoin', $bitcoin, coinbase_tag => TAG, confirmations_needed => CONFIRMATIONS);
$pool->add_listener('bitcoin');
$pool->start_stratumd;

sub status_of
{
    my ($hash) = @_;
    return "SELECT status FROM chimera.blocks WHERE hash = '\\x$hash'";
}

sub mine_block
{
    $pool->wait_for_job('bitcoin');
    my $miner = $pool->miner('bitcoin', shares => 1, version_rolling => 1);
    is($miner->wait, 0, 'the miner\'s share is accepted');
    my ($block) = grep { $_->{block} } $miner->log('accepted');
    $pool->wait_for_sql("SELECT status IN ('accepted', 'confirmed') FROM chimera.blocks WHERE hash = '\\x$block->{hash}'");
    return $block->{hash};
}

# chimera.jobs has hashes in the header's byte order.
sub wait_for_job_upon
{
    my ($hash) = @_;
    my $bytes = unpack 'H*', reverse pack 'H*', $hash;
    $pool->wait_for_sql("SELECT bool_or(j.prevhash = '\\x$bytes') FROM chimera.stratum_jobs() s"
          . ' JOIN chimera.jobs j USING (job_id)');
    return;
}

# --- a block with transactions of every kind

my %sent = map { $_ => $bitcoin->send($_) } qw(legacy p2sh-segwit bech32 bech32m);
$pool->wait_for_sql(<<'SQL');
SELECT t.transaction_count >= 4
FROM chimera.stratum_jobs() s JOIN chimera.jobs j USING (job_id) JOIN chimera.templates t USING (template_id)
SQL
my $hash = mine_block();
my $block = $bitcoin->rpc('getblock', $hash, 2);
for my $kind (sort keys %sent)
{
    ok((grep { $_->{txid} eq $sent{$kind} } @{ $block->{tx} }), "a $kind transaction is in the block");
}
my $coinbase = $block->{tx}[0];
ok((grep { $_->{scriptPubKey}{hex} =~ /\A6a24aa21a9ed/ } @{ $coinbase->{vout} }),
    'the coinbase commits to the witnesses (BIP 141)');
is($pool->safe_psql("SELECT count(*) FROM chimera.jobs j JOIN chimera.templates t USING (template_id) WHERE t.transaction_count >= 4"
          . ' AND j.has_witness') > 0, 1, 'the job says that it has witnesses');

# --- long poll

# polls of an hour's interval: what comes soon comes by the long poll
$pool->safe_psql("ALTER SYSTEM SET chimera.$_ = '1h'") for qw(tip_poll_interval template_refresh_interval);
$pool->safe_psql('SELECT pg_reload_conf()');
my $began = time;
my ($mined) = $bitcoin->mine(1);
wait_for_job_upon($mined);
cmp_ok(time - $began, '<', 5, 'a block that the node mines makes a job at once, by the long poll');

# --- a reorganisation by invalidateblock, and back

my $ours = mine_block();
$bitcoin->rpc('invalidateblock', $ours);
my @rivals = $bitcoin->mine(2);
$pool->wait_for_sql(status_of($ours), 'orphaned');
pass('a block that the chain leaves is orphaned');
wait_for_job_upon($rivals[-1]);
pass('the jobs follow the new branch');
$bitcoin->rpc('invalidateblock', $rivals[0]);
$bitcoin->rpc('reconsiderblock', $ours);
$pool->wait_for_sql(status_of($ours), 'accepted');
pass('it is accepted again when the chain returns to it');
$bitcoin->mine(CONFIRMATIONS - 1);
$pool->wait_for_sql(status_of($ours), 'confirmed');
pass('and is confirmed');

# --- a restart: cookie and templates come back

$bitcoin->restart;
$hash = mine_block();
is($bitcoin->best_hash, $hash, 'the pool mines on after the node\'s restart, with its new cookie');

# --- initial download: two nodes of the main chain, at its genesis block

my $peer = Chimera::Pool->start_bitcoind(chain => 'main');
my $young = Chimera::Pool->start_bitcoind(chain => 'main', connect_to => $peer->p2p_port);
Chimera::Node::wait_for('the nodes to connect', sub { $young->rpc('getconnectioncount') > 0 });
$pool->safe_psql('SELECT chimera.add_network(' . join(', ',
    "'young', 'sha256d', 'YNG', '" . $young->genesis_hash . "'", "'" . $young->url . "'",
    q('1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', settings => '{"p2pkh_version": 0, "p2sh_version": 5, "bech32_hrp": "bc"}'),
    "rpc_cookie_file => '" . $young->cookie_file . "'") . ')');
is($pool->safe_psql(q(SELECT ok FROM chimera.test_network('young') WHERE check_name = 'connect')), 't', 'the node answers');
like($pool->safe_psql(q(SELECT check_name || ': ' || message FROM chimera.test_network('young') WHERE check_name = 'sync' AND NOT ok)),
    qr/sync: .+/, 'test_network says that the node is in its initial download');
like($pool->safe_psql(q(SELECT message FROM chimera.test_network('young') WHERE check_name = 'template')),
    qr/initial|download|sync|not tried/i, 'and that it gives no template');
$pool->safe_psql(q(SELECT chimera.enable_network('young')));
$pool->wait_for_sql(q(SELECT count(*) = 1 FROM chimera.health WHERE name = 'young' AND part = 'template' AND NOT ok AND message ~ 'initial|download|sync'));
pass('enabled all the same, it waits, and health says for what');
is($pool->safe_psql(q(SELECT count(*) FROM chimera.jobs JOIN chimera.network_configs USING (network_id) WHERE name = 'young')), 0, 'without a job');
$pool->safe_psql(q(SELECT chimera.disable_network('young')));
$pool->wait_for_sql(q(SELECT count(*) = 0 FROM chimera.health WHERE name = 'young' AND NOT ok));

is($pool->safe_psql(q(SELECT string_agg(message, chr(10)) FROM chimera.health WHERE NOT ok AND part <> 'rewards')), '', 'the pool is in good health');
done_testing();
