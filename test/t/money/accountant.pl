# No duty of the accountant stops another, and no network another's: what fails
# is named with its network and error, all else goes on, and it is done as soon
# as it can be.  Old shares are dropped without anybody waiting for it.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use Chimera::Pool;

my $work = abs_path(dirname(__FILE__) . '/../../sql/work.psql');
my $pool = Chimera::Pool->new('accountant');

# every minute's duty is due at once when the worker starts
sub restart_accountant
{
    $pool->wait_for_sql(q(SELECT count(pid) = 1 FROM chimera.worker_status() WHERE kind = 'accountant'));
    my $pid = $pool->safe_psql(q(SELECT pid FROM chimera.worker_status() WHERE kind = 'accountant'));

    $pool->safe_psql("SELECT pg_terminate_backend($pid)");
    $pool->wait_for_sql(
        "SELECT count(*) = 1 FROM chimera.worker_status() WHERE kind = 'accountant' AND pid <> $pid AND last_success IS NOT NULL");
    return;
}

# A share that is a block, on each network.
sub submit_everywhere
{
    my ($extranonce1) = @_;

    $pool->safe_psql(<<"SQL");
\\i $work
WITH jobs AS (
    SELECT n.network_id, (SELECT max(j.job_id) FROM chimera.jobs j WHERE j.network_id = n.network_id) AS job_id
    FROM chimera.network_configs n)
SELECT pg_temp.submit(pg_temp.share(j.job_id, m.miner_id, pg_temp.find(j.job_id, true), $extranonce1)) FROM jobs j, chimera.miners m;
SQL
    return;
}

$pool->safe_psql(<<"SQL");
\\i $work
SELECT chimera.add_network(name, 'sha256d', 'TST', repeat('0', 64), 'http://127.0.0.1:1', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
                           settings => '{"p2pkh_version": 0}') FROM unnest('{good,evil}'::text[]) name;
SELECT chimera.enable_network(name) FROM chimera.network_configs;
SELECT chimera.set_reward_scheme(name, 'pps') FROM chimera.network_configs;
INSERT INTO chimera.accounts (name) VALUES ('alice');
INSERT INTO chimera.miners (account_id, name) SELECT account_id, '' FROM chimera.accounts;
SELECT pg_temp.make_job(network_id, :easy_nbits, template_id => 0) FROM chimera.network_configs;
INSERT INTO chimera.templates (template_id, network_id, height, transaction_count, transactions)
SELECT 0, network_id, 7, 0, '' FROM chimera.network_configs LIMIT 1;

CREATE FUNCTION public.break_evil() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN
    IF NEW.network_id = chimera.network_id('evil') THEN
        RAISE EXCEPTION 'broken %', TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END \$\$;
SQL

# --- what fails for one network

my @broken = qw(share_rollups_minute block_rounds network_standings ledger_transactions pps_progress);

$pool->safe_psql(join "\n",
    map { "CREATE TRIGGER break_evil BEFORE INSERT OR UPDATE ON chimera.$_ FOR EACH ROW EXECUTE FUNCTION public.break_evil();" } @broken);
submit_everywhere(1);
$pool->safe_psql(q(UPDATE chimera.blocks SET status = 'accepted'));
restart_accountant();
$pool->wait_for_sql(q(SELECT next_share_id IS NOT NULL FROM chimera.pps_progress));

# the next time it starts it pays up to that horizon
restart_accountant();
my $served = q(
    SELECT (SELECT count(*) FROM chimera.share_rollups_minute r WHERE r.network_id = n.network_id) > 0
       AND (SELECT count(*) FROM chimera.block_rounds r WHERE r.network_id = n.network_id) > 0
       AND (SELECT count(*) FROM chimera.network_standings r WHERE r.network_id = n.network_id) > 0
       AND (SELECT count(*) FROM chimera.ledger_transactions r WHERE r.network_id = n.network_id AND kind = 'block') > 0
       AND (SELECT count(*) FROM chimera.ledger_transactions r WHERE r.network_id = n.network_id AND kind = 'shares') > 0
    FROM chimera.network_configs n WHERE n.name = '%s');
ok($pool->wait_for_sql(sprintf $served, 'good') || 1, 'one network is served while everything fails for the other');

$pool->wait_for_sql(q(SELECT count(*) = 5 FROM chimera.duty_problems()));
is( $pool->safe_psql(q(SELECT string_agg(format('%s of %s: %s', duty, name, message), ', ' ORDER BY duty)
                       FROM chimera.duty_problems() LEFT JOIN chimera.network_configs USING (network_id))),
    join(', ', map { "$_->[0] of evil: broken $_->[1]" }
          [ 'applying share deltas' => 'share_rollups_minute' ],
        [ 'posting PPS shares' => 'pps_progress' ],
        [ 'posting blocks' => 'ledger_transactions' ],
        [ 'recording rounds' => 'block_rounds' ],
        [ 'refreshing standings' => 'network_standings' ]),
    'each duty that fails is named with its network and error');
is( $pool->safe_psql(q(SELECT DISTINCT subject, name, ok FROM chimera.health WHERE part = 'accountant' ORDER BY 1)),
    "network|evil|f\nserver|pool|f",
    'in health the network is not ok, nor is the worker');
is($pool->safe_psql(q(SELECT chimera.web_health() #>> '{networks,0,ok}')), 'false', 'nor is it for the pages');

$pool->safe_psql("DROP TRIGGER break_evil ON chimera.$_") for @broken;
$pool->wait_for_sql(q(SELECT count(*) = 0 FROM chimera.duty_problems() WHERE duty <> 'posting PPS shares'));
restart_accountant();
$pool->wait_for_sql(q(SELECT count(*) = 2 FROM chimera.pps_progress WHERE next_share_id IS NOT NULL OR share_id > 0));
restart_accountant();
ok($pool->wait_for_sql(sprintf $served, 'evil') || 1, 'when nothing fails any more, it is done');
$pool->wait_for_sql(q(SELECT bool_and(ok) FROM chimera.health WHERE part = 'accountant'));
is($pool->safe_psql('SELECT count(*) FROM chimera.audit()'), 0, 'and nothing is missing in the ledger');

# --- a table that somebody has locked

my $session = $pool->background_psql;
$session->query_safe('BEGIN; LOCK TABLE chimera.network_standings');
submit_everywhere(2);
$pool->safe_psql(q(UPDATE chimera.blocks SET status = 'accepted'));
$pool->wait_for_sql(q(SELECT bool_and(ledger_state = 'credited') FROM chimera.blocks));
$pool->wait_for_sql(q(SELECT count(DISTINCT network_id) = 2 AND bool_and(message ~ 'lock timeout') FROM chimera.duty_problems()));
pass('a lock that is held stops only the duty that needs it, which says so');
$session->query_safe('COMMIT');
$pool->wait_for_sql(q(SELECT count(*) = 0 FROM chimera.duty_problems()));

# --- old shares

$pool->safe_psql(q(
    SELECT chimera.make_share_partitions(network_id, current_date - 12, current_date) FROM chimera.network_configs;
    UPDATE chimera.network_configs SET share_retention = '2 days'));
$session->query_safe(q(BEGIN; SELECT count(*) FROM chimera.shares_evil));
restart_accountant();
my $waiting = 0;
my $gone = q(SELECT count(*) = 0 FROM chimera.network_configs n, chimera.share_days(n.network_id)
             WHERE n.name = '%s' AND day < current_date - 3);
for my $round (10 .. 18)
{
    submit_everywhere($round);
    $waiting += $pool->safe_psql('SELECT count(*) FROM pg_locks WHERE NOT granted');
}
is($waiting, 0, 'nobody waits while old days of a network are dropped that somebody reads');
$pool->wait_for_sql(sprintf $gone, 'good');
is($pool->safe_psql(q(SELECT count(*) FROM chimera.share_days(chimera.network_id('evil')) WHERE day < current_date - 3)), 9,
    'days that are read stay, those of the other network are gone');
$pool->wait_for_sql(q(SELECT count(*) = 1 FROM chimera.health WHERE name = 'evil' AND part = 'accountant' AND NOT ok
                        AND message ~ 'dropping old shares: could not drop share partition chimera.shares_evil_\d{8} because'));
pass('they are named');
$session->query_safe('COMMIT');
$pool->wait_for_sql(sprintf $gone, 'evil');
pass('and dropped as soon as nobody reads them');
$session->quit;

done_testing();
