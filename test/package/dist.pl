# A release's archive has what building needs, and META.json is what PGXN asks.
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);
use Test::More;

my $top = getcwd();
my $dir = tempdir(CLEANUP => 1);

open my $file, '<', "$top/META.json" or die;
my $meta = decode_json(do { local $/; <$file> });
close $file;
ok(defined $meta->{$_}, "META.json has $_") for qw(name version abstract maintainer license provides meta-spec);
is($meta->{'meta-spec'}{version}, '1.0.0', 'of the PGXN Meta Spec 1.0.0');
like($meta->{version}, qr/^\d+\.\d+\.\d+$/, 'its version is semantic');
open my $control, '<', "$top/extension/chimera.control" or die;
my ($version) = do { local $/; <$control> } =~ /^default_version\s*=\s*'([^']+)'/m;
is($meta->{version}, $version, 'and is the extension\'s');
is($meta->{provides}{chimera}{version}, $version, 'as that of what it provides');
my $provided = $meta->{provides}{chimera};
ok(-f "$top/$provided->{$_}", "$_ is there") for qw(file docfile);

SKIP: {
    skip 'this is no checkout', 1 unless -d "$top/.git";
    is(system("git -C '$top' archive --prefix chimera/ HEAD | tar -x -C '$dir'"), 0, 'the archive unpacks');
    ok(-f "$dir/chimera/$_", "it has $_")
        for qw(META.json Makefile extension/chimera.control sql/schema.sql stratumd/Makefile README.md);
}
done_testing();
