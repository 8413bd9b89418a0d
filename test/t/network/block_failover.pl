# Blocks of a network with several nodes: they reach every node there is, and
# are followed at one that is left.
use strict;
use warnings;

use Test::More;

use Chimera::Pool;

my $pair = Chimera::Pool->start_litecoind;
my %node = (first => $pair->first, second => $pair->second);

# a lone node gives no templates: the third keeps the second company
$node{third} = Chimera::LitecoinDaemon->new(
    dir => Chimera::Pool->directory('third'),
    connect_to => $node{second}->p2p_port)->start;
$pair->mine(10);
wait_for_agreement();
my $pool = Chimera::Pool->new('main', conf => "chimera.node_timeout = 2s\n");
$pool->add_network('litecoin', $pair, enable => 0);
add_node($node{second});
$pool->safe_psql(q(SELECT chimera.enable_network('litecoin')));
$pool->add_listener('litecoin');
$pool->start_stratumd;

sub add_node
{
    my ($node) = @_;
    my ($user, $password) = $node->credentials;
    my $list = join ', ',
      map { Chimera::Pool::literal($_) } 'litecoin', $node->url, $user, $password;
    return $pool->safe_psql("SELECT chimera.add_node($list)");
}

sub wait_for_agreement
{
    my (@names) = @_;
    @names = sort keys %node unless @names;
    Chimera::Pool::wait_until(
        'the nodes to agree',
        sub {
            my %tips = map { $node{$_}->best_hash => 1 } @names;
            return keys %tips == 1;
        });
    return;
}

sub wait_for_use
{
    my ($number) = @_;
    $pool->wait_for_sql(
        qq(SELECT bool_and(ok AND message LIKE 'ok, node $number of 2 %') FROM chimera.health WHERE name = 'litecoin' AND part <> 'rewards'));
    return;
}

# Mine a block through the pool upon the tip of a node; returns its hash.
sub mine_block
{
    my ($name) = @_;

    $pool->{coins}{litecoin} = $node{$name};
    $pool->wait_for_job('litecoin');
    my $miner = $pool->miner('litecoin', shares => 1);
    is($miner->wait, 0, "a share upon the $name node's tip is accepted");
    my ($block) = grep { $_->{block} } $miner->log('accepted');
    return $block->{hash};
}

sub wait_for_blocks
{
    my ($status, @hashes) = @_;
    my $list = join ', ', map { "'\\x$_'" } @hashes;

    $pool->wait_for_sql(
        "SELECT count(*) FROM chimera.blocks WHERE status = '$status' AND hash IN ($list)", scalar @hashes);
    return;
}

# --- all are there

wait_for_use(1);
my @blocks = mine_block('first');
wait_for_blocks('accepted', @blocks);
wait_for_agreement();
pass('all nodes have the block');

# --- apart, only submitting to both brings a block to both

# without peers they give no templates any more, so the job must be there
$pool->wait_for_job('litecoin');
$pair->set_network_active(0);
push @blocks, mine_block('first');
wait_for_blocks('accepted', @blocks);
is($node{first}->best_hash, $blocks[-1], 'a block is sent to the node that is used');
Chimera::Pool::wait_until('the second node', sub { $node{second}->best_hash eq $blocks[-1] });
pass('and to the other, which has no other way to hear of it');
$pair->set_network_active(1);
$pair->wait_until_connected;

# --- the first is down

$node{first}->kill9;
wait_for_use(2);
push @blocks, mine_block('second');
wait_for_blocks('accepted', @blocks);
is($node{second}->best_hash, $blocks[-1], 'a block found while the first node is down reaches the second');
push @blocks, mine_block('second');
wait_for_blocks('accepted', @blocks);
$pool->wait_for_sql('SELECT string_agg(confirmations::text, \' \' ORDER BY block_id) FROM chimera.blocks', '4 3 2 1');
pass('where blocks are followed');
is($pool->safe_psql('SELECT max(submit_attempts) FROM chimera.blocks'), 1, 'none had to be sent twice');

# --- both are down when a block is found: it is kept until one is back

my $job_id = $pool->wait_for_job('litecoin');
my $client = $pool->stratum('litecoin', user => 'alice.rig1');
my $job = $client->next_notify;
$node{$_}->kill9 for 'second', 'third';
$pool->wait_for_sql(q(SELECT bool_and(NOT ok) FROM chimera.health WHERE name = 'litecoin' AND part <> 'rewards'));
my $miner = $pool->miner('litecoin', shares => 1);
is($miner->wait, 0, 'a share is accepted while no node is there');
my ($block) = grep { $_->{block} } $miner->log('accepted');
push @blocks, $block->{hash};
wait_for_blocks('found', $blocks[-1]);
$node{$_}->start for 'third', 'second';
wait_for_blocks('accepted', @blocks);
is($node{second}->best_hash, $blocks[-1], 'its block reaches the node that comes back');

# --- and back to the first

$node{first}->start;
wait_for_agreement();
wait_for_use(1);
pass('the first node is used again');
push @blocks, mine_block('first');
wait_for_blocks('accepted', @blocks);
is($pool->safe_psql('SELECT count(*) FROM chimera.blocks'), scalar @blocks, 'no block is lost');

$node{third}->end_process('KILL');
done_testing();
