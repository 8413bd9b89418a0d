# A payout is judged by the chain whatever the wallet and its node know: a node
# behind its chain, a wallet swapped, restored or not loaded, change swept by
# hand, blocks that are pruned. The nodes have no index of transactions.

use strict;
use warnings;

use Chimera::Payouts;
use File::Copy qw(copy move);
use File::Path qw(make_path remove_tree);
use Test::More;

use constant CONFIRMATIONS => Chimera::Payouts::CONFIRMATIONS;

my $payouts = Chimera::Payouts->new;
my ($first, $second) = ($payouts->first, $payouts->second);
my $blocks = "$first->{dir}/regtest/blocks";

# A payout that nothing but the blocks knows of: the pool is down while it is
# mined and all its outputs are spent, and has another wallet then. With 'then'
# something more is done meanwhile.
sub pay_and_hide
{
    my ($then) = @_;

    $payouts->use_wallet($first, 'pool');
    my $batch = $payouts->pay;
    $payouts->wait_for_state($batch, 'sent');
    $payouts->use_wallet($first, 'other');
    my $transaction = $payouts->transaction($batch);
    $payouts->while_down(
        sub {
            $payouts->mine(1);
            $payouts->spend_all_outputs($transaction);
            $payouts->mine(CONFIRMATIONS);
            $then->() if $then;
        });
    return $batch;
}

# What pruning does to old blocks: the node can't read them.
sub take_blocks_away
{
    move("$blocks/blk00000.dat", "$blocks/away") or die $!;
    return;
}

sub bring_blocks_back
{
    move("$blocks/away", "$blocks/blk00000.dat") or die $!;
    return;
}

# --- the node starts again, and loads no wallet

my $batch = $payouts->pay;
$payouts->wait_for_state($batch, 'sent');
$first->kill9;
$first->start;
$payouts->litecoin->wait_until_connected;
$payouts->wait_for_health("batch $batch waits: the wallet is not loaded: load it with loadwallet and load_on_startup");
$payouts->sql("SELECT chimera.settle_payout_batch($batch, 'void', 'an error')");
$payouts->wait_for_health("batch $batch is held by payer: the verdict is refused: transaction .* can still be sent");
pass('a payout that the node has lost is not void: it can be sent again');
$first->open_wallet('pool');
$payouts->sql("SELECT chimera.release_payout_batch($batch)");
$payouts->confirm($batch);
$payouts->all_paid_once('after the wallet was loaded again');

# --- another wallet of the same node, and an output is left

$batch = $payouts->pay;
$payouts->wait_for_state($batch, 'sent');
$payouts->use_wallet($first, 'other');
$payouts->mine(1);
$payouts->wait_for_batch($batch, 'confirmations = 1 AND block_hash IS NOT NULL');
$payouts->confirm($batch);
is($payouts->batch($batch, 'confirmations'), CONFIRMATIONS + 1, 'a wallet that does not know a payout is no matter: the chain does');
$payouts->all_paid_once('after the wallet was swapped');

# --- another wallet, and everything spent

$batch = pay_and_hide();
$payouts->wait_for_state($batch, 'confirmed');
pass('a payout is found in its block when wallet and outputs do not show it');
$payouts->all_paid_once('after its outputs and the change were spent by hand');

# --- the blocks are pruned

$batch = pay_and_hide(\&take_blocks_away);
my $txid = $payouts->batch($batch, 'txid');
$payouts->wait_for_health("batch $batch is held by payer: its input .* is spent, and the transaction that spends it is not found, block .* could not be read");
is($payouts->sql('SELECT sum(sending_sats) FROM chimera.account_balances'), 5_000_000, 'what cannot be shown is held, and nothing goes back');

# the operator has looked it up elsewhere, and errs at first
$payouts->sql("SELECT chimera.settle_payout_batch($batch, 'void', 'not seen')");
$payouts->wait_for_state($batch, 'failed');
is($payouts->sql('SELECT * FROM chimera.audit()'), '', 'an operator is believed where the node is blind');
bring_blocks_back();
$payouts->use_wallet($first, 'pool');
$payouts->sql('UPDATE chimera.payout_batches SET looked_at = NULL WHERE looked_at IS NOT NULL');
$payouts->wait_for_health("batch $batch has failed, but transaction $txid is in the chain");
is( $payouts->sql('SELECT check_name, subject, found FROM chimera.audit()'),
    "no failed payout is in the chain|batch $batch: transaction $txid|5000000",
    'the payer looks for what was given back, and the audit tells of it');
$payouts->sql("SELECT chimera.settle_payout_batch($batch, 'paid', 'it was there', '$txid')");
$payouts->all_paid_once('after the verdict was corrected');
is($payouts->health, '', 'and health has nothing to say');

# --- pruned, and rightly settled

$batch = pay_and_hide(\&take_blocks_away);
$txid = $payouts->batch($batch, 'txid');
$payouts->wait_for_health("batch $batch is held by payer");
$payouts->sql("SELECT chimera.settle_payout_batch($batch, 'paid', 'an explorer has it', '$txid')");
$payouts->wait_for_state($batch, 'confirmed');
bring_blocks_back();
$payouts->all_paid_once('after an operator has found the payout elsewhere');

# --- pruned, released when the blocks are back, and meanwhile wrongly settled

$batch = pay_and_hide(\&take_blocks_away);
$payouts->wait_for_health("batch $batch is held by payer");
bring_blocks_back();
$payouts->sql("SELECT chimera.settle_payout_batch($batch, 'void', 'an error')");
$payouts->wait_for_health("batch $batch is held by payer: the verdict \"void\" is refused: transaction .* is in the chain");
is($payouts->batch($batch, 'verdict'), '', 'a verdict that the chain contradicts is refused');
$payouts->sql("SELECT chimera.release_payout_batch($batch)");
$payouts->wait_for_state($batch, 'confirmed');
$payouts->all_paid_once('after the payer could look again');

# --- another node, which is behind

$payouts->use_wallet($first, 'pool');
$payouts->sql(q(SELECT chimera.update_network('litecoin', '{"payout_confirmations": 7}')));
$batch = $payouts->pay;
$payouts->wait_for_state($batch, 'sent');
$payouts->litecoin->set_network_active(0);
$first->rpc('generatetoaddress', 6, $first->wallet('pool', 'getnewaddress'));
$payouts->wait_for_batch($batch, 'confirmations = 6');
$payouts->use_wallet($second, 'other');
$payouts->wait_for_health('the wallet cannot be used: the node is not synced: it is at block \d+, and the pool knows of \d+');
is($payouts->batch($batch, 'state'), 'sent', 'a node that is behind judges nothing');
$payouts->litecoin->set_network_active(1);
$payouts->litecoin->wait_until_connected;
$payouts->mine(1);
$payouts->wait_for_state($batch, 'confirmed');
$payouts->all_paid_once('after the node was swapped');
$payouts->sql(qq(SELECT chimera.update_network('litecoin', '{"payout_confirmations": ${\CONFIRMATIONS}}')));

# --- the node is lost, and the wallet comes from a backup

$payouts->use_wallet($first, 'pool');
my $backup = Chimera::Pool->directory('backup') . '/wallet.dat';
$first->wallet('pool', 'backupwallet', $backup);
$batch = $payouts->pay;
$payouts->wait_for_state($batch, 'sent');
$payouts->mine(1);
$payouts->wait_for_batch($batch, 'confirmations = 1');
$first->stop;
my $configuration = Chimera::Node::slurp("$first->{dir}/litecoin.conf");
remove_tree("$first->{dir}/regtest");
make_path("$first->{dir}/regtest/wallets/pool");
copy($backup, "$first->{dir}/regtest/wallets/pool/wallet.dat") or die $!;
write_configuration($configuration =~ s/^connect=.*/connect=0/mr);
$first->start;
$first->wallet('pool', 'getwalletinfo');
$payouts->wait_for_health('the wallet cannot be used: the node is not synced');
is($payouts->batch($batch, 'state'), 'sent', 'a node that loads its chain again judges nothing');
is($payouts->sql('SELECT sum(sending_sats) FROM chimera.account_balances'), 5_000_000, 'and gives nothing back');
$first->rpc('addnode', '127.0.0.1:' . $second->p2p_port, 'onetry');
$payouts->litecoin->wait_until_synced;
$payouts->confirm($batch);
$payouts->all_paid_once('after the wallet was restored');

done_testing;

sub write_configuration
{
    my ($text) = @_;

    open my $handle, '>', "$first->{dir}/litecoin.conf" or die $!;
    print $handle $text;
    close $handle or die $!;
    return;
}
