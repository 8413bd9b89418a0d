# Payouts.pm: a pool that pays two accounts out of a real wallet, for tests of
# what becomes of a payout.
#
#     my $payouts = Chimera::Payouts->new;
#     my $batch = $payouts->pay;
#     $payouts->wait_for_state($batch, 'sent');
#     $payouts->mine(Chimera::Payouts::CONFIRMATIONS);
#     $payouts->wait_for_state($batch, 'confirmed');
#     $payouts->all_paid_once('after all');
#
# The accounts' addresses are the second node's; the pool's node has no index
# of transactions, as most nodes have not, and takes replacements.
package Chimera::Payouts;

use strict;
use warnings;

use Chimera::Pool;
use JSON::PP;
use Test::More;

use constant {
    CONFIRMATIONS => 3,
    MATURITY => 101,
    COINS => 20,
    EARNS => { alice => 2_000_000, bob => 3_000_000 },
    SETTINGS => [qw(txindex=0 walletrbf=1 mempoolreplacement=1)],
};

sub new
{
    my ($class) = @_;
    my $litecoin = Chimera::Pool->start_litecoind(settings => SETTINGS);
    my $self = bless { litecoin => $litecoin, earned => {} }, $class;

    $litecoin->mine(COINS, $self->first->wallet('pool', 'getnewaddress', '', 'bech32'));
    $litecoin->mine(MATURITY);
    for my $name (sort keys %{ +EARNS })
    {
        my $address = $self->second->wallet('people', 'getnewaddress', '', 'bech32');
        my $info = $self->second->wallet('people', 'getaddressinfo', $address);

        $self->{address}{$name} = $address;
        $self->{script}{$name} = $info->{scriptPubKey};
    }
    $self->{pool} = Chimera::Pool->new('main');
    $self->pool->add_network('litecoin', $litecoin);
    $self->sql(<<"SQL");
SELECT chimera.add_node('litecoin', '@{[$litecoin->url]}wallet/pool', kind => 'wallet', rpc_cookie_file => '@{[$litecoin->cookie_file]}');
SELECT chimera.update_network('litecoin', '{"payout_confirmations": @{[CONFIRMATIONS]}}');
INSERT INTO chimera.accounts (name) VALUES ('$self->{address}{alice}'), ('$self->{address}{bob}');
SQL
    return $self;
}

sub litecoin { return $_[0]{litecoin} }
sub first { return $_[0]{litecoin}->first }
sub second { return $_[0]{litecoin}->second }
sub pool { return $_[0]{pool} }
sub address { return $_[0]{address}{ $_[1] } }
sub sql { my ($self, $query) = @_; return $self->pool->safe_psql($query) }
sub wait_for { my ($self, @query) = @_; return $self->pool->wait_for_sql(@query) }

# Let both accounts earn what they earn, and make a batch of it.
sub pay
{
    my ($self) = @_;

    for my $name (sort keys %{ +EARNS })
    {
        $self->sql("SELECT chimera.adjust_balance('litecoin', '$self->{address}{$name}', ${\EARNS->{$name}}, 'earned')");
        $self->{earned}{$name} += EARNS->{$name};
    }
    return $self->sql(q(SELECT chimera.prepare_payouts('litecoin')));
}

# Pay again what has gone back to the balances.
sub pay_balances
{
    my ($self) = @_;
    return $self->sql(q(SELECT chimera.prepare_payouts('litecoin')));
}

sub batch
{
    my ($self, $batch, $column) = @_;
    return $self->sql("SELECT $column FROM chimera.payout_batches WHERE batch_id = $batch");
}

sub wait_for_batch
{
    my ($self, $batch, $condition) = @_;
    return $self->wait_for("SELECT $condition FROM chimera.payout_batches WHERE batch_id = $batch");
}

sub wait_for_state
{
    my ($self, $batch, $state) = @_;
    return $self->wait_for_batch($batch, "state = '$state'");
}

# Wait until health says that about the payer.
sub wait_for_health
{
    my ($self, $pattern) = @_;
    return $self->wait_for(
        "SELECT NOT ok AND message ~ '$pattern' FROM chimera.health WHERE part = 'payer'");
}

sub health { my ($self) = @_; return $self->sql(q(SELECT message FROM chimera.health WHERE part = 'payer')) }

sub mine { my ($self, $count) = @_; return $self->litecoin->mine($count) }

sub confirm
{
    my ($self, $batch) = @_;

    $self->wait_for_state($batch, 'sent');
    $self->mine(CONFIRMATIONS);
    return $self->wait_for_state($batch, 'confirmed');
}

sub received
{
    my ($self, $name) = @_;
    return sprintf '%.0f', 1e8 * $self->second->wallet('people', 'getreceivedbyaddress', $self->{address}{$name}, 1);
}

# What has been earned is either in the chain or in the balance; nothing is on
# its way.
sub all_paid_once
{
    my ($self, $when) = @_;
    my (%expected, %found);

    for my $name (sort keys %{ +EARNS })
    {
        my $row = $self->sql(<<"SQL");
SELECT balance_sats + sending_sats, paid_sats FROM chimera.account_balances WHERE account = '$self->{address}{$name}'
SQL
        my ($owed, $paid) = split /\|/, $row;

        $expected{$name} = "$self->{earned}{$name} earned, $paid paid";
        $found{$name} = $self->received($name) + $owed . ' earned, ' . $self->received($name) . ' paid';
    }
    is_deeply(\%found, \%expected, "each has what it earned, once, $when");
    is($self->sql('SELECT * FROM chimera.audit()'), '', "the audit finds nothing, $when");
    return;
}

# --- transactions by hand

# The raw transaction of a batch as the node decodes it.
sub transaction
{
    my ($self, $batch) = @_;
    return $self->first->rpc('getrawtransaction', $self->batch($batch, 'txid'), JSON::PP::true);
}

# Send, from the wallet, what spends the inputs of a batch's transaction and
# pays these coins by name; the rest is change and the fee.
sub replace_by
{
    my ($self, $batch, %coins) = @_;
    my $inputs = $self->transaction($batch)->{vin};
    my @spent = map { { txid => $_->{txid}, vout => $_->{vout}, sequence => 0xfffffffd } } @{$inputs};
    my $total = 0;

    $total += $self->first->rpc('gettxout', $_->{txid}, $_->{vout}, JSON::PP::false)->{value} for @spent;
    my $rest = $total - 0.01;
    my %outputs;
    for my $name (keys %coins)
    {
        $outputs{ $self->address($name) } = sprintf '%.8f', $coins{$name};
        $rest -= $coins{$name};
    }
    $outputs{ $self->first->wallet('pool', 'getrawchangeaddress') } = sprintf '%.8f', $rest;
    my $raw = $self->first->rpc('createrawtransaction', \@spent, \%outputs);
    my $signed = $self->first->wallet('pool', 'signrawtransactionwithwallet', $raw)->{hex};
    return $self->first->rpc('sendrawtransaction', $signed, 0);
}

# Spend every output of a decoded transaction, the change by the pool's wallet,
# the others by the people's.
sub spend_all_outputs
{
    my ($self, $transaction) = @_;

    for my $output (@{ $transaction->{vout} })
    {
        my $address = $output->{scriptPubKey}{addresses}[0];
        my $is_change = !grep { $_ eq $address } values %{ $self->{address} };
        my ($node, $wallet) = $is_change ? ($self->first, 'pool') : ($self->second, 'people');
        my $raw = $node->rpc('createrawtransaction', [ { txid => $transaction->{txid}, vout => $output->{n} } ],
            { $self->second->wallet('elsewhere', 'getnewaddress') => sprintf('%.8f', $output->{value} - 0.001) });

        $node->rpc('sendrawtransaction', $node->wallet($wallet, 'signrawtransactionwithwallet', $raw)->{hex}, 0);
    }
    return;
}

# --- the wallet that the pool pays from

sub use_wallet
{
    my ($self, $node, $wallet) = @_;

    $node->wallet($wallet, 'getwalletinfo');
    $self->sql(<<"SQL");
SELECT chimera.update_node(node_id, jsonb_build_object('rpc_url', '@{[$node->url]}wallet/$wallet', 'rpc_cookie_file', '@{[$node->cookie_file]}'))
FROM chimera.network_nodes WHERE kind = 'wallet';
SQL
    return;
}

# Do something while the pool's server is down.
sub while_down
{
    my ($self, $code) = @_;

    $self->pool->node->stop;
    my $result = $code->();
    $self->pool->node->start;
    return $result;
}

1;
