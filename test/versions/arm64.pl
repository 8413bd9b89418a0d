# The unit tests, and with them every hash without x86 code, compiled for arm64
# and run under qemu in the Debian that versions.pl made (or makes it).
use strict;
use warnings;
use Cwd qw(getcwd);
use Test::More;

my $suite = 'trixie';
my $home = $ENV{CHIMERA_SUITES_DIR} || getcwd() . '/build/suites';
my $root = "$home/$suite";
my @sudo = $> == 0 ? () : qw(sudo);
my $log = '/chimera/build/arm64.log';

system('mkdir', '-p', $home);
system(@sudo, 'test/versions/make_root', $suite, $root);
if ($? >> 8 == 77)
{
    diag "arm64 is NOT tested: Debian's $suite cannot be reached";
    plan skip_all => "Debian's $suite cannot be reached";
}
is($?, 0, "$suite has what building needs");

system('bash', '-c', "git ls-files extension stratumd test/unit | tar -c -T - | @sudo tar -x --no-same-owner -C $root/chimera");
is($?, 0, 'the checkout is copied');

my @packages = qw(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user libcmocka-dev:arm64);
system(@sudo, 'test/versions/enter', $root, 'sh', '-c',
    "{ [ \$(dpkg-query -W -f '\${Status}\\n' @packages 2>/dev/null | grep -c 'install ok installed') = @{[ scalar @packages ]} ] || { dpkg --add-architecture arm64 && apt-get update -qq"
      . " && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends @packages; }; } >$log 2>&1");
is($?, 0, 'a compiler for arm64 and qemu are there') or diag `tail -n 20 $root$log`;

system(@sudo, 'test/versions/enter', $root, 'sh', '-c',
    "make -C test/unit check CC=aarch64-linux-gnu-gcc RUN=qemu-aarch64 BUILD=../../build/unit-arm64 >$log 2>&1");
is($?, 0, 'the unit tests pass on arm64') or diag `grep -v '^ok' $root$log | tail -n 40`;
like(`grep -c '^ok' $root$log`, qr/^[1-9]\d\d/, 'and are many');

done_testing();
