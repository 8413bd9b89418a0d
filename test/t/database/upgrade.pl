# A database that was upgraded is one that was made new: every released version
# is installed, filled, updated, and its catalog compared with a fresh install's.
# So that this proves something: a difference of any kind shows, and so does an
# upgrade script that forgets something.
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = getcwd();
my $version = slurp_file("$top/Makefile") =~ /^EXTVERSION = (\S+)/m ? $1 : die;

# A copy of the server, whose folder of extensions a test may write to: a server
# finds its files from where its binary stands.
my ($bin) = `pg_config --bindir` =~ /(.*)/;
my ($share) = `pg_config --sharedir` =~ /(.*)/;
my ($prefix, $bin_below) = $bin =~ m{^(.*?)(/usr/lib/postgresql/\d+/bin)$} or plan skip_all => 'the server is not laid out as Debian does';
my $copy = PostgreSQL::Test::Utils::tempdir('server');
my $share_below = substr $share, length $prefix;
system_or_bail('mkdir', '-p', $copy . dirname(dirname($bin_below)), $copy . dirname($share_below));
system_or_bail('cp', '-a', dirname($bin), $copy . dirname(dirname($bin_below)));
system_or_bail('cp', '-aL', $share, $copy . dirname($share_below));
my $extensions = "$copy$share_below/extension";

my $node = PostgreSQL::Test::Cluster->new('upgrade', install_path => $copy . dirname($bin_below));
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'chimera'\nchimera.database = 'nowhere'\n");
$node->start;

sub make_database
{
    my ($name, $from) = @_;
    $node->safe_psql('postgres', "CREATE DATABASE $name" . ($from ? " TEMPLATE $from" : ''));
}

# The lines in which two databases differ, without the context of them.
sub differences
{
    my @files = map { my $file = "$ENV{TESTDATADIR}/$_.catalog"; system_or_bail("$top/test/catalog >$file " . quoted($node->connstr($_))); $file } @_;
    return [ grep { /^[<>]/ } `diff @files` ];
}

sub quoted { my ($text) = @_; $text =~ s/'/'\\''/g; return "'$text'" }

# How many rows each table that a dump takes has.
sub rows_of
{
    my ($database) = @_;
    return $node->safe_psql($database, q(SELECT t.relid::regclass, (xpath('//c/text()', query_to_xml('SELECT count(*) AS c FROM ' || t.relid::regclass,
        true, true, '')))[1] FROM pg_extension e CROSS JOIN LATERAL unnest(e.extconfig) t (relid) JOIN pg_class c ON c.oid = t.relid AND c.relkind = 'r'
        WHERE e.extname IN ('chimera', 'chimera_legacy') ORDER BY 1));
}

sub upgrade
{
    my ($from, $name) = @_;
    make_database($name);
    $node->safe_psql($name, "CREATE EXTENSION $_ VERSION '$from'") for qw(chimera chimera_legacy);
    $node->psql($name, slurp_file("$top/test/upgrade/fill.sql"), on_error_die => 1);
    my %before = map { split /\|/ } split /\n/, rows_of($name);
    is($node->psql($name, "ALTER EXTENSION $_ UPDATE"), 0, "$_ $from is updated") for qw(chimera chimera_legacy);
    my %after = map { split /\|/ } split /\n/, rows_of($name);
    is_deeply({ map { $_ => $after{$_} } keys %before }, \%before, 'its rows are there');
    is($node->safe_psql($name, 'SELECT * FROM chimera.audit()'), '', 'its books are right');
}

make_database('fresh');
$node->safe_psql('fresh', 'CREATE EXTENSION chimera_legacy CASCADE');

# ---------- the comparison ----------

make_database('twin', 'fresh');
is_deeply(differences('fresh', 'twin'), [], 'a fresh install is like another');
make_database('changed', 'fresh');
my @changes = (
    [ 'a function\'s body', qr/function chimera\.acting_user\(\): definition/,
        q(CREATE OR REPLACE FUNCTION chimera.acting_user() RETURNS text LANGUAGE sql AS 'SELECT NULL::text') ],
    [ 'a function of the other extension', qr/function chimera\.end_legacy\(uuid\): definition/,
        q(CREATE OR REPLACE FUNCTION chimera.end_legacy(network_id uuid) RETURNS void LANGUAGE sql AS 'SELECT NULL::void') ],
    [ 'who may call it', qr/function chimera\.audit\(text\): grants/, 'REVOKE EXECUTE ON FUNCTION chimera.audit(text) FROM chimera_admin' ],
    [ 'a comment', qr/function chimera\.audit\(text\): comment/, q(COMMENT ON FUNCTION chimera.audit(text) IS 'other') ],
    [ 'a view', qr/view chimera\.account_payouts: definition/,
        q(DO $$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW chimera.account_payouts AS ' || replace(pg_get_viewdef('chimera.account_payouts'), ';', ' LIMIT 1'); END $$) ],
    [ 'who may read a table', qr/table chimera\.miners: grants/, 'REVOKE SELECT ON chimera.miners FROM chimera_reader' ],
    [ 'who may read a column', qr/table chimera\.blocks: column \d+: raw/, 'GRANT SELECT (raw) ON chimera.blocks TO chimera_reader' ],
    [ 'a column', qr/table chimera\.jobs: column \d+: extra/, 'ALTER TABLE chimera.jobs ADD extra int' ],
    [ 'a default', qr/table chimera\.payouts: column \d+: fee_sats/, 'ALTER TABLE chimera.payouts ALTER fee_sats SET DEFAULT 1' ],
    [ 'NOT NULL', qr/table chimera\.payouts: column \d+: address/, 'ALTER TABLE chimera.payouts ALTER address SET NOT NULL' ],
    [ 'a constraint', qr/table chimera\.blocks: constraint blocks_hash_check/, 'ALTER TABLE chimera.blocks DROP CONSTRAINT blocks_hash_check' ],
    [ 'an index', qr/table chimera\.blocks: index: .*blocks_network_id_height_idx/, 'DROP INDEX chimera.blocks_network_id_height_idx' ],
    [ 'a trigger', qr/table chimera\.jobs: trigger: .*forbid_change/, 'ALTER TABLE chimera.jobs DISABLE TRIGGER forbid_change' ],
    [ 'a sequence', qr/sequence chimera\.jobs_job_id_seq: sequence/, 'ALTER SEQUENCE chimera.jobs_job_id_seq CYCLE' ],
    [ 'a label', qr/type chimera\.payout_state: labels/, q(ALTER TYPE chimera.payout_state ADD VALUE 'lost') ],
    [ 'what a dump takes', qr/table chimera\.wallets: is dumped/, 
        q(UPDATE pg_extension SET extcondition[array_position(extconfig, 'chimera.wallets'::regclass::oid)] = 'WHERE false' WHERE extname = 'chimera') ],
    [ 'a preset', qr/row of chimera\.network_presets/, q(UPDATE chimera.network_presets SET symbol = 'XXX' WHERE name = 'litecoin') ],
    [ 'a member', qr/function chimera\.cast_away\(\): /,
        'CREATE FUNCTION chimera.cast_away() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; ALTER EXTENSION chimera ADD FUNCTION chimera.cast_away()' ],
);
$node->safe_psql('changed', $_->[2]) for @changes;
my @seen = @{ differences('fresh', 'changed') };
for my $change (@changes)
{
    my ($what, $line) = @$change;
    ok(scalar(grep { $_ =~ $line } @seen), "the comparison sees $what");
    @seen = grep { $_ !~ $line } @seen;
}
is_deeply(\@seen, [], 'and nothing else');

# ---------- an upgrade that is right, and one that forgets something ----------

my $script = slurp_file("$extensions/chimera--$version.sql");
my ($routine) = $script =~ /^(CREATE FUNCTION chimera\.preset_settings\(.*?^COMMENT ON FUNCTION chimera\.preset_settings\(text\) IS\n.*?;$)/ms or die;
my ($index) = $script =~ /^(CREATE INDEX payout_batches_txid_idx [^;]*;)/m or die;
# what lacks some of today's things was a version before
append_to_file("$extensions/chimera--0.0.1.sql", $script
      . "DROP FUNCTION chimera.preset_settings(text);\nDROP INDEX chimera.payout_batches_txid_idx;\n"
      . "COMMENT ON TABLE chimera.miners IS 'as it was';\nREVOKE SELECT ON chimera.miners FROM chimera_reader;\n");
my ($comment) = $script =~ /^(COMMENT ON TABLE chimera\.miners IS '[^;]*;)/m or die;
my $steps = "$routine\nREVOKE ALL ON FUNCTION chimera.preset_settings(text) FROM PUBLIC;\n$index\n$comment\n";

append_to_file("$extensions/chimera--0.0.1--$version.sql", $steps);
append_to_file("$extensions/chimera_legacy--0.0.1.sql", slurp_file("$extensions/chimera_legacy--$version.sql"));
append_to_file("$extensions/chimera_legacy--0.0.1--$version.sql", '');
upgrade('0.0.1', 'forgetful');
my $forgotten = differences('fresh', 'forgetful');
is(scalar @$forgotten, 2, 'a grant that an upgrade script forgets shows');
like($forgotten->[0], qr/table chimera\.miners: grants/, 'as what it is');
append_to_file("$extensions/chimera--0.0.1--$version.sql", "GRANT SELECT ON chimera.miners TO chimera_reader;\n");
upgrade('0.0.1', 'mended');
is_deeply(differences('fresh', 'mended'), [], 'with it, the database is as if made new');

# ---------- the released versions ----------

for my $released (split /\n/, $node->safe_psql('fresh', q(SELECT version FROM pg_available_extension_versions
    WHERE name = 'chimera' AND version <> '0.0.1' AND version <> (SELECT default_version FROM pg_available_extensions WHERE name = 'chimera')
    ORDER BY 1)))
{
    my $name = "from_" . $released =~ tr/./_/r;
    upgrade($released, $name);
    is_deeply(differences('fresh', $name), [], "$released updated is $version made new");
}

done_testing();
