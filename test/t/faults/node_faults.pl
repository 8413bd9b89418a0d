# What a node may answer, while miners find blocks: nonsense, nothing, too much,
# too slowly. No worker dies or grows, health says what is wrong, the other coin
# notices nothing, and every block reaches the node when it is sane again.

use strict;
use warnings;

use Test::More;

use Chimera::Pool;
use Chimera::SteadyLoad;

# A real node behind a front that may misbehave as Chimera::FakeNode does.
package FaultyNode;

our @ISA = ('Chimera::FakeNode');

sub behind
{
    my ($self, $node) = @_;

    $self->{node} = $node;
    return $self;
}

sub best_hash { return $_[0]{node}->best_hash }
sub genesis_hash { return $_[0]{node}->genesis_hash }
sub chain_parameters { return $_[0]{node}->chain_parameters }
sub new_address { return $_[0]{node}->new_address }

# Without long poll, for which this single thread would wait.
sub answer
{
    my ($self, $client, $control) = @_;

    return $self->SUPER::answer($client, $control) if $control->{mode} ne 'ok';
    my ($method, $params) = @{ $client->{request} }{qw(method params)};
    my $result = eval { $self->{node}->rpc($method, @{$params}) };
    my $error = $@;
    delete $result->{longpollid} if $method eq 'getblocktemplate' && $result;
    return $self->send_body($client, 200, JSON::PP->new->allow_nonref->encode({
        result => $result,
        error => ref $error ? { code => $error->code, message => $error->message } : $error ? { code => -1, message => "$error" } : undef,
        id => 1,
    }));
}

package main;

use constant {
    REQUESTS => 8,
    MEMORY_KB => 8192,
};

my $pool = Chimera::Pool->new('main', conf => "chimera.node_timeout = 2s\nchimera.block_poll_interval = 2s\n");
my $load = Chimera::SteadyLoad->new;
my $node = FaultyNode->new(Chimera::Pool->directory('faulty'))->behind($load->node('litecoin'))->start;
$load->put_before('litecoin', $node);
$load->start($pool);

# pid and KB for itself of each worker
sub workers
{
    my %workers;

    for (split /\n/, $pool->safe_psql('SELECT kind, network_id, pid FROM chimera.worker_status()'))
    {
        my ($kind, $network, $pid) = split /\|/;
        my ($kb) = Chimera::Node::slurp("/proc/$pid/status") =~ /^RssAnon:\s+(\d+)/m;
        $workers{"$kind $network"} = { pid => $pid, kb => $kb };
    }
    return %workers;
}

# the largest first, and again: by then a leak would show
my %huge = (huge => '.', endless => 'Timeout was reached|longer than 64 MB');
my %before;
for my $case (
    (map { [ $_, $huge{$_} ] } sort keys %huge),
    [ 'garbage', 'HTTP 200 and no JSON object' ],
    [ 'types', '.' ],
    [ 'deep', 'HTTP 200 and no JSON object' ],
    [ 'html', 'HTTP 502 and no JSON object' ],
    [ 'half', 'Transferred a partial file' ],
    [ 'hangup', 'Server returned nothing' ],
    [ 'trickle', 'Timeout was reached' ],
    [ 'deaf', 'Timeout was reached' ],
    (map { [ $_, $huge{$_} ] } sort keys %huge))
{
    my ($mode, $pattern) = @{$case};
    my $asked = $node->requests;

    $node->set(mode => $mode);
    $pool->wait_for_sql(<<"SQL");
SELECT bool_and(NOT ok AND message ~ '$pattern') FROM chimera.health WHERE name = 'litecoin' AND part = 'template'
SQL
    pass("a node that answers with $mode: health says so");
    Chimera::Pool::wait_until('more tries', sub { $node->requests >= $asked + REQUESTS });
    $pool->wait_for_sql(q(SELECT bool_and(ok) FROM chimera.health WHERE name = 'steady' AND part <> 'rewards'));
    %before = workers() if $mode eq 'garbage';
    $node->set(mode => 'ok');
    $load->mine_on;
    $pool->wait_for_sql(q(SELECT bool_and(ok) FROM chimera.health WHERE part <> 'rewards'));
    is_deeply([ $load->audit->deviations ], [], 'it recovers by itself, and nothing is missing or counted twice');
}

my %after = workers();
is_deeply({ map { $_ => $after{$_}{pid} } keys %after }, { map { $_ => $before{$_}{pid} } keys %before }, 'no worker has died');
is_deeply([ map { "$_: $before{$_}{kb}, $after{$_}{kb}" } grep { $after{$_}{kb} > $before{$_}{kb} + MEMORY_KB } keys %before ],
    [], 'or grown');
is_deeply([ $load->end ], [], 'every block is sent at the end, and nothing is missing');
diag $load->summary;

done_testing();
