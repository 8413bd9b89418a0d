# The Debian packages for another suite's PostgreSQL: built, unpacked, installed,
# set up, used and purged there, by the tests that do so here.
use strict;
use warnings;

use Test::More;

use lib 'test/perl';
use Chimera::Suite;

my $name = 'trixie';
my $suite = Chimera::Suite->new($name);
unless ($suite->make)
{
    diag "the packages for $name are NOT tested: it cannot be reached";
    plan skip_all => "Debian's $name cannot be reached";
}
system(qw(make -s dashboard)) == 0 or die "could not build the dashboard\n";
$suite->copy_checkout(qw(build/dashboard dashboard/node_modules));
ok($suite->install(qw(debhelper help2man systemd)), 'what packaging needs is there') or diag $suite->log;
ok($suite->run('rm -rf build/deb; prove -v test/package/debian.pl test/package/install.pl'),
    "the packages work in $name") or diag grep { !/^ok/ } $suite->log;
my ($log, $root) = ($suite->log, $suite->root);
unlike($log, qr/skipped/, 'nothing is left out') or diag $log;
ok(scalar(glob "$root/chimera/build/deb/postgresql-$_->[1]-chimera_*.deb"), "one is for PostgreSQL $_->[1]")
  for grep { $_->[0] eq $name } Chimera::Suite->all;
done_testing();
