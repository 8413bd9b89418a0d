# The server's clock jumps, back and forth, under load: nothing stops, nothing
# is lost, and rewards go to those who worked.

use strict;
use warnings;

use Test::More;

use Chimera::Pool;
use Chimera::SteadyLoad;

# shares of before and after stand further apart than the ten minutes by which
# the searches for a block's work are widened anyway
use constant {
    HOUR => 3600,
    DAY => 86400,
    AT_ONCE_S => 30,
};

my $offset = Chimera::Pool->directory('clock') . '/offset';
my %clock = Chimera::Pool->fault_environment('clock', $offset);

# Set how many seconds the clock of server and stratumd is off.
sub set_clock { return Chimera::Pool->set_fault($offset, pack 'q', $_[0]) }

set_clock(0);
my $pool = do { local @ENV{ keys %clock } = values %clock; Chimera::Pool->new('main') };
my $load = Chimera::SteadyLoad->new;
{
    local @ENV{ keys %clock } = values %clock;
    $load->start($pool);
}
$pool->safe_psql(q(SELECT chimera.set_reward_scheme('litecoin', 'prop', '{}')));

# Blocks whose credits are not as the shares of their rounds, told by the
# shares' ids alone.
sub wrong_credits
{
    return split /\n/, $pool->safe_psql(<<'SQL');
WITH rounds AS (
    SELECT b.block_id, b.network_id, b.reward_sats, b.share_id, b.ledger_state,
           lag(b.share_id) OVER (ORDER BY b.share_id) AS after_id
    FROM chimera.blocks b WHERE b.network_id = chimera.network_id('litecoin')
), worked AS (
    SELECT r.block_id, m.account_id, r.reward_sats * count(*) / sum(count(*)) OVER (PARTITION BY r.block_id) AS sats
    FROM rounds r JOIN chimera.shares s ON s.network_id = r.network_id AND s.share_id > r.after_id AND s.share_id <= r.share_id
    JOIN chimera.miners m USING (miner_id)
    WHERE r.ledger_state <> 'none' AND r.after_id >= (
        SELECT max(g.from_share_id) FROM chimera.reward_settings g WHERE g.network_id = r.network_id)
    GROUP BY r.block_id, m.account_id, r.reward_sats
), credited AS (
    SELECT t.block_id, e.account_id, sum(e.amount_sats) AS sats
    FROM chimera.ledger_transactions t JOIN chimera.ledger_entries e USING (transaction_id)
    WHERE t.block_id IN (SELECT block_id FROM worked) AND t.kind = 'block' AND e.account = 'immature'
    GROUP BY 1, 2
)
SELECT format('block %s, account %s: %s by its shares, %s in the ledger', block_id, account_id, w.sats, c.sats)
FROM worked w FULL JOIN credited c USING (block_id, account_id)
WHERE abs(coalesce(w.sats, 0) - coalesce(c.sats, 0)) > 1
SQL
}

sub goes_on
{
    my ($what) = @_;
    my $newest = $pool->safe_psql('SELECT max(block_id) FROM chimera.blocks');

    $load->mine_on(AT_ONCE_S);
    pass("miners mine on when the clock has $what");
    $pool->wait_for_sql("SELECT count(*) > 1 FROM chimera.blocks WHERE block_id > $newest AND ledger_state <> 'none'");
    pass('new blocks are sent, followed and credited');
    is_deeply([ $load->audit->deviations ], [], 'nothing is missing or counted twice');
    is_deeply([ wrong_credits() ], [], 'rewards are of the shares of each round');
    # wallets that were set an hour ahead are not in force yet
    $pool->wait_for_sql(q(SELECT bool_and(ok) FROM chimera.health WHERE part NOT IN ('addresses', 'payouts')));
    return;
}

my $now = $pool->safe_psql('SELECT extract(epoch FROM clock_timestamp())::bigint');
cmp_ok(abs($now - time), '<', 10, 'the clock is right at first');
set_clock(-HOUR);
$now = $pool->safe_psql('SELECT extract(epoch FROM clock_timestamp())::bigint');
cmp_ok(abs($now - time + HOUR), '<', 10, 'then it is an hour behind');
goes_on('jumped back by an hour');
set_clock(0);
goes_on('jumped forth by an hour');
set_clock(-2 * DAY);
goes_on('jumped back by two days');
set_clock(0);
goes_on('jumped forth by two days');
is_deeply([ $load->end ], [], 'nothing is missing at the end, in the shares, the rollups, the ledger and the chain');
diag $load->summary;

done_testing();
