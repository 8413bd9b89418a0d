# A network with several nodes: the best good one is used, whatever the others
# do; without any, work stops in time and comes back by itself.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 1e-6,
    CHANGES_WITHIN_S => 8,
    STALE => 21,
    MAX_AGE_S => 3,

    # the accountant looks each second, and the job is as old as a third of
    # the age when the last node goes
    STOPS_WITHIN_S => 10,
};

my %difficulties =
  map { $_ . '_difficulty' => DIFFICULTY } qw(start min max);
my @node =
  map { Chimera::FakeNode->new(Chimera::Pool->directory("node$_"))->start } 1 .. 3;
my $other = Chimera::FakeNode->new(Chimera::Pool->directory('other'))->start;
my $pool = Chimera::Pool->new('failover', conf => "chimera.node_timeout = 1s\n");
$pool->add_network('fake', $node[0], %difficulties, enable => 0);
for my $i (1, 2)
{
    my ($user, $password) = $node[$i]->credentials;
    $pool->safe_psql('SELECT chimera.add_node('
          . join(', ', map { Chimera::Pool::literal($_) } 'fake', $node[$i]->url, $user, $password)
          . ')');
}
$pool->safe_psql(q(SELECT chimera.enable_network('fake')));
$pool->add_network('other', $other, %difficulties);
$pool->add_listener('fake');
$pool->start_stratumd;
my $other_since = sub {
    $pool->safe_psql(q(SELECT string_agg(part || ok || since, ' ' ORDER BY part) FROM chimera.health WHERE name = 'other'));
};

sub health
{
    my ($part) = @_;
    return $pool->safe_psql(
        "SELECT ok || ' ' || message FROM chimera.health WHERE name = 'fake' AND part = '$part'");
}

# Wait for what health says of a worker; returns the seconds it took.
sub wait_for_health
{
    my ($pattern, $part) = @_;
    my $begin = time;
    my $last = '';

    eval {
        Chimera::Pool::wait_until('health', sub { ($last = health($part // 'template')) =~ $pattern }, 15);
        1;
    } or diag "health: $last";
    like($last, $pattern, 'health: ' . ($last =~ s/127\.0\.0\.1:\d+/.../gr));
    return time - $begin;
}

sub uses
{
    my ($number, $trouble) = @_;
    my $url = $node[ $number - 1 ]->url;
    my $rest = defined $trouble ? "; .*$trouble" : '$';

    return wait_for_health(qr/^true ok, node $number of 3 \(\Q$url\E\)$rest/);
}

# The whole network goes on by a block.
sub new_tip { $_->new_tip for @node; return }

my $client = $pool->stratum('fake', user => 'alice.rig1');
my $job;

sub verdict
{
    my ($share) = @_;
    my $reply = $client->submit($share);
    return $reply->{error} ? $reply->{error}[0] : 0;
}

# Jobs go on from a node: a new tip of it becomes a job, and its share is taken.
sub jobs_go_on
{
    my ($number, $name) = @_;

    new_tip();
    $pool->{coins}{fake} = $node[ $number - 1 ];
    ok(eval { $pool->wait_for_job('fake') }, $name) or diag $pool->state;
    my $prevhash = unpack 'H*', pack 'V*', unpack 'N*', reverse pack 'H*', $node[ $number - 1 ]->best_hash;
    do { $job = $client->next_notify } until !$job || $job->{prevhash} eq $prevhash;
    ok($job && $job->{clean}, '... which miners hear of');
    is(verdict($client->find_share($job, difficulty => DIFFICULTY)), 0, '... and work for');
    return;
}

sub clean_jobs
{
    return $pool->safe_psql(
        q(SELECT count(*) FROM chimera.jobs WHERE clean_jobs AND network_id = chimera.network_id('fake')));
}

$pool->wait_for_job('other');
uses(1);
my $other_before = $other_since->();
jobs_go_on(1, 'jobs are of the first node');

# --- gone, and back

$node[0]->stop;
cmp_ok(uses(2, q(cannot be reached)), '<', CHANGES_WITHIN_S, 'a node that is gone is left at once');
jobs_go_on(2, 'jobs go on from the second node');
wait_for_health(qr/^true ok, node 2 of 3/, 'block');
$node[1]->stop;
uses(3, q(cannot be reached.*cannot be reached));
jobs_go_on(3, 'jobs go on from the third node');
$node[1]->start;
uses(2, q(cannot be reached));
$node[0]->start;
uses(1);
wait_for_health(qr/^true ok, node 1 of 3/, 'block');
jobs_go_on(1, 'the first node is gone back to');

# --- what else makes a node unfit

my $clean_before = clean_jobs();
my %fit = (mode => 'ok', syncing => 0, headers_ahead => 0);
for my $case (
    [ { mode => 'deaf' }, 'Timeout was reached' ],
    [ { mode => 'slow' }, 'Timeout was reached' ],
    [ { mode => 'garbage' }, 'no JSON object' ],
    [ { mode => 'genesis' }, 'on another chain' ],
    [ { mode => 'unauthorized' }, 'refused the credentials' ],
    [ { syncing => 1 }, 'not synced: it is in its initial block download' ],
    [ { headers_ahead => 10 }, 'not synced: it has \d+ of \d+ blocks' ])
{
    my ($change, $trouble) = @{$case};

    $node[0]->set(%{$change});
    cmp_ok(uses(2, $trouble), '<', CHANGES_WITHIN_S, 'it is left when ' . join ' ', %{$change});
    $node[0]->set(%fit);
    uses(1);
}
is(clean_jobs(), $clean_before, 'miners have not been disturbed by any of it');

# a node that knows less of itself
$node[0]->set(has_info => 0);
sleep 1;
uses(1);
$node[0]->set(has_info => 1);

# --- lies

$node[0]->set(template_tip => 'ab' x 32);
new_tip();
uses(2, 'does not build upon its own best block');
jobs_go_on(2, 'a node whose templates are not of its own tip is left');
$node[0]->set(template_tip => undef, bits => 'zz');
new_tip();
sleep 1;
uses(2, 'no usable "bits"');
jobs_go_on(2, 'nor is one gone back to whose template does not parse');
$node[0]->set(bits => '1d00ffff');
uses(1);

# --- behind

$_->new_tip for @node[ 1, 2 ];
sleep 2;
uses(1);
pass('a node that is one block behind is kept');
$_->new_tip for @node[ 1, 2 ];
cmp_ok(uses(2, 'behind the one in use'), '<', CHANGES_WITHIN_S, 'one that is two blocks behind is left');
$pool->{coins}{fake} = $node[1];
ok(eval { $pool->wait_for_job('fake') }, 'jobs are upon the longer chain');
$node[0]->new_tip;
sleep 1;
uses(2);
pass('it is not gone back to while it is behind by one');
$node[0]->new_tip;
uses(1);
jobs_go_on(1, 'but when it is level');

# --- what becomes of a block that the nodes do not agree about

sub add_block
{
    my ($hash) = @_;
    return $pool->safe_psql(<<"SQL");
INSERT INTO chimera.blocks (network_id, height, hash, job_id, account_id, miner_id, reward_sats, network_difficulty,
    share_difficulty, raw)
SELECT chimera.network_id('fake'), 1, '\\x$hash', 0, account_id, miner_id, 1, 1, 1, '\\x00' FROM chimera.miners LIMIT 1
SQL
}

my $blocks = 0;
for my $case (
    [ [ 'high-hash', undef, 'duplicate' ], 'accepted', undef, 'one node takes it' ],
    [ [ 'high-hash', 'duplicate', 'high-hash' ], 'duplicate', undef, 'one node has it' ],
    [ [ 'high-hash', 'high-hash', 'high-hash' ], 'high-hash', 'rejected', 'all refuse it' ],
    [ [ ('prev-blk-not-found') x 3 ], 'prev-blk-not-found', 'found', 'no node has its parent' ],
    [ [ ('abababab') x 3 ], 'abababab', 'found', 'no node makes sense' ])
{
    my ($answers, $result, $status, $name) = @{$case};
    my $hash = sprintf '%064x', ++$blocks;

    $node[$_]->set(submit_result => $answers->[$_]) for 0 .. 2;
    add_block($hash);
    $pool->wait_for_sql("SELECT submit_result FROM chimera.blocks WHERE hash = '\\x$hash'", $result);
    is($pool->safe_psql("SELECT status FROM chimera.blocks WHERE hash = '\\x$hash'"), $status, "$name: $status")
      if $status;
    pass("$name: $result");
}
$node[$_]->set(submit_result => undef) for 0 .. 2;
$pool->wait_for_sql(q(SELECT count(*) FROM chimera.blocks WHERE status = 'found'), 0);
pass('and they are taken when one has, and does');

# a refusal must come from a node that is good
my $hash = sprintf '%064x', ++$blocks;
$node[$_]->set(submit_result => 'high-hash', syncing => 1) for 0 .. 2;
wait_for_health(qr/^false/, 'block');
add_block($hash);
sleep 1;
is($pool->safe_psql("SELECT status FROM chimera.blocks WHERE hash = '\\x$hash'"), 'found',
    'a block that no good node has judged is kept');
$node[$_]->set(submit_result => undef, syncing => 0) for 0 .. 2;
$pool->wait_for_sql("SELECT submit_result FROM chimera.blocks WHERE hash = '\\x$hash'", 'accepted');
uses(1);

is($other_since->(), $other_before, 'the other network has noticed nothing');

# --- none is left: work stops, and comes back

$pool->safe_psql('UPDATE chimera.network_configs SET template_max_age_s = ' . MAX_AGE_S . q( WHERE name = 'fake'));
uses(1);
my $share = $client->find_share($job, difficulty => DIFFICULTY);
my $late = $client->find_share($job, difficulty => DIFFICULTY);
is(verdict($share), 0, 'a share while there is work');
$_->stop for @node;
my $begin = time;
wait_for_health(qr/^false http:.*cannot be reached.*; http:.*cannot be reached.*; http:.*cannot be reached/);
$pool->wait_for_sql(q(SELECT EXISTS (SELECT FROM chimera.stopped_networks WHERE network_id = chimera.network_id('fake'))));
cmp_ok(time - $begin, '<', STOPS_WITHIN_S, 'work stops when templates are too old');
wait_for_health(qr/^false no jobs since \S+ \S+: no node has given a template for 3 s; http:.*cannot be reached/);
is($pool->safe_psql(q(SELECT count(*) FROM chimera.stratum_jobs() WHERE network_id = chimera.network_id('fake'))),
    0, 'stratumd is given no job of it');
is(verdict($late), STALE, 'a share of the last job is stale');
is($other_since->(), $other_before, 'the other network has noticed nothing');
my $miner_id = $pool->safe_psql(q(SELECT max(miner_id) FROM chimera.miners));
my %late = (%{$late}, extranonce1 => $client->extranonce1, miner_id => $miner_id, told_difficulty => DIFFICULTY);
my ($stale_code) = $pool->submit_in_sql(\%late);
$pool->restart;
is(($pool->submit_in_sql(\%late))[0], $stale_code, 'and still is after a restart');
isnt($stale_code, 0, 'so it is not taken');
my $newest = $pool->safe_psql(q(SELECT max(job_id) FROM chimera.jobs WHERE network_id = chimera.network_id('fake')));

$node[1]->start;
uses(2, q(cannot be reached));
is($pool->safe_psql('SELECT count(*) FROM chimera.stopped_networks'), 0, 'work is back with the node');
is($pool->safe_psql(<<"SQL"), 't', 'the first job of it is a clean one, though the tip is the same');
SELECT clean_jobs FROM chimera.jobs WHERE job_id > $newest AND network_id = chimera.network_id('fake') ORDER BY job_id LIMIT 1
SQL
is(($pool->submit_in_sql(\%late))[0], $stale_code, 'the old job stays stale');
$client = $pool->stratum('fake', user => 'alice.rig1');

# stratumd may not have heard of it yet
do { $job = $client->next_notify } until !$job || hex $job->{id} > $newest;
is(verdict($client->find_share($job, difficulty => DIFFICULTY)), 0, 'miners work again');

done_testing();
