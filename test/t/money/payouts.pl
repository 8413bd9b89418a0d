# Balances are paid out by a real wallet, to the smallest unit, and what stands
# in a payout's way is said and over when it is gone.

use strict;
use warnings;

use Chimera::Pool;
use JSON::PP;
use Test::More;

use constant {
    DIFFICULTY => 2e-5,
    HASHES_PER_SECOND => 60,
    CONFIRMATIONS => 4,
    PAYOUT_CONFIRMATIONS => 3,
    MATURITY => 101,
    MINIMUM => 1_000_000,
};

my $litecoin = Chimera::Pool->start_litecoind;
$litecoin->mine(20);
my $node = $litecoin->first;
my $pool = Chimera::Pool->new('main');
$pool->add_network('litecoin', $litecoin, confirmations_needed => CONFIRMATIONS,
    map({ $_ => DIFFICULTY } qw(start_difficulty min_difficulty max_difficulty)));
$pool->add_listener('litecoin');
$pool->safe_psql(<<"SQL");
SELECT chimera.set_reward_scheme('litecoin', 'prop', '{"fee_percent": 1}');
SELECT chimera.add_node('litecoin', '@{[$litecoin->url]}wallet/pool', kind => 'wallet', rpc_cookie_file => '@{[$litecoin->cookie_file]}');
SELECT chimera.update_network('litecoin', '{"payout_confirmations": @{[PAYOUT_CONFIRMATIONS]}, "minimum_payout_sats": @{[MINIMUM]}}');
SQL
$pool->start_stratumd;
$pool->wait_for_job('litecoin');

sub sats
{
    my ($coins) = @_;
    return sprintf '%.0f', abs($coins) * 1e8;
}

# What an address has been paid, in confirmed transactions.
sub received
{
    my ($wallet, $address) = @_;
    return sats($node->wallet($wallet, 'getreceivedbyaddress', $address, 1));
}

sub newest_batch
{
    return $pool->safe_psql('SELECT max(batch_id) FROM chimera.payout_batches');
}

sub wait_for_state
{
    my ($batch_id, $state) = @_;
    return $pool->wait_for_sql("SELECT state FROM chimera.payout_batches WHERE batch_id = $batch_id", $state);
}

sub confirm
{
    my ($batch_id) = @_;

    wait_for_state($batch_id, 'sent');
    $litecoin->mine(PAYOUT_CONFIRMATIONS);
    return wait_for_state($batch_id, 'confirmed');
}

sub audit_is_clean
{
    my ($when) = @_;
    return is($pool->safe_psql('SELECT * FROM chimera.audit()'), '', "the audit finds nothing $when");
}

# --- mined, matured, paid

my %address = map { $_ => $node->wallet($_, 'getnewaddress', '', 'bech32') } qw(alice bob);
my @miners = map {
    $pool->miner('litecoin', user => "$address{$_}.rig", hashes_per_second => HASHES_PER_SECOND)
} qw(alice bob);
$pool->wait_for_sql('SELECT count(DISTINCT miner_id) = 2 AND count(*) > 20 FROM chimera.shares');
$pool->wait_for_sql(q(SELECT count(*) > 4 FROM chimera.blocks WHERE status <> 'found'));
$_->stop for @miners;
$litecoin->mine(MATURITY);
$pool->wait_for_sql(
    q(SELECT bool_and(chimera.is_posted(status, ledger_state)) AND bool_and(status IN ('confirmed', 'orphaned')) FROM chimera.blocks));

my $expected = $pool->safe_psql(
    'SELECT account, balance_sats FROM chimera.account_balances WHERE balance_sats >= 1000000 ORDER BY account');
$pool->safe_psql(q(SELECT chimera.update_network('litecoin', '{"payout_interval": "1 hour"}')));
$pool->wait_for_sql('SELECT count(*) FROM chimera.payout_batches', 1);
my $batch = newest_batch();
confirm($batch);
is( join("\n", grep { !/\|0$/ } map { "$_|" . received($_ eq $address{alice} ? 'alice' : 'bob', $_) } sort values %address),
    $expected, 'what the blocks gave each has arrived at the address they mined for, to the smallest unit');
my $txid = $pool->safe_psql("SELECT txid FROM chimera.payout_batches WHERE batch_id = $batch");
is($pool->safe_psql("SELECT fee_sats FROM chimera.payout_batches WHERE batch_id = $batch"),
    sats($node->wallet('pool', 'gettransaction', $txid)->{fee}), 'the fee is what the wallet says');
is( $pool->safe_psql(q(SELECT sum(amount_sats) FROM chimera.ledger_entries WHERE account = 'network_fee')),
    $pool->safe_psql("SELECT fee_sats FROM chimera.payout_batches WHERE batch_id = $batch"),
    'the pool has borne the fee');
is($pool->safe_psql("SELECT DISTINCT txid FROM chimera.payouts WHERE batch_id = $batch"), $txid, 'payouts carry the txid');
is( $pool->safe_psql("SELECT confirmations >= @{[PAYOUT_CONFIRMATIONS]} FROM chimera.payout_batches WHERE batch_id = $batch"),
    't', 'a batch that is final keeps its confirmations');
audit_is_clean('after the first payout');

# --- from now on balances are made by hand, and batches too

$pool->safe_psql(q(SELECT chimera.update_network('litecoin', '{"payout_interval": null}')));

# Give amounts to accounts by name.
sub give
{
    my (%amounts) = @_;

    for my $account (sort keys %amounts)
    {
        $pool->safe_psql(<<"SQL");
INSERT INTO chimera.accounts (name) VALUES ('$account') ON CONFLICT DO NOTHING;
SELECT chimera.adjust_balance('litecoin', '$account', $amounts{$account}, 'a test');
SQL
    }
    return;
}

sub prepare { return $pool->safe_psql(q(SELECT chimera.prepare_payouts('litecoin'))) }

# --- a split, with dust

my %wallet = map { $_ => $node->wallet('carol', 'getnewaddress', '', 'bech32') } qw(large small dust);
give(carol => 3_000_001);
$pool->safe_psql(<<"SQL");
SELECT chimera.set_wallets('carol', 'litecoin', ARRAY['$wallet{large}', '$wallet{small}', '$wallet{dust}'], ARRAY[66.67, 33.28, 0.05]);
SQL
confirm(prepare());

# 3,000,001 * 0.6667 = 2,000,100.6667, * 0.3328 = 998,400.3328, * 0.0005 = 1,500.0005; 2,940 is the least
is(received('carol', $wallet{large}), 2_000_101, 'a wallet gets its part, and the unit that is left over');
is(received('carol', $wallet{small}), 998_400, 'another its part');
is(received('carol', $wallet{dust}), 0, 'a part that is dust is not sent');
is($pool->safe_psql(q(SELECT balance_sats FROM chimera.account_balances WHERE account = 'carol')),
    1_500, 'and stays in the balance');
audit_is_clean('after a split');

# --- recipients pay

$pool->safe_psql(q(SELECT chimera.update_network('litecoin', '{"payout_fee_payer": "recipients"}')));
my @recipients = map { $node->wallet('dave', 'getnewaddress', '', 'bech32') } 1 .. 2;
give($recipients[0] => 10_000_000, $recipients[1] => 2_000_000);
$batch = prepare();
confirm($batch);
my $fee = $pool->safe_psql("SELECT fee_sats FROM chimera.payout_batches WHERE batch_id = $batch");
is( received('dave', $recipients[0]) + received('dave', $recipients[1]),
    12_000_000 - $fee, 'where recipients bear the fee, all of it is theirs');
is(received('dave', $recipients[0]), 10_000_000 - sprintf('%.0f', $fee * 5 / 6), 'each in proportion to the amount');
audit_is_clean('after recipients have paid');
$pool->safe_psql(q(SELECT chimera.update_network('litecoin', '{"payout_fee_payer": "pool"}')));

# --- held and cancelled

give($recipients[0] => 5_000_000);
$batch = $pool->safe_psql(
    q(WITH b AS (SELECT chimera.prepare_payouts('litecoin') AS id) SELECT id FROM b, LATERAL chimera.hold_payout_batch(id, 'not yet')));
$pool->wait_for_sql(q(SELECT message FROM chimera.health WHERE part = 'payer'),
    "batch $batch is held by " . $pool->safe_psql('SELECT session_user') . ': not yet');
is($pool->safe_psql("SELECT state FROM chimera.payout_batches WHERE batch_id = $batch"), 'prepared', 'a held batch stays');
$pool->safe_psql("SELECT chimera.cancel_payout_batch($batch, 'a test')");
is($pool->safe_psql(qq(SELECT balance_sats FROM chimera.account_balances WHERE account = '$recipients[0]')),
    5_000_000, 'a cancelled one gives its amounts back');
audit_is_clean('after a batch was cancelled');

# --- too little in the wallet

# one who was cancelled above is due as well
give($recipients[1] => 10**15);
$batch = prepare();
confirm($batch);
is($pool->safe_psql("SELECT address, amount_sats FROM chimera.payouts WHERE batch_id = $batch"),
    "$recipients[0]|5000000", 'a wallet with too little pays those whom it has enough for');
$pool->wait_for_sql(
    q{SELECT message ~ '^1 accounts wait for money in the wallet: it has \d+, but they are due 1000000000000000 \(\d+ more\)$' }
      . q(FROM chimera.health WHERE part = 'payouts'));
pass('and says what it misses');
wait_for_state(prepare(), 'failed');
audit_is_clean('after the wallet had too little');
$pool->safe_psql("SELECT chimera.adjust_balance('litecoin', '$recipients[1]', -@{[10**15]}, 'a test')");
$pool->wait_for_sql(q(SELECT count(*) FROM chimera.health WHERE part = 'payouts'), 0);

# --- no wallet

give($recipients[0] => 1_000_000);
$node->kill9;
$batch = prepare();
# by a payer that had the wallet, or a new one
$pool->wait_for_sql(
    q(SELECT NOT ok AND message ~ 'the wallet (does not answer|cannot be used):' FROM chimera.health WHERE part = 'payer'));
$node->start;
$litecoin->wait_until_connected;
$node->open_wallet('pool');
confirm($batch);
is(received('dave', $recipients[0]), 10_000_000 - sprintf('%.0f', $fee * 5 / 6) + 6_000_000, 'a batch goes on when the wallet is back');
audit_is_clean('after the wallet was away');

# --- a locked wallet

$node->wallet('pool', 'encryptwallet', 'secret');
give($recipients[0] => 2_000_000);
$batch = prepare();
$pool->wait_for_sql("SELECT problem LIKE 'the wallet is locked:%' FROM chimera.payout_batches WHERE batch_id = $batch");
$node->wallet('pool', 'walletpassphrase', 'secret', 600);
$pool->safe_psql("SELECT chimera.retry_payout_batch($batch)");
confirm($batch);
pass('a batch goes on when the wallet is unlocked');

# --- another transaction in its way

give($recipients[0] => 2_000_000);
$litecoin->set_network_active(0);
$batch = prepare();
wait_for_state($batch, 'sent');
$txid = $pool->safe_psql("SELECT txid FROM chimera.payout_batches WHERE batch_id = $batch");
my $inputs = $node->rpc('getrawtransaction', $txid, JSON::PP::true)->{vin};
my $second = $litecoin->second;
my $raw = $node->rpc('createrawtransaction', [ map { { txid => $_->{txid}, vout => $_->{vout} } } @{$inputs} ],
    { $node->wallet('pool', 'getnewaddress', '', 'bech32') => '0.01' });
my $signed = $node->wallet('pool', 'signrawtransactionwithwallet', $raw)->{hex};
$second->rpc('sendrawtransaction', $signed, 0);
$second->rpc('generatetoaddress', PAYOUT_CONFIRMATIONS, $second->wallet('second', 'getnewaddress'));
$litecoin->set_network_active(1);
$litecoin->wait_until_connected;
wait_for_state($batch, 'failed');
is($pool->safe_psql(qq(SELECT balance_sats FROM chimera.account_balances WHERE account = '$recipients[0]')),
    2_000_000, 'a batch whose inputs another transaction has spent fails, and gives its amounts back');
audit_is_clean('after a batch has failed');

done_testing;
