# The unit tests, and with them every hash without x86 code, compiled for arm64
# and run under qemu in the Debian that versions.pl made (or makes it).
use strict;
use warnings;

use Test::More;

use lib 'test/perl';
use Chimera::Suite;

my $suite = Chimera::Suite->new('trixie');
unless ($suite->make)
{
    diag 'arm64 is NOT tested: Debian\'s trixie cannot be reached';
    plan skip_all => 'Debian\'s trixie cannot be reached';
}
$suite->copy_checkout;

my @packages = qw(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user libcmocka-dev:arm64);
ok($suite->install(@packages), 'a compiler for arm64 and qemu are there') or diag $suite->log;
ok($suite->run('make -C test/unit check CC=aarch64-linux-gnu-gcc RUN=qemu-aarch64 BUILD=../../build/unit-arm64'),
    'the unit tests pass on arm64') or diag grep { !/^ok/ } $suite->log;
my $root = $suite->root;
like(`grep -c '^ok' $root/chimera/build/check.log`, qr/^[1-9]\d\d/, 'and are many');

done_testing();
