# Least privilege, tried by real logins: what each of the four roles is for
# works for it, down to what its routines call, and all else is refused.
# test/sql/roles.sql lists who may what; here the lists are tried.
use strict;
use warnings;

use Test::More;

use Chimera::Attempts qw(attempts run_as);
use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 1e-6,

    # login => the role it is a member of
    LOGINS => {
        operator => 'chimera_admin',
        stratumd => 'chimera_stratum',
        webd => 'chimera_web',
        analyst => 'chimera_reader',
        nobody => undef,
    },
};

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('privileges');
my %member_of = %{ +LOGINS };

for my $login (grep { $_ ne 'stratumd' } sort keys %member_of)
{
    my $of = $member_of{$login} ? "IN ROLE $member_of{$login}" : '';
    $pool->safe_psql("CREATE ROLE $login LOGIN $of");
}

sub can_do
{
    my ($login, $what, $sql) = @_;
    my ($code, $out, $err) = run_as($pool, $login, $sql);

    is($code, 0, "$login can $what") or diag $err;
    return $out;
}

sub is_denied
{
    my ($login, $what, $sql) = @_;
    my ($code, $out, $err) = run_as($pool, $login, "BEGIN; $sql; ROLLBACK");

    like($err, qr/ERROR:  42501: /, "$login cannot $what");
    return;
}

# --- what each is for

$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => DIFFICULTY,
    max_difficulty => DIFFICULTY);
my $port = $pool->add_listener('fake');

$pool->start_stratumd;
$pool->wait_for_job('fake');
my $miner = $pool->stratum('fake', user => 'alice.rig');
my $share = $miner->find_share($miner->next_notify);
ok($miner->request('mining.submit', $miner->submit_params($share))->{result},
    'stratumd lets a miner in and takes its share');

my ($user, $password) = $coin->credentials;
my $second = join ', ',
  map { "$_->[0] => " . Chimera::Pool::literal($_->[1]) } (
    [ name => 'second' ],
    [ algorithm => 'sha256d' ],
    [ symbol => 'SEC' ],
    [ genesis_hash => $coin->genesis_hash ],
    [ rpc_url => $coin->url ],
    [ rpc_user => $user ],
    [ rpc_password => $password ],
    [ pool_address => $coin->new_address ],
    [ settings => '{"p2pkh_version": 0}' ]);
my $address = $coin->new_address;
my $second_port = PostgreSQL::Test::Cluster::get_free_port();
can_do('operator', 'add, test, change and enable a network', <<"SQL");
SELECT chimera.add_network($second);
SELECT * FROM chimera.test_network('second');
SELECT chimera.update_network('second', '{"display_name": "The second"}');
SELECT chimera.add_node('second', 'http://127.0.0.1:1/', 'u', 'p') AS node \\gset
SELECT chimera.update_node(:node, '{"priority": 7}');
SELECT chimera.remove_node(:node);
SELECT chimera.set_reward_scheme('second', 'prop', '{}', 'a test');
SELECT chimera.enable_network('second', 'a test');
SQL
can_do('operator', 'open and close a port', <<"SQL");
SELECT chimera.add_listener($second_port, 'second', address => '127.0.0.1');
SELECT chimera.remove_listener(port => $second_port);
SQL
can_do('operator', 'send miners elsewhere', <<'SQL');
SELECT chimera.switch_active_network('sha256d', 'second', 'a test');
SELECT chimera.rollback_switch('a test');
SELECT chimera.assign_miner('alice', 'second', 'a test');
SELECT chimera.unassign_miner('alice', 'sha256d');
SQL
can_do('operator', 'look after wallets, balances and payouts', <<"SQL");
SELECT chimera.set_wallets('alice', 'fake', '{$address}', '{100}', 'a test');
SELECT chimera.set_minimum_payout('alice', 'fake', 2000000);
SELECT chimera.adjust_balance('fake', 'alice', 5, 'a test');
SELECT chimera.adjust_balance('fake', 'alice', -5, 'a test');
SELECT chimera.prepare_payouts('fake');
SELECT * FROM chimera.audit();
SELECT * FROM chimera.health;
SQL
is( can_do('operator', 'change a network in its own name only', <<'SQL') =~ s/^\d+\n//r,
SET chimera.acting_user = 'web:carol';
SELECT chimera.update_network('second', '{"display_name": "Another"}', 'a test');
SELECT who, acting_user FROM chimera.network_switch_history ORDER BY history_id DESC LIMIT 1;
SQL
    'operator|',
    'whoever it says it acts for');
can_do('operator', 'put networks away', <<'SQL');
SELECT chimera.disable_network('second', 'a test');
SELECT chimera.delete_network('second', 'a test');
SQL
my $hash = '$argon2id$v=19$m=65536,t=2,p=1$' . 'c2FsdHNhbHRzYWx0c2FsdA$' . 'aGFzaA' x 7;
my $session = '\x' . 'ab' x 32;
like(
    can_do('webd', 'sign a user up and answer for it', <<"SQL"),
SELECT chimera.web_sign_up_begin('192.0.2.1', 'carol');
SELECT chimera.web_sign_up('192.0.2.1', 'carol', '$hash', '$session');
SELECT chimera.web_session('$session');
SELECT chimera.web_networks(), chimera.web_pool_stats(), chimera.web_health();
SQL
    qr/"account": "carol"/,
    'the session is its');
can_do('analyst', 'read statistics', <<'SQL');
SELECT * FROM chimera.network_stats;
SELECT * FROM chimera.user_network_stats;
SELECT count(*) FROM chimera.shares;
SELECT * FROM chimera.pool_hashrate(now() - interval '1 hour', now(), '1 minute', 'fake');
SELECT * FROM chimera.estimated_rewards('fake');
SQL

# --- every routine, every relation

# Try the statement in each row of a query; returns [what, SQLSTATE, message]s.
sub try_each
{
    my ($login, $query) = @_;
    my @rows = map { [ split /\|/, $_, 2 ] } split /\n/, $pool->safe_psql($query);

    return map { [ $rows[$_->[0]][0], @{$_}[1, 2] ] }
      attempts($pool, $login, [ map { $_->[1] } @rows ]);
}

sub none
{
    my ($attempts, $name) = @_;
    return is(join("\n", map { join ': ', @{$_} } @{$attempts}), '', $name);
}

# each routine that SQL can call, with NULLs
my $routines = <<'SQL';
    SELECT p.oid::regprocedure::text AS what,
           -- no constants: a strict routine would not even be looked at
           format('SELECT chimera.%I(%s) FROM (SELECT %s OFFSET 0) t', p.proname,
                  (SELECT string_agg(CASE WHEN p.provariadic <> 0 AND i = p.pronargs THEN 'VARIADIC ' ELSE '' END || 'a' || i, ', ' ORDER BY i)
                   FROM unnest(p.proargtypes) WITH ORDINALITY a (t, i)),
                  (SELECT string_agg(format('NULL::%s AS a%s', format_type(t, NULL), i), ', ' ORDER BY i)
                   FROM unnest(p.proargtypes) WITH ORDINALITY a (t, i))) AS statement
    FROM pg_proc p
    WHERE p.pronamespace = 'chimera'::regnamespace AND p.prokind = 'f'
      AND p.prorettype <> 'trigger'::regtype
      AND NOT 'internal'::regtype = ANY (p.proargtypes::oid[] || p.prorettype)
SQL

# each relation, by each way to read or change it
my $accesses = <<'SQL';
    SELECT verb || ' ' || c.relname AS what, format(pattern, c.oid::regclass, a.attname) AS statement
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1
    CROSS JOIN (VALUES ('read', 'SELECT FROM (SELECT * FROM %1$s LIMIT 0) t'),
                       ('insert into', 'INSERT INTO %1$s SELECT * FROM %1$s WHERE false'),
                       ('insert a row into', 'INSERT INTO %1$s DEFAULT VALUES'),
                       ('update', 'UPDATE %1$s SET %2$I = %2$I WHERE false'),
                       ('delete from', 'DELETE FROM %1$s WHERE false'),
                       ('truncate', 'TRUNCATE %1$s'),
                       ('lock', 'LOCK TABLE %1$s IN ROW EXCLUSIVE MODE')) v (verb, pattern)
    WHERE c.relnamespace = 'chimera'::regnamespace
      AND (c.relkind IN ('r', 'p') OR (c.relkind = 'v' AND v.verb <> 'truncate'))
    UNION ALL
    SELECT 'advance ' || c.relname, format('SELECT nextval(%L)', c.oid::regclass)
    FROM pg_class c WHERE c.relnamespace = 'chimera'::regnamespace AND c.relkind = 'S'
SQL

for my $login (sort keys %member_of)
{
    my %granted = map { $_ => 1 } split /\n/, $pool->safe_psql(<<"SQL");
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'chimera'::regnamespace
AND has_function_privilege('$login', p.oid, 'EXECUTE') AND has_schema_privilege('$login', 'chimera', 'USAGE')
SQL
    my @tried = try_each($login, $routines);
    my @wrong = grep {
        my ($what, $state, $message) = @{$_};
        my $refused = $state eq '42501'
          && $message =~ /^permission denied for (?:function|schema)/;
        $refused == exists $granted{$what};
    } @tried;
    cmp_ok(scalar @tried, '>', 200, "$login tried all routines");
    none(\@wrong, "$login is refused all routines but its own");

    # denied within: it may call a routine that then cannot do its work
    @wrong = grep {
        exists $granted{ $_->[0] } && $_->[2] =~ /^permission denied for/
    } @tried;
    none(\@wrong, "nothing within $login\'s routines is refused");

    my %read;
    @wrong = ();
    for my $attempt (try_each($login, $accesses))
    {
        my ($what, $state, $message) = @{$attempt};
        next if $state eq '42501' || $message =~ /^cannot .* view /;
        if   ($what =~ /^read (.*)/) { $read{$1} = 1 }
        else                         { push @wrong, $attempt }
    }
    none(\@wrong, "$login can change nothing but by routines");
    is_deeply([ grep { /credential|^web_|secret|password/ && $_ ne 'web_accounts' } sort keys %read ],
        [], "$login can read no secrets");
    my @partitions = grep { /^shares_fake/ } keys %read;
    if (($member_of{$login} // '') =~ /admin|reader/)
    {
        cmp_ok(scalar @partitions, '>', 1, "$login can read partitions");
    }
    else { is(scalar @partitions, 0, "$login can read no partition") }
    is(scalar keys %read, 0, "$login can read nothing at all")
      if $login =~ /webd|nobody/;
    is_deeply([ keys %read ], ['jobs'], "$login can read jobs only")
      if $login eq 'stratumd';
}

# --- ways to become somebody else, or to reach the server's files

my $worker = $pool->worker_pid('accountant');
for my $login (sort keys %member_of)
{
    my %others = map { $_ => 1 } grep { defined } values %member_of;
    delete $others{ $member_of{$login} // '' };
    is_denied($login, "become $_", "SET ROLE $_") for 'postgres', sort keys %others;
    like((run_as($pool, $login, q{ALTER SYSTEM SET chimera.database = 'x'}))[2],
        qr/ERROR:  42501: /, "$login cannot change the settings");
    is_denied($login, $_->[0], $_->[1])
      for (
        [ 'be another user', 'SET SESSION AUTHORIZATION postgres' ],
        [ 'join a role', "GRANT chimera_admin TO $login" ],
        [ 'make a role', 'CREATE ROLE mallory' ],
        [ 'make a table in the schema', 'CREATE TABLE chimera.mine (i int)' ],
        [ 'make a function in the schema', q{CREATE FUNCTION chimera.now() RETURNS int LANGUAGE sql AS 'SELECT 1'} ],
        [ 'take a function', 'ALTER FUNCTION chimera.submit_shares(bytea) SECURITY INVOKER' ],
        [ 'take a table', "ALTER TABLE chimera.network_credentials OWNER TO $login" ],
        [ 'put a trigger on a table', 'CREATE TRIGGER t BEFORE INSERT ON chimera.shares FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()' ],
        [ 'drop the extension', 'DROP EXTENSION chimera CASCADE' ],
        [ 'turn triggers off', q{SET session_replication_role = 'replica'} ],
        [ 'read a file', q{SELECT pg_read_file('postgresql.conf')} ],
        [ 'copy a file', q{COPY (SELECT 1) TO '/tmp/chimera_test_copy'} ],
        [ 'run a program', q{COPY (SELECT 1) TO PROGRAM 'true'} ],
        [ 'read the log', 'SELECT pg_ls_logdir()' ],
        [ 'end a worker', "SELECT pg_terminate_backend($worker)" ],
        [ "stop a worker's query", "SELECT pg_cancel_backend($worker)" ],
      );
}

# --- what an operator can have the server read: cookies, and no other file

my $file = Chimera::Pool->directory('file') . '/id_rsa';
open my $handle, '>', $file or die "$file: $!";
print {$handle} "root:a line of a file that is nobody's business\n";
close $handle;
my $before = $coin->requests;
$pool->safe_psql(q{SELECT chimera.disable_network('fake', 'a quiet node')});
Chimera::Pool::wait_until('the node to be left alone', sub {
    my $last = $before;
    $before = $coin->requests;
    sleep 1;
    return $before == $coin->requests && $before == $last;
});
unlike(
    can_do('operator', 'name any file as a cookie', <<"SQL"),
SELECT chimera.update_node(n.node_id, '{"rpc_user": null, "rpc_password": null, "rpc_cookie_file": "$file"}')
FROM chimera.network_nodes n;
SELECT * FROM chimera.test_network('fake');
SQL
    qr/nobody's business/,
    'and sees nothing of it');
is($coin->requests, $before, 'nor does the node');

done_testing();
