# Suite.pm: a Debian of another suite, with this checkout in it.
#
#     my $suite = Chimera::Suite->new('trixie');
#     plan skip_all => ... unless $suite->make;
#     $suite->copy_checkout('build/bcoin');
#     $suite->run('make -s check-unit') or diag $suite->log;
#
# Each is a folder below build/suites (or CHIMERA_SUITES_DIR), which stays for
# the next run. Tests of one suite share its copy of the checkout, so they must
# not run at the same time.
package Chimera::Suite;

use strict;
use warnings;

use Cwd qw(getcwd);

use constant UNREACHABLE => 77;

my @sudo = $> == 0 ? () : qw(sudo);

sub new
{
    my ($class, $name) = @_;
    my $home = $ENV{CHIMERA_SUITES_DIR} || getcwd() . '/build/suites';
    return bless { name => $name, home => $home, root => "$home/$name" }, $class;
}

# Every suite to try with the PostgreSQL that is in it: [NAME, MAJOR]...
sub all
{
    open my $list, '<', 'test/versions/suites' or die "test/versions/suites: $!\n";
    return map { [split] } grep { !/^#/ && /\S/ } <$list>;
}

# The suite's folder.
sub root { return $_[0]{root} }

# Make it, or bring it up to date; false if the suite can't be reached.
sub make
{
    my ($self) = @_;
    system('mkdir', '-p', $self->{home}) == 0 or die "$self->{home}: $!\n";
    system(@sudo, 'test/versions/make_root', $self->{name}, $self->{root});
    return 0 if $? >> 8 == UNREACHABLE;
    die "$self->{name} is not complete: see $self->{root}.log\n" if $?;
    return 1;
}

# The tracked files as they are now, in the place of an earlier run's, with
# folders that can only be made outside, where a network is: the modules of the
# bcoin node and the dashboard's, for example.
sub copy_checkout
{
    my ($self, @folders) = @_;
    my $to = "$self->{root}/chimera";
    system(@sudo, 'find', $to, qw(-mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +));
    system('bash', '-c', 'set -o pipefail; git ls-files -z --cached --others --exclude-standard'
          . " | tar -c --null --ignore-failed-read -T - 2>/dev/null | @sudo tar -x --no-same-owner -C $to"
          . " && tar -c @folders --files-from=/dev/null | @sudo tar -x -C $to && @sudo mkdir -p $to/build") == 0
      or die "could not copy the checkout into $self->{root}\n";
    return;
}

# Install packages, unless they are there; true if they are.
sub install
{
    my ($self, @packages) = @_;
    my $there = "[ \$(dpkg-query -W -f '\${Status}\\n' @packages 2>/dev/null | grep -c 'install ok installed') = @{[ scalar @packages ]} ]";
    my $architectures = join '', map { /:(.+)/ ? "dpkg --add-architecture $1 && " : () } @packages;
    return $self->run_connected("$there || { ${architectures}apt-get update -qq"
          . " && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends @packages; }");
}

# Run a shell's command in the copy, with a network of its own; true if it succeeds.
sub run { my ($self, $command) = @_; return $self->run_in(['--isolated'], $command) }

# The same with this machine's network, to install packages.
sub run_connected { my ($self, $command) = @_; return $self->run_in([], $command) }

sub run_in
{
    my ($self, $options, $command) = @_;
    return system(@sudo, 'test/versions/enter', @$options, $self->{root},
        'bash', '-c', "{ $command\n} >/chimera/build/check.log 2>&1") == 0;
}

# The end of what the last command printed.
sub log { my ($self) = @_; return scalar `tail -n 60 $self->{root}/chimera/build/check.log` }

1;
