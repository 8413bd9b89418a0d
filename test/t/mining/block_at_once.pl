# A found block goes to every node at once, whatever else is under way: calls
# that are slow, rounds over earlier blocks, a node that says nothing, blocks
# that are sent again.  And a verdict of some nodes doesn't end it while others
# could not be asked.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    UNSETTLED => 100,
    SLOW_S => 2,
    AT_ONCE_S => 1,
    DIFFICULTY => 1e-9,
};

my @node = map {
    Chimera::FakeNode->new(Chimera::Pool->directory("node$_"))->set(bits => '207fffff')->start
} 1 .. 2;
my $pool = Chimera::Pool->new('main', conf => "chimera.node_timeout = 5s\n");
my $id = $pool->add_network('fake', $node[0], enable => 0, confirmations_needed => 1000, map { $_ . '_difficulty' => DIFFICULTY } qw(start min max));
$pool->safe_psql('SELECT chimera.add_node(' . join(', ', map { Chimera::Pool::literal($_) } 'fake', $node[1]->url, $node[1]->credentials) . ')');
$pool->safe_psql(q(SELECT chimera.enable_network('fake')));
$pool->add_listener('fake');
$pool->start_stratumd;
$pool->wait_for_job('fake');
my $client = $pool->stratum('fake', user => 'alice.rig1');
my $job = $client->next_notify;

# Find a block and hand it in; returns its hash and when the miner was told.
sub find_block
{
    my $share;

    while (1)
    {
        $share = $client->find_share($job, difficulty => DIFFICULTY);
        my $header = $client->build_header($job, $share);
        my $hash = unpack 'H*', scalar reverse Chimera::Stratum::sha256d($header);
        next if $hash !~ /^[0-7]/;
        my $reply = $client->submit($share);
        ok($reply->{result}, 'a block is accepted') or diag explain $reply;
        return ($hash, time);
    }
}

# The seconds until the node was given the block for the first time.
sub sent_after
{
    my ($node, $hash, $since) = @_;
    my $block;

    Chimera::Pool::wait_until('the block', sub { ($block) = grep { $_->{hash} eq $hash } $node->blocks });
    return $block->{time} - $since;
}

sub sent_at_once
{
    my ($what, @to) = @_;
    my ($hash, $since) = find_block();

    for my $node (@to)
    {
        my $after = sent_after($node, $hash, $since);
        my $number = $node == $node[0] ? 'first' : 'second';
        cmp_ok($after, '<', AT_ONCE_S, sprintf '%s: given to the %s node after %.3f s', $what, $number, $after);
    }
    return $hash;
}

sub block_is
{
    my ($hash, $expected, $name) = @_;
    my $query = "SELECT status || ', ' || (raw IS NOT NULL) || ', ' || coalesce(submit_result, '-')"
      . " FROM chimera.blocks WHERE hash = '\\x$hash'";

    ok(eval { $pool->wait_for_sql($query, $expected); 1 }, $name) or diag $pool->safe_psql($query);
    return;
}

# --- slow calls, and many blocks to follow

$pool->safe_psql(<<"SQL");
INSERT INTO chimera.blocks (network_id, height, hash, status, job_id, account_id, miner_id, reward_sats,
    network_difficulty, share_difficulty, raw, submit_attempts)
SELECT '$id', 900 + n, sha256(int4send(n)), 'submitted', 1, account_id, miner_id, 1, 1, 1, '\\x00', 1
FROM generate_series(1, @{[ UNSETTLED ]}) n, chimera.miners
SQL
sent_at_once('no call is slow', @node);
$_->set(delay_s => SLOW_S) for @node;
my $asked = $node[0]->requests('getblockhash') + $node[0]->requests('getblockheader');
Chimera::Pool::wait_until('the round over earlier blocks',
    sub { $node[0]->requests('getblockhash') + $node[0]->requests('getblockheader') > $asked + 1 });
for (1 .. 3)
{
    sent_at_once(sprintf('calls take %d s, %d blocks are unsettled', SLOW_S, UNSETTLED), @node);
    sleep 0.7;
}

# --- a node that says nothing

$node[0]->set(delay_s => 0, mode => 'deaf');
$node[1]->set(delay_s => 0);
my $hash = sent_at_once('the first node says nothing', @node);
block_is($hash, 'accepted, true, accepted', '... and the second one is enough');
$node[0]->set(mode => 'ok');

# --- blocks that are sent again go after it

$pool->wait_for_sql(q(SELECT bool_and(ok) FROM chimera.health WHERE name = 'fake' AND part = 'block'));
$_->set(mode => 'slow') for @node;
$pool->safe_psql(q(UPDATE chimera.blocks SET status = 'found' WHERE status IN ('submitted', 'orphaned')));
sent_at_once('others are sent again', @node);
$_->set(mode => 'ok') for @node;
$pool->wait_for_sql(q(SELECT count(*) FROM chimera.blocks WHERE status = 'found'), 0);
pass('which all are sent in the end');

# --- a row that is held by another transaction

my $holder = $pool->background_psql;
$holder->query_safe('BEGIN; SELECT count(*) FROM (SELECT FROM chimera.blocks FOR UPDATE) held');
$node[0]->new_tip;
$node[1]->new_tip;
$pool->wait_for_job('fake');
$job = $client->next_notify;
sent_at_once('the rows of earlier blocks are locked', @node);
$holder->query_safe('COMMIT');
$holder->quit;

# --- who rejects, and who can't be asked

$node[0]->set(submit_result => 'bad-txns');
$node[1]->stop;
($hash) = find_block();
block_is($hash, 'found, true, bad-txns', 'a block that one node rejects, and the other can not be asked about, is kept');
$node[1]->start;
block_is($hash, 'accepted, true, accepted', '... until that takes it');
$node[1]->set(submit_result => 'high-hash');
# a node that has come back decides again once it has been checked
$pool->wait_for_sql(q(SELECT coalesce(node_problems, '{}') = '{}' FROM chimera.worker_status() WHERE kind = 'block'));
($hash) = find_block();
block_is($hash, 'rejected, false, bad-txns', 'a block that both reject is not');

# --- a crash before it was sent

$_->set(mode => 'deaf') for @node;
($hash) = find_block();
$_->set(submit_result => undef) for @node;
$pool->kill9_postgres;
$pool->start_postgres;
$_->set(mode => 'ok') for @node;
# what becomes of it then is the chain's matter
$pool->wait_for_sql("SELECT submit_result FROM chimera.blocks WHERE hash = '\\x$hash'", 'accepted');
pass('a block is sent again after a crash');

done_testing();
