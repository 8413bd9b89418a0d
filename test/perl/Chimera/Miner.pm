# Miner.pm: runs chimera-miner (test/miner) in the background.
#
#     my $miner = Chimera::Miner->start(
#         url => "127.0.0.1:$port", user => 'address.rig', shares => 100,
#         algorithm => 'scrypt', log => "$dir/miner.log");
#     is($miner->wait, 0, '100 shares accepted');
#     my @shares = $miner->log;
package Chimera::Miner;

use strict;
use warnings;

use Carp;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IPC::Run ();
use JSON::PP;
use Time::HiRes qw(sleep time);

use constant WAIT_TIMEOUT => 180;

my $root = abs_path(dirname(__FILE__) . '/../../..');
my $json = JSON::PP->new->utf8;

# The program; CHIMERA_MINER overrides where `make` puts it.
sub program
{
    return $ENV{CHIMERA_MINER} // "$root/build/miner/chimera-miner";
}

# start(url, user, and chimera-miner's options with _ for -): flags are true
# or false.  Without log, one in a directory of its own is kept for log().
sub start
{
    my ($class, %options) = @_;
    $options{log} //= tempdir(CLEANUP => 1) . '/miner.log';
    my $self = bless {
        log => $options{log},
        output => '',
        input => '',
    }, $class;

    $self->{run} = IPC::Run::start(
        [ program(), arguments(%options) ],
        '<' => \$self->{input},
        '>&' => \$self->{output});
    return $self;
}

sub arguments
{
    my (%options) = @_;
    my %is_flag = map { $_ => 1 } qw(once version_rolling quiet);
    my @arguments;

    for my $name (sort keys %options)
    {
        my $value = $options{$name};
        my $option = '--' . $name =~ tr/_/-/r;
        if ($is_flag{$name}) { push @arguments, $option if $value }
        else { push @arguments, $option, $value }
    }
    return @arguments;
}

# Wait until it ends by itself; returns its exit code, 0 if its goal was met.
sub wait
{
    my ($self) = @_;

    my $deadline = time + WAIT_TIMEOUT;
    while ($self->is_running)
    {
        if (time > $deadline)
        {
            $self->kill9;
            croak "chimera-miner does not end: $self->{output}";
        }
        eval { $self->{run}->pump_nb };
        sleep 0.02;
    }
    $self->{run}->finish;
    return $self->exit_code;
}

# Ask it to end; it still reads the answers to what it has submitted.
sub stop
{
    my ($self) = @_;

    $self->{run}->signal('TERM') if $self->is_running;
    return $self->wait;
}

# End it at once.
sub kill9
{
    my ($self) = @_;

    eval { $self->{run}->kill_kill(grace => 0) };
    return;
}

sub is_running
{
    my ($self) = @_;
    return $self->{run}->pumpable;
}

sub exit_code
{
    my ($self) = @_;
    my $status = $self->{run}->full_result;
    return $status & 127 ? 128 + ($status & 127) : $status >> 8;
}

# What it has printed so far.
sub output
{
    my ($self) = @_;

    eval { $self->{run}->pump_nb } if $self->is_running;
    return $self->{output};
}

# The submissions that were answered, or never will be, as hashes: time, job,
# extranonce1, extranonce2, ntime, nonce, (version_bits,) difficulty,
# share_difficulty, hash, block, result ("accepted", "rejected", "unanswered")
# and, where rejected, error and message.  An optional result filters.
sub log
{
    my ($self, $result) = @_;
    my @shares = $self->log_since(0);

    @shares = grep { $_->{result} eq $result } @shares if defined $result;
    return @shares;
}

# The same without the first lines, as many as told.
sub log_since
{
    my ($self, $known) = @_;
    my @lines = $self->log_lines;

    return map { $json->decode($_) } @lines[ $known .. $#lines ];
}

# How many submissions were answered with that; quicker than to read them all.
sub count
{
    my ($self, $result) = @_;
    return scalar grep { /"result":"$result"/ } $self->log_lines;
}

# A killed miner may leave half a line, a live one be about to write it.
sub log_lines
{
    my ($self) = @_;

    open my $log, '<', $self->{log} or return;
    return grep { /\}\n\z/ } <$log>;
}

sub DESTROY
{
    my ($self) = @_;
    local ($@, $!, $?);

    $self->kill9 if $self->{run} && $self->is_running;
    return;
}

1;
