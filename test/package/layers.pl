# The layers of doc/layers.txt, checked against every #include of the C
# programs: no circle between units, no include upward or sideways, and nothing
# that a "never" line forbids. A unit is a .c file with the header of its name.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Find qw(find);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

my @PROGRAMS = qw(common extension stratumd webd);

sub slurp
{
    my ($path) = @_;
    open(my $file, '<', $path) or die "$path: $!";
    local $/;
    return <$file>;
}

# ---------- the rules ----------

# {floor}{program}{element} is the element's floor, counted from the bottom;
# {never} is a list of [path, forbidden, the exceptions]
sub read_rules
{
    my ($text) = @_;
    my %rules = (never => []);

    for my $line (split /\n/, $text)
    {
        $line =~ s/\s*#.*//;
        if ($line =~ /^never (.*?): *(.*?)(?: but (.*))?$/)
        {
            my ($paths, $forbidden, $exceptions) = ($1, $2, [ split ' ', $3 // '' ]);
            for my $path (split ' ', $paths) { push @{$rules{never}}, [$path, $_, $exceptions] for split ' ', $forbidden }
        }
        elsif ($line =~ /^(\w+): *(.*)/)
        {
            my ($program, $floor) = ($1, 0);
            for my $floor_text (split / < /, $2)
            {
                $rules{floor}{$program}{$_} = $floor for split ' ', $floor_text;
                $floor++;
            }
        }
        elsif ($line =~ /\S/) { die "doc/layers.txt: cannot read \"$line\"\n" }
    }
    return \%rules;
}

# ---------- the includes ----------

sub unit_of
{
    my ($path) = @_;
    return $path =~ s/\.[ch]$//r;
}

# the file of the tree that an include names, or undef
sub resolve
{
    my ($top, $program, $from, $name) = @_;
    for my $path (dirname($from) . "/$name", map { "$_/$name" } $program, 'common', 'extension')
    {
        1 while $path =~ s{[^/]+/\.\./}{};
        return $path if -f "$top/$path";
    }
    return undef;
}

# [file, included file or foreign header, whether it is foreign]
sub includes_of
{
    my ($top, $program) = @_;
    my @files;
    my @includes;

    find({no_chdir => 1, wanted => sub {
        $File::Find::prune = 1 if -d && m{/build$};
        push @files, $_ =~ s{^\Q$top\E/}{}r if /\.[ch]$/;
    }}, "$top/$program");
    for my $file (sort @files)
    {
        push @includes, [$file, undef, 0];
        for my $name (slurp("$top/$file") =~ /^#\s*include [<"]([^">]+)[">]/mg)
        {
            my $path = resolve($top, $program, $file, $name);
            push @includes, [$file, $path // $name, !defined $path];
        }
    }
    return @includes;
}

# ---------- the problems ----------

# a folder or file at the top of a program: stratumd/net/tls is net, stratumd/feed is feed
sub element_of
{
    my ($path) = @_;
    my ($element) = unit_of($path) =~ m{^[^/]+/([^/]+)};
    return $element;
}

sub order_problems
{
    my ($rules, $program, @includes) = @_;
    my $floor = $rules->{floor}{$program} or return "doc/layers.txt has no line for $program";
    my %met;
    my @problems;

    for my $include (@includes)
    {
        my ($from, $to, $is_foreign) = @$include;
        my $element = element_of($from);
        push @problems, "$from is in no layer" unless defined $floor->{$element} || $met{$element};
        $met{$element} = 1;
        next if !defined $to || $is_foreign || $to !~ m{^$program/};
        my $other = element_of($to);
        next if $other eq $element || !defined $floor->{$element} || !defined $floor->{$other};
        push @problems, "$from includes $to: " . ($floor->{$other} == $floor->{$element} ? 'sideways' : 'upward')
            if $floor->{$other} >= $floor->{$element};
    }
    push @problems, map { "layer $program/$_ does not exist" } grep { !$met{$_} } sort keys %$floor;
    return @problems;
}

# whether a path is below another one, or a unit's file
sub is_below
{
    my ($path, $of) = @_;
    return $path eq $of || unit_of($path) eq $of || index($path, "$of/") == 0;
}

sub never_problems
{
    my ($rules, @includes) = @_;
    my @problems;

    for my $include (grep { defined $_->[1] } @includes)
    {
        my ($from, $to) = @$include;
        for my $never (@{$rules->{never}})
        {
            push @problems, "$from includes $to: never"
                if is_below($from, $never->[0]) && is_below($to, $never->[1]) && !grep { is_below($to, $_) } @{$never->[2]};
        }
    }
    return @problems;
}

# units that reach each other, each circle as one line (Tarjan)
sub circle_problems
{
    my (@includes) = @_;
    my (%uses, %index, %low, %on_stack, @stack, @circles);
    my $visit;

    for my $include (grep { defined $_->[1] && !$_->[2] } @includes)
    {
        my ($from, $to) = map { unit_of($_) } @$include[0, 1];
        $uses{$from}{$to} = 1 if $from ne $to;
    }
    $visit = sub {
        my ($unit) = @_;
        $index{$unit} = $low{$unit} = keys %index;
        push @stack, $unit;
        $on_stack{$unit} = 1;
        for my $used (sort keys %{$uses{$unit}})
        {
            if (!defined $index{$used})
            {
                $visit->($used);
                $low{$unit} = $low{$used} if $low{$used} < $low{$unit};
            }
            elsif ($on_stack{$used} && $index{$used} < $low{$unit}) { $low{$unit} = $index{$used} }
        }
        return if $low{$unit} != $index{$unit};
        my @circle;
        do { push @circle, pop @stack; delete $on_stack{$circle[-1]} } until $circle[-1] eq $unit;
        push @circles, 'circle: ' . join(' ', sort @circle) if @circle > 1;
    };
    for my $unit (sort keys %uses) { $visit->($unit) if !defined $index{$unit} }
    return @circles;
}

sub problems
{
    my ($top, $rules, $program) = @_;
    my @includes = includes_of($top, $program);
    return (order_problems($rules, $program, @includes), never_problems($rules, @includes), circle_problems(@includes));
}

# ---------- the tree, and a wrong one ----------

sub write_file
{
    my ($path, $text) = @_;
    make_path(dirname($path));
    open(my $file, '>', $path) or die "$path: $!";
    print $file $text;
    close($file);
}

my $rules = read_rules(slurp('doc/layers.txt'));
for my $program (@PROGRAMS)
{
    is(join("\n", problems('.', $rules, $program)), '', "$program keeps its layers");
}

my $wrong = tempdir(CLEANUP => 1);
write_file("$wrong/webd/low/a.h", qq(#include "low/b.h"\n));
write_file("$wrong/webd/low/b.c", qq(#include "low/b.h"\n#include "low/a.h"\n));
write_file("$wrong/webd/low/b.h", '');
write_file("$wrong/webd/side/c.c", qq(#include "low/b.h"\n#include "high.h"\n#include "postgres.h"\n));
write_file("$wrong/webd/high.h", qq(#include "next.h"\n));
write_file("$wrong/webd/next.h", '');
write_file("$wrong/webd/stray/d.c", qq(#include "allowed.h"\n#include "pow.h"\n));
write_file("$wrong/extension/$_.h", '') for qw(allowed pow);
is_deeply(
    [problems($wrong, read_rules("webd: low < side < high next gone\nnever webd: postgres.h extension but extension/allowed\n"), 'webd')],
    ['webd/high.h includes webd/next.h: sideways', 'webd/side/c.c includes webd/high.h: upward', 'webd/stray/d.c is in no layer',
     'layer webd/gone does not exist', 'webd/side/c.c includes postgres.h: never', 'webd/stray/d.c includes extension/pow.h: never', 'circle: webd/low/a webd/low/b'],
    'each kind of wrong include is found');
done_testing();
