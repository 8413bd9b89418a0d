# What takes the place of a payout's transaction is judged by the chain: what
# pays the same is the payout, what pays nothing gives it back when it is deep,
# and what pays a part is for an operator to settle. The node has no index of
# transactions.

use strict;
use warnings;

use Chimera::Payouts;
use Test::More;

use constant CONFIRMATIONS => Chimera::Payouts::CONFIRMATIONS;

my $payouts = Chimera::Payouts->new;
my $first = $payouts->first;

sub all_in_mempools
{
    my (@txids) = @_;

    for my $node ($first, $payouts->second)
    {
        for my $txid (@txids)
        {
            Chimera::Node::wait_for("$txid in the mempool", sub { eval { $node->rpc('getmempoolentry', $txid); 1 } });
        }
    }
    return;
}

# --- the fee is bumped

my $batch = $payouts->pay;
$payouts->wait_for_state($batch, 'sent');
my $signed = $payouts->batch($batch, 'txid');
my $bumped = $first->wallet('pool', 'bumpfee', $signed)->{txid};
$payouts->wait_for_batch($batch, "txid = '$bumped' AND state = 'sent' AND problem IS NULL");
pass('a transaction that pays the same takes the place of the payout');
$payouts->confirm($batch);
is($payouts->batch($batch, 'replaced_txid'), $signed, 'the one that was signed is kept');
is( $payouts->batch($batch, 'fee_sats'),
    sprintf('%.0f', -1e8 * $first->wallet('pool', 'gettransaction', $bumped)->{fee}),
    'the fee is that of the replacement');
$payouts->all_paid_once('after its fee was bumped');

# --- where recipients bear the fee, they bear that of the signed one

$payouts->sql(q(SELECT chimera.update_network('litecoin', '{"payout_fee_payer": "recipients"}')));
$batch = $payouts->pay;
$payouts->wait_for_state($batch, 'sent');
my $fee = $payouts->batch($batch, 'fee_sats');
$bumped = $first->wallet('pool', 'bumpfee', $payouts->batch($batch, 'txid'))->{txid};
$payouts->wait_for_batch($batch, "txid = '$bumped'");
$payouts->confirm($batch);
is($payouts->sql("SELECT sum(fee_sats) FROM chimera.payouts WHERE batch_id = $batch"),
    $fee, 'recipients bear the fee that was taken from them');
is($payouts->sql('SELECT * FROM chimera.audit()'), '', 'and the audit finds nothing');
$payouts->{earned}{alice} -= $payouts->sql("SELECT p.fee_sats FROM chimera.payouts p WHERE batch_id = $batch AND address = '" . $payouts->address('alice') . q('));
$payouts->{earned}{bob} -= $payouts->sql("SELECT p.fee_sats FROM chimera.payouts p WHERE batch_id = $batch AND address = '" . $payouts->address('bob') . q('));
$payouts->all_paid_once('after recipients have paid a fee');
$payouts->sql(q(SELECT chimera.update_network('litecoin', '{"payout_fee_payer": "pool"}')));

# --- bumped, and the signed one is mined all the same

$batch = $payouts->pay;
$payouts->wait_for_state($batch, 'sent');
$signed = $payouts->batch($batch, 'txid');
all_in_mempools($signed);
$payouts->litecoin->set_network_active(0);
$bumped = $first->wallet('pool', 'bumpfee', $signed)->{txid};
$payouts->wait_for_batch($batch, "txid = '$bumped'");
$payouts->second->rpc('generatetoaddress', CONFIRMATIONS, $payouts->second->wallet('second', 'getnewaddress'));
$payouts->litecoin->set_network_active(1);
$payouts->litecoin->wait_until_connected;
$payouts->wait_for_state($batch, 'confirmed');
is($payouts->batch($batch, 'txid || coalesce(replaced_txid, $$$$)'), $signed, 'the one that was signed comes back when a miner has it');
$payouts->all_paid_once('after the signed one has come back');

# --- what is in its place pays nobody

$batch = $payouts->pay;
$payouts->wait_for_state($batch, 'sent');
throws_like(sub { $payouts->sql("SELECT chimera.settle_payout_batch($batch, 'void', 'a try')") },
    qr/is unconfirmed/, 'a batch on its way cannot be void');
my $other = $payouts->replace_by($batch);
$payouts->wait_for_health("batch $batch waits: its input .* is spent by an unconfirmed transaction|another transaction, $other, 0 deep");
$payouts->mine(CONFIRMATIONS - 1);
$payouts->wait_for_health("batch $batch waits: another transaction, $other, ${\(CONFIRMATIONS - 1)} deep");
is($payouts->sql("SELECT sum(sending_sats) FROM chimera.account_balances"), 5_000_000, 'nothing goes back before it is deep');
$payouts->mine(1);
$payouts->wait_for_state($batch, 'failed');
like($payouts->batch($batch, 'note'), qr/an input was spent by another transaction, $other/, 'then all does, and it is said why');
$payouts->all_paid_once('after it was given back');
$payouts->confirm($payouts->pay_balances);
$payouts->all_paid_once('after it was paid again');

# --- what had taken its place is replaced by what pays nobody

$batch = $payouts->pay;
$payouts->wait_for_state($batch, 'sent');
$bumped = $first->wallet('pool', 'bumpfee', $payouts->batch($batch, 'txid'))->{txid};
$payouts->wait_for_batch($batch, "txid = '$bumped'");
$other = $payouts->replace_by($batch);
$payouts->mine(CONFIRMATIONS);
$payouts->wait_for_health("batch $batch is held by payer: transaction $other spends an input of $bumped, which had replaced the signed transaction");
is($payouts->sql("SELECT sum(sending_sats) FROM chimera.account_balances"), 5_000_000, 'nothing goes back by itself when somebody has meddled twice');
$payouts->sql("SELECT chimera.settle_payout_batch($batch, 'void', 'bumped, then taken back')");
$payouts->wait_for_state($batch, 'failed');
$payouts->all_paid_once('after an operator gave it back');
$payouts->confirm($payouts->pay_balances);
$payouts->all_paid_once('after it was paid again');

# --- what is in its place pays a part

$batch = $payouts->pay;
$payouts->wait_for_state($batch, 'sent');
$other = $payouts->replace_by($batch, alice => 0.02, bob => 0.01);
$payouts->wait_for_health("batch $batch waits: another transaction, $other, 0 deep, spends its inputs and pays a part of it");
$payouts->mine(CONFIRMATIONS - 1);
$payouts->wait_for_health("batch $batch waits: another transaction, $other, ${\(CONFIRMATIONS - 1)} deep, spends its inputs and pays a part of it");
$payouts->mine(1);
$payouts->wait_for_health("batch $batch is held by payer: transaction $other, ${\CONFIRMATIONS} deep, spends its inputs and pays a part of it");
is($payouts->sql("SELECT sum(sending_sats) FROM chimera.account_balances"), 5_000_000, 'nothing goes back by itself');
is($payouts->sql('SELECT * FROM chimera.audit()'), '', 'the audit finds nothing while it is held');

my $unrelated = $first->wallet('pool', 'sendtoaddress', $payouts->second->wallet('elsewhere', 'getnewaddress'), 0.1);
$payouts->sql("SELECT chimera.settle_payout_batch($batch, 'paid', 'an error', '$unrelated')");
$payouts->wait_for_health(qq(batch $batch is held by payer: the verdict "paid" is refused: transaction $unrelated pays nothing of it));
$payouts->sql("SELECT chimera.settle_payout_batch($batch, 'paid', 'bob was paid too little by hand', '$other')");
$payouts->wait_for_state($batch, 'confirmed');
is($payouts->sql("SELECT returned_sats FROM chimera.payouts WHERE batch_id = $batch AND address = '" . $payouts->address('bob') . q(')),
    2_000_000, 'by a verdict it is paid, and what was not paid goes back');
like($payouts->sql("SELECT memo FROM chimera.ledger_transactions WHERE batch_id = $batch AND kind = 'payout_end'"),
    qr/^verdict of \w+: paid by $other: bob was paid too little by hand$/, 'the ledger tells whose verdict it was, and why');
$payouts->all_paid_once('after a verdict on a part');
$payouts->confirm($payouts->pay_balances);
$payouts->all_paid_once('after the rest was paid');

# --- what is in its place pays more

$batch = $payouts->pay;
$payouts->wait_for_state($batch, 'sent');
$signed = $payouts->batch($batch, 'txid');
$other = $payouts->replace_by($batch, alice => 0.02, bob => 0.04);
$payouts->mine(CONFIRMATIONS);
$payouts->wait_for_health("batch $batch is held by payer: transaction $other, ${\CONFIRMATIONS} deep, spends its inputs and pays a part of it");
is($payouts->batch($batch, 'txid'), $signed, 'a transaction that pays more is not taken for the payout');

done_testing;

# The code dies with that.
sub throws_like
{
    my ($code, $pattern, $name) = @_;

    eval { $code->(); 1 } and return fail($name);
    return like($@, $pattern, $name);
}
