# The Debian packages, installed by dpkg and set up as the operator's guide says,
# in a root of their own: what is written there lies over this machine's files
# and is gone afterwards. Not as root, or where that can't be had, it is skipped.
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use Test::More;

plan skip_all => 'only root can install packages' if $> != 0;
plan skip_all => 'debhelper is not installed' unless -x '/usr/bin/dh';

my $top = getcwd();
my ($version) = `pg_config --version` =~ /(\d+)/;
my $dir = tempdir('/tmp/chimera-install.XXXXXX', CLEANUP => 1);
my $in_root = "unshare -m -p --fork --kill-child bash -c 'mount -t tmpfs none $dir && mkdir $dir/{upper,work,root}"
    . " && mount -t overlay overlay -o lowerdir=/,upperdir=$dir/upper,workdir=$dir/work $dir/root";
plan skip_all => 'there can be no overlay here' if system("$in_root' 2>/dev/null") != 0;

if (!glob("$top/build/deb/postgresql-$version-chimera_*.deb"))
{
    ok(system("make -s -C $top deb >$top/build/deb.log 2>&1") == 0, 'make deb builds the packages') or BAIL_OUT("see build/deb.log");
}
my $port = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')->sockport;
my $steps = "mount --bind /dev $dir/root/dev && mount -t proc proc $dir/root/proc && mkdir $dir/root/debs"
    . " && cp $top/build/deb/{postgresql-$version-chimera,chimera-pool,chimera-web}_*.deb $top/test/package/install_steps $dir/root/debs/"
    . " && chroot $dir/root /debs/install_steps $version $port";
my $output = `$in_root && $steps' 2>&1`;
is($?, 0, 'all steps are gone');
for my $line (split /\n/, $output)
{
    if ($line =~ /^(not )?ok - (.*)/) { ok(!$1, $2) }
    else { diag($line) }
}
like($output, qr/^done$/m, 'to the last');
done_testing();
