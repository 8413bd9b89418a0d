# Whatever form a dump has and however it is restored, every table and sequence
# of the pool is there again, or the audit says what is missing.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use Chimera::Contents;
use Chimera::Pool;
use PostgreSQL::Test::Utils;

my $fill = abs_path(dirname(__FILE__) . '/../../upgrade/fill.sql');
my $pool = Chimera::Pool->new('dumps');
my $node = $pool->node;
my $files = Chimera::Pool->directory('dumps');

# a database without workers, so that all dumps are of one moment
$node->safe_psql('postgres', 'CREATE DATABASE source');
$node->safe_psql('source', "CREATE EXTENSION chimera;\n\\i $fill");
$node->safe_psql('source', <<'SQL');
-- an account with two wallets, and one that earned, was paid and earned again
SELECT chimera.set_wallets('account2', 'upgraded', '{1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2,1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa}', '{70,30}');
SELECT chimera.adjust_balance('upgraded', 'account3', amount, 'test') FROM unnest('{500,-400,700,-10000800}'::bigint[]) amount;
-- the progress of an adoption, which another extension has
CREATE EXTENSION chimera_legacy;
INSERT INTO chimera.legacy_networks (network_id, legacy_network, columns) SELECT network_id, network_id, '{}' FROM chimera.network_configs;
INSERT INTO chimera.legacy_rows VALUES ('users', 7, 1);
INSERT INTO chimera.legacy_refused SELECT 'shares', 8, network_id, 'time is missing', '{"id": 8}' FROM chimera.network_configs;
SQL

sub contents { return Chimera::Contents::of($node, @_) }

my $before = contents('source');
my %dumps = (
    custom => ['-Fc'],
    inserts => ['--inserts'],
    column_inserts => ['--column-inserts'],
    rows => ['--rows-per-insert=1000'],
    data => ['--data-only'],
    data_untriggered => [ '--data-only', '--disable-triggers' ],
    data_inserts => [ '--data-only', '--inserts' ],
    directory => [ '-Fd', '-j', '4' ],
    plain => [],
    custom_inserts => [ '-Fc', '--inserts' ],
    schema => ['--schema-only']);
for my $form (sort keys %dumps)
{
    run_log([ 'pg_dump', @{ $dumps{$form} }, '-f', "$files/$form", '-d', $node->connstr('source') ]) or die $form;
}

my $databases = 0;
sub is_restored
{
    my ($form, $name, $make_schema, @command) = @_;
    my $database = 'restored' . ++$databases;

    $node->safe_psql('postgres', "CREATE DATABASE $database");
    run_log([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', "$files/schema", '-d', $node->connstr($database) ]) or die 'schema'
      if $make_schema;
    if ($command[0] eq 'psql')
    {
        push @command, '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', "$files/$form", '-d', $node->connstr($database);
    }
    else
    {
        push @command, '--exit-on-error', '-d', $node->connstr($database), "$files/$form";
    }
    my ($out, $error) = run_command(\@command);
    is($error =~ s/^.*(NOTICE|HINT|DETAIL|warning):.*\n//gmr, '', "$name: no error");
    is_deeply(contents($database), $before, "$name: all is there");
    is($node->safe_psql($database, 'SELECT count(*) FROM chimera.audit()'), 0, "$name: and the audit finds nothing");
    return;
}

is_restored('plain', 'plain', 0, 'psql');
is_restored('custom', 'pg_restore', 0, 'pg_restore');
is_restored('custom_inserts', 'pg_restore of inserts', 0, 'pg_restore');
is_restored('inserts', 'inserts', 0, 'psql');
is_restored('inserts', 'inserts in one transaction', 0, 'psql', '-1');
is_restored('column_inserts', 'inserts with columns', 0, 'psql');
is_restored('rows', 'inserts of many rows', 0, 'psql');
is_restored('data', 'data alone', 1, 'psql');
is_restored('data_untriggered', 'data alone without triggers', 1, 'psql');
is_restored('data_inserts', 'data alone in inserts', 1, 'psql');

# --- in parallel: foreign keys need an order that pg_restore does not keep

sub restore
{
    my ($database, @options) = @_;
    return run_log([ 'pg_restore', '--exit-on-error', '-d', $node->connstr($database), @options, "$files/directory" ]);
}

sub is_restored_in_parallel
{
    my ($database, $name, @runs) = @_;
    $node->safe_psql('postgres', "CREATE DATABASE $database");
    ok(restore($database, @{$_}), "$name: pg_restore @{$_}") for @runs;
    is_deeply(contents($database), $before, "$name: all is there");
    is($node->safe_psql($database, 'SELECT count(*) FROM chimera.audit()'), 0, "$name: and the audit finds nothing");
    return;
}

{
    local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
    is_restored_in_parallel('parallel', 'in parallel as a replica', [ '-j', '4' ]);
}
is_restored_in_parallel('sections', 'in parallel by sections',
    ['--section=pre-data'], [ '--section=data', '--disable-triggers', '-j', '4' ], [ '--section=post-data', '-j', '4' ]);
$node->safe_psql('postgres', 'CREATE DATABASE unordered');
ok(!run_log([ 'pg_restore', '-d', $node->connstr('unordered'), '-j', '4', "$files/directory" ]), 'in parallel with foreign keys: pg_restore fails');
cmp_ok($node->safe_psql('unordered', q(SELECT count(*) FROM chimera.audit() WHERE check_name = 'every balance has entries')),
    '>', 0, 'and the audit finds that the ledger is missing');

# --- what a restoring or somebody left behind

$node->safe_psql('restored1', <<'SQL');
ALTER TABLE chimera.balances DISABLE TRIGGER USER;
DELETE FROM chimera.balances WHERE account_id = 4;
UPDATE chimera.balances SET amount_sats = amount_sats + 1 WHERE account_id = 5;
ALTER TABLE chimera.balances ENABLE TRIGGER USER;
SQL
is( $node->safe_psql('restored1', q(SELECT count(*) FROM chimera.audit() WHERE check_name = 'balances equal the ledger')),
    $node->safe_psql('restored1', q(SELECT count(DISTINCT (account, account_id)) FROM chimera.ledger_entries WHERE account_id IN (4, 5))),
    'the audit finds balances that are not what the ledger says');
cmp_ok($node->safe_psql('restored1', 'SELECT chimera.rebuild_balances()'), '>', 0, 'they are made again');
is_deeply(contents('restored1'), $before, 'as they were');

$node->safe_psql('restored1', <<'SQL');
ALTER TABLE chimera.ledger_entries DISABLE TRIGGER USER;
DELETE FROM chimera.ledger_entries WHERE transaction_id = (SELECT min(transaction_id) FROM chimera.ledger_transactions);
SQL
is( $node->safe_psql('restored1', q(SELECT count(*) FROM chimera.audit() WHERE check_name = 'every transaction has entries')),
    1, 'the audit finds a transaction whose entries are missing');

done_testing();
