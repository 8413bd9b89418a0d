# A standby that is promoted knows every share that had been acknowledged: none
# is missing, and none counts again.

use strict;
use warnings;

use Chimera::Pool;
use PostgreSQL::Test::Cluster;
use Test::More;

# difficulty 2^-32: each hash but one in 65536 is a share
use constant SHARES => 3000;

my $pool = Chimera::Pool->new('primary', conf => <<'CONF');
wal_level = replica
max_wal_senders = 4
hot_standby = on
CONF
my $primary = $pool->node;

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->append_conf('postgresql.conf', 'synchronous_standby_names = \'*\'');
$primary->reload;
$pool->wait_for_sql(q(SELECT bool_and(sync_state = 'sync') FROM pg_stat_replication));

# a network without a node, and a job on it that no share can solve
$pool->safe_psql(<<'SQL');
SELECT chimera.add_network('nodeless', 'sha256d', 'N', repeat('0', 64), 'http://127.0.0.1:1',
    '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', settings => '{"p2pkh_version": 0}');
INSERT INTO chimera.jobs SELECT nextval('chimera.jobs_job_id_seq'), network_id, 0, 'sha256d', 1, 536870912,
    sha256('p'), 386000000, 1700000000, 1600000000, 5000000000, '\xab', '\xcd', sha256('b'), true, 0, true
    FROM chimera.network_configs;
INSERT INTO chimera.accounts (name) VALUES ('alice');
INSERT INTO chimera.miners (account_id, name) SELECT account_id, '' FROM chimera.accounts;
SQL

# How many of the shares from..to get each answer, as 'answer:count ...'.
sub submit
{
    my ($node, $from, $to) = @_;
    return $node->safe_psql('pool', <<"SQL");
WITH batch AS (
    SELECT chimera.submit_shares('\\x00000001'::bytea || string_agg(
        int8send(job_id) || int4send(miner_id) || int4send(1) || int8send(n) || int4send(1700000000) || int4send(0)
        || int4send(0) || int4send(0) || float8send(2.3283064365386963e-10), '' ORDER BY n)) AS answer
    FROM chimera.jobs, chimera.miners, generate_series($from, $to) n)
SELECT string_agg(code || ':' || count, ' ' ORDER BY code)
FROM (SELECT get_byte(answer, i) AS code, count(*) AS count FROM batch, generate_series(0, length(answer) - 1) i
      GROUP BY 1) codes
SQL
}

# the few hashes that are no share never are: they would blur the counts
my $good = SHARES;
my $answers = submit($primary, 1, SHARES);
$good -= $1 if $answers =~ /\b4:(\d+)/;
like($answers, qr/^0:$good\b/, 'the primary accepts shares');

# the standby has what the primary has acknowledged, and takes none itself
isnt($standby->psql('pool', q(SELECT chimera.submit_shares('\x00000001'))), 0,
    'a standby takes no shares');

$pool->kill9_postgres;
$standby->promote;

is($standby->safe_psql('pool', 'SELECT count(*) FROM chimera.shares'),
    $good, 'every acknowledged share is on the promoted standby');
like(submit($standby, 1, SHARES), qr/^3:$good\b/,
    'each of them is a duplicate there');
like(submit($standby, SHARES + 1, SHARES + 100),
    qr/^0:(?:100|99)\b/, 'new ones are accepted');
$standby->poll_query_until('pool',
    q(SELECT bool_and(ok) FROM chimera.health WHERE part IN ('launcher', 'accountant')))
  or die 'the workers do not come up';
pass('the workers start on the promoted standby');
$standby->poll_query_until('pool',
    q(SELECT NOT EXISTS (SELECT FROM chimera.share_deltas)))
  or die 'the accountant does not work';
is( $standby->safe_psql('pool',
        'SELECT sum(accepted) = (SELECT count(*) FROM chimera.shares) FROM chimera.share_rollups_minute'),
    't',
    'the rollups equal a recount there');

$standby->stop;
done_testing();
