# Merged mining on real nodes: one share is a block of the parent and of both
# its children, each is accepted, matures, is credited and paid on its own
# chain, and a child that is unavailable costs its parent nothing.

use strict;
use warnings;

use Chimera::Pool;
use Test::More;

use constant {
    CONFIRMATIONS => 3,
    MATURITY => 101,
    # the ids are equal modulo 2: they need a tree of four
    IDS => { doge => 98, bells => 16 },
};

my $litecoin = Chimera::Pool->start_litecoind;
my %child = map { $_ => Chimera::Pool->start_auxpow_child(chain_id => IDS->{$_}, algorithm => 'scrypt') } sort keys %{ +IDS };
$_->mine(MATURITY) for $litecoin, values %child;

my $pool = Chimera::Pool->new('main');
$pool->add_network('litecoin', $litecoin, confirmations_needed => CONFIRMATIONS);
$pool->add_network($_, $child{$_}, confirmations_needed => CONFIRMATIONS, template_rules => [], display_name => ucfirst $_)
  for sort keys %child;
$pool->safe_psql("SELECT chimera.set_reward_scheme('$_', 'prop', '{\"fee_percent\": 1}')") for 'litecoin', sort keys %child;
$pool->add_listener('litecoin');
$pool->start_stratumd;
$pool->wait_for_job($_) for 'litecoin', sort keys %child;

my $client = $pool->stratum('litecoin', user => 'alice.rig');
my $job = $client->next_notify;

# the job that is given next and carries these children
sub next_job
{
    my ($carried) = @_;

    Chimera::Pool::wait_until(
        "a job that carries $carried",
        sub {
            $job = $client->next_notify;
            return carried_by($job) eq $carried;
        });
    return $job;
}

sub carried_by
{
    my ($of) = @_;
    return $pool->safe_psql(<<"SQL");
SELECT coalesce(string_agg(n.name, ' ' ORDER BY n.name), '') FROM chimera.jobs j
JOIN chimera.carried_jobs c USING (tree_id) JOIN chimera.network_configs n ON n.network_id = c.network_id
WHERE j.job_id = @{[ hex $of->{id} ]}
SQL
}

# --- two children

like($job->{coinbase1}, qr/^(?!.*fabe6d6d)/, 'a job of a network without children commits to none');
$pool->safe_psql("SELECT chimera.merge_network('$_', 'litecoin', 'a test')") for sort keys %child;
next_job('bells doge');
pass('a job carries both children, and its miner stays connected');
ok(!$job->{clean_jobs}, 'without the end of earlier work');
like($job->{coinbase1}, qr/fabe6d6d[0-9a-f]{64}0400000000000000/, 'its coinbase commits to a tree of four');

my $notified = $job;
$child{doge}->mine(1);
next_job('bells doge');
ok(!$job->{clean_jobs}, 'a child\'s new tip makes a job that ends no work');

# --- one share, three blocks

# mine share by share until one is a block
sub mine_one
{
    my $before = $pool->safe_psql('SELECT count(*) FROM chimera.blocks');

    for (1 .. 30)
    {
        my $miner = $pool->miner('litecoin', user => 'alice.rig', shares => 1);
        BAIL_OUT('no share was accepted') if $miner->wait;
        last if $pool->safe_psql('SELECT count(*) FROM chimera.blocks') > $before;
    }
    return;
}
mine_one();
is($pool->safe_psql(<<'SQL'), 'bells|1, doge|1, litecoin|1', 'a share of a miner that knows nothing of it is a block of all three');
SELECT string_agg(n.name || '|' || b.count, ', ' ORDER BY n.name)
FROM (SELECT network_id, count(*) FROM chimera.blocks GROUP BY 1) b JOIN chimera.network_configs n USING (network_id)
SQL
is($pool->safe_psql('SELECT count(DISTINCT share_id) FROM chimera.blocks'), 1, 'all by one share');
is($pool->safe_psql('SELECT count(*) FROM chimera.blocks WHERE proof_problem IS NOT NULL'), 0, 'with a proof that the pool finds valid');
$pool->wait_for_sql(q(SELECT count(*) FROM chimera.blocks WHERE status = 'accepted'), 3);
for my $network ('litecoin', sort keys %child)
{
    my $node = $child{$network} // $litecoin;
    my $hash = $pool->safe_psql("SELECT encode(hash, 'hex') FROM chimera.blocks WHERE network_id = chimera.network_id('$network')");
    is($node->best_hash, $hash, "the node of $network has it as its tip");
}

# --- each matures on its own

$child{doge}->mine(CONFIRMATIONS);
$pool->wait_for_sql(q(SELECT string_agg(n.name || ' ' || b.ledger_state, ', ' ORDER BY n.name)
    FROM chimera.blocks b JOIN chimera.network_configs n USING (network_id)), 'bells credited, doge matured, litecoin credited');
pass('a child\'s block matures by its own chain');
$litecoin->reorganise(2);
$pool->wait_for_sql(q(SELECT string_agg(n.name || ' ' || b.ledger_state, ', ' ORDER BY n.name)
    FROM chimera.blocks b JOIN chimera.network_configs n USING (network_id)), 'bells credited, doge matured, litecoin reversed');
pass('and the parent\'s orphan is no matter of its children');
$child{bells}->mine(CONFIRMATIONS);
$pool->wait_for_sql(q(SELECT ledger_state FROM chimera.blocks b WHERE network_id = chimera.network_id('bells')), 'matured');
is($pool->safe_psql(<<'SQL'), 'bells|4950000000|50000000, doge|4950000000|50000000', 'each ledger has its own coin\'s reward');
SELECT string_agg(concat_ws('|', n.name, b.amount_sats, p.amount_sats), ', ' ORDER BY n.name)
FROM chimera.balances b JOIN chimera.balances p USING (network_id) JOIN chimera.network_configs n USING (network_id)
WHERE b.account = 'balance' AND p.account = 'pool'
SQL
is($pool->safe_psql('SELECT * FROM chimera.audit()'), '', 'the audit finds nothing');

# --- a child that is unavailable

$pool->safe_psql(q(SELECT chimera.update_network('bells', '{"template_max_age_s": 3}')));
$child{bells}->stop;
next_job('doge');
pass('a child whose node is unavailable drops out');
mine_one();
$pool->wait_for_sql(q(SELECT string_agg(n.name, ' ' ORDER BY n.name) FROM chimera.blocks b JOIN chimera.network_configs n USING (network_id)
    WHERE b.share_id = (SELECT max(share_id) FROM chimera.blocks)), 'doge litecoin');
pass('and the others are mined as before');
$child{bells}->start;
next_job('bells doge');
pass('until it is back');

# --- unmerged

$pool->safe_psql(q(SELECT chimera.unmerge_network('doge', 'litecoin', 'enough')));
next_job('bells');
pass('a child that is unmerged is carried no more');
is($pool->safe_psql('SELECT * FROM chimera.audit()'), '', 'the audit finds nothing');

done_testing();
