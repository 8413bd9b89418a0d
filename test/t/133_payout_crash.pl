# A payout is made once, wherever the payer, the server or the node dies: on
# two networks at once, at each step of a batch's way.

use strict;
use warnings;

use Chimera::Pool;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use constant {
    AMOUNT => 1_234_567,
    RICH => 10**15,
    PAYOUT_CONFIRMATIONS => 2,
    MATURITY => 101,
    NETWORKS => [qw(litecoin litetwo)],
};

# the library in which chimera.crash_point is compiled (see `make crash-points`)
my $crash_folder = abs_path(dirname(__FILE__) . '/../..') . '/build/crash';
my %coin = map { $_ => Chimera::Pool->start_litecoind } @{ +NETWORKS };
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
SELECT chimera.update_network('$name', '{"payout_confirmations": @{[PAYOUT_CONFIRMATIONS]}}');
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
    wait_until_all(q(state IN ('sent', 'confirmed')));
    $coin{$_}->mine(PAYOUT_CONFIRMATIONS) for @{ +NETWORKS };
    return wait_until_all(q(state = 'confirmed'));
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
        wait_until_all(q(state IN ('sent', 'confirmed')));
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

# --- the postmaster

prepare_all();
$pool->kill9_postgres;
$pool->start_postgres;
confirm_all();
paid_once(++$times, 'after the postmaster was killed');

# --- the node, with a transaction that is in no block

prepare_all();
wait_until_all(q(state IN ('sent', 'confirmed')));
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
