# Blocks of bitcoin regtest (bcoin) mined through the pool by a real miner that
# rolls version bits, across segwit's activation.

use strict;
use warnings;

use Chimera::Pool;
use JSON::PP;
use Test::More;

use constant {
    TAG => '/Chimera test/',
    CONFIRMATIONS => 3,
    SEGWIT_COINS => 50,

    # bcoin 1.0.2's regtest: the first height whose block may have witnesses
    ACTIVATION => 432,
    HALVING_INTERVAL => 150,
    FIRST_SUBSIDY => 50 * 100_000_000,
};

my $bitcoin = Chimera::Pool->start_bcoin;
$bitcoin->mine(SEGWIT_COINS, $bitcoin->account_address('segwit'));
$bitcoin->mine(ACTIVATION - 2 - SEGWIT_COINS);

my $pool = Chimera::Pool->new('main',
    conf => "chimera.template_refresh_interval = 200ms\n");
$pool->add_network('bitcoin', $bitcoin,
    coinbase_tag => TAG,
    confirmations_needed => CONFIRMATIONS);
$pool->add_listener('bitcoin');
$pool->start_stratumd;

# Mine a block through the pool; returns its hash.  One at a time: a fast miner
# finds two upon the same tip.
my @miners;

sub mine_block
{
    $pool->wait_for_job('bitcoin');
    my $miner = $pool->miner('bitcoin', shares => 1, version_rolling => 1);
    is($miner->wait, 0, 'the miner\'s share is accepted');
    push @miners, $miner;

    my ($block) = grep { $_->{block} } $miner->log('accepted');
    $pool->wait_for_sql("SELECT status IN ('accepted', 'confirmed') FROM chimera.blocks"
          . " WHERE hash = '\\x$block->{hash}'");
    return $block->{hash};
}

# --- across segwit's activation

my $before = join ' ', @{ $bitcoin->template->{rules} };
mine_block() for 1 .. 4;
is($bitcoin->height, ACTIVATION + 2, 'the pool mines blocks across segwit\'s activation');
my $after = join ' ', @{ $bitcoin->template->{rules} };
unlike($before, qr/segwit/, 'segwit was not active before');
like($after, qr/!segwit/, 'segwit is active after');

# --- transactions

# bcoin takes them into its next template for sure: it keeps the present one
my %sent = (legacy => $bitcoin->send_legacy, segwit => $bitcoin->send_segwit);
mine_block();
$pool->wait_for_sql(<<'SQL');
SELECT t.transaction_count >= 2
FROM chimera.stratum_jobs() s JOIN chimera.jobs j USING (job_id) JOIN chimera.templates t USING (template_id)
SQL
my $hash = mine_block();
my $block = $bitcoin->rpc('getblock', $hash, JSON::PP::true, JSON::PP::true);
my $height = $block->{height};
is($bitcoin->best_hash, $hash, 'the pool\'s block is the node\'s tip');
for my $kind (sort keys %sent)
{
    ok((grep { $_->{txid} eq $sent{$kind} } @{ $block->{tx} }),
        "a $kind transaction is in the block");
}

# --- what the coinbase is made of

my $coinbase = $block->{tx}[0];
my $script = pack 'H*', $coinbase->{vin}[0]{coinbase};
is( substr($script, 0, 3),
    pack('C v', 2, $height),
    'the coinbase begins with the height (BIP 34)');
ok(index($script, TAG) > 0, 'the coinbase has the pool\'s tag');

my $address = $pool->safe_psql('SELECT pool_address FROM chimera.network_configs');
my @paying = grep { $_->{value} > 0 } @{ $coinbase->{vout} };
is(scalar @paying, 1, 'the coinbase pays one output');
is_deeply($paying[0]{scriptPubKey}{addresses},
    [$address], 'the coinbase pays the pool\'s address');
ok((grep { $_->{scriptPubKey}{hex} =~ /\A6a24aa21a9ed/ } @{ $coinbase->{vout} }),
    'the coinbase commits to the witnesses (BIP 141)');

my $subsidy = FIRST_SUBSIDY >> int($height / HALVING_INTERVAL);
my $paid = sprintf '%.0f', $paying[0]{value} * 100_000_000;
cmp_ok($paid, '>', $subsidy, 'the coinbase takes fees beside the subsidy');
$bitcoin->mine(1);
is( $pool->safe_psql("SELECT height, reward_sats, submit_result, submit_attempts FROM chimera.blocks"
          . " WHERE hash = '\\x$hash'"),
    "$height|$paid|accepted|1",
    'chimera.blocks has the block as the node has it');

# --- confirmations

$pool->wait_for_sql("SELECT status || ' ' || confirmations FROM chimera.blocks WHERE hash = '\\x$hash'",
    'accepted 2');
pass('confirmations grow with the chain');
$bitcoin->mine(1);
$pool->wait_for_sql("SELECT status || ' ' || confirmations FROM chimera.blocks WHERE hash = '\\x$hash'",
    'confirmed 3');
pass('a block becomes confirmed with the confirmations needed');

# --- shares

my @accepted = map { $_->log('accepted') } @miners;
is_deeply(
    [ $pool->stored_share_keys('bitcoin') ],
    [ $pool->logged_share_keys(@accepted) ],
    'chimera.shares has what the miner was told, one to one');
ok((grep { hex $_->{version_bits} } @accepted), 'some shares have version bits rolled');
is($pool->safe_psql(<<'SQL'), scalar @accepted, 'chimera.share_hash is the hash of the block');
SELECT count(*) FROM chimera.shares s
JOIN chimera.blocks b ON b.hash = chimera.share_hash(s.job_id, extranonce1, extranonce2, ntime, nonce, version)
 AND abs(s.share_difficulty / b.share_difficulty - 1) < 1e-6
SQL
$pool->wait_for_rollups;
is($pool->rollup_differences, '', 'the rollups equal a recount');
is($pool->safe_psql(q(SELECT string_agg(message, chr(10)) FROM chimera.health WHERE NOT ok AND part <> 'rewards')), '', 'the pool is in good health');

done_testing();
