# Every file and function that doc/architecture.md names exists where it says.
use strict;
use warnings;
use Test::More;

sub slurp
{
    my ($name) = @_;

    open my $file, '<', $name or return '';
    local $/;
    return <$file>;
}

# Is a function defined in the file: C with its name at a line's start, or SQL.
sub defines
{
    my ($path, $function) = @_;

    return slurp($path) =~ /^\Q$function\E\(/m if $path =~ /\.c$/;
    return slurp($path) =~ /^CREATE FUNCTION chimera\.\Q$function\E\(/m;
}

my @lines = split /\n/, slurp('doc/architecture.md');
my @steps = grep { /^\| .* \| `.*` \| / } @lines;
cmp_ok(scalar @steps, '>', 20, 'the walks are tables of steps');
for (@steps)
{
    my (undef, $step, $files, $function) = split /\s*\|\s*/;
    my @files = $files =~ /`([^`]+)`/g;

    ok(-f $_, "$step: $_ exists") for @files;
    next unless $function && $function =~ /`(\w+)\(\)`/;
    ok(defines($files[0], $1), "$step: $files[0] defines $1()");
}
done_testing();
