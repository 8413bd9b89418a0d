# A pool moves to a newer server by pg_upgrade, with the library preloaded and
# the workers' database set on both sides. CHIMERA_OLD_SERVER is where the older
# server is installed (its bin, lib), with the extension.
use strict;
use warnings;

use Cwd qw(getcwd);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Chimera::Contents;

my $top = getcwd();
my $old_server = $ENV{CHIMERA_OLD_SERVER} or plan skip_all => 'CHIMERA_OLD_SERVER is not set';
my ($new_bin) = `pg_config --bindir` =~ /(.*)/;
my @conf = ('postgresql.conf', "shared_preload_libraries = 'chimera'\nmax_worker_processes = 16\nchimera.database = 'elsewhere'\n");

# --- the old pool, at rest

my $old = PostgreSQL::Test::Cluster->new('old', install_path => $old_server);
$old->init;
$old->append_conf(@conf);
$old->start;
$old->safe_psql('postgres', 'CREATE DATABASE pool');
$old->safe_psql('pool', "CREATE EXTENSION chimera;\n\\i $top/test/upgrade/fill.sql");
$old->safe_psql('pool', q(SELECT chimera.enable_network('upgraded')));
my $before = Chimera::Contents::of($old, 'pool');
my ($from) = $old->safe_psql('pool', 'SHOW server_version') =~ /(\d+)/;
$old->stop;
$old->append_conf('postgresql.conf', "chimera.database = 'pool'\n");

# --- the upgrade

my $new = PostgreSQL::Test::Cluster->new('new');
# since 18 clusters have checksums unless told otherwise
$new->init(extra => [ `initdb --help` =~ /--no-data-checksums/ ? '--no-data-checksums' : () ]);
$new->append_conf(@conf);
$new->append_conf('postgresql.conf', "chimera.database = 'pool'\n");
my $dir = PostgreSQL::Test::Utils::tempdir('pg_upgrade');
my @command = ('pg_upgrade', '-b', "$old_server/bin", '-B', $new_bin, '-d', $old->data_dir, '-D', $new->data_dir,
    '-s', $new->host, '-p', $old->port, '-P', $new->port, '--retain');
chdir $dir or die "$dir: $!\n";
ok(run_log([ @command, '--check' ]), 'pg_upgrade --check');
ok(run_log(\@command), "pg_upgrade from $from") or diag `tail -n 30 pg_upgrade_output.d/*/log/* @{[ $new->data_dir ]}/pg_upgrade_output.d/*/log/*.log`;
chdir $top;
my @logs = split /\n/, `find @{[ $new->data_dir ]}/pg_upgrade_output.d $dir -name 'pg_upgrade_server.log'`;
cmp_ok(scalar @logs, '>', 0, 'both servers wrote a log');
is(join('', map { grep { /background worker "chimera|FATAL/ } split /^/, slurp_file($_) } @logs), '', 'in which no worker appears');

# --- the new pool: first as it came, then at work

$new->append_conf('postgresql.conf', "chimera.database = 'elsewhere'\n");
$new->start;
is_deeply(Chimera::Contents::of($new, 'pool'), $before, 'every row of every table, and every sequence');
is($new->safe_psql('pool', 'SELECT * FROM chimera.audit()'), '', 'the audit finds nothing');
is( $new->safe_psql('pool', q(SELECT probin FROM pg_proc WHERE proname = 'submit_shares')),
    '$libdir/chimera', 'the library is the new server\'s');
$new->append_conf('postgresql.conf', "chimera.database = 'pool'\n");
$new->restart;
$new->poll_query_until('pool', q(SELECT bool_and(ok) FROM chimera.health WHERE part IN ('launcher', 'accountant')))
  or diag $new->safe_psql('pool', 'SELECT * FROM chimera.health');
$new->poll_query_until('pool', q(SELECT count(*) > 0 FROM chimera.worker_status() WHERE kind = 'template' AND pid IS NOT NULL));
pass('the workers are back');
is($new->safe_psql('pool', q(SELECT chimera.adjust_balance('upgraded', 'account3', 5, 'test') > 0)), 't', 'the books go on');
is($new->safe_psql('pool', 'SELECT * FROM chimera.audit()'), '', 'and are right');
done_testing();
