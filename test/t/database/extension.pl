# The extension as an object of the database: it goes without a trace, comes
# again, is dumped and restored, and says where it can't work.
use strict;
use warnings;

use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Chimera::FakeNode;

use constant { DIFFICULTY => 1e-6, SECRET => 'kh6Qpa55word' };

my $json = JSON::PP->new->utf8->allow_nonref;
my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('extension');
my $node = $pool->node;

# A network, a port, some shares of two miners, and all counted.
my $port;
sub make_pool
{
    $pool->add_network('fake', $coin,
        start_difficulty => DIFFICULTY,
        min_difficulty => DIFFICULTY,
        max_difficulty => DIFFICULTY);
    $port = $pool->add_listener('fake', $port ? (port => $port) : ());
    $pool->wait_for_job('fake');
    return;
}

sub mine
{
    my ($user, $shares) = @_;
    my $client = $pool->stratum('fake', user => $user);
    my $job = $client->next_notify;
    my $accepted =
      grep { $client->submit($client->find_share($job))->{result} }
      1 .. $shares;
    $pool->wait_for_sql('SELECT count(*) = 0 FROM chimera.share_deltas');
    return $accepted;
}

# What of the extension is in a database, in any catalog.
my $leftovers = <<'SQL';
SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname ~ 'chimera'
UNION ALL SELECT 'relation ' || relname FROM pg_class WHERE relname ~ '^(shares|chimera)'
UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE probin ~ 'chimera' OR prosrc ~ 'chimera'
UNION ALL SELECT 'extension ' || extname FROM pg_extension WHERE extname ~ '^chimera'
UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typname ~ '(^|_)(shares|block_status|jobs)'
UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger t WHERE tgname IN ('forbid_change', 'networks_changed')
UNION ALL SELECT 'depends ' || classid::regclass || ' ' || objid FROM pg_depend d
    WHERE deptype IN ('e', 'x') AND NOT EXISTS (SELECT FROM pg_extension e WHERE e.oid = d.refobjid)
UNION ALL SELECT 'shared depends ' || s.classid::regclass || ' ' || s.objid FROM pg_shdepend s
    JOIN pg_roles r ON s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid AND r.rolname ~ '^chimera_'
    WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL SELECT 'description ' || description FROM pg_description d WHERE classoid = 'pg_class'::regclass
    AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = d.objoid)
SQL

# --- DROP and CREATE, with stratumd and miners there

make_pool();
$pool->start_stratumd;
is(mine('alice.rig', 5), 5, 'a pool that mines');
my $files = $pool->safe_psql(
    q(SELECT string_agg(pg_relation_filepath(oid), ' ') FROM pg_class WHERE relnamespace = 'chimera'::regnamespace AND relkind IN ('r','i','S','t'))
);

my ($code, $out, $error) = $node->psql('pool', 'DROP EXTENSION chimera');
is($code, 0, 'DROP EXTENSION needs no CASCADE where nothing depends on it')
  or diag $error;
$pool->safe_psql('CREATE EXTENSION chimera'), make_pool(),
  $pool->safe_psql('CREATE VIEW theirs AS SELECT * FROM chimera.shares')
  if $code == 0;
($code, $out, $error) = $node->psql('pool', 'DROP EXTENSION chimera');
isnt($code, 0, 'without CASCADE it is refused when somebody\'s view depends on it');
my ($alice, $alices_job);
Chimera::Pool::wait_until(
    'a miner at work',
    sub {
        $alice = eval { $pool->stratum('fake', user => 'alice.rig') };
        $alices_job = $alice && $alice->next_notify(2);
    });
$pool->safe_psql('CREATE EXTENSION chimera_legacy');
$pool->safe_psql('DROP EXTENSION chimera CASCADE');
is($pool->safe_psql($leftovers), '', 'DROP EXTENSION CASCADE leaves nothing');
$node->poll_query_until('pool',
    q(SELECT string_agg(backend_type, ' ') = 'chimera launcher' FROM pg_stat_activity WHERE backend_type LIKE 'chimera %'))
  or diag 'workers are left';
is( $pool->safe_psql(
        q(SELECT string_agg(backend_type, ' ') FROM pg_stat_activity WHERE backend_type LIKE 'chimera %')
    ),
    'chimera launcher',
    'no worker but the launcher is left');
$pool->safe_psql('CHECKPOINT');
my @there = grep { -s $node->data_dir . "/$_" } split / /, $files;
is(scalar @there, 0, 'nor a file');
is($pool->safe_psql(
        q(SELECT count(*) FROM pg_roles WHERE rolname ~ '^chimera_')), 4,
    'its roles stay, they are the cluster\'s');

# stratumd lives on, and lies to nobody
my $share = $alice->find_share($alices_job);
my $reply = $alice->submit($share);
ok(ref $reply->{error}, 'a share is not accepted while there is no extension');
is($alice->request('mining.ping')->{result}, 'pong', 'the miner stays');

$pool->safe_psql('CREATE EXTENSION chimera');
is($pool->safe_psql('SELECT count(*) FROM chimera.network_configs'),
    0, 'made again it is empty');
make_pool();
Chimera::Pool::wait_until(
    'stratumd to serve again',
    sub {
        my $client = eval { $pool->stratum('fake', user => 'mallory.rig') };
        return $client && $client->next_notify(2);
    });
is(mine('mallory.rig', 3), 3, 'stratumd serves the new pool without a restart');

my $again = $pool->stratum('fake', user => 'alice.rig');
my %extranonce1 = map { $_->extranonce1 => 1 } $again,
  map { $pool->stratum('fake', user => 'many.rig') } 1 .. 3;
ok($again->submit($again->find_share($again->next_notify))->{result},
    'alice connects again and mines');
is(scalar keys %extranonce1, 4, 'no extranonce1 is given twice');
ok($alice->is_closed(30), 'who was there before has to connect again');

# the same in one transaction, so that stratumd never sees the pool away; a
# stranger comes first and gets the number that alice's rig had
$alice = $again;
my $mallory = $pool->stratum('fake', user => 'mallory.rig');
$mallory->next_notify;
$pool->safe_psql(sprintf <<'SQL', $coin->genesis_hash, $coin->url, $coin->new_address, $coin->credentials, $port);
BEGIN;
DROP EXTENSION chimera CASCADE;
CREATE EXTENSION chimera;
SELECT chimera.add_network(name => 'fake', algorithm => 'sha256d', symbol => 'FAK', genesis_hash => '%s',
    rpc_url => '%s', pool_address => '%s', rpc_user => '%s', rpc_password => '%s',
    settings => '{"p2pkh_version": 0, "start_difficulty": 1e-6, "min_difficulty": 1e-6, "max_difficulty": 1e-6}');
SELECT chimera.enable_network('fake');
SELECT chimera.add_listener(%d, network => 'fake', address => '127.0.0.1');
SELECT chimera.authorize((SELECT listener_id FROM chimera.listeners), gen_random_uuid(), 1, 'stranger.rig', 'x');
COMMIT;
SQL
$pool->wait_for_job('fake');
my $submitted = 0;
my $deadline = time + 10;
while (time < $deadline && !$mallory->is_closed)
{
    my $job = $mallory->next_notify(1) // next;
    $submitted++;
    eval { $mallory->submit($mallory->find_share($job)) };
}
note "$submitted shares from a connection of before";
is( $pool->safe_psql(<<'SQL'), 0,
SELECT count(*) FROM chimera.shares s JOIN chimera.miners m USING (miner_id) JOIN chimera.accounts a USING (account_id) WHERE a.name = 'stranger'
SQL
    'a miner of before is not taken for another who has its number now');
ok($mallory->is_closed(10), 'it has to connect again');
ok($pool->stratum('fake', user => 'alice.rig')->next_notify(30),
    'and gets work then');

# --- dump and restore

mine('bob.rig1', 4), mine('bob.rig2', 3);
$coin->new_tip;
$pool->wait_for_job('fake');
is(mine('bob.rig1', 2), 2, 'more shares, of another job');
$pool->safe_psql(q(SELECT chimera.make_share_partitions(network_id, current_date - 3, current_date + 9) FROM chimera.network_configs));
$pool->safe_psql(<<'SQL');
INSERT INTO chimera.blocks (network_id, height, hash, job_id, account_id, miner_id, reward_sats,
    network_difficulty, share_difficulty, raw)
SELECT n.network_id, 7, sha256('7'), 1, m.account_id, m.miner_id, 5000000000, 1, 2, '\x0102'
FROM chimera.network_configs n, chimera.miners m LIMIT 1
SQL
$pool->stop_stratumd;
$pool->safe_psql(q(SELECT chimera.disable_network('fake')));
$pool->wait_for_sql(
    q(SELECT count(*) = 0 FROM chimera.worker_status() WHERE kind = 'template' AND pid IS NOT NULL));
$pool->wait_for_sql('SELECT count(*) = 0 FROM chimera.share_deltas');

# every row of every table, but of those that are recounted, and every sequence
sub contents
{
    my ($database) = @_;
    my %contents;
    my @tables = split /\n/, $node->safe_psql($database, <<'SQL');
SELECT format('%s %s', oid::regclass, relkind) FROM pg_class
WHERE relnamespace = 'chimera'::regnamespace AND relkind IN ('r', 'p', 'S')
  AND relname NOT IN ('network_standings', 'account_standings', 'pool_standings') ORDER BY 1
SQL
    for (@tables)
    {
        my ($table, $kind) = split / /;
        my $sql =
          $kind eq 'S'
          ? "SELECT last_value, is_called FROM $table"
          : "SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM $table t";
        $contents{$table} = $node->safe_psql($database, $sql);
    }
    return \%contents;
}

my $dump = "$PostgreSQL::Test::Utils::tmp_check/pool.sql";
my @pg_dump = ('pg_dump', '-d', $node->connstr('pool'));
$pool->safe_psql(<<'SQL');
SELECT chimera.set_web_password('web_user', '$argon2id$v=19$m=65536,t=2,p=1$c2FsdHNhbHRzYWx0$' || repeat('x', 43));
INSERT INTO chimera.web_tokens (user_id, name, token_hash, scope) SELECT user_id, 'x', sha256('x'), 'read' FROM chimera.web_users
SQL

# both dumps of a moment in which the accountant, who goes on, changed nothing
sub dump_at_rest
{
    my $before;
    for (1 .. 10)
    {
        $before = contents('pool');
        run_log([ @pg_dump, '-f', $dump ]) or die 'pg_dump';
        run_log([ @pg_dump, '-Fc', '-f', "$dump.custom" ]) or die 'pg_dump -Fc';
        my $after = contents('pool');
        return $before unless grep { $before->{$_} ne $after->{$_} } keys %{$after};
    }
    die 'the pool does not come to rest';
}

my $before = dump_at_rest();
cmp_ok(scalar keys %{$before}, '>', 20, 'tables and sequences to compare');
is($node->safe_psql('pool', 'SELECT count(*) FROM chimera.shares') + 0,
    9, 'of a pool with shares');

sub is_restored
{
    my ($database, $how) = @_;
    my $after = contents($database);
    my %before = %{$before};
    isnt(delete $after->{'chimera.extranonce1_key'}, delete $before{'chimera.extranonce1_key'},
        "$how: the key of extranonce1 values is a new one");
    is_deeply($after, \%before, "$how: every other table and sequence is the same");
    is( $node->safe_psql($database,
            'SELECT rpc_password FROM chimera.network_credentials'),
        SECRET, "$how: with the credentials");
    is( $node->safe_psql($database, <<'SQL'), '', "$how: the same grants and comments");
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'chimera'::regnamespace
AND c.relkind IN ('r', 'p') AND c.relname ~ '^shares_fake'
AND NOT has_table_privilege('chimera_reader', c.oid, 'SELECT')
SQL
    is( $node->safe_psql($database, <<'SQL'),
SELECT count(*) > 3 AND bool_and(indexes >= 1) FROM (
    SELECT (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid) AS indexes
    FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' AND c.relnamespace = 'chimera'::regnamespace) p
SQL
        't', "$how: partitions with their indexes");
    is( $node->safe_psql($database, <<'SQL'), '', "$how: nothing is owned twice");
SELECT c.relname FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'e'
WHERE c.relispartition AND c.relnamespace = 'chimera'::regnamespace
SQL
    return;
}

$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok(
    [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $dump ],
    'psql reads it back without an error');
is_restored('restored', 'pg_dump and psql');

$node->safe_psql('postgres', 'CREATE DATABASE restored2');
$node->command_ok(
    [   'pg_restore', '--exit-on-error', '--single-transaction',
        '-d', $node->connstr('restored2'), "$dump.custom"
    ],
    'pg_restore');
is_restored('restored2', 'pg_restore');

# --- two databases with the extension

($code, $out, $error) = $node->psql('restored',
    q(SELECT chimera.submit_shares('\x00000001'::bytea || decode(repeat('00', 48), 'hex'))));
isnt($code, 0, 'only chimera.database takes shares');
like($error, qr/ERROR:.*database/, 'which the error says') or diag $error;
is( $node->safe_psql('pool',
        q(SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'chimera %' AND datname <> 'pool')
    ),
    0,
    'and has workers');
is($node->safe_psql('restored', 'SELECT count(*) FROM chimera.jobs') > 0,
    1, 'the other can be read');

# --- the restored database becomes the pool's

$node->append_conf('postgresql.conf', "chimera.database = 'postgres'\n");
$node->restart;
$node->safe_psql('postgres', 'ALTER DATABASE pool RENAME TO former');
$node->safe_psql('postgres', 'ALTER DATABASE restored RENAME TO pool');
$node->append_conf('postgresql.conf', "chimera.database = 'pool'\n");
$node->restart;
$pool->safe_psql(q(SELECT chimera.enable_network('fake')));
$coin->new_tip;
ok(eval { $pool->wait_for_job('fake') }, 'a restored pool makes jobs') or diag $pool->state;
$pool->start_stratumd;
is(mine('bob.rig1', 3), 3, 'and takes shares');
is( $pool->safe_psql(
        q(SELECT count(*) FROM chimera.shares s JOIN chimera.miners m USING (miner_id) JOIN chimera.accounts a USING (account_id) WHERE a.name = 'bob')
    ),
    12,
    'which join those of before');
is( $pool->safe_psql(
        q(SELECT count(*) - count(DISTINCT share_id) FROM chimera.shares)), 0,
    'no share_id is given twice');
$pool->safe_psql('DROP EXTENSION chimera CASCADE');
is($pool->safe_psql($leftovers), '', 'a restored one goes without a trace as well');

# --- updates

$pool->safe_psql('CREATE EXTENSION chimera');
my $version = $pool->safe_psql(q(SELECT extversion FROM pg_extension WHERE extname = 'chimera'));
($code, $out, $error) = $node->psql('pool', 'ALTER EXTENSION chimera UPDATE');
is($code, 0, 'ALTER EXTENSION UPDATE');
like($error, qr/version "\Q$version\E" of extension "chimera" is already installed/,
    'is a no-op at the newest version');
is($pool->safe_psql(q(SELECT count(*) FROM pg_extension_update_paths('chimera') WHERE source = target)),
    0, 'no path leads to itself');
($code, $out, $error) = $node->psql('pool', 'ALTER EXTENSION chimera SET SCHEMA public');
isnt($code, 0, 'its schema cannot change');
($code, $out, $error) = $node->psql('pool', 'BEGIN; DROP EXTENSION chimera; ROLLBACK');
$node->poll_query_until('pool',
    q(SELECT count(*) = 2 FROM chimera.health WHERE ok AND part IN ('launcher', 'accountant')));
is($pool->safe_psql(
        q(SELECT count(*) FROM chimera.health WHERE NOT ok)), 0,
    'a DROP that is rolled back changes nothing');

# --- a server without the library preloaded

{
    my $plain = PostgreSQL::Test::Cluster->new('plain');
    $plain->init;
    $plain->start;
    ($code, $out, $error) = $plain->psql('postgres', 'CREATE EXTENSION chimera');
    is($code, 0, 'CREATE EXTENSION works without preload') or diag $error;
    is( $plain->safe_psql('postgres',
            q(SELECT encode(chimera.hash('sha256d', ''), 'hex'))),
        '5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456',
        'and hashes');
    is( $plain->safe_psql('postgres',
            q(SELECT encode(chimera.address_script('1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 0, 5, 'bc'), 'hex'))),
        '76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac',
        'and knows addresses');
    for my $call (
        q(SELECT chimera.submit_shares('\x00000001')),
        'SELECT * FROM chimera.share_set()',
        'SELECT * FROM chimera.worker_status()',
        'SELECT * FROM chimera.health')
    {
        ($code, $out, $error) =
          $plain->psql('postgres', "\\set VERBOSITY verbose\n$call");
        like($error, qr/ERROR:  55000:/, "$call gives 55000");
        like($error, qr/HINT:.*shared_preload_libraries/, 'with a hint')
          or diag $error;
    }
    ($code, $out, $error) = $plain->psql('postgres', q(
        SELECT chimera.add_network(name => 'x', algorithm => 'sha256d', symbol => 'X', genesis_hash => repeat('0', 64),
            rpc_url => 'http://127.0.0.1:1', pool_address => '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', settings => '{"p2pkh_version": 0}')));
    is($code, 0, 'a network can be configured') or diag $error;
    ($code, $out, $error) = $plain->psql('postgres', 'DROP EXTENSION chimera CASCADE');
    is($code, 0, 'and all dropped') or diag $error;
    is($plain->safe_psql('postgres', $leftovers), '', 'without a trace');
    $plain->stop('fast');
}

done_testing();
