# Contents.pm: all that a pool's database holds, to compare a copy with its
# source.
#
#     is_deeply(Chimera::Contents::of($node, 'copy'), Chimera::Contents::of($node, 'source'));
#
# Each table and each sequence of the schema, with partitions, as a digest of
# its rows. Left out is what the pool counts again by itself, and the secret
# that each database has of its own.
package Chimera::Contents;

use strict;
use warnings;

use constant RELATIONS => <<'SQL';
SELECT format('%s|%s', c.oid::regclass, c.relkind) FROM pg_class c
WHERE c.relnamespace = 'chimera'::regnamespace AND c.relkind IN ('r', 'S')
  AND c.relname NOT IN ('network_standings', 'account_standings', 'pool_standings', 'extranonce1_key')
ORDER BY 1
SQL

# of(NODE, DATABASE)
sub of
{
    my ($node, $database) = @_;
    my %contents;
    for (split /\n/, $node->safe_psql($database, RELATIONS))
    {
        my ($name, $kind) = split /\|/;
        $contents{$name} = $node->safe_psql($database,
            $kind eq 'S' ? "SELECT last_value, is_called FROM $name"
            : "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM $name t");
    }
    return \%contents;
}

1;
