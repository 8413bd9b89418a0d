# Hours of work in little: at half of the greatest rate of shares that this
# machine shows, beside blocks of a real node, no process grows, no table
# bloats, and autovacuum keeps up.
#
#     CHIMERA_SOAK_MINUTES=60 test/t/run test/t/faults/soak.pl
#
# prints the table of doc/reliability.md; without that it is a minute.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use IPC::Run ();
use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use Chimera::SteadyLoad;

use constant {
    MINUTES => $ENV{CHIMERA_SOAK_MINUTES} // 1,
    LONG_MINUTES => 10,
    SAMPLES => 20,
    REFRESH_S => 10,
    CONNECTIONS => 200,
    WINDOW => 64,         # shares that a connection may wait for
    PROBE_S => 10,

    # every hash is a share, and vardiff leaves it so
    DIFFICULTY => 2**-34,

    # caches and heaps settle in the first part of the time; what grows after
    # that by more than this would not end
    SETTLED => 0.3,
    MEMORY_KB => 4096,
    TABLE_KB => 4096,
};

# tables of which rows are changed or deleted all the time; others only grow
# with what there is to know
use constant HOT_TABLES => [
    qw(share_deltas templates stratum_servers miner_network_assignments balances share_rollups_minute
      network_rollups_minute)
];

my $root = abs_path(dirname(__FILE__) . '/../../..');
my $pool = Chimera::Pool->new('main', conf => <<'CONF' . (MINUTES < LONG_MINUTES ? "autovacuum_naptime = 5s\n" : ''));
autovacuum = on
max_connections = 50
shared_buffers = 256MB
max_wal_size = 4GB
checkpoint_timeout = 5min
chimera.template_refresh_interval = 5s
chimera.job_lifetime = 30s
chimera.share_set_size = 1GB
chimera.rollup_interval = 1s
chimera.block_poll_interval = 10s
CONF
my $load = Chimera::SteadyLoad->new;
my $node = Chimera::FakeNode->new(Chimera::Pool->directory('bulk'))->start;
$pool->add_network('bulk', $node, vardiff_target_s => 1e-9,
    map { $_ => DIFFICULTY } qw(start_difficulty min_difficulty max_difficulty));
$pool->add_listener('bulk');
$pool->safe_psql(q(SELECT chimera.set_reward_scheme('bulk', 'pplns', '{"window": 2}')));
$pool->safe_psql(q(SELECT chimera.set_connection_limit('lines_per_second', 'infinity')));
$load->start($pool);
$pool->wait_for_job('bulk');

# Start bench/load; it ends by itself.
sub start_bulk
{
    my ($seconds, @options) = @_;
    my $output = '';
    my $run = IPC::Run::start(
        [   "$root/build/bench/load", '--port', $pool->port('bulk'), '--connections', CONNECTIONS, '--seconds',
            $seconds, '--markdown', 'bulk', @options
        ],
        '<', \undef, '>', \$output, '2>&1');

    return { run => $run, output => \$output };
}

# Shares a second that were accepted, and the row of its table.
sub end_bulk
{
    my ($bulk) = @_;

    $bulk->{run}->finish;
    is($bulk->{run}->full_result || 0, 0, 'every answer to a share is as expected') or diag ${ $bulk->{output} };
    my @columns = split /\s*\|\s*/, ${ $bulk->{output} };
    return $columns[4] =~ tr/,//dr;
}

# --- samples

# KB that a process has for itself
sub own_memory
{
    my ($pid) = @_;

    open my $status, '<', "/proc/$pid/status" or return;
    my ($kb) = join('', <$status>) =~ /^RssAnon:\s+(\d+)/m;
    return $kb;
}

# pid and name of every process of the pool
sub processes
{
    my %name = ($pool->stratumd_pid => 'stratumd', $pool->postmaster_pid => 'postmaster');

    for (split /\n/, $pool->safe_psql(<<'SQL'))
SELECT pid, CASE WHEN application_name = 'stratumd' THEN 'backend of stratumd' ELSE backend_type END || coalesce(' ' || n.name, '')
FROM pg_stat_activity LEFT JOIN chimera.worker_status() w USING (pid)
LEFT JOIN chimera.network_configs n USING (network_id)
WHERE backend_type NOT IN ('autovacuum worker', 'parallel worker') AND pid <> pg_backend_pid()
SQL
    {
        my ($pid, $name) = split /\|/;
        $name{$pid} = "$name ($pid)";
    }
    return %name;
}

# size in KB, dead rows and vacuums of each hot table
sub tables
{
    my $list = join ', ', map { "'$_'" } @{ +HOT_TABLES };

    return map {
        my ($name, @numbers) = split /\|/;
        ($name => \@numbers)
    } split /\n/, $pool->safe_psql(<<"SQL");
SELECT relname, pg_total_relation_size(relid) / 1024, n_dead_tup, n_tup_upd + n_tup_del, autovacuum_count
FROM pg_stat_user_tables WHERE schemaname = 'chimera' AND relname IN ($list)
SQL
}

sub sample
{
    my %name = processes();
    my %memory = map { my $kb = own_memory($_); defined $kb ? ($name{$_} => $kb) : () } keys %name;
    return { memory => \%memory, tables => { tables() } };
}

# --- the run

# as rigs do it, a share and then its answer: who sends more at once gets more
# shares taken than a disk can hold of an hour
my $greatest = end_bulk(start_bulk(PROBE_S, '--window', 1));
my $rate = int($greatest / 2);
my $seconds = int(60 * MINUTES);
my $begin = time;
my $bulk = start_bulk($seconds, '--window', WINDOW, '--rate', $rate);
my $next_refresh = $begin;
my @samples;
while (time < $begin + $seconds)
{
    if (time >= $next_refresh)
    {
        $node->refresh;
        $next_refresh += REFRESH_S;
    }
    push @samples, sample() if time >= $begin + @samples * $seconds / SAMPLES;
    eval { $bulk->{run}->pump_nb };
    sleep 0.2;
}
my $accepted_rate = end_bulk($bulk);
push @samples, sample();
$load->mine_on;
is_deeply([ $load->end ], [], 'nothing is missing at the end, in the shares, the rollups, the ledger and the chain');

# --- what has grown since all had settled

my ($settled, $last) = @samples[ SAMPLES * SETTLED, -1 ];
my @rows;
my @grown;
for my $name (sort keys %{ $settled->{memory} })
{
    my @kb = map { $_->{memory}{$name} // 'gone' } $settled, $last;

    push @rows, sprintf '| %s | %s | %s |', $name =~ s/ \(\d+\)//r, @kb;
    push @grown, "$name: @kb" if $kb[1] eq 'gone' || $kb[1] > $kb[0] + MEMORY_KB;
}
is_deeply(\@grown, [], 'no process has grown, or ended');

my @table_rows;
my (@bloated, @behind);
for my $name (sort keys %{ $last->{tables} })
{
    my ($kb, $dead, $changes, $vacuums) = @{ $last->{tables}{$name} };
    my ($kb_before, undef, $changes_before, $vacuums_before) = @{ $settled->{tables}{$name} };

    push @table_rows, sprintf '| %s | %s | %s | %s | %s | %s |', $name, $kb_before, $kb, $changes - $changes_before,
      $dead, $vacuums - $vacuums_before;
    push @bloated, "$name: $kb_before, $kb" if $kb > 1.5 * $kb_before + TABLE_KB;

    # all that was changed since then is dead still
    push @behind, "$name: $dead of $changes" if $dead > TABLE_KB && $vacuums == $vacuums_before;
}
is_deeply(\@bloated, [], 'no hot table has grown by half and more');
is_deeply(\@behind, [], 'autovacuum keeps up');

diag sprintf '%.1f minutes at %d shares a second, half of %d; %d accepted a second', $seconds / 60, $rate, $greatest,
  $accepted_rate;
diag $load->summary;
diag join "\n", '| process | own memory when settled, KB | at the end, KB |', '|---|--:|--:|', @rows, '',
  '| table | size when settled, KB | at the end, KB | rows changed | dead rows left | vacuums |',
  '|---|--:|--:|--:|--:|--:|', @table_rows;

done_testing();
