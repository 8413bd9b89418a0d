# A halving under PPS on a real node: each share is paid its part of the subsidy
# of its own job, fees or not, and nobody has to do anything.  A node that
# claims the old subsidy again, or easier bits, is not mined for.

use strict;
use warnings;

use Test::More;

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    HALVING_INTERVAL => 150,
    FIRST_SUBSIDY => 50 * 100_000_000,
    BLOCKS_BEFORE => 3,
    BLOCKS_AFTER => 3,

    # a fifth of regtest's, so that each share is worth about ten coins
    DIFFICULTY => 1e-10,
    HASHES_PER_SECOND => 10,
};

my $bitcoin = Chimera::Pool->start_bcoin;
$bitcoin->mine(HALVING_INTERVAL - 1 - BLOCKS_BEFORE);

my $pool = Chimera::Pool->new('main');
$pool->add_network('bitcoin', $bitcoin, map({ $_ => DIFFICULTY } qw(start_difficulty min_difficulty max_difficulty)));
$pool->safe_psql(q(SELECT chimera.set_reward_scheme('bitcoin', 'pps', '{"fee_percent": 1.5}')));
$pool->add_listener('bitcoin');
$pool->start_stratumd;

# --- mining over the halving, with fees on both sides

$bitcoin->send_legacy;
$pool->wait_for_job('bitcoin');
my @miners = map { $pool->miner('bitcoin', user => "$_.rig", hashes_per_second => HASHES_PER_SECOND) } qw(alice bob);
$pool->wait_for_sql('SELECT max(height) >= ' . HALVING_INTERVAL . ' FROM chimera.jobs');
$bitcoin->send_legacy;
$pool->wait_for_sql('SELECT max(height) > ' . (HALVING_INTERVAL + BLOCKS_AFTER) . ' FROM chimera.blocks');
$_->stop for @miners;

my @subsidies = split /\n/, $pool->safe_psql(<<'SQL');
SELECT DISTINCT height / 150, coinbase_value - fees FROM chimera.jobs ORDER BY 1
SQL
is_deeply(\@subsidies, [ '0|' . FIRST_SUBSIDY, '1|' . FIRST_SUBSIDY / 2 ], 'jobs know the subsidy of their height');
is($pool->safe_psql('SELECT count(DISTINCT height / 150) FROM chimera.jobs WHERE fees > 0'), 2, 'there were fees before the halving and after it');

# --- what the shares are worth

# Until the shares of now are paid.
sub pay_shares
{
    my $last = $pool->safe_psql('SELECT max(share_id) FROM chimera.shares');
    $pool->wait_for_sql("SELECT chimera.post_pps_shares() IS NOT NULL AND (SELECT share_id >= $last FROM chimera.pps_progress)");
    return;
}
pay_shares();

# by the height of each share's job alone, in whole numbers
my @wrong = split /\n/, $pool->safe_psql(<<"SQL");
WITH worth AS (
    SELECT m.account_id, j.height >= @{[HALVING_INTERVAL]} AS is_after,
           div((@{[FIRST_SUBSIDY]}::bigint >> j.height / @{[HALVING_INTERVAL]}) * chimera.work(s.difficulty) * 1000000000000000000,
               chimera.work(chimera.difficulty(decode(repeat('00', 29) || 'ffff7f', 'hex'), 'sha256d'))) * 0.000000000000000001 AS sats
    FROM chimera.shares s JOIN chimera.jobs j USING (job_id) JOIN chimera.miners m USING (miner_id)
), hand AS (
    SELECT account_id, sum(sats) * 0.985 AS sats, count(*) FILTER (WHERE is_after) AS after, count(*) FILTER (WHERE NOT is_after) AS before
    FROM worth GROUP BY 1
)
SELECT format('account %s: %s by hand, %s paid, %s shares before and %s after', account_id, h.sats, b.amount_sats + f.fraction_sats, before, after)
FROM hand h LEFT JOIN chimera.balances b USING (account_id) LEFT JOIN chimera.pps_remainders f USING (account_id)
WHERE b.account = 'balance' AND f.account = 'balance' AND (b.amount_sats + f.fraction_sats) IS DISTINCT FROM h.sats
   OR h.before = 0 OR h.after = 0 OR b.account_id IS NULL
SQL
is_deeply(\@wrong, [], 'each account is paid what its shares before and after the halving are worth, to the last decimal');
is($pool->safe_psql(<<'SQL'), 't', 'all of it comes out of the pool');
SELECT (SELECT sum(amount_sats) FROM chimera.balances WHERE account IN ('balance', 'pool')) = 0
SQL

# --- the blocks are the pool's, whatever their subsidy

$pool->wait_for_sql(q(SELECT bool_and(chimera.is_posted(status, ledger_state)) FROM chimera.blocks WHERE status = 'accepted'));
is($pool->safe_psql('SELECT count(*) FROM chimera.blocks WHERE ledger_problem IS NOT NULL'), 0, 'no block waits');
is($pool->safe_psql(q(SELECT count(*) FROM chimera.audit())), 0, 'the audit finds nothing');
is($pool->safe_psql(q(SELECT ok FROM chimera.health WHERE part = 'pool account')), 'f', 'health tells that the pool has paid ahead');

# --- a node that claims too much

my $fake = Chimera::FakeNode->new(Chimera::Pool->directory('fake'))->start;
$pool->add_network('fake', $fake);
$pool->safe_psql(q(SELECT chimera.set_reward_scheme('fake', 'pps')));
$pool->wait_for_job('fake');

sub jobs { return $pool->safe_psql(q(SELECT count(*), max(coinbase_value), count(DISTINCT nbits) FROM chimera.jobs j JOIN chimera.network_configs USING (network_id) WHERE name = 'fake')) }

sub refused
{
    my ($claim, $message, $what) = @_;
    my $jobs = jobs();

    $fake->set(%{$claim});
    $fake->new_tip;
    $pool->wait_for_sql("SELECT NOT ok AND message ~ '$message' FROM chimera.health WHERE name = 'fake' AND part = 'template'");
    is(jobs(), $jobs, "no job is made of $what");
    like($pool->safe_psql(q(SELECT message FROM chimera.test_network('fake') WHERE check_name = 'template' AND NOT ok)), qr/$message/, 'test_network says the same');
    return;
}
refused({ coinbasevalue => 5_000_000_001 }, 'claims a subsidy of 5000000001', 'a subsidy above the one before');
refused({ coinbasevalue => 5_000_000_000, bits => '1d0fffff' }, 'has a difficulty of', 'bits sixteen times as easy');

$pool->safe_psql(q(SELECT chimera.accept_template('fake', 'a test', difficulty => 0.05)));
$pool->wait_for_sql(q(SELECT ok FROM chimera.health WHERE name = 'fake' AND part = 'template'));
is(jobs() =~ s/^\d+//r, '|5000000000|2', 'it is mined for once the operator accepts it');
$fake->set(bits => '1d00ffff', coinbasevalue => 2_500_000_000);
$fake->new_tip;
$pool->wait_for_sql(q(SELECT count(*) > 0 FROM chimera.jobs WHERE coinbase_value = 2500000000 AND network_id = chimera.network_id('fake')));
pass('a subsidy that falls is believed at once');
# --- another node is used while one lies

my $honest = Chimera::FakeNode->new(Chimera::Pool->directory('honest'))->start;
$honest->set(tip => $fake->{control}{tip}, coinbasevalue => 2_500_000_000);
$pool->safe_psql('SELECT chimera.add_node(' . join(', ', map { Chimera::Pool::literal($_) } 'fake', $honest->url, $honest->credentials) . ')');
$pool->wait_for_sql(q(SELECT ok AND message ~ 'node 1 of 2' FROM chimera.health WHERE name = 'fake' AND part = 'template'));
$fake->set(bits => '1e00ffff');
$_->new_tip for $fake, $honest;
$pool->wait_for_sql(q(SELECT ok AND message ~ 'node 2 of 2.*has a difficulty of' FROM chimera.health WHERE name = 'fake' AND part = 'template'));
my $clean = $pool->safe_psql(q(SELECT count(*) FROM chimera.jobs WHERE network_id = chimera.network_id('fake')));
sleep 4;
is($pool->safe_psql(q(SELECT count(*) FROM chimera.jobs WHERE network_id = chimera.network_id('fake'))), $clean, 'and left alone: there is no going to and fro');
is($pool->safe_psql(q(SELECT nbits = x'1d00ffff'::bigint FROM chimera.jobs WHERE network_id = chimera.network_id('fake') ORDER BY job_id DESC LIMIT 1)), 't', 'the honest node\'s bits are used');
$fake->set(bits => '1d00ffff');
$pool->wait_for_sql(q(SELECT ok AND message ~ 'node 1 of 2' FROM chimera.health WHERE name = 'fake' AND part = 'template'));
$honest->set(transactions => [ { data => '00', txid => '00' x 32 } ]);

# --- fees that are not told

$fake->set(transactions => [ { data => '00', txid => '00' x 32 } ]);
$fake->new_tip;
$pool->wait_for_sql(q(SELECT NOT ok AND message ~ 'does not contain its transactions'' fees, which reward scheme pps needs' FROM chimera.health WHERE name = 'fake' AND part = 'template'));
pass('under PPS a template without fees is refused');

done_testing();
