# What doc/scaling.md says is so: its SQL is run here, on two cells with a network
# each, a hub over both, and a standby. Prints what it took; bench/scaling does it
# with more rows.
use strict;
use warnings;
use Cwd qw(getcwd);
use List::Util qw(sum uniq);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $days = $ENV{CHIMERA_SCALING_DAYS} // 30;
my $miners = $ENV{CHIMERA_SCALING_MINERS} // 100;

my $guide = slurp_file(getcwd() . '/doc/scaling.md');

# The guide's SQL under a mark.
sub block
{
    my ($mark) = @_;
    my ($sql) = $guide =~ /^```sql\n-- \Q$mark\E\n(.*?)^```/ms or die "the guide has no block $mark";
    return $sql;
}

sub start_node
{
    my ($name) = @_;
    my $node = PostgreSQL::Test::Cluster->new($name);
    $node->init(allows_streaming => 'logical');
    $node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'chimera'
chimera.database = 'pool'
chimera.rollup_interval = 100ms
max_worker_processes = 16
CONF
    $node->start;
    return $node;
}

# A pool of one network with a past.
sub start_cell
{
    my ($network, $algorithm) = @_;
    my $node = start_node($network);
    $node->safe_psql('postgres', 'CREATE DATABASE pool');
    $node->safe_psql('pool', 'CREATE EXTENSION chimera');
    my $id = $node->safe_psql('pool', qq(SELECT chimera.add_network('$network', '$algorithm', 'TST', repeat('0', 64), 'http://127.0.0.1:1',
        '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
        rpc_user => 'u', rpc_password => 'p', settings => '{"p2pkh_version": 0, "p2sh_version": 5, "bech32_hrp": "bc"}')));
    $node->safe_psql('pool', qq(
        SELECT chimera.enable_network('$network');
        INSERT INTO chimera.accounts (name) SELECT 'account' || i FROM generate_series(1, $miners) i;
        INSERT INTO chimera.miners (account_id, name) SELECT account_id, 'rig' FROM chimera.accounts;
        INSERT INTO chimera.share_rollups_day (network_id, day, miner_id, account_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty)
        SELECT '$id', timestamptz '2026-01-01 00:00+00' + (d - 1) * interval '24 hours', miner_id, account_id, 8640, 1, 0, 0, 0, 8640.0
        FROM generate_series(1, $days) d, chimera.miners;
        INSERT INTO chimera.network_rollups_hour
        SELECT '$id', date_trunc('hour', now() - h * interval '1 hour', 'UTC'), 360 * $miners, 1, 0, 0, 0, 360.0 * $miners, $miners, $miners
        FROM generate_series(1, 24 * $days) h;
        INSERT INTO chimera.blocks (network_id, height, hash, status, job_id, account_id, miner_id, reward_sats, network_difficulty,
            share_difficulty, found_at)
        SELECT '$id', d, decode(md5(d::text) || md5('$network' || d), 'hex'), 'orphaned', 1, 1, 1, 5000000000, 1000, 1000,
            now() - d * interval '1 day' FROM generate_series(1, $days) d;
        ANALYZE));
    return { network => $network, id => $id, node => $node };
}

# Run a query and say how long it took; its lines.
sub timed
{
    my ($node, $database, $sql, $what) = @_;
    $node->safe_psql($database, $sql);    # connections are made, caches warm
    my $begin = time;
    my @lines = split /\n/, $node->safe_psql($database, $sql);
    note sprintf '| %-50s | %6d | %8.1f |', $what, scalar @lines, (time - $begin) * 1000;
    return @lines;
}

my @cells = (start_cell('bitcoin', 'sha256d'), start_cell('litecoin', 'scrypt'));

subtest 'a standby answers' => sub {
    my $cell = $cells[1]{node};
    $cell->backup('base');
    my $standby = PostgreSQL::Test::Cluster->new('standby');
    $standby->init_from_backup($cell, 'base', has_streaming => 1);
    $standby->start;
    $cell->wait_for_catchup($standby);
    for my $query (grep { /\S/ } split /;\n/, block('standby'))
    {
        my $state = $standby->psql('pool', $query);
        is($state, 0, $query);
    }
    is($standby->safe_psql('pool', q(SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'chimera%')), 0, 'it runs no worker');
    $standby->stop;
};

my $hub = start_node('hub');
$hub->safe_psql('postgres', 'CREATE DATABASE hub');
$hub->safe_psql('hub', block('hub'));

for my $cell (@cells)
{
    my $node = $cell->{node};
    $node->safe_psql('pool', block('cell'));
    my %values = (network => $cell->{network}, id => $cell->{id}, host => $node->host, port => $node->port,
        connection => $node->connstr('pool') . ' user=hub');
    is($hub->psql('hub', join('', map { "\\set $_ '" . ($values{$_} =~ s/'/''/gr) . "'\n" } keys %values) . block('hub, for each cell'),
        on_error_stop => 1), 0, "the hub has $cell->{network}");
}
$hub->wait_for_subscription_sync($_->{node}, $_->{network}, 'hub') for @cells;
my $hours = 'SELECT count(*) FROM chimera.network_rollups_hour';
is($hub->safe_psql('hub', $hours), 2 * 24 * $days, 'hours are at home');

note sprintf "| %-50s | %6s | %8s |\n|---|---:|---:|", 'question', 'rows', 'ms';
my @queries = grep { /\S/ } split /;\n/, block('hub, the questions');
is(scalar @queries, 5, 'five questions');
my @months = timed($hub, 'hub', $queries[0], 'work by network and month');
is_deeply([ uniq(map { (split /\|/)[0] } @months) ], [ 'bitcoin', 'litecoin' ], 'work by month has both networks');
is(sum(map { (split /\|/)[2] } @months), 2 * 8640 * $days * $miners, 'all of it');
my @miners = timed($hub, 'hub', $queries[1], 'miners and shares since a day');
is_deeply([ map { (split /\|/)[1] } @miners ], [ $miners, $miners ], 'miners of each');
is_deeply([ map { (split /\|/)[1] } timed($hub, 'hub', $queries[2], 'blocks and luck') ], [ $days, $days ], 'blocks of each');
is_deeply([ map { (split /\|/)[0] } timed($hub, 'hub', $queries[3], 'how the networks stand') ], [ 'bitcoin', 'litecoin' ], 'both stand there');
cmp_ok(scalar timed($hub, 'hub', $queries[4], 'hours of a day, at home'), '>=', 2 * 22, 'hours of both');
timed($cells[0]{node}, 'pool', 'SELECT date_trunc(\'month\', day, \'UTC\'), sum(accepted), sum(difficulty) FROM chimera.share_rollups_day GROUP BY 1',
    'for comparison: work by month, asked in one cell');

for my $query (@queries[0, 1])
{
    my @remote = $hub->safe_psql('hub', "EXPLAIN (VERBOSE, COSTS OFF) $query") =~ /Remote SQL: (.*share_rollups_day.*)/g;
    is(scalar(grep { /sum\(accepted\).* GROUP BY/ } @remote), 2, 'both cells sum up at home') or diag(@remote);
}
is(() = $hub->safe_psql('hub', "EXPLAIN (VERBOSE, COSTS OFF) SELECT sum(accepted) FROM pool.share_rollups_day WHERE network_id = '$cells[0]{id}'")
    =~ /Remote SQL/g, 1, 'a question about one network goes to its cell only');

my $begin = time;
$cells[0]{node}->safe_psql('pool', "INSERT INTO chimera.network_rollups_hour VALUES ('$cells[0]{id}', '2020-01-01', 1, 0, 0, 0, 0, 1, 1, 1)");
$hub->poll_query_until('hub', "$hours WHERE hour = '2020-01-01'", '1') or die 'it does not come';
note sprintf '| %-50s | %6d | %8.1f |', 'an hour closed in a cell is at home in the hub', 1, (time - $begin) * 1000;

$cells[1]{node}->stop('immediate');
isnt($hub->psql('hub', $queries[2]), 0, 'a cell away is an error, not a sum without it');
is($hub->safe_psql('hub', "$hours WHERE network_id = '$cells[1]{id}'"), 24 * $days, 'what is at home stays readable');

done_testing();
