# CREATE EXTENSION in databases of other encodings, and in sessions that read
# backslashes as PostgreSQL 9.0 did.
use strict;
use warnings;

use Test::More;

use Chimera::Pool;
use PostgreSQL::Test::Utils qw(slurp_file);

my $pool = Chimera::Pool->new('main');
my $node = $pool->node;
my ($script) = glob 'build/chimera--*.sql';

unlike(slurp_file($script), qr/[^\x00-\x7f]/, 'the script is ASCII');
like(slurp_file('extension/chimera.control'), qr/^encoding = 'UTF8'$/m, 'and the control file names an encoding');

# what a pool says of itself, as nothing in it may depend on
my $facts = <<'SQL';
SELECT md5(string_agg(md5(prosrc || proname || coalesce(obj_description(oid, 'pg_proc'), '')), '' ORDER BY proname COLLATE "C", pronargs, md5(prosrc)))
FROM pg_proc WHERE pronamespace = 'chimera'::regnamespace;
SELECT md5(string_agg(encode(genesis_header, 'hex') || name, '' ORDER BY name COLLATE "C")) FROM chimera.network_presets;
SELECT md5(string_agg(pg_get_constraintdef(oid), '' ORDER BY conname COLLATE "C")) FROM pg_constraint WHERE connamespace = 'chimera'::regnamespace;
SELECT chimera.add_network_from_preset('litecoin', 'http://127.0.0.1:1', 'LQ3B36Yv2rBTxdgAdYpU2UcEZsaNwXeATk') IS NOT NULL;
SELECT length(chimera.web_metrics()) > 0;
SELECT chimera.enable_network('litecoin') > 0;
SELECT chimera.web_connect('litecoin') - 'network_id';
SQL
my $wanted;
for my $encoding (qw(UTF8 EUC_JP LATIN1 SQL_ASCII))
{
    for my $conforming (qw(on off))
    {
        my $name = lc "in_${encoding}_$conforming";

        $node->safe_psql('postgres', qq(CREATE DATABASE "$name" TEMPLATE template0 ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C'));
        $node->safe_psql('postgres', qq(ALTER DATABASE "$name" SET standard_conforming_strings = $conforming;
            ALTER DATABASE "$name" SET escape_string_warning = on; ALTER DATABASE "$name" SET backslash_quote = off));
        my ($status, undef, $said) = $node->psql($name, 'CREATE EXTENSION chimera');
        is($status, 0, "CREATE EXTENSION in $encoding, standard_conforming_strings = $conforming");
        is($said =~ s/^.*max_worker_processes.*\n?//mr, '', 'says nothing');
        my $got = $node->safe_psql($name, $facts);
        is($got, $wanted //= $got, 'makes the same as in UTF8');
    }
}
done_testing();
