# Blocks of litecoin regtest mined through the pool by a real miner, from the
# first block with an MWEB block on, with transactions of every kind.

use strict;
use warnings;

use Chimera::Pool;
use Test::More;

use constant {
    TAG => '/Chimera test/',
    CONFIRMATIONS => 3,
    BLOCKS => 5,
    HALVING_INTERVAL => 150,
    FIRST_SUBSIDY => 50 * 100_000_000,
};

my $litecoin = Chimera::Pool->start_litecoind;
$litecoin->reach_mweb_eve;
my $eve = $litecoin->height;
my ($first_peg_in) = @{ $litecoin->rpc('getrawmempool') };

my $pool = Chimera::Pool->new('main',
    conf => "chimera.template_refresh_interval = 200ms\n");
$pool->add_network('litecoin', $litecoin,
    coinbase_tag => TAG,
    confirmations_needed => CONFIRMATIONS);
$pool->add_listener('litecoin');
$pool->start_stratumd;

# Mine a block when the pool's job has that many transactions beside HogEx.
# Returns the node's description of the block.
my @miners;

sub mine_block
{
    my ($transactions) = @_;

    $pool->wait_for_job('litecoin');
    $pool->wait_for_sql(<<"SQL");
SELECT t.transaction_count >= $transactions + 1
FROM chimera.stratum_jobs() s JOIN chimera.jobs j USING (job_id) JOIN chimera.templates t USING (template_id)
SQL
    my $miner = $pool->miner('litecoin', shares => 1);
    is($miner->wait, 0, 'the miner\'s share is accepted');
    push @miners, $miner;

    my ($block) = grep { $_->{block} } $miner->log('accepted');
    $pool->wait_for_sql("SELECT status IN ('accepted', 'confirmed') FROM chimera.blocks"
          . " WHERE hash = '\\x$block->{hash}'");
    return $litecoin->rpc('getblock', $block->{hash}, 2);
}

# --- the first block with an MWEB block

my $block = mine_block(1);
is($block->{height}, $eve + 1, 'the pool mines the first MWEB block');
is($litecoin->best_hash, $block->{hash}, 'it is the node\'s tip');
ok((grep { $_->{txid} eq $first_peg_in } @{ $block->{tx} }),
    'the peg-in it needs is in it');
ok(defined $block->{mweb}, 'it has an extension block');

# --- transactions of every kind

my %sent = (
    legacy => $litecoin->send_legacy,
    segwit => $litecoin->send_segwit,
    'peg-in' => $litecoin->send_peg_in,
);
$block = mine_block(scalar keys %sent);
for my $kind (sort keys %sent)
{
    ok((grep { $_->{txid} eq $sent{$kind} } @{ $block->{tx} }),
        "a $kind transaction is in the block");
}

# --- what the coinbase is made of

my $coinbase = $block->{tx}[0];
my $script = pack 'H*', $coinbase->{vin}[0]{coinbase};
is( substr($script, 0, 3),
    pack('C v', 2, $block->{height}),
    'the coinbase begins with the height (BIP 34)');
ok(index($script, TAG) > 0, 'the coinbase has the pool\'s tag');

my $address = $pool->safe_psql('SELECT pool_address FROM chimera.network_configs');
my @paying = grep { $_->{value} > 0 } @{ $coinbase->{vout} };
is(scalar @paying, 1, 'the coinbase pays one output');
is_deeply($paying[0]{scriptPubKey}{addresses},
    [$address], 'the coinbase pays the pool\'s address');

my $stats = $litecoin->rpc('getblockstats', $block->{hash}, [qw(subsidy totalfee)]);
my $paid = sprintf '%.0f', $paying[0]{value} * 100_000_000;
is($stats->{subsidy}, FIRST_SUBSIDY >> int($block->{height} / HALVING_INTERVAL),
    'the node knows the subsidy we do');
cmp_ok($stats->{totalfee}, '>', 0, 'the block has fees');
is($paid, $stats->{subsidy} + $stats->{totalfee},
    'the coinbase takes subsidy and fees in full');
is($pool->safe_psql("SELECT fees FROM chimera.jobs j JOIN chimera.blocks b USING (job_id) WHERE b.hash = '\\x$block->{hash}'"),
    $stats->{totalfee}, 'the job knows the fees, those of the extension block among them');

my $row = $pool->safe_psql("SELECT height, reward_sats, submit_result, submit_attempts FROM chimera.blocks"
      . " WHERE hash = '\\x$block->{hash}'");
is($row, "$block->{height}|$paid|accepted|1",
    'chimera.blocks has the block as the node has it');

# --- relay

$litecoin->wait_until_synced;
ok($litecoin->second->is_in_best_chain($block->{hash}),
    'the other node has the block');

# --- confirmations

$pool->wait_for_sql("SELECT confirmations FROM chimera.blocks WHERE hash = '\\x$block->{hash}'", 1);
pass('a block at the tip has one confirmation');
mine_block(0) for 3 .. BLOCKS;
$pool->wait_for_sql('SELECT max(confirmations) FROM chimera.blocks', CONFIRMATIONS);
$pool->wait_for_sql(
    "SELECT string_agg(status || ' ' || confirmations, ', ' ORDER BY height) FROM chimera.blocks",
    'confirmed 3, confirmed 3, confirmed 3, accepted 2, accepted 1');
pass('blocks become confirmed with the confirmations needed');
is($pool->safe_psql("SELECT count(raw) FROM chimera.blocks WHERE status = 'confirmed'"),
    0, 'what is confirmed needs no raw block any more');

# --- shares

my @accepted = map { $_->log('accepted') } @miners;
is(scalar @accepted, BLOCKS, 'the miner was told of each share');
is_deeply(
    [ $pool->stored_share_keys('litecoin') ],
    [ $pool->logged_share_keys(@accepted) ],
    'chimera.shares has what the miner was told, one to one');
is($pool->safe_psql(<<'SQL'), BLOCKS, 'shares name their miner and account, and the difficulty told');
SELECT count(*) FROM chimera.shares s JOIN chimera.miners m USING (miner_id)
JOIN chimera.accounts a USING (account_id)
WHERE a.name = 'alice' AND m.name = 'rig1' AND difficulty = 0.01
SQL
for my $share (@accepted[0, -1])
{
    my $header = $litecoin->rpc('getblockheader', $share->{hash}, JSON::PP::false);
    my $hash = $pool->safe_psql("SELECT chimera.hash('scrypt', '\\x$header')");
    my $stored = $pool->safe_psql(<<"SQL");
SELECT chimera.share_hash(s.job_id, extranonce1, extranonce2, ntime, nonce, s.version),
       abs(s.share_difficulty / chimera.difficulty('$hash', 'scrypt') - 1) < 1e-6
FROM chimera.shares s JOIN chimera.jobs j USING (job_id)
WHERE s.job_id = @{[hex $share->{job}]} AND j.height = (SELECT height FROM chimera.blocks WHERE hash = '\\x$share->{hash}')
SQL
    my $displayed = unpack 'H*', reverse pack 'H*', substr $hash, 2;
    is($stored, "\\x$displayed|t",
        'chimera.share_hash and share_difficulty are those of the block\'s header');
}
$pool->wait_for_rollups;
is($pool->rollup_differences, '', 'the rollups equal a recount');
is($pool->safe_psql(q(SELECT string_agg(message, chr(10)) FROM chimera.health WHERE NOT ok AND part <> 'rewards')), '', 'the pool is in good health');

done_testing();
