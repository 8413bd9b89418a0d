# Launcher and workers: they come back whatever ends them, say once what is
# wrong with a node, and take up changed settings without a restart.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

use constant {
    STOP_WITHIN_S => 2,
    RETRIES => 6,
    NO_RETRY_S => 2,    # long enough to see that nothing is tried
    DATABASE_LOOKS_S => 3,    # the launcher looks for its database each 1 s
};

my %difficulties =
  map { $_ . '_difficulty' => 1e-6 } qw(start min max);
my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $good = Chimera::FakeNode->new(Chimera::Pool->directory('good'))->start;
my $pool = Chimera::Pool->new('workers', conf => "chimera.node_timeout = 1s\n");
$pool->add_network('fake', $coin, %difficulties);
$pool->add_network('good', $good, %difficulties);
$pool->wait_for_job($_) for 'fake', 'good';

sub health
{
    my ($name, $part) = @_;
    return $pool->safe_psql(
        "SELECT ok || ' ' || message FROM chimera.health WHERE name = '$name' AND part = '$part'"
    );
}

# Wait for what health says of it to match; returns the last it said.
sub wait_for_health
{
    my ($name, $part, $pattern) = @_;
    my $last = '';
    eval {
        Chimera::Pool::wait_until("health of $name",
            sub { ($last = health($name, $part)) =~ $pattern }, 30);
        1;
    } or diag "$name $part: $last";
    return $last;
}

# Lines of the server's log that match, from a place on.
sub log_lines
{
    my ($pattern, $from) = @_;
    my $log = substr slurp_file($pool->node->logfile), $from // 0;
    return grep { /$pattern/ } split /\n/, $log;
}

sub log_end { return -s $pool->node->logfile }

sub jobs_go_on
{
    my ($network, $node, $name) = @_;
    $node->new_tip;
    ok(eval { $pool->wait_for_job($network) }, $name) or diag $pool->state;
    return;
}

# --- what nodes may do

for my $case (
    [ 'garbage', qr/HTTP 200 and no JSON object/ ],
    [ 'html', qr/HTTP 502 and no JSON object/ ],
    [ 'empty', qr/HTTP 200 without a result/ ],
    [ 'error', qr/the node is starting: Loading block index... \(code -28\)/ ],
    [ 'genesis', qr/the node is on another chain: its block 0 is [0-9a-f]{64}/ ],
    [ 'unauthorized', qr/the node refused the credentials \(HTTP 401\)/ ],
    [ 'half', qr/the node cannot be reached: Transferred a partial file/ ],
    [ 'endless', qr/Timeout was reached|longer than 64 MB/ ],
    [ 'deaf', qr/the node cannot be reached: Timeout was reached/ ],
    [ 'slow', qr/the node cannot be reached: Timeout was reached/ ])
{
    my ($mode, $pattern) = @{$case};

    # block 0 is looked at when the node has failed
    if ($mode eq 'genesis')
    {
        $coin->set(mode => 'error');
        wait_for_health('fake', 'template', qr/^false/);
    }
    my $from = log_end();
    my $asked = $coin->requests;
    $coin->set(mode => $mode);
    like(wait_for_health('fake', 'template', qr/^false .*$pattern/),
        $pattern, "a node that answers with $mode: health says so");
    Chimera::Pool::wait_until('more tries',
        sub { $coin->requests >= $asked + RETRIES }, 60);
    my @lines = log_lines(qr/chimera template worker of fake/, $from);
    is(scalar @lines, 1, 'the log says so once, in ' . RETRIES . ' tries')
      or diag join "\n", @lines;
    jobs_go_on('good', $good, 'the other network goes on meanwhile');
    is(health('good', 'template'), 'true ok', 'and is healthy');

    $coin->set(mode => 'ok');
    like(wait_for_health('fake', 'template', qr/^true/),
        qr/^true ok/, 'it recovers');
    @lines = log_lines(qr/template worker of fake: recovered/, $from);
    is(scalar @lines, 1, 'which is logged once');
}
jobs_go_on('fake', $coin, 'and makes jobs as before');

for my $bits ('zz', '00000000', '1dffffffff', undef, 5)
{
    $coin->set(bits => $bits);
    $coin->new_tip;
    like(
        wait_for_health('fake', 'template', qr/^false/),
        qr/^false .+/,
        'a template with bits ' . ($bits // 'null') . ' is refused');
}
$coin->set(bits => '1d00ffff');
wait_for_health('fake', 'template', qr/^true/);
jobs_go_on('fake', $coin, 'until it is good again');

{
    my $from = log_end();
    $coin->stop;
    like(
        wait_for_health('fake', 'template', qr/^false .*connect/),
        qr/cannot be reached: Couldn't connect to server/,
        'a node that is gone');
    sleep NO_RETRY_S;
    cmp_ok(scalar log_lines(qr/template worker of fake/, $from),
        '<=', 2, 'is logged when it goes: once as it breaks off, once as gone');
    $coin->start;
    wait_for_health('fake', 'template', qr/^true/);
    jobs_go_on('fake', $coin, 'and comes back');
}

# --- settings changed in SQL

sub set_credentials
{
    my ($settings) = @_;
    return $pool->safe_psql(
        "UPDATE chimera.network_credentials SET $settings WHERE node_id = "
          . "(SELECT node_id FROM chimera.network_nodes WHERE network_id = chimera.network_id('fake'))"
    );
}

sub write_file
{
    my ($file, $text) = @_;
    open my $handle, '>', $file or die "$file: $!";
    print $handle $text;
    close $handle or die "$file: $!";
    return;
}

my $third = Chimera::FakeNode->new(Chimera::Pool->directory('third'))->start;
$third->set(password => 'another-5ecret', tip => 77);
my $started = $pool->safe_psql('SELECT pg_postmaster_start_time()');
$pool->safe_psql('UPDATE chimera.network_nodes SET rpc_url = '
      . Chimera::Pool::literal($third->url)
      . q( WHERE network_id = chimera.network_id('fake')));
like(wait_for_health('fake', 'template', qr{^false .*refused the credentials}),
    qr/refused the credentials/, 'another RPC URL takes effect at once');
set_credentials(q(rpc_password = 'another-5ecret'));
like(wait_for_health('fake', 'template', qr/^true/),
    qr/^true/, 'and so does another password');
$pool->{coins}{fake} = $third;
jobs_go_on('fake', $third, 'jobs are of the new node');

my $cookie = Chimera::Pool->directory('cookie') . '/.cookie';
write_file($cookie, "__cookie__:another-5ecret\n");
set_credentials(
    "rpc_password = NULL, rpc_user = NULL, rpc_cookie_file = '$cookie'");
$third->set(user => '__cookie__', password => 'changed-with-its-restart');
like(wait_for_health('fake', 'template', qr{^false .*refused the credentials}),
    qr/refused the credentials/, 'a node whose cookie has changed');
write_file($cookie, "__cookie__:changed-with-its-restart\n");
wait_for_health('fake', 'template', qr/^true/);
jobs_go_on('fake', $third, 'is reached with the new cookie');
write_file($cookie, "root:x:0:0:root:/root:/bin/bash\n");
$third->set(user => 'root', password => 'x:0:0:root:/root:/bin/bash');
like(
    wait_for_health('fake', 'template', qr/cookie/),
    qr/the node's cookie file does not contain a cookie/,
    'another file than a cookie is sent to no node');
unlink $cookie;
$third->set(user => 'fake', password => 'again');
like(
    wait_for_health('fake', 'template', qr/could not open/),
    qr/could not open the node's cookie file: No such file/,
    'a missing cookie file is said to be missing');
set_credentials(
    q(rpc_cookie_file = NULL, rpc_user = 'fake', rpc_password = 'again'));
wait_for_health('fake', 'template', qr/^true/);
is($pool->safe_psql('SELECT pg_postmaster_start_time()'),
    $started, 'all that without a restart');

my $workers_of_fake = <<'SQL';
SELECT count(*) FROM chimera.worker_status()
WHERE network_id = chimera.network_id('fake') AND pid IS NOT NULL
SQL
$pool->safe_psql(q(SELECT chimera.switch_active_network('sha256d', 'good', 'a test')));
$pool->safe_psql(q(SELECT chimera.disable_network('fake')));
$pool->wait_for_sql($workers_of_fake, 0);
pass('a disabled network has no workers');
is(health('fake', 'template'), '', 'and is no matter of health');
my $asked = $third->requests;
jobs_go_on('good', $good, 'the other goes on');
sleep NO_RETRY_S;
is($third->requests, $asked, 'its node is not asked any more');
$pool->safe_psql(q(SELECT chimera.enable_network('fake')));
wait_for_health('fake', 'template', qr/^true/);
$pool->wait_for_sql($workers_of_fake, 2);
pass('enabled again it has two workers');
jobs_go_on('fake', $third, 'and jobs');

# --- whatever ends a worker

sub one_of_each
{
    my ($when) = @_;
    $pool->wait_for_sql(<<'SQL');
SELECT (SELECT string_agg(kind || ' ' || n, ', ' ORDER BY kind) FROM (
    SELECT backend_type AS kind, count(*) AS n
    FROM pg_stat_activity WHERE backend_type LIKE 'chimera %' GROUP BY 1) w)
    = 'chimera accountant 1, chimera block 2, chimera launcher 1, chimera template 2'
AND NOT EXISTS (SELECT FROM chimera.health WHERE NOT ok AND part <> 'rewards')
SQL
    pass("all workers, one of each kind, $when");
    return;
}

one_of_each('at first');
for my $case (
    ['launcher'], ['accountant'], [ 'template', 'fake' ], [ 'block', 'fake' ])
{
    my ($kind, $network) = @{$case};
    my $pid = $pool->worker_pid($kind, $network);
    $pool->safe_psql("SELECT pg_terminate_backend($pid)");
    Chimera::Pool::wait_until(
        "a new $kind",
        sub {
            my $new = $pool->worker_pid($kind, $network);
            return $new ne '' && $new != $pid;
        });
    pass("the $kind comes back when it is terminated");
    one_of_each("after the $kind was");
}
$pool->safe_psql(
    q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type LIKE 'chimera %'));
one_of_each('after all were terminated at once');
jobs_go_on('fake', $third, 'jobs go on');

for my $case ([ 'template', 'fake' ], ['launcher'])
{
    my ($kind, $network) = @{$case};
    my $from = log_end();
    kill 'KILL', $pool->worker_pid($kind, $network);
    Chimera::Pool::wait_until('the server to notice',
        sub { log_lines(qr/ready to accept connections/, $from) });
    one_of_each("after kill -9 of the $kind");
    jobs_go_on('fake', $third, 'jobs go on');
}
$pool->restart;
one_of_each('after a restart');

# --- the end, in the midst of waiting for nodes

sub stops_in_time
{
    my ($name) = @_;
    my $begin = time;
    $pool->node->stop('fast');
    my $took = time - $begin;
    cmp_ok($took, '<', STOP_WITHIN_S, sprintf '%s (%.2f s)', $name, $took);
    $pool->node->start;
    return;
}

jobs_go_on('fake', $third, 'with long polls open');
stops_in_time('the server stops in time');
one_of_each('after that');
$pool->safe_psql(q(ALTER SYSTEM SET chimera.node_timeout = '60s'));
$pool->safe_psql('SELECT pg_reload_conf()');
$third->set(mode => 'deaf');
$asked = $third->requests('getblockhash');
$pool->safe_psql(<<'SQL');
SELECT pg_terminate_backend(pid) FROM chimera.worker_status() WHERE kind = 'template'
SQL
Chimera::Pool::wait_until('a call that is not answered',
    sub { $third->requests('getblockhash') > $asked });
stops_in_time('also while a node does not answer');
$third->set(mode => 'ok');
one_of_each('after that');

# --- no room for workers

$pool->safe_psql('ALTER SYSTEM SET max_worker_processes = 4');
$pool->restart;
like(
    wait_for_health('pool', 'launcher', qr/^false/),
    qr/too many background workers: increase max_worker_processes/,
    'too few worker processes are told of in health');
$pool->safe_psql('ALTER SYSTEM RESET max_worker_processes');
$pool->restart;
one_of_each('when there is room again');

my $secrets = join '|', Chimera::FakeNode::PASSWORD(), 'another-5ecret',
  'changed-with-its-restart';

# but where a test's own statement was logged with its error
is(scalar log_lines(qr/(?:LOG|WARNING|FATAL):.*(?:$secrets)/),
    0, 'no secret is in the log');
is(scalar log_lines(qr/PANIC|TRAP|terminated by signal (?!9)/),
    0, 'nothing has crashed but what was killed');

# --- a database that is not there yet

{
    my $node = PostgreSQL::Test::Cluster->new('nodatabase');
    my $waiting = sub {
        my @lines = slurp_file($node->logfile) =~ /waiting for database "pool"/g;
        return scalar @lines;
    };
    my $works = 'SELECT bool_and(ok) AND count(*) = 4 FROM chimera.health';
    my $make = sub {
        $node->safe_psql('postgres', 'CREATE DATABASE pool');
        $node->safe_psql('pool', 'CREATE EXTENSION chimera');
    };

    $node->init;
    $node->append_conf('postgresql.conf', Chimera::Pool::CONF());
    $node->start;
    Chimera::Pool::wait_until('the launcher to wait', sub { $waiting->() == 1 });
    sleep DATABASE_LOOKS_S;
    my @fatal = slurp_file($node->logfile) =~ /FATAL:.*"pool" does not exist/g;
    is(scalar @fatal, 1, 'a missing database is one FATAL');
    is($waiting->(), 1, 'and one line that says what is waited for');
    $make->();
    ok($node->poll_query_until('pool', $works),
        'once it is made, the workers start');
    $node->safe_psql('postgres', 'DROP DATABASE pool WITH (FORCE)');
    Chimera::Pool::wait_until('the launcher to wait again',
        sub { $waiting->() == 2 });
    $make->();
    ok($node->poll_query_until('pool', $works),
        'also when it was dropped and created again');
    $node->stop('fast');
}

done_testing();
