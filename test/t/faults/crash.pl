# Crashes of every part during steady mining: what a miner was told is
# accepted is there afterwards, once, and nothing else is called accepted.

use strict;
use warnings;

use Chimera::Pool;
use JSON::PP;
use Test::More;

# some forty shares a second, more than half of them blocks; those of the raw
# client are easier than a block, and no block
use constant {
    DIFFICULTY => 2.5e-10,
    GOOD => 2.6e-10,
    BELOW_BLOCK => 4.6e-10,
    HASHES_PER_SECOND => 40,
    SERVER_CRASHES => 4,
    SHARES_BETWEEN => 25,
};

my $bitcoin = Chimera::Pool->start_bcoin;
$bitcoin->mine(20);
my $pool = Chimera::Pool->new('main');
$pool->add_network('bitcoin', $bitcoin,
    map({ $_ => DIFFICULTY } qw(start_difficulty min_difficulty max_difficulty)));
$pool->add_listener('bitcoin');
$pool->start_stratumd;
$pool->wait_for_job('bitcoin');

# --- a submission that is under way

my $client = $pool->stratum('bitcoin', user => 'bob.rig1');
my $job = $client->next_notify;
my $share = $client->find_share($job, difficulty => GOOD, below => BELOW_BLOCK);
my $holder = $pool->background_psql(on_error_stop => 0);
$holder->query_safe('BEGIN; LOCK chimera.share_deltas');
my $id = $client->send_request('mining.submit', $client->submit_params($share));
$pool->wait_for_sql(
    q{SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'stratumd'}, 1);
$pool->kill9_postgres;
$pool->start_postgres;
is($client->reply_to($id)->{result},
    JSON::PP::true, 'a submission that was under way when the server crashed is accepted after it');
is($client->submit($share)->{error}[0], 22, 'and is there: again it is a duplicate');
is($pool->safe_psql('SELECT count(*) FROM chimera.shares'), 1, 'once');
eval { $holder->quit };
$client->close;

# --- steady mining

my $miner = $pool->miner('bitcoin', hashes_per_second => HASHES_PER_SECOND, quiet => 1);

# Wait until the miner has been told of some more accepted shares.
sub mine_on
{
    my $wanted = $miner->log('accepted') + SHARES_BETWEEN;

    Chimera::Pool::wait_until("$wanted accepted shares",
        sub { $miner->log('accepted') >= $wanted });
    return;
}

sub extranonces
{
    my %extranonce1 = map { $_->{extranonce1} => 1 } $miner->log;
    return scalar keys %extranonce1;
}

# --- the whole server

mine_on();
for my $crash (1 .. SERVER_CRASHES)
{
    $pool->kill9_postgres;
    $pool->start_postgres;
    mine_on();
    pass("mining goes on after crash $crash of the server");
}

# --- one process of it

my $backend = $pool->safe_psql(
    q{SELECT pid FROM pg_stat_activity WHERE usename = 'stratumd' AND query LIKE '%submit_shares%' LIMIT 1});
kill 'KILL', $backend;
mine_on();
is($pool->safe_psql("SELECT count(*) FROM pg_stat_activity WHERE pid = $backend"),
    0, 'mining goes on after a crash of the backend that takes shares');

for my $kind (qw(template block))
{
    my $killed = $pool->worker_pid($kind, 'bitcoin');
    kill 'KILL', $killed;
    $pool->wait_for_sql("SELECT pid <> $killed AND state = 'ok' FROM chimera.worker_status() WHERE kind = '$kind'");
    mine_on();
    pass("mining goes on after a crash of the $kind worker");
}

for my $kind (qw(launcher accountant template block))
{
    my $ended = $pool->safe_psql("SELECT pid FROM chimera.worker_status() WHERE kind = '$kind'");
    $pool->safe_psql("SELECT pg_terminate_backend($ended)");
    $pool->wait_for_sql("SELECT pid <> $ended AND state = 'ok' FROM chimera.worker_status() WHERE kind = '$kind'");
    pass("a worker that was ended comes back by itself: $kind");
}
mine_on();
is(extranonces(), 1, 'through all of it stratumd has kept its miner connected');

# --- stratumd

$pool->kill9_stratumd;
$pool->start_stratumd;
mine_on();
is(extranonces(), 2, 'the miner is back after a crash of stratumd');

# --- what has come of it

is($miner->stop, 0, 'the miner ends');
my %accepted = map { $_ => 1 } $pool->logged_share_keys($miner->log('accepted'));
my %stored;
$stored{$_}++ for $pool->stored_share_keys('bitcoin');
delete @stored{ $pool->logged_share_keys({ %{$share}, extranonce1 => $client->extranonce1 }) };

is_deeply([ grep { !$stored{$_} } keys %accepted ], [], 'every acknowledged share is there');
is_deeply([ grep { $stored{$_} > 1 } keys %stored ], [], 'no share is there twice');

# a share whose answer was lost is sent again by stratumd: then it is a
# duplicate, or its job is stale by now and nobody can tell
my %unclear = map { $_ => 1 } $pool->logged_share_keys(
    grep {
             $_->{result} eq 'unanswered'
          || ($_->{error} // 0) == 22
          || ($_->{message} // '') =~ /may not have been stored/
    } $miner->log);
is_deeply([ grep { !$accepted{$_} && !$unclear{$_} } keys %stored ],
    [], 'no share is there that the miner was told is refused');

my %stored_block = map { $_ => 1 } split /\n/, $pool->safe_psql("SELECT encode(hash, 'hex') FROM chimera.blocks");
my @blocks = map { $_->{hash} } grep { $_->{block} } $miner->log('accepted');
is_deeply([ grep { !$stored_block{$_} } @blocks ], [], 'every acknowledged block is there');
$pool->wait_for_sql("SELECT count(*) FROM chimera.blocks WHERE status = 'found'", 0);
is_deeply([ grep { !defined eval { $bitcoin->rpc('getblockheader', $_) } } @blocks ],
    [], 'the node has every acknowledged block');
diag scalar(keys %accepted), ' shares accepted, ', scalar(@blocks), ' of them blocks; ',
  scalar(grep { $unclear{$_} } keys %stored), ' stored whose answer was lost';

$pool->wait_for_rollups;
is($pool->rollup_differences, '', 'the rollups equal a recount');
$pool->wait_for_sql(q(SELECT bool_and(ok) FROM chimera.health WHERE part <> 'rewards'));
pass('the pool is in good health');

done_testing();
