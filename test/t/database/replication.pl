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
use Chimera::FakeNode;
use Chimera::Pool;

use constant DIFFICULTY => 1e-6;

my $top = abs_path(dirname(__FILE__) . '/../../..');

# `elsewhere` does not exist: the workers stay away
my $no_workers = "chimera.database = 'elsewhere'\n";

# The guide's steps, so that the test fails when they are wrong.
sub guides_sql
{
    my ($mark) = @_;
    my $guide = slurp_file("$top/doc/operators.md");
    $guide =~ /^    -- \Q$mark\E\n((?:    .*\n)+)/m or die "operators.md has no statement `$mark`\n";
    return $1 =~ s/^    //gmr;
}

# --- a pool at work, and an empty server

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('old', conf => "wal_level = logical\nmax_wal_senders = 10\n");
my $old = $pool->node;
$pool->safe_psql("\\i $top/test/upgrade/fill.sql");
$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY, min_difficulty => DIFFICULTY, max_difficulty => DIFFICULTY);
$pool->add_listener('fake');
$pool->start_stratumd;
$pool->wait_for_job('fake');

sub mine
{
    my ($shares) = @_;
    my $client = $pool->stratum('fake', user => 'alice.rig');
    my $job = $client->next_notify;
    return scalar grep { $client->submit($client->find_share($job))->{result} } 1 .. $shares;
}
is(mine(3), 3, 'shares of before');

my $new = PostgreSQL::Test::Cluster->new('new');
$new->init;
$new->append_conf('postgresql.conf', "shared_preload_libraries = 'chimera'\nmax_worker_processes = 16\n$no_workers");
$new->start;
$new->safe_psql('postgres', 'CREATE DATABASE pool');

my $schema = "$PostgreSQL::Test::Utils::tmp_check/schema.sql";
run_log([ 'pg_dump', '--schema-only', '-f', $schema, '-d', $old->connstr('pool') ]) or die 'pg_dump';
run_log([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', $schema, '-d', $new->connstr('pool') ]) or die 'psql';

$old->safe_psql('pool', $old->safe_psql('pool', guides_sql('on the old server: the statement to run there')));
my $source = $old->connstr('pool');
$new->safe_psql('pool', "CREATE SUBSCRIPTION pool CONNECTION \$\$$source\$\$ PUBLICATION pool");
$new->wait_for_subscription_sync($old, 'pool', 'pool');

# --- the pool goes on meanwhile: shares, money, settings, a day to come

$new->safe_psql('pool', guides_sql('on the new server, ahead of the days to come'));
is(mine(5), 5, 'shares of meanwhile');
$pool->safe_psql(<<'SQL');
SELECT chimera.adjust_balance('upgraded', 'account3', amount, 'test') FROM unnest('{500,-400,700}'::bigint[]) amount;
SELECT chimera.set_wallets('account2', 'upgraded', '{1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2,1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa}', '{70,30}');
SELECT chimera.update_network('upgraded', '{"confirmations_needed": 7}');
SELECT chimera.make_share_partitions(network_id, current_date, current_date + 31) FROM chimera.network_configs;
INSERT INTO chimera.shares (share_id, network_id, submitted_at, job_id, extranonce2, difficulty, miner_id, extranonce1, ntime,
    nonce, version, share_difficulty)
SELECT 1000 + day, network_id, now() + day * interval '1 day', 1, 0, 1, 1, 0, 0, 0, 0, 1
FROM chimera.network_configs, generate_series(1, 5) day WHERE name = 'upgraded'
SQL

# --- the new server takes over

$pool->stop_stratumd;
$pool->wait_for_sql('SELECT count(*) = 0 FROM chimera.share_deltas');
$old->append_conf('postgresql.conf', $no_workers);
$old->restart;
$old->wait_for_catchup('pool');
my $set_sequences = $old->safe_psql('pool', guides_sql('on the old server, once its workers have stopped'));
$new->safe_psql('pool', "DROP SUBSCRIPTION pool;\n$set_sequences");
is_deeply(Chimera::Contents::of($new, 'pool'), Chimera::Contents::of($old, 'pool'), 'every row of every table, and every sequence');
is($new->safe_psql('pool', q(SELECT count(*) FROM chimera.shares JOIN chimera.network_configs USING (network_id) WHERE name = 'fake')),
    8, 'with the miner\'s shares');
is($new->safe_psql('pool', 'SELECT * FROM chimera.audit()'), '', 'the audit finds nothing');
$old->stop;
$new->append_conf('postgresql.conf', "chimera.database = 'pool'\n");
$new->restart;
$new->poll_query_until('pool', q(SELECT bool_and(ok) FROM chimera.health WHERE part IN ('launcher', 'accountant')))
  or diag $new->safe_psql('pool', 'SELECT * FROM chimera.health');
is($new->safe_psql('pool', q(SELECT chimera.adjust_balance('upgraded', 'account3', 5, 'test') > 0)), 't', 'the new server keeps the books');
is($new->safe_psql('pool', 'SELECT * FROM chimera.audit()'), '', 'and they are right');
done_testing();
