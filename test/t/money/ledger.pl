# What blocks are worth is in the ledger to the smallest unit: credited,
# matured, taken back when the chain leaves them, whatever crashes.

use strict;
use warnings;

use Chimera::Pool;
use Test::More;

# a few shares a second, some of them blocks
use constant {
    HASHES_PER_SECOND => 60,
    DIFFICULTY => 2e-5,
    CONFIRMATIONS => 4,
    FEE_PPM => 15_000,
};

my $litecoin = Chimera::Pool->start_litecoind;
$litecoin->mine(20);
my $pool = Chimera::Pool->new('main');
$pool->add_network('litecoin', $litecoin, confirmations_needed => CONFIRMATIONS,
    map({ $_ => DIFFICULTY } qw(start_difficulty min_difficulty max_difficulty)));
$pool->add_listener('litecoin');
$pool->safe_psql(
    q(SELECT chimera.set_reward_scheme('litecoin', 'prop', '{"fee_percent": 1.5}')));
$pool->start_stratumd;
$pool->wait_for_job('litecoin');

sub start_miners
{
    return map {
        $pool->miner('litecoin', user => "$_.rig", hashes_per_second => HASHES_PER_SECOND)
    } qw(alice bob);
}

sub wait_for_matured
{
    my ($count) = @_;
    return $pool->wait_for_sql(
        "SELECT count(*) >= $count FROM chimera.blocks WHERE ledger_state = 'matured'");
}

# Wait until the ledger is up to every block.
sub wait_for_ledger
{
    return $pool->wait_for_sql(
        'SELECT bool_and(chimera.is_posted(status, ledger_state)) AND count(ledger_problem) = 0 FROM chimera.blocks'
          . q( WHERE status <> 'found'));
}

# A block's parts in the ledger as counted here: the round's shares by
# account, all of one difficulty, divided by largest remainder; each part's fee
# rounded down.
sub expected_credits
{
    my ($reward, @rows) = @_;
    my $total = 0;
    my %credit;
    my $pool_part = 0;

    $total += $_->{shares} for @rows;
    my $left = $reward;
    for my $row (@rows)
    {
        use integer;
        $row->{amount} = $reward * $row->{shares} / $total;
        $row->{rest} = $reward * $row->{shares} % $total;
        $left -= $row->{amount};
    }
    my @by_rest = sort { $b->{rest} <=> $a->{rest} || $a->{account_id} <=> $b->{account_id} } @rows;
    $by_rest[$_]{amount}++ for 0 .. $left - 1;
    for my $row (@rows)
    {
        use integer;
        my $fee = $row->{amount} * FEE_PPM / 1_000_000;
        $pool_part += $fee;
        $credit{ $row->{account_id} } = $row->{amount} - $fee if $row->{amount} > $fee;
    }
    $credit{pool} = $pool_part if $pool_part;
    return join ' ', map { "$_=$credit{$_}" } sort keys %credit;
}

# Every credited block whose ledger rows are not what is counted here.
sub wrong_blocks
{
    my @wrong;
    my $last = 0;

    for my $line (split /\n/, $pool->safe_psql(<<'SQL'))
SELECT b.block_id, b.reward_sats, b.share_id, b.ledger_state <> 'none',
       (SELECT string_agg(coalesce(e.account_id::text, 'pool') || '=' || e.amount_sats, ' ' ORDER BY coalesce(e.account_id::text, 'pool') COLLATE "C")
        FROM chimera.ledger_transactions t JOIN chimera.ledger_entries e USING (transaction_id)
        WHERE t.block_id = b.block_id AND t.step = 1 AND e.account <> 'rewards')
FROM chimera.blocks b ORDER BY b.share_id
SQL
    {
        my ($block_id, $reward, $share_id, $is_credited, $found) = split /\|/, $line;
        my @rows = map {
            my ($account_id, $shares) = split /\|/;
            { account_id => $account_id, shares => $shares }
        } split /\n/, $pool->safe_psql(<<"SQL");
SELECT m.account_id, count(*) FROM chimera.shares s JOIN chimera.miners m USING (miner_id)
WHERE s.share_id > $last AND s.share_id <= $share_id GROUP BY 1 ORDER BY 1
SQL
        $last = $share_id;
        next unless $is_credited eq 't';
        my $expected = expected_credits($reward, @rows);
        push @wrong, "block $block_id: $found, not $expected" if $found ne $expected;
    }
    return @wrong;
}

# Deviations that the pool itself finds, and an invariant of all.
sub check_books
{
    my ($when) = @_;

    wait_for_ledger();
    is($pool->safe_psql(q(SELECT * FROM chimera.audit())), '', "the audit finds nothing $when");
    is($pool->safe_psql(<<'SQL'), 't', "balances are the rewards of confirmed blocks, immature ones those of the others, $when");
SELECT coalesce(sum(amount_sats) FILTER (WHERE account IN ('balance', 'pool')), 0)
           = (SELECT coalesce(sum(reward_sats), 0) FROM chimera.blocks WHERE status = 'confirmed')
   AND coalesce(sum(amount_sats) FILTER (WHERE account IN ('immature', 'pool_immature')), 0)
           = (SELECT coalesce(sum(reward_sats), 0) FROM chimera.blocks WHERE status = 'accepted')
FROM chimera.balances
SQL
    return;
}

# --- mined and matured

my @miners = start_miners();
wait_for_matured(5);
is($_->stop, 0, 'a miner ends') for @miners;
$pool->wait_for_sql(q(SELECT count(*) FROM chimera.blocks WHERE status IN ('found', 'submitted')), 0);
check_books('after mining');
is_deeply([ wrong_blocks() ], [], 'every block is credited as counted by hand');
cmp_ok($pool->safe_psql(q(SELECT min(amount_sats) FROM chimera.balances WHERE account = 'balance')), '>', 0,
    'both accounts have earned');

# --- the chain leaves its last blocks, and returns

my $height = $litecoin->height;
my $tip = $litecoin->best_hash;
my $orphans = $pool->safe_psql(
    "SELECT count(*) FROM chimera.blocks WHERE height > $height - 2 AND status = 'accepted'");
$litecoin->reorganise(2);
$pool->wait_for_sql(q(SELECT count(*) FROM chimera.blocks WHERE ledger_state = 'reversed'), $orphans);
check_books('after blocks were orphaned');
$litecoin->build_on($tip, 2);
$pool->wait_for_sql(q(SELECT count(*) FROM chimera.blocks WHERE ledger_state = 'reversed'), 0);
check_books('after they returned');

# --- crashes under way

for my $round (1 .. 2)
{
    @miners = start_miners();
    my $matured = $pool->safe_psql(q(SELECT count(*) FROM chimera.blocks WHERE ledger_state = 'matured'));
    wait_for_matured($matured + 2);
    $pool->kill9_postgres;
    $pool->start_postgres;
    wait_for_matured($matured + 4);
    $_->stop for @miners;
    $pool->wait_for_sql(q(SELECT count(*) FROM chimera.blocks WHERE status IN ('found', 'submitted')), 0);
    check_books("after crash $round");
}
is_deeply([ wrong_blocks() ], [], 'every block is credited as counted by hand, crashes or not');
is($pool->safe_psql(<<'SQL'), 0, 'no block has matured twice');
SELECT count(*) FROM (SELECT block_id FROM chimera.ledger_transactions WHERE kind = 'maturity'
                      GROUP BY 1 HAVING count(*) > 1) twice
SQL

done_testing();
