# `make run` on Debian 13, from ./deps on: as root, and as an ordinary user with
# sudo. The pool that comes up takes a miner's shares and serves its pages.
use strict;
use warnings;

use Test::More;

use lib 'test/perl';
use Chimera::Bcoin;
use Chimera::Suite;

use constant USER => 'tester';

my $suite = Chimera::Suite->new('trixie');
unless ($suite->make)
{
    diag 'make run on trixie is NOT tested: it cannot be reached';
    plan skip_all => "Debian's trixie cannot be reached";
}
Chimera::Bcoin->install('build/bcoin');
system(qw(make -s dashboard)) == 0 or die "could not build the dashboard\n";
$suite->copy_checkout(qw(build/bcoin build/dashboard dashboard/node_modules));
ok($suite->run_connected('./deps'), './deps installs what is needed') or diag $suite->log;

# what the pool must do once `make run` has ended, and that `make stop` ends it
my $try = <<'SH';
. demo/lib.sh
make run
build/miner/chimera-miner --url 127.0.0.1:$scrypt_port --user alice.rig1 --algorithm scrypt --shares 3
build/miner/chimera-miner --url 127.0.0.1:$sha256d_port --user alice.rig1 --algorithm sha256d --shares 3
curl -fs http://127.0.0.1:$web_port/api/v1/networks | grep -q '"litecoin"'
curl -fs http://127.0.0.1:$web_port/ | grep -q '<title>'
make run
make stop
! pgrep -x stratumd && ! pgrep -x webd
SH

ok($suite->run("set -ex; rm -rf build/run; $try"), 'make run as root') or diag $suite->log;

my $home = '/home/' . USER;
my $prepare = 'set -e; id ' . USER . ' 2>/dev/null || useradd -m -s /bin/bash ' . USER . '; rm -rf "' . $home . '/a pool"'
  . '; echo "' . USER . ' ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/' . USER
  . '; mkdir "' . $home . '/a pool"; tar -c --exclude=./build/check* --exclude=./build/run --exclude=./build/suites --exclude=./build/old . | tar -x -C "' . $home . '/a pool"'
  . '; chown -R ' . USER . ': ' . $home . '; chmod 700 ' . $home;
ok($suite->run($prepare), 'a user has a checkout of their own, in a home that others cannot read') or diag $suite->log;
$try =~ s/'/'\\''/g;
ok($suite->run('runuser -u ' . USER . " -- env HOME=$home bash -c 'set -ex; cd \"$home/a pool\"; $try'"), 'make run as an ordinary user')
  or diag $suite->log;
done_testing();
