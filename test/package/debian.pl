# The Debian packages, unpacked beside a copy of the server into a folder of
# their own, run a database, a stratumd and a webd from there.
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use IPC::Run qw(start);
use Test::More;

plan skip_all => 'debhelper is not installed' unless -x '/usr/bin/dh';

my $top = getcwd();
my ($version) = `pg_config --version` =~ /(\d+)/;
my @owner = $> == 0 ? qw(runuser -u postgres --) : ();
my $dir = tempdir('/tmp/chimera-package.XXXXXX', CLEANUP => 1);
chmod 0755, $dir;
my $root = "$dir/root";
my $bin = "$root/usr/lib/postgresql/$version/bin";

sub run { return system('bash', '-c', "cd / && $_[0]") == 0 }
sub server { return run("@owner $bin/$_[0]") }
sub sql { my $out = `cd / && @owner $bin/psql -XqAt -h $dir/run -d pool -c "$_[0]" 2>&1`; chomp $out; return $out }

my $started;
END {
    my $status = $?;
    server("pg_ctl -D $dir/data -m immediate stop >/dev/null 2>&1") if $started;
    $? = $status;
}

ok(run("DEB_BUILD_OPTIONS=noautodbgsym make -s -C $top deb >$dir/build.log 2>&1"), 'make deb builds the packages')
    or die(`tail -n 30 $dir/build.log`);

# a server finds its files from where its binary stands
run("mkdir -p $root/usr/lib/postgresql $root/usr/share/postgresql $dir/run"
    . " && cp -a /usr/lib/postgresql/$version $root/usr/lib/postgresql/"
    . " && cp -aL /usr/share/postgresql/$version $root/usr/share/postgresql/"
    . " && find $root -name 'chimera*' -prune -exec rm -r {} +") or die;
ok(run("for deb in $top/build/deb/*chimera*.deb; do case \$deb in *dbgsym*) ;; *) dpkg-deb -x \$deb $root ;; esac; done"),
    'they unpack');
ok(-f "$root/etc/chimera/$_.conf", "the configuration of $_ is there") for qw(stratumd webd);

SKIP: {
    skip 'systemd-analyze is not installed', 2 unless -x '/usr/bin/systemd-analyze';
    for my $unit (qw(stratumd webd)) {
        # below /usr since Debian 13
        my ($file) = grep { -f } glob "$root/{usr/,}lib/systemd/system/$unit.service";
        my $level = `systemd-analyze security --offline=yes --threshold=25 $file 2>&1`;
        is($?, 0, "the unit of $unit exposes little") or diag $level;
    }
}

run("chown -R postgres $dir") or die if $> == 0;
ok(server("initdb -D $dir/data -U postgres -A trust --no-sync >/dev/null"), 'initdb from the folder');
open my $conf, '>>', "$dir/data/postgresql.conf" or die;
print $conf "listen_addresses = ''\nunix_socket_directories = '$dir/run'\n"
    . "shared_preload_libraries = 'chimera'\nchimera.database = 'pool'\n";
close $conf;
$started = server("pg_ctl -D $dir/data -l $dir/log -w start >/dev/null");
ok($started, 'the server preloads the package\'s library') or die(`tail $dir/log`);
server("createdb -h $dir/run -U postgres pool");
is(sql('CREATE EXTENSION chimera; CREATE EXTENSION chimera_legacy; CREATE ROLE stratumd LOGIN IN ROLE chimera_stratum; CREATE ROLE webd LOGIN IN ROLE chimera_web'), '', 'CREATE EXTENSION');

my $log = '';
my $stratumd = start([@owner, "$root/usr/bin/stratumd", '--database', "host=$dir/run dbname=pool user=stratumd"],
    '<', \'', '>', \$log, '2>', \$log);
my $seen = 0;
for (1 .. 150) {
    $seen = sql(q(SELECT count(*) FROM pg_stat_activity WHERE usename = 'stratumd'));
    last if $seen =~ /^[1-9]/;
    select undef, undef, undef, 0.1;
}
like($seen, qr/^[1-9]/, 'stratumd works from the package') or diag $log;
$stratumd->kill_kill(grace => 5);

# with the options of its configuration, but for places
my ($options) = `cat $root/etc/chimera/webd.conf` =~ /^WEBD_OPTIONS=(.*)/m;
my $port = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')->sockport;
$options =~ s/127\.0\.0\.1:8080/127.0.0.1:$port/;
$options =~ s{=/usr/}{=$root/usr/};
my $webd = start([@owner, "$root/usr/bin/webd", '--database', "host=$dir/run dbname=pool user=webd", split / /, $options],
    '<', \'', '>', \$log, '2>', \$log);
my $answer;
for (1 .. 300) {
    $answer = HTTP::Tiny->new->get("http://127.0.0.1:$port/api/v1/health");
    last if $answer->{success};
    select undef, undef, undef, 0.1;
}
like($answer->{content}, qr/"networks"/, 'webd works from the package') or diag $log;
like(HTTP::Tiny->new->get("http://127.0.0.1:$port/")->{content}, qr/<script[^>]+src="\/assets\//, 'and serves its dashboard');
$webd->kill_kill(grace => 5);

done_testing();
