# What one address may take of stratumd.
use strict;
use warnings;

use IPC::Run ();
use Test::More;

use Chimera::Pool;
use Chimera::Stratum;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

use constant { DIFFICULTY => 2e-6, MAX => 4, TRIES => 20 };

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('limits');

for my $value (qw(0 -1 x 99999999999), '')
{
    IPC::Run::run([ Chimera::Pool::stratumd_program(), "--max-per-address=$value" ],
        '<', \undef, '>&', \my $said);
    is($? >> 8, 2, "--max-per-address=$value is refused");
}

$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => 1e-9,
    max_difficulty => 1);
my $port = $pool->add_listener('fake');
$pool->start_stratumd('--max-per-address=' . MAX);
$pool->wait_for_job('fake');

# A connection that comes from an address of the loopback network.
sub client_from
{
    my ($address) = @_;
    return Chimera::Stratum->connect($port, from => $address);
}

sub is_let_in
{
    my ($client) = @_;
    return eval { $client->request('mining.ping')->{result} } ? 1 : 0;
}

my @here = map { client_from('127.0.0.2') } 1 .. MAX;
is(scalar(grep { is_let_in($_) } @here), MAX, 'as many as may are accepted');
my @more = map { client_from('127.0.0.2') } 1 .. TRIES;
is(scalar(grep { is_let_in($_) } @more), 0, 'and no more');
ok(is_let_in(client_from('127.0.0.3')), 'another address has its own');
is(scalar(grep { is_let_in($_) } @here), MAX, 'those that are there stay');

my @told = slurp_file($pool->stratumd_log) =~ /address \S+ reached its limit of/g;
is(scalar @told, 1, 'the log tells of it once');

close $here[0]{socket};
my $next;
Chimera::Pool::wait_until('a place to be free',
    sub { is_let_in($next = client_from('127.0.0.2')) });
pass('one that leaves makes room');
ok(!is_let_in(client_from('127.0.0.2')), 'for one');

done_testing();
