# What a database may do to the pool, under load: cancel statements, hold locks,
# have no connection left, have no room left. Each time the miners stay, health
# says what is wrong, and all goes on without hands when the cause has gone.

use strict;
use warnings;

use Test::More;

use IO::Socket::UNIX;

use Chimera::Pool;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::SteadyLoad;

use constant {
    MAX_CONNECTIONS => 16,
    CANCELS => 10,
};

my $room = Chimera::Pool->directory('disk') . '/room';
my %disk = Chimera::Pool->fault_environment('disk', $room);

# Which files may grow: all ('0'), but those in base ('b'), in pg_wal ('w').
sub set_disk { return Chimera::Pool->set_fault($room, $_[0]) }

set_disk('0');
my $pool = do {
    local @ENV{ keys %disk } = values %disk;
    Chimera::Pool->new('main', conf => 'max_connections = ' . MAX_CONNECTIONS . "\n");
};
my $load = Chimera::SteadyLoad->new;
$load->start($pool);

sub health_says
{
    my ($pattern, $what) = @_;

    $pool->wait_for_sql("SELECT coalesce(bool_or(message ~ '$pattern'), false) FROM chimera.health WHERE NOT ok");
    pass("health says that $what");
    return;
}

sub goes_on
{
    my ($when) = @_;

    $load->mine_on;
    is_deeply([ $load->audit->deviations ], [], "nothing is missing or counted twice $when");
    $pool->wait_for_sql(q(SELECT bool_and(ok) FROM chimera.health WHERE part <> 'rewards'));
    is($load->reconnects, 0, "and all miners are still connected $when");
    return;
}

# --- statements are cancelled

for (1 .. CANCELS)
{
    $pool->safe_psql(<<'SQL');
SELECT pg_cancel_backend(pid) FROM pg_stat_activity
WHERE application_name = 'stratumd' OR backend_type LIKE 'chimera %'
SQL
    $load->mine_on if $_ % 5 == 0;
}
goes_on('when statements were cancelled');

# --- locks are held

# Lock a table for as long as the code runs.
sub while_locked
{
    my ($table, $code) = @_;
    my $holder = $pool->background_psql(on_error_stop => 1);

    $holder->query_safe("BEGIN; LOCK $table IN ACCESS EXCLUSIVE MODE");
    $code->();
    $holder->query_safe('COMMIT');
    $holder->quit;
    return;
}

for my $table (qw(chimera.shares chimera.jobs chimera.share_deltas))
{
    while_locked($table, sub {
        health_says('sessions of the pool are waiting for a lock held by session [0-9]+ [(]postgres', "$table is locked, and by whom");
    });
    goes_on("after $table was locked");
}

# whatever is locked, health answers, and says what it could not look at
{
    my $holder = $pool->background_psql(on_error_stop => 1);

    $holder->query_safe(<<'SQL');
BEGIN;
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN SELECT oid FROM pg_class WHERE relnamespace = 'chimera'::regnamespace AND relkind IN ('r', 'p') LOOP
        EXECUTE format('LOCK %s IN ACCESS EXCLUSIVE MODE', relation);
    END LOOP;
END;
$$;
SQL
    is($pool->safe_psql(<<'SQL'), 'health_blocks health_front_ends health_merged health_payouts health_rewards health_workers|t', 'health answers while every table is locked');
SET statement_timeout = '30s';
SELECT string_agg(substring(message FROM 'could not read chimera[.](\w+): .*lock timeout'), ' ' ORDER BY message)
           FILTER (WHERE part = 'health' AND NOT ok),
       bool_or(part = 'share set')
FROM chimera.health
SQL
    $holder->query_safe('COMMIT');
    $holder->quit;
}
goes_on('after all tables were locked');

# an operator may limit how long anybody waits
$pool->safe_psql(q(ALTER DATABASE pool SET lock_timeout = '1s'));
$pool->safe_psql(q(ALTER ROLE stratumd SET statement_timeout = '3s'));
$pool->safe_psql(q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stratumd' OR backend_type LIKE 'chimera %'));
$load->mine_on;
for my $table (qw(chimera.shares chimera.share_deltas))
{
    while_locked($table, sub {
        health_says('batches of shares in a row have failed: canceling statement due to lock timeout',
            "batches time out while $table is locked");
    });
    goes_on("after waits for $table timed out");
}
$pool->safe_psql('ALTER DATABASE pool SET lock_timeout = 0');
$pool->safe_psql(q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stratumd'));
while_locked('chimera.shares', sub {
    health_says('batches of shares in a row have failed: canceling statement due to statement timeout', 'statements time out');
});
goes_on('after statements timed out');
$pool->safe_psql('ALTER DATABASE pool RESET lock_timeout');
$pool->safe_psql('ALTER ROLE stratumd RESET statement_timeout');

# --- no connection is left

# Take a connection, as far as the server gives one; what it answered is not
# read, which nobody but the holder needs.
sub take_connection
{
    my $socket = IO::Socket::UNIX->new(Peer => $pool->node->host . '/.s.PGSQL.' . $pool->node->port) or die "socket: $!";
    my $parameters = pack 'N Z* Z* Z* Z* x', 196608, user => 'filler', database => 'pool';

    print $socket pack('N', 4 + length $parameters), $parameters;
    $socket->flush;
    return $socket;
}

$pool->safe_psql('CREATE ROLE filler LOGIN');
my @taken;
Chimera::Pool::wait_until(
    'no connection to be left',
    sub {
        push @taken, map { take_connection() } 1 .. MAX_CONNECTIONS;

        # this may find no connection either
        $pool->node->psql('pool', q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stratumd'));
        return slurp_file($pool->stratumd_log) =~ /database \(.*(?:too many clients|remaining connection slots)/;
    });
pass("stratumd's log says that there is no connection left");
is($load->reconnects, 0, 'all miners stay connected');
close $_ for @taken;
goes_on('when there are connections again');

# --- the disk is full

set_disk('b');
health_says('No space left on device', 'the disk of the tables is full');
set_disk('0');
goes_on('when there is room again');

# without room for WAL the server stops: nothing can be promised any more
set_disk('w');
my $postmaster = $pool->postmaster_pid;
Chimera::Pool::wait_until(
    'the server to stop',
    sub {
        eval { $pool->node->psql('postgres', 'SELECT pg_switch_wal()') };
        return (Chimera::Pool::process_status($postmaster))[0] =~ /[XZ]/;
    });
like(slurp_file($pool->node->logfile), qr/PANIC:.*No space left on device/, 'without room for WAL the server stops, and says why');
is($load->reconnects, 0, 'the miners stay connected');
set_disk('0');
$pool->node->kill9;    # it is gone; this is for PostgreSQL::Test::Cluster to know
{
    local @ENV{ keys %disk } = values %disk;
    $pool->start_postgres;
}
goes_on('when there is room for WAL again and the server was started');

is_deeply([ $load->end ], [], 'nothing is missing at the end, in the shares, the rollups, the ledger and the chain');
diag $load->summary;

done_testing();
