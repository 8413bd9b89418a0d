# The pool on the other server versions, and pg_upgrade from this Debian's to
# them: each in a Debian of its own (Chimera::Suite).
use strict;
use warnings;

use Test::More;

use lib 'test/perl';
use Chimera::Bcoin;
use Chimera::Suite;

use constant TESTS => 5;

# what a server version can break: mining, crashes, upgrades, money, switches, copies
my @chosen = map { "test/t/$_.pl" } qw(
  mining/mine_litecoin mining/mine_bitcoin mining/mine_bitcoind mining/warm_up faults/crash network/switch_concurrency
  network/switch_live money/payouts database/upgrade database/dumps database/replication);

# the PostgreSQL 15 that test/versions/old_server unpacks
my $old = '/opt/bookworm/usr/lib/postgresql/15';

# A copy of the tree without what was built in it.
sub copy_to
{
    my ($folder) = @_;
    return "rm -rf $folder && mkdir -p $folder && tar -c --exclude=./build . | tar -x -C $folder"
      . " && make -s -C $folder clean && make -s -C $folder/stratumd clean && make -s -C $folder/webd clean";
}

sub upgrade_server
{
    my ($suite, $major) = @_;
    $suite->run_connected('test/versions/old_server');
    if ($? >> 8 == Chimera::Suite::UNREACHABLE)
    {
        diag "pg_upgrade to $major is NOT tested: Debian's bookworm cannot be reached";
        skip "Debian's bookworm cannot be reached", 1;
    }
    ok( $suite->run('set -e; ' . copy_to('build/old')
              . "; make -s -C build/old -o stratumd -o webd install PG_CONFIG=$old/bin/pg_config"
              . "; export LD_LIBRARY_PATH=/opt/bookworm/usr/lib/\$(gcc -print-multiarch) CHIMERA_OLD_SERVER=$old"
              . '; test/t/run test/upgrade/pg_upgrade.pl'),
        "PostgreSQL $major: pg_upgrade from 15") or diag $suite->log;
    return;
}

sub try_suite
{
    my ($name, $major) = @_;
    my $suite = Chimera::Suite->new($name);
    unless ($suite->make)
    {
        diag "PostgreSQL $major is NOT tested: Debian's $name cannot be reached or installed";
        skip "Debian's $name cannot be reached or installed", TESTS;
    }
    $suite->copy_checkout('build/bcoin');

    my $do = sub {
        my ($what, $command) = @_;
        ok($suite->run($command), "PostgreSQL $major: $what") or diag $suite->log;
    };
    $do->('builds without a warning',
        'make -s installed && make -s crash-points && { pg_config --version | grep -w ' . $major . '; } && .ci/versions');
    diag grep { /^(tested with|  )/ } split /^/, $suite->log;
    # the servers' flags and headers are made for gcc
    $do->('builds with clang without a warning',
        copy_to('build/clang') . ' && make -s -C build/clang CC=clang'
          . ' COPT="-Wno-unknown-warning-option -Wno-ignored-attributes" all');
    $do->('unit and SQL tests', 'make -s check-unit && make -s check-sql');
    $do->('mining, crashes, upgrades, payouts, switches, copies', "test/t/run @chosen");
    upgrade_server($suite, $major);
    return;
}

my @list = Chimera::Suite->all;
plan tests => TESTS * @list;
# the roots' tests have no network to install it by
Chimera::Bcoin->install('build/bcoin');
for my $entry (@list)
{
  SKIP: { try_suite(@$entry) }
}
