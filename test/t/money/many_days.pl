# No statement of the pool locks more partitions than it reads shares of: a
# server whose table of locks is far too small for all of them works, and so do
# every duty, page and audit.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use Chimera::Pool;

# about 1000 locks and what little memory is left over, for 1800 partitions and indexes
use constant {
    NETWORKS => 6,
    DAYS => 150,
    CONF => "max_locks_per_transaction = 20\nmax_connections = 20\n",
    # a network's table, two days of shares with their indexes
    MOST_LOCKS => 5,
};

my $work = abs_path(dirname(__FILE__) . '/../../sql/work.psql');
my $pool = Chimera::Pool->new('days', conf => CONF);
my @networks = map { "coin$_" } 1 .. NETWORKS;
my $last = NETWORKS;

$pool->safe_psql(<<"SQL");
\\i $work
SELECT chimera.add_network('coin' || i, 'sha256d', 'TST', repeat('0', 64), 'http://127.0.0.1:1', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
                           settings => '{"p2pkh_version": 0}') FROM generate_series(1, $last) i;
SELECT chimera.enable_network('coin1');
UPDATE chimera.network_configs SET share_retention = '300 days';
SELECT chimera.set_reward_scheme(name, 'pplns', '{"window": 3}') FROM chimera.network_configs WHERE name <> 'coin1';
SELECT chimera.set_reward_scheme('coin1', 'pps+', '{"window": 3}');
INSERT INTO chimera.accounts (name) VALUES ('alice');
INSERT INTO chimera.miners (account_id, name) SELECT account_id, '' FROM chimera.accounts;
SQL
for my $network (@networks)
{
    for (my $day = DAYS; $day > 0; $day -= 20)
    {
        $pool->safe_psql("SELECT chimera.make_share_partitions(chimera.network_id('$network'), current_date - $day, current_date - $day + 19)");
    }
}
cmp_ok(
    $pool->safe_psql(q(SELECT count(*) FROM pg_class WHERE relnamespace = 'chimera'::regnamespace AND relispartition AND relname ~ '_\d{8}$')),
    '>=', NETWORKS * DAYS, 'there are many partitions');
isnt($pool->node->psql('pool', 'SELECT count(*) FROM chimera.shares'), 0,
    'a query of all of them needs more locks than there are');

# --- work in them: a block of today, and one of a hundred days ago

$pool->safe_psql(<<"SQL");
\\i $work
SELECT pg_temp.make_job(network_id, :easy_nbits, template_id => 0) FROM chimera.network_configs;
INSERT INTO chimera.templates (template_id, network_id, height, transaction_count, transactions)
SELECT 0, network_id, 7, 0, '' FROM chimera.network_configs LIMIT 1;
WITH jobs AS (SELECT max(j.job_id) AS job_id FROM chimera.jobs j GROUP BY j.network_id)
SELECT pg_temp.submit(pg_temp.share(j.job_id, m.miner_id, pg_temp.find(j.job_id, true))) FROM jobs j, chimera.miners m;
INSERT INTO chimera.blocks (network_id, height, hash, status, job_id, share_id, settles_after, account_id, miner_id, reward_sats,
                            network_difficulty, share_difficulty, found_at)
SELECT b.network_id, 5, sha256(b.hash), 'accepted', b.job_id, 17, '3', b.account_id, b.miner_id, 5000000000, b.network_difficulty, 1,
       current_date - 100 + interval '1 hour'
FROM chimera.blocks b;
INSERT INTO chimera.shares
SELECT 17, b.network_id, b.found_at, b.job_id, 0, 1, b.miner_id, 0, 0, 0, 0, 1 FROM chimera.blocks b WHERE b.share_id = 17
ON CONFLICT DO NOTHING;
UPDATE chimera.blocks SET status = 'accepted';
SQL

# How many of the shares' partitions and indexes a transaction has locked.
sub locks_of
{
    my ($statement) = @_;
    my $answer = $pool->safe_psql(<<"SQL");
BEGIN;
DO \$\$ BEGIN PERFORM 1 FROM ($statement) call; END \$\$;
SELECT count(DISTINCT relation) FROM pg_locks JOIN pg_class c ON c.oid = relation
WHERE pid = pg_backend_pid() AND c.relname ~ '^shares_';
ROLLBACK;
SQL
    return $answer;
}

$pool->wait_for_sql('SELECT count(*) >= ' . NETWORKS . ' FROM chimera.block_rounds');
$pool->wait_for_sql(q(SELECT bool_and(ledger_state = 'credited') FROM chimera.blocks));
is($pool->safe_psql('SELECT count(*) FROM chimera.duty_problems()'), 0, 'the accountant does all its duties');

# the first range of a network's shares that are paid as they come has no begin
$pool->safe_psql('SELECT chimera.post_pps_shares()') for 1 .. 2;

for my $call (
    "SELECT chimera.apply_share_deltas(network_id)",
    "SELECT chimera.record_rounds(now(), network_id)",
    "SELECT chimera.refresh_due_standings(network_id)",
    "SELECT chimera.post_blocks(network_id)",
    "SELECT chimera.post_pps_shares(network_id)",
    "SELECT chimera.summarize_shares(network_id)",
    "SELECT chimera.make_share_partitions(network_id, current_date - 5, current_date - 1)",
    "SELECT chimera.drop_old_share_day(network_id)",
    "SELECT chimera.unposted_networks()",
    "SELECT chimera.network_json(network_id)")
{
    my $from = q( FROM chimera.network_configs WHERE name = 'coin1');
    $pool->safe_psql('DELETE FROM chimera.block_rounds') if $call =~ /record/;
    cmp_ok(locks_of($call . $from), '<=', MOST_LOCKS, $call =~ s/^SELECT chimera.([a-z_]+).*/$1/r . ' locks few partitions');
}
$pool->wait_for_sql('SELECT count(*) >= ' . NETWORKS . ' FROM chimera.block_rounds WHERE share_id IS NOT NULL');

# --- of all networks in one transaction

for my $call (
    'SELECT * FROM chimera.network_stats',
    'SELECT * FROM chimera.network_pool_stats',
    'SELECT * FROM chimera.health',
    'SELECT chimera.web_pool_stats()',
    'SELECT chimera.web_networks()',
    'SELECT chimera.web_blocks()',
    'SELECT chimera.web_metrics()',
    'SELECT chimera.audit()',
    'SELECT chimera.record_rounds()',
    'SELECT chimera.summarize_shares()',
    'SELECT chimera.post_blocks()',
    'SELECT chimera.drop_old_shares()')
{
    cmp_ok(locks_of($call), '<=', NETWORKS * MOST_LOCKS, "$call does not lock all partitions");
}
is($pool->safe_psql('SELECT count(*) FROM chimera.audit()'), 0, 'the audit finds nothing');

# in one session, again and again: a plan that holds for any network would lock all
is($pool->node->psql('pool', 'SELECT count(*) FROM chimera.network_stats;' x 12), 0,
    'a session may ask as often as it likes');

# --- after a restart the set of live shares is loaded, with networks of old jobs

$pool->safe_psql(
    q(ALTER TABLE chimera.jobs DISABLE TRIGGER USER;
      UPDATE chimera.jobs SET created_at = current_date - 149;
      ALTER TABLE chimera.jobs ENABLE TRIGGER USER));
$pool->node->restart;
is( $pool->safe_psql(<<"SQL"), '{3}', 'a share of before a restart is known, though the jobs are old');
\\i $work
SELECT pg_temp.submit(pg_temp.share(j.job_id, m.miner_id, pg_temp.find(j.job_id, true))) FROM chimera.jobs j, chimera.miners m
WHERE j.network_id = chimera.network_id('coin3');
SQL

# --- the days go

$pool->safe_psql(q(UPDATE chimera.network_configs SET share_retention = '3 days'));
$pool->safe_psql(q(SELECT pg_terminate_backend(pid) FROM chimera.worker_status() WHERE kind = 'accountant'));
$pool->wait_for_sql(
    q(SELECT count(*) = 0 FROM chimera.network_configs n, chimera.share_days(n.network_id) WHERE day < current_date - 4));
is($pool->safe_psql('SELECT count(*) FROM chimera.duty_problems()'), 0, 'old days are dropped, one after the other');

done_testing();
