# Logical replication of all tables into a server that is to take the pool over,
# as doc/operators.md describes it: rows come along, the workers stay away until
# the sequences are set, and then the copy is the pool.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Chimera::Contents;

my $top = abs_path(dirname(__FILE__) . '/../../..');
my $fill = "$top/test/upgrade/fill.sql";

sub make_server
{
    my ($name) = @_;
    my $node = PostgreSQL::Test::Cluster->new($name);
    $node->init(allows_streaming => 'logical');
    # `elsewhere` does not exist: the workers stay away
    $node->append_conf('postgresql.conf',
        "shared_preload_libraries = 'chimera'\nchimera.database = 'elsewhere'\nmax_worker_processes = 16\n");
    $node->start;
    $node->safe_psql('postgres', 'CREATE DATABASE pool');
    return $node;
}

# The guide's steps, so that the test fails when they are wrong.
sub guides_sql
{
    my ($mark) = @_;
    my $guide = slurp_file("$top/doc/operators.md");
    $guide =~ /^    -- \Q$mark\E\n((?:    .*\n)+)/m or die "operators.md has no statement `$mark`\n";
    return $1 =~ s/^    //gmr;
}

my $old = make_server('old');
my $new = make_server('new');
$old->safe_psql('pool', "CREATE EXTENSION chimera;\n\\i $fill");

my $schema = "$PostgreSQL::Test::Utils::tmp_check/schema.sql";
run_log([ 'pg_dump', '--schema-only', '-f', $schema, '-d', $old->connstr('pool') ]) or die 'pg_dump';
run_log([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', $schema, '-d', $new->connstr('pool') ]) or die 'psql';

$old->safe_psql('pool', $old->safe_psql('pool', guides_sql('on the old server: the statement to run there')));
my $source = $old->connstr('pool');
$new->safe_psql('pool', "CREATE SUBSCRIPTION pool CONNECTION \$\$$source\$\$ PUBLICATION pool");
$new->wait_for_subscription_sync($old, 'pool', 'pool');

sub is_the_same
{
    my ($when) = @_;
    is_deeply(
        Chimera::Contents::of($new, 'pool', sequences => 0),
        Chimera::Contents::of($old, 'pool', sequences => 0),
        "$when: every row of every table");
    is($new->safe_psql('pool', 'SELECT * FROM chimera.audit()'), '', "$when: the audit finds nothing");
    return;
}
is_the_same('first copy');

# --- the pool goes on meanwhile: money moves, a miner comes, a day begins

$old->safe_psql('pool', <<'SQL');
SELECT chimera.adjust_balance('upgraded', 'account3', amount, 'test') FROM unnest('{500,-400,700}'::bigint[]) amount;
SELECT chimera.set_wallets('account2', 'upgraded', '{1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2,1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa}', '{70,30}');
SELECT chimera.update_network('upgraded', '{"confirmations_needed": 7}');
SELECT chimera.remove_listener(listener_id) FROM chimera.listeners;
INSERT INTO chimera.accounts (name) VALUES ('late');
INSERT INTO chimera.miners (account_id, name) SELECT account_id, 'rig' FROM chimera.accounts WHERE name = 'late';
SQL
$new->safe_psql('pool', guides_sql('on the new server, ahead of the days to come'));
$old->safe_psql('pool', <<'SQL');
SELECT chimera.make_share_partitions(network_id, current_date, current_date + 5) FROM chimera.network_configs;
INSERT INTO chimera.shares (share_id, network_id, submitted_at, job_id, extranonce2, difficulty, miner_id, extranonce1, ntime,
    nonce, version, share_difficulty)
SELECT 1000 + day, network_id, now() + day * interval '1 day', 1, 0, 1, 1, 0, 0, 0, 0, 1
FROM chimera.network_configs, generate_series(0, 5) day
SQL
$old->wait_for_catchup('pool');
is($new->safe_psql('pool', 'SELECT count(*) FROM chimera.shares WHERE share_id >= 1000'), 6, 'shares of days to come');
is( $new->safe_psql('pool', 'SELECT count(*), sum(amount_sats) FROM chimera.balances'),
    $old->safe_psql('pool', 'SELECT count(*), sum(amount_sats) FROM chimera.balances'),
    'balances');
$old->safe_psql('pool', q(SELECT chimera.make_share_partitions(network_id, current_date, current_date + 31) FROM chimera.network_configs));
is_the_same('after changes');

# --- the new server takes over

my $set_sequences = $old->safe_psql('pool', guides_sql('on the old server, once its workers have stopped'));
$new->safe_psql('pool', "DROP SUBSCRIPTION pool;\n$set_sequences");
is_deeply(Chimera::Contents::of($new, 'pool'), Chimera::Contents::of($old, 'pool'), 'every sequence');
$old->stop;
$new->append_conf('postgresql.conf', "chimera.database = 'pool'\n");
$new->restart;
$new->poll_query_until('pool', q(SELECT bool_and(ok) FROM chimera.health WHERE part IN ('launcher', 'accountant')))
  or diag $new->safe_psql('pool', 'SELECT * FROM chimera.health');
is($new->safe_psql('pool', q(SELECT chimera.adjust_balance('upgraded', 'late', 5, 'test') > 0)), 't', 'the new server keeps the books');
is($new->safe_psql('pool', 'SELECT * FROM chimera.audit()'), '', 'and they are right');
done_testing();
