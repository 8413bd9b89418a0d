# Many admins at once: whatever they switch, enable, disable and roll back, and
# whoever is killed meanwhile, each algorithm with enabled networks has one
# active network, and the history tells all that happened and nothing else.
use strict;
use warnings;

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use PostgreSQL::Test::Utils qw(append_to_file slurp_file);

use constant {
    ADMINS => 6,
    READERS => 2,
    RACE_S => 5,
    STATEMENTS_AT_ONCE => 40,    # for one psql
    CRASHES => 3,
    CRASH_AFTER_S => 0.7,
    KILL_APART_S => 2,
};

my %networks_of = (
    blake2s => [ map { "blake_$_" } 'a' .. 'd' ],
    scrypt => [ map { "scrypt_$_" } 'a' .. 'b' ]);
my $pool = Chimera::Pool->new('switch');

sub add_network
{
    my ($name, $algorithm) = @_;
    return $pool->safe_psql(<<"SQL");
SELECT chimera.add_network('$name', '$algorithm', 'TST', repeat('0', 64), 'http://127.0.0.1:1',
    '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', settings => '{"p2pkh_version": 0}')
SQL
}

for my $algorithm (sort keys %networks_of)
{
    add_network($_, $algorithm) for @{ $networks_of{$algorithm} };
}

# --- what must hold

my $wrong_state = <<'SQL';
SELECT algorithm, count(*) FILTER (WHERE is_active) AS active FROM chimera.network_configs
GROUP BY algorithm HAVING count(*) FILTER (WHERE is_active) <> least(count(*) FILTER (WHERE is_enabled), 1)
SQL

# where a row does not begin where the one before it ended
my $broken_chain = <<'SQL';
SELECT history_id FROM (
    SELECT history_id, from_network,
           lag(to_network) OVER (PARTITION BY algorithm ORDER BY history_id) AS was
    FROM chimera.network_switch_history
    WHERE kind IN ('switch', 'rollback', 'enable', 'disable')) h
WHERE from_network IS DISTINCT FROM was
SQL

# the state that the history leads to, and the one that is: names with + for active
sub replayed_state
{
    my (%enabled, %active);

    for (split /\n/, $pool->safe_psql(<<'SQL'))
SELECT h.kind, h.algorithm, h.network_name, coalesce(t.name, ''), coalesce(h.changes ? 'is_enabled', false)
FROM chimera.network_switch_history h LEFT JOIN chimera.network_configs t ON t.network_id = h.to_network
WHERE kind IN ('switch', 'rollback', 'enable', 'disable') ORDER BY history_id
SQL
    {
        my ($kind, $algorithm, $network, $to, $enables) = split /\|/;
        $active{$algorithm} = $to;
        $enabled{$network} = 1 if $kind eq 'enable' || $enables eq 't';
        delete $enabled{$network} if $kind eq 'disable';
    }
    my %is_active = map { $_ => 1 } values %active;
    return join ' ',
      map { $_ . ($is_active{$_} ? '+' : '') } sort keys %enabled;
}

sub state
{
    return $pool->safe_psql(<<'SQL');
SELECT string_agg(name || CASE WHEN is_active THEN '+' ELSE '' END, ' ' ORDER BY name COLLATE "C")
FROM chimera.network_configs WHERE is_enabled
SQL
}

sub is_consistent
{
    my ($when) = @_;

    is($pool->safe_psql($wrong_state), '', "one active network an algorithm $when");
    is($pool->safe_psql($broken_chain), '', 'each change begins where the one before it ended');
    is(replayed_state(), state(), 'and the history leads to the present state');
    return;
}

# --- admins and readers, each a process that feeds one psql after another

# What an admin may think of, right or wrong at its moment.  Lines of output:
# "done N" a history_id that is committed when the transaction is, "undone N"
# one that must not be.
sub random_change
{
    my $algorithm = (sort keys %networks_of)[ rand 2 ];
    my @networks = @{ $networks_of{$algorithm} };
    my $network = $networks[ rand @networks ];
    my @changes = (
        ("chimera.switch_active_network('$algorithm', '$network', 'race')") x 4,
        ("chimera.enable_network('$network')") x 3,
        ("chimera.disable_network('$network')") x 2,
        "chimera.rollback_switch('race', '$algorithm')",
        q(chimera.rollback_switch('race')));
    my $change = $changes[ rand @changes ];
    my $other = $changes[ rand @changes ];
    my @ways = (
        ("SELECT 'done ' || $change;") x 6,
        "BEGIN; SELECT 'undone ' || $change; SELECT 'undone ' || $other; ROLLBACK;",
        "UPDATE chimera.network_configs SET is_active = false WHERE algorithm = '$algorithm' AND is_active;");
    return $ways[ rand @ways ];
}

sub start_loop
{
    my ($what, $number, $is_over, $statement) = @_;
    my $log = $pool->log_file("${what}_$number");
    my $connection = $pool->node->connstr('pool');

    my $pid = fork // die "fork: $!";
    return [ $pid, $log ] if $pid;
    srand $number;
    open STDOUT, '>', $log or POSIX::_exit(1);
    open STDERR, '>&', \*STDOUT or POSIX::_exit(1);
    $SIG{PIPE} = 'IGNORE';
    until ($is_over->())
    {
        open my $psql, '|-', 'psql', '-XqAt', '-v', 'VERBOSITY=verbose', '-d',
          $connection
          or POSIX::_exit(1);
        print {$psql} $statement->(), "\n" for 1 .. STATEMENTS_AT_ONCE;
        close $psql or sleep 0.05;
    }
    POSIX::_exit(0);
}

sub start_admins
{
    my ($round, $is_over) = @_;
    return map { start_loop("admin_$round", $_, $is_over, \&random_change) }
      1 .. ADMINS;
}

# All that a group of processes said, when they are through.
sub output_of
{
    my (@loops) = @_;

    waitpid $_->[0], 0 for @loops;
    return join '', map { slurp_file($_->[1]) } @loops;
}

sub numbers
{
    my ($word, $output) = @_;
    return sort { $a <=> $b } $output =~ /^$word (\d+)$/mg;
}

sub history_since
{
    my ($since) = @_;
    return split /\n/, $pool->safe_psql(
        "SELECT history_id FROM chimera.network_switch_history WHERE history_id > $since ORDER BY 1");
}

sub newest
{
    return $pool->safe_psql('SELECT max(history_id) FROM chimera.network_switch_history');
}

# --- the race

{
    my $before = newest();
    my $end = time + RACE_S;
    my $is_over = sub { time >= $end };
    my @admins = start_admins('race', $is_over);
    my @readers = map {
        start_loop('reader', $_, $is_over,
            sub { "SET lock_timeout = '200ms'; $wrong_state; SELECT 'looked', count(*) FROM chimera.stratum_listeners();" });
    } 1 .. READERS;
    my $done = output_of(@admins);
    my $seen = output_of(@readers);
    my @looks = $seen =~ /^looked/mg;
    my @done = numbers('done', $done);
    my %undone = map { $_ => 1 } numbers('undone', $done);
    my %states;

    # 25P02: the rest of a transaction that is refused already
    $states{$_}++ for grep { $_ ne '25P02' } $done =~ /ERROR:  (\w{5})/g;
    note join ' ', scalar @done, 'changes,', scalar @looks, 'looks; refused:',
      map { "$_ x $states{$_}" } sort keys %states;
    cmp_ok(scalar @done, '>', 100, 'many changes were made');
    cmp_ok(scalar @looks, '>', 100, 'and looked at meanwhile');
    is($seen =~ s/^looked.*\n//mgr, '', 'nobody ever saw none or two, or had to wait');
    is_deeply([ sort keys %states ], [ '23514', '55000' ],
        'what was refused was wrong by its state: no deadlock, nothing else');
    is_deeply([ history_since($before) ], \@done, 'every change is in the history');
    is(scalar(grep { $undone{$_} } history_since($before)), 0, 'and none that was rolled back');
    cmp_ok(scalar keys %undone, '>', 0, 'of which there were some');
    is_consistent('after the race');
}

# --- one after the other

my ($first, $second) = map { $pool->background_psql(on_error_stop => 0) } 1 .. 2;
$pool->safe_psql("SELECT chimera.enable_network('$_')") for @{ $networks_of{scrypt} };
my ($to) = $pool->safe_psql(q(SELECT name FROM chimera.network_configs WHERE algorithm = 'scrypt' AND NOT is_active));
my $switch = "SELECT chimera.switch_active_network('scrypt', '$to', 'one of two')";
$first->query_safe('BEGIN');
$first->query_safe($switch);
$second->query_until(qr/asked/, "\\echo asked\n$switch;\n\\warn answered\n");
$pool->wait_for_sql(q(SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'switch_active'));
pass('a second admin waits for the first');
isnt($pool->safe_psql(q(SET lock_timeout = '200ms'; SELECT name FROM chimera.network_configs WHERE algorithm = 'scrypt' AND is_active)),
    $to, 'readers do not, and see what is committed');
$first->query_safe('COMMIT');
Chimera::Pool::wait_until('the answer', sub { $second->{run}->pump_nb; $second->{stderr} =~ /answered/ });
like($second->{stderr}, qr/network "$to" is already active/, 'then it sees what the first has done');
$second->{stderr} = '';

# --- past the routines: each transaction right by itself, not both together

add_network($_, 'sha256d') for 'sha_a', 'sha_b';
my %direct = (
    'to disable the active one' => q(UPDATE chimera.network_configs SET is_enabled = false, is_active = false WHERE name = 'sha_a'),
    'to enable another' => q(UPDATE chimera.network_configs SET is_enabled = true WHERE name = 'sha_b'));
for my $loser (sort keys %direct)
{
    my ($winner) = grep { $_ ne $loser } keys %direct;
    $pool->safe_psql(q(UPDATE chimera.network_configs SET is_enabled = name = 'sha_a', is_active = name = 'sha_a' WHERE algorithm = 'sha256d'));
    $first->query_safe("BEGIN; $direct{$winner}");
    $second->query_safe("BEGIN; $direct{$loser}");
    $first->query_safe('COMMIT');
    my ($output, $failed) = $second->query('COMMIT');
    like($second->{stderr}, qr/algorithm "sha256d" has enabled networks but no active one/,
        "$loser fails at the commit when the other was first");
    $second->{stderr} = '';
    is($pool->safe_psql($wrong_state), '', 'and one is active');
}
for my $statement (q(SELECT chimera.enable_network('sha_b')), $direct{'to disable the active one'})
{
    my (undef, undef, $error) =
      $pool->node->psql('pool', "BEGIN ISOLATION LEVEL REPEATABLE READ; $statement; COMMIT");
    like($error, qr/cannot change networks in a transaction that is not READ COMMITTED/,
        'a transaction that would not see the others\' changes is refused');
}

# --- kill -9

# A backend that ends by itself before it is killed crashes nothing: the next.
sub crash
{
    my ($find_victim) = @_;
    my $from = -s $pool->node->logfile;
    my $is_logged = sub { substr(slurp_file($pool->node->logfile), $from) =~ $_[0] };
    my $killed_at = 0;

    Chimera::Pool::wait_until(
        'a backend to be killed',
        sub {
            return 1 if $is_logged->(qr/terminated by signal 9/);
            return 0 if time - $killed_at < KILL_APART_S;
            my $pid = eval { $find_victim->() } or return 0;
            $killed_at = time if kill 'KILL', $pid;
            return 0;
        });
    Chimera::Pool::wait_until('the server to come back',
        sub { $is_logged->(qr/ready to accept connections/) });
    $pool->wait_for_sql('SELECT true');
    return;
}

my ($state, $newest) = (state(), newest());
my $pid = $first->query_safe('SELECT pg_backend_pid()');
my ($from) = $pool->safe_psql(q(SELECT name FROM chimera.network_configs WHERE algorithm = 'scrypt' AND is_enabled AND NOT is_active));
$first->query_until(qr/asked/, "\\echo asked\nSELECT chimera.switch_active_network('scrypt', '$from', 'killed'), pg_sleep(60);\n");
$pool->wait_for_sql(q(SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'));
crash(sub { $pid });
eval { $_->{run}->kill_kill } for $first, $second;
is(state(), $state, 'nothing is left of a switch whose backend was killed');
is(newest(), $newest, 'in the history neither');

# the changes past the routines, which no history tells, taken back
$pool->safe_psql(q(UPDATE chimera.network_configs SET is_enabled = false, is_active = false WHERE algorithm = 'sha256d'));
for my $round (1 .. CRASHES)
{
    my $before = newest();
    my $crashed = $pool->log_file("crashed_$round");
    my @admins = start_admins("crash_$round", sub { -e $crashed });
    sleep CRASH_AFTER_S;
    crash(sub { $pool->safe_psql(
        q(SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND query ~ 'race' AND pid <> pg_backend_pid() ORDER BY state <> 'active' LIMIT 1)) });
    append_to_file($crashed, "over\n");
    my @done = numbers('done', output_of(@admins));
    my %in_history = map { $_ => 1 } history_since($before);
    my @lost = grep { !$in_history{$_} } @done;
    note scalar(@done), ' changes answered, ', scalar(keys %in_history), ' in the history';
    cmp_ok(scalar @done, '>', 10, "crash $round among changes");
    is("@lost", '', 'none that was answered is lost');
    cmp_ok(keys(%in_history) - @done, '<=', ADMINS, 'and at most one an admin came without its answer');
    is_consistent("after crash $round");
}
unlike(slurp_file($pool->node->logfile), qr/deadlock detected|PANIC|TRAP/, 'no deadlock and no panic in the log');

done_testing();
