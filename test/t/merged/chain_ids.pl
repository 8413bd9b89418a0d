# No version that a miner of the parent can make has a child's chain id in its
# upper half, for that would void the child's blocks; a job is recorded to carry
# what its coinbase commits to; and no lock on a child keeps a parent waiting.

use strict;
use warnings;

use Chimera::FakeNode;
use Chimera::Pool;
use Test::More;

use constant {
    ROLLED => 0x1fffe100,
    # two bits of the mask tell it from a version without any
    FRACTAL => 0x2024,
    NAMECOIN => 1,
};

my %version = (parent => 0x20000000, fractal => FRACTAL << 16 | 4, namecoin => NAMECOIN << 16 | 4);
my %node = map { $_ => Chimera::FakeNode->new(Chimera::Pool->directory($_)) } sort keys %version;
$node{$_}->set(version => $version{$_})->start for sort keys %node;

my $pool = Chimera::Pool->new('main');
$pool->add_network($_, $node{$_}, version_mask => $_ eq 'parent' ? ROLLED : 0) for sort keys %node;
$pool->wait_for_job($_) for sort keys %node;
is($pool->safe_psql("SELECT version_mask FROM chimera.jobs WHERE network_id = chimera.network_id('parent')"), ROLLED,
    'a network without children keeps its mask');
$pool->safe_psql("SELECT chimera.merge_network('$_', 'parent', 'a test')") for 'fractal', 'namecoin';

# the parent's job with this version: what it carries, the slots' branches, its mask
sub job_of
{
    my ($version, $carried) = @_;

    $node{parent}->set(version => $version)->new_tip;
    my $query = <<"SQL";
SELECT concat_ws('|', string_agg(n.name, ' ' ORDER BY n.name), max(length(c.branch)) / 32,
    substring(encode(j.coinbase_prefix, 'hex') FROM 'fabe6d6d[0-9a-f]{64}(..)'), j.version_mask)
FROM (SELECT * FROM chimera.jobs WHERE network_id = chimera.network_id('parent') ORDER BY job_id DESC LIMIT 1) j
LEFT JOIN chimera.carried_jobs c USING (tree_id) LEFT JOIN chimera.network_configs n ON n.network_id = c.network_id
WHERE j.version = $version GROUP BY j.tree_id, j.coinbase_prefix, j.version_mask
SQL
    my $found = '';
    Chimera::Pool::wait_until("a job of version $version", sub { ($found = $pool->safe_psql($query)) =~ /^\Q$carried\E\|/ });
    return (split /[|]/, $found)[ 1 .. 3 ];
}
my $both = FRACTAL << 16 & ROLLED;

my ($height, $size, $mask) = job_of(0x20000001, 'fractal namecoin');
is($size, '02', 'two ids that differ in their last bit need a tree of two');
isnt($mask & $both, $both, 'not all bits of an id are rolled');
is($mask & 0x100, 0, 'nor bit 8');
($height, $size, $mask) = job_of(0x20040000, 'fractal namecoin');
is($mask & $both, 0, 'a bit that the template sets is not the one that keeps them apart');
($height, $size, $mask) = job_of(0x20240000, 'namecoin');
is("$height|$size", '0|01', 'a template that has the id is no work for the child: it is left out, and the others\' tree is another');
is($mask, ROLLED & ~$both & ~0x100, 'and no bit is kept for it');
my $session = $pool->background_psql;
$session->query_safe(q(BEGIN; SELECT FROM chimera.network_configs WHERE name = 'fractal' FOR UPDATE));
($height, $size, $mask) = job_of(0x20080000, 'fractal namecoin');
pass('the parent\'s jobs do not wait for who changes a child');
$session->quit;
is($mask & $both, $both, 'a template that can never have the id may be rolled');

done_testing();
