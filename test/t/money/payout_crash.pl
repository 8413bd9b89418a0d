# A payout is made once, wherever the payer, the server or the node dies: on
# two networks at once, at each step of a batch's way.

use strict;
use warnings;

use Chimera::Pool;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use JSON::PP;
use Test::More;

use constant {
    AMOUNT => 1_234_567,
    PART => 1_000_000,
    RICH => 10**15,
    PAYOUT_CONFIRMATIONS => 2,
    MATURITY => 101,
    NETWORKS => [qw(litecoin litetwo)],
};

# the library in which chimera.crash_point is compiled (see `make crash-points`)
my $crash_folder = abs_path(dirname(__FILE__) . '/../../..') . '/build/crash';
my %coin = map { $_ => Chimera::Pool->start_litecoind(settings => [qw(walletrbf=1 mempoolreplacement=1)]) } @{ +NETWORKS };
my $pool = Chimera::Pool->new('main',
    conf => "dynamic_library_path = '$crash_folder:\$libdir'\nchimera.crash_point = ''\n");
$pool->safe_psql(<<'SQL');
UPDATE pg_proc SET probin = 'chimera' WHERE probin = '$libdir/chimera';
SQL
$pool->safe_psql('SELECT chimera.reload_workers()');

my %address;
$pool->safe_psql(q(INSERT INTO chimera.accounts (name) VALUES ('rich')));
for my $name (@{ +NETWORKS })
{
    my $node = $coin{$name}->first;

    $coin{$name}->mine(MATURITY + 5, $node->wallet('pool', 'getnewaddress'));
    $address{$name} = $node->wallet('alice', 'getnewaddress', '', 'bech32');
    $pool->add_network($name, $coin{$name});
    $pool->safe_psql(<<"SQL");
SELECT chimera.add_node('$name', '@{[$coin{$name}->url]}wallet/pool', kind => 'wallet', rpc_cookie_file => '@{[$coin{$name}->cookie_file]}');
SELECT chimera.update_network('$name', '{"payout_confirmations": @{[PAYOUT_CONFIRMATIONS]}, "minimum_payout_sats": 100000}');
INSERT INTO chimera.accounts (name) VALUES ('$address{$name}');
SELECT chimera.set_wallets('rich', '$name', ARRAY['@{[$coin{$name}->first->wallet('alice', 'getnewaddress', '', 'bech32')]}']);
SQL
}

# Have a batch made on each network, of the same amount each time, in one
# transaction. A payer that dies as soon as it has committed may take the
# session along, after which the batches are there all the same.
sub prepare_all
{
    my ($routine) = @_;
    my $wanted = $pool->safe_psql('SELECT count(*) FROM chimera.payout_batches') + @{ +NETWORKS };
    my $statements = join "\n", map { <<"SQL" } @{ +NETWORKS };
SELECT chimera.adjust_balance('$_', '$address{$_}', @{[AMOUNT]}, 'a test');
SELECT @{[sprintf $routine // 'chimera.prepare_payouts(%s)', "'$_'"]};
SQL

    eval { $pool->safe_psql("BEGIN;\n$statements\nCOMMIT;"); 1 }
      or $@ =~ /because of crash of another server process/
      or die $@;
    return sub { $pool->wait_for_sql('SELECT count(*) FROM chimera.payout_batches', $wanted) };
}

# Somebody is due more, or less, than the wallet has.
sub give_rich
{
    my ($sats) = @_;

    $pool->safe_psql("SELECT chimera.adjust_balance('$_', 'rich', $sats, 'a test')") for @{ +NETWORKS };
    return;
}

sub wait_until_all
{
    my ($condition) = @_;
    return $pool->wait_for_sql("SELECT bool_and($condition) FROM chimera.payout_batches");
}

sub confirm_all
{
    wait_until_all(q(state IN ('sent', 'confirmed', 'failed')));
    $coin{$_}->mine(PAYOUT_CONFIRMATIONS) for @{ +NETWORKS };
    return wait_until_all(q(state IN ('confirmed', 'failed')));
}

sub paid_once
{
    my ($times, $when) = @_;

    for my $name (@{ +NETWORKS })
    {
        my $received = $coin{$name}->first->wallet('alice', 'getreceivedbyaddress', $address{$name}, 1);

        is(sprintf('%.0f', $received * 1e8), $times * AMOUNT, "all is paid once on $name, $when");
    }
    is($pool->safe_psql('SELECT * FROM chimera.audit()'), '', "the audit finds nothing, $when");
    return;
}

sub set_crash_point
{
    my ($point) = @_;

    $pool->node->adjust_conf('postgresql.conf', 'chimera.crash_point', "'$point'");
    $pool->node->reload;
    return;
}

sub log_size { return -s $pool->node->logfile }

# Wait until a payer has died since the log was that long.
sub wait_for_death
{
    my ($offset) = @_;
    return Chimera::Pool::wait_until(
        'a payer to die',
        sub {
            PostgreSQL::Test::Utils::slurp_file($pool->node->logfile, $offset) =~
              /"chimera payer[^"]*" \(PID \d+\) was terminated by signal 9/;
        });
}

my $times = 0;
for my $point (qw(collected prepared returned signed stored sent noted final ended))
{
    my $offset = log_size();
    my $prepared;

    # the last two are reached when the transaction is deep enough
    if ($point eq 'final' || $point eq 'ended')
    {
        $prepared = prepare_all();
        wait_until_all(q(state IN ('sent', 'confirmed', 'failed')));
        set_crash_point($point);
        $coin{$_}->mine(PAYOUT_CONFIRMATIONS) for @{ +NETWORKS };
    }
    else
    {
        # by its schedule a payer makes the batch itself; and from one with
        # somebody for whom the wallet has too little, he goes back
        give_rich(RICH) if $point eq 'returned';
        set_crash_point($point);
        $prepared = prepare_all($point eq 'collected' ? q(chimera.update_network(%s, '{"payout_interval": "1 hour"}')) : undef);
    }
    wait_for_death($offset);
    set_crash_point('');
    $prepared->();
    confirm_all();
    give_rich(-RICH) if $point eq 'returned';
    $pool->safe_psql(qq(SELECT chimera.update_network('$_', '{"payout_interval": null}'))) for @{ +NETWORKS };
    paid_once(++$times, "after the payer died when \"$point\"");
}

# --- on the ways that a transaction's place can be taken

sub newest { return "batch_id > (SELECT max(batch_id) - @{[scalar @{ +NETWORKS }]} FROM chimera.payout_batches)" }

# the transactions of the newest batches, by network
my %txid;

sub wait_for_newest
{
    my ($condition) = @_;
    return $pool->wait_for_sql("SELECT bool_and($condition) FROM chimera.payout_batches WHERE @{[newest()]}");
}

# Spend the inputs of a network's newest batch by a transaction that pays alice
# that much.
sub replace_payout
{
    my ($name, $sats) = @_;
    my $node = $coin{$name}->first;
    my @inputs = map { { txid => $_->{txid}, vout => $_->{vout} } }
      @{ $node->rpc('getrawtransaction', $txid{$name}, JSON::PP::true)->{vin} };
    my $rest = -0.01 - $sats / 1e8;

    $rest += $node->rpc('getrawtransaction', $_->{txid}, JSON::PP::true)->{vout}[ $_->{vout} ]{value} for @inputs;
    my %outputs = ($node->wallet('pool', 'getrawchangeaddress') => sprintf '%.8f', $rest);
    $outputs{ $address{$name} } = sprintf '%.8f', $sats / 1e8 if $sats;
    my $raw = $node->rpc('createrawtransaction', \@inputs, \%outputs);
    return $node->rpc('sendrawtransaction', $node->wallet('pool', 'signrawtransactionwithwallet', $raw)->{hex}, 0);
}

sub use_wallet
{
    my ($name, $wallet) = @_;

    $coin{$name}->first->wallet($wallet, 'getwalletinfo');
    $pool->safe_psql(<<"SQL");
SELECT chimera.update_node(node_id, jsonb_build_object('rpc_url', '@{[$coin{$name}->url]}wallet/$wallet'))
FROM chimera.network_nodes WHERE kind = 'wallet' AND network_id = chimera.network_id('$name')
SQL
    return;
}

sub send_all
{
    prepare_all();
    wait_for_newest(q(state = 'sent'));
    %txid = map {
        $_ => $pool->safe_psql("SELECT txid FROM chimera.payout_batches WHERE @{[newest()]} AND network_id = chimera.network_id('$_')")
    } @{ +NETWORKS };
    return;
}

# Do something on each network, of which payers die at that point, and the
# server with them, and let them live again.
sub die_at
{
    my ($point, $lead_there) = @_;
    my $offset = log_size();

    set_crash_point($point);
    $lead_there->($_) for @{ +NETWORKS };
    wait_for_death($offset);
    set_crash_point('');
    return;
}

# Pay what has gone back to the balances.
sub pay_again
{
    $pool->safe_psql("SELECT chimera.prepare_payouts('$_')") for @{ +NETWORKS };
    return confirm_all();
}

send_all();
die_at('taken over', sub { $coin{ $_[0] }->first->wallet('pool', 'bumpfee', $txid{ $_[0] }) });
confirm_all();
paid_once(++$times, 'after the payer died when "taken over"');

for my $point ('judged', 'given back')
{
    send_all();
    die_at($point, sub { replace_payout($_[0], 0); $coin{ $_[0] }->mine(PAYOUT_CONFIRMATIONS) });
    wait_for_newest(q(state = 'failed'));
    pay_again();
    paid_once(++$times, qq(after the payer died when "$point"));
}

# a part is paid, so it is held; an operator says so, and the rest is paid again
my %replacement;
my $replace = sub {
    my ($name) = @_;

    $replacement{$name} = replace_payout($name, PART);
    $coin{$name}->mine(PAYOUT_CONFIRMATIONS);
};

# in one transaction, since the server dies soon after
my $settle = sub {
    my ($name) = @_;

    return if $name ne NETWORKS->[0];
    my $values = join ', ', map { "('$_', '$replacement{$_}')" } @{ +NETWORKS };
    eval {
        $pool->safe_psql(<<"SQL");
SELECT chimera.settle_payout_batch(b.batch_id, 'paid', 'a test', r.txid)
FROM chimera.payout_batches b JOIN (VALUES $values) r (network, txid) ON b.network_id = chimera.network_id(r.network)
WHERE b.held_at IS NOT NULL
SQL
        1;
    } or $@ =~ /because of crash of another server process/ or die $@;
};
for my $point (qw(held settling settled))
{
    send_all();
    if ($point eq 'held') { die_at($point, $replace) }
    else { $replace->($_) for @{ +NETWORKS } }
    wait_for_newest('held_at IS NOT NULL');
    if ($point eq 'held') { $settle->($_) for @{ +NETWORKS } }
    else { die_at($point, $settle) }
    wait_for_newest(q(state = 'confirmed'));
    pay_again();
    paid_once(++$times, qq(after the payer died when "$point"));
}

# the wallet does not know the transaction, so the chain is asked for it
send_all();
use_wallet($_, 'other') for @{ +NETWORKS };
die_at('found', sub { $coin{ $_[0] }->mine(1) });
confirm_all();
use_wallet($_, 'pool') for @{ +NETWORKS };
paid_once(++$times, 'after the payer died when "found"');

# --- the postmaster

prepare_all();
$pool->kill9_postgres;
$pool->start_postgres;
confirm_all();
paid_once(++$times, 'after the postmaster was killed');

# --- the node, with a transaction that is in no block

prepare_all();
wait_until_all(q(state IN ('sent', 'confirmed', 'failed')));
for my $name (@{ +NETWORKS })
{
    $coin{$name}->first->kill9;
    $coin{$name}->first->start;
    $coin{$name}->wait_until_connected;
    $coin{$name}->first->open_wallet($_) for qw(pool alice);
}
$pool->wait_for_sql(q(SELECT bool_and(ok) FROM chimera.health WHERE part = 'payer'));
confirm_all();
paid_once(++$times, 'after the node was killed');

done_testing;
