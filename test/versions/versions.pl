# The pool on the other server versions: each in a Debian of its own below
# build/suites (or CHIMERA_SUITES_DIR), which stays for the next run.
use strict;
use warnings;
use Cwd qw(getcwd);
use Test::More;

my $top = getcwd();
my $home = $ENV{CHIMERA_SUITES_DIR} || "$top/build/suites";
my @sudo = $> == 0 ? () : qw(sudo);

# what a server version can break: mining, crashes, upgrades, money, switches
my @chosen = map { "test/t/$_.pl" } qw(
  mining/mine_litecoin mining/mine_bitcoin mining/mine_bitcoind faults/crash network/switch_concurrency
  network/switch_live money/payouts database/upgrade);

sub run { return system(@_) == 0 }
sub enter { return run(@sudo, 'test/versions/enter', '--isolated', @_) }

# the tracked files, as they are now, in the place of an earlier run's, and the npm modules of the bcoin node
sub copy_checkout
{
    my ($root) = @_;
    run(@sudo, 'find', "$root/chimera", qw(-mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +));
    return run('bash', '-c', "set -o pipefail; git ls-files -z --cached --others --exclude-standard"
          . " | tar -c --null --ignore-failed-read -T - 2>/dev/null | @sudo tar -x --no-same-owner -C $root/chimera"
          . " && @sudo mkdir -p $root/chimera/build"
          . " && { [ ! -d build/bcoin ] || @sudo cp -a build/bcoin $root/chimera/build/; }");
}

# the roots' tests have no network to install it by
sub install_bcoin { return run($^X, '-Itest/perl', '-MChimera::Bcoin', '-e', q(Chimera::Bcoin->install('build/bcoin'))) }

sub try_suite
{
    my ($suite, $major) = @_;
    my $root = "$home/$suite";
    my $log = "$home/$suite.check.log";

    run('mkdir', '-p', $home) or die;
    run(@sudo, 'test/versions/make_root', $suite, $root);
    if ($? >> 8 == 77)
    {
        diag "PostgreSQL $major is NOT tested: Debian's $suite cannot be reached or installed";
        skip "Debian's $suite cannot be reached or installed", 4;
    }
    is($?, 0, "$suite has what building and testing needs")
      or skip "$suite is not complete", 3;
    copy_checkout($root) or die "could not copy the checkout into $root\n";

    my $do = sub {
        my ($name, $command) = @_;
        ok(enter($root, 'sh', '-c', "{ $command; } >/chimera/build/check.log 2>&1"), "PostgreSQL $major: $name")
          or diag `tail -n 60 $root/chimera/build/check.log`;
    };
    $do->('builds without a warning', 'make -s installed && make -s crash-points && pg_config --version | grep -w ' . $major);
    $do->('unit and SQL tests', 'make -s check-unit && make -s check-sql');
    $do->('mining, crashes, upgrades, payouts, switches', "test/t/run @chosen");
}

open my $suites, '<', "$top/test/versions/suites" or die "suites: $!\n";
my @list = map { [split] } grep { !/^#/ && /\S/ } <$suites>;
plan tests => 4 * @list;
install_bcoin() or die "could not install bcoin\n";
for my $entry (@list)
{
  SKIP: { try_suite(@$entry) }
}
