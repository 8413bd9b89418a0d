# A release's archive has what building needs, and META.json is what PGXN asks.
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);
use Test::More;

my $top = getcwd();
my $dir = tempdir(CLEANUP => 1);

sub slurp
{
    my ($name) = @_;
    open my $file, '<', $name or die "$name: $!";
    local $/;
    return <$file>;
}

my $meta = decode_json(slurp("$top/META.json"));
ok(defined $meta->{$_}, "META.json has $_") for qw(name version abstract maintainer license provides meta-spec);
is($meta->{'meta-spec'}{version}, '1.0.0', 'of the PGXN Meta Spec 1.0.0');
like($meta->{version}, qr/^\d+\.\d+\.\d+$/, 'its version is semantic');
my ($version) = slurp("$top/extension/chimera.control") =~ /^default_version\s*=\s*'([^']+)'/m;
is($meta->{version}, $version, 'and is the extension\'s');
for my $extension (sort map { /(\w+)\.control$/ } glob "$top/extension/*.control")
{
    my $provided = $meta->{provides}{$extension};
    is($provided->{version}, $version, "META.json provides $extension in that version");
    ok(-f "$top/$provided->{$_}", "its $_ is there") for qw(file docfile);
    like(slurp("$top/extension/$extension.control"), qr/^default_version = '\Q$version\E'$/m, 'and that is its default version');
}

# what PGXN's indexer asks beside: https://pgxn.org/spec/
like($meta->{name}, qr/^[^\s\/\\]{2,}$/, 'a name without blanks and slashes');
is(ref $meta->{maintainer}, 'ARRAY', 'maintainers');
like($meta->{license}, qr/^(postgresql|mit|bsd|apache_2_0)$/, 'a license that the spec knows');
like($meta->{'meta-spec'}{url}, qr{^https?://pgxn\.org/meta/spec\.txt$}, 'where the spec is');
like($meta->{prereqs}{runtime}{requires}{PostgreSQL}, qr/^\d+\.\d+\.\d+$/, 'a server\'s version, semantic');
is(ref $meta->{tags}, 'ARRAY', 'tags are a list');
is_deeply([ grep { !/^(x_.*|name|version|abstract|description|maintainer|release_status|license|provides|generated_by|meta-spec|no_index|prereqs|resources|tags)$/i }
    keys %$meta ], [], 'no key that the spec does not know');
my ($made) = `sed -n 's/^EXTVERSION = //p' $top/Makefile` =~ /(\S+)/;
is($made, $version, 'the Makefile makes that version');
like(scalar `head -n 1 $top/debian/changelog`, qr/^chimera \(\Q$version\E\)/, 'and so does the Debian package');
is(`cd $top && grep -lr PG_VERSION_NUM extension common stratumd webd --include=*.c --include=*.h | grep -v '^extension/compat\.'`, '',
    'what differs between server versions stands in compat.h and compat.c alone');

# by the steps of PGXN's client: unpack, make, make install
SKIP: {
    skip 'this is no checkout', 1 unless -e "$top/.git";
    is(system("make -s -C '$top' dist && mv '$top/chimera-$version.zip' '$dir/' && cd '$dir' && python3 -m zipfile -e chimera-$version.zip ."), 0,
        'the archive unpacks');
    my $unpacked = "$dir/chimera-$version";
    ok(-f "$unpacked/$_", "it has $_")
        for qw(META.json LICENSE Makefile extension/chimera.control extension/chimera_legacy.control sql/core/schema.sql stratumd/Makefile README.md);
    is(system("cd '$unpacked' && { make -s all && make -s install DESTDIR='$dir/installed'; } >'$dir/log' 2>&1"), 0, 'it builds and installs')
        or diag(`tail -n 20 '$dir/log'`);
    my ($library, $share) = map { `pg_config --$_` =~ /(.*)/ } qw(pkglibdir sharedir);
    my @installed = sort map { s/^\Q$dir\E\/installed//r } grep { chomp; -f } `find '$dir/installed'`;
    is_deeply(\@installed, [ sort "$library/chimera.so", "$share/extension/chimera.control", "$share/extension/chimera--$version.sql",
            "$share/extension/chimera_legacy.control", "$share/extension/chimera_legacy--$version.sql",
            (map { "$share/extension/" . s/.*\///r } grep { !/\Q--$version.sql\E$/ } glob "$top/migrations/released/*.sql $top/migrations/*.sql"),
            map { "$share/chimera/legacy/" . s/.*\///r } glob "$top/migrations/legacy/*.sql" ],
        'what CREATE EXTENSION and the move from an older pool need, and nothing else');
}
done_testing();
