# A share counts once: on one connection, on others, across restarts and
# crashes, and between transactions.

use strict;
use warnings;

use Chimera::Pool;
use Test::More;

# as in 010: easier than a block, and no block
use constant {
    DIFFICULTY => 2.5e-10,
    GOOD => 2.6e-10,
    BELOW_BLOCK => 4.6e-10,
    SPARE_SHARES => 20,
};

# chimera.submit_shares' answers
use constant {
    ACCEPTED => 0,
    DUPLICATE => 3,
};

my $bitcoin = Chimera::Pool->start_bcoin;
$bitcoin->mine(20);
my $pool = Chimera::Pool->new('main', conf => <<'CONF');
chimera.template_refresh_interval = 1h
chimera.job_lifetime = 1d
CONF
$pool->add_network('bitcoin', $bitcoin,
    map({ $_ => DIFFICULTY } qw(start_difficulty min_difficulty max_difficulty)));
$pool->add_listener('bitcoin');
$pool->start_stratumd;
$pool->wait_for_job('bitcoin');

$pool->make_rigs('alice.rig1');
my $client = $pool->stratum('bitcoin', user => 'alice.rig1');
my $job = $client->next_notify;
my $miner_id = $pool->safe_psql('SELECT miner_id FROM chimera.miners');

# A share that was not submitted yet, complete for both ways.  Extranonce2s
# count on over all clients.
my $extranonce2 = 0;

sub new_share
{
    my $share = $client->find_share($job,
        difficulty => GOOD,
        below => BELOW_BLOCK,
        extranonce2 => sprintf('%016x', $extranonce2++));
    return {
        %{$share},
        extranonce1 => $job->{extranonce1},
        miner_id => $miner_id,
        told_difficulty => DIFFICULTY,
    };
}

# 0 for accepted, or the error's code
sub verdict
{
    my ($from, $share) = @_;
    my $reply = $from->submit($share);
    return $reply->{error} ? $reply->{error}[0] : 0;
}

# The difficulty of a client's own share of that data: its extranonce1 differs.
sub own_difficulty
{
    my ($from, $share) = @_;
    my $header = $from->build_header({ %{$job}, extranonce1 => $from->extranonce1 }, $share);
    my $hash = Chimera::Stratum::hash_number(Chimera::Stratum::sha256d($header));
    return Chimera::Stratum::DIFFICULTY_1 / $hash;
}

# Of these shares one that is not by chance another client's block, and what
# the other will be told of it.
sub share_and_own_verdict
{
    my ($from, @shares) = @_;
    my ($share) = grep { own_difficulty($from, $_) < BELOW_BLOCK } @shares;
    return ($share, own_difficulty($from, $share) >= DIFFICULTY ? 0 : 23);
}

sub in_sql { return ($pool->submit_in_sql(@_))[0] }

# --- connections

my @spare = map { new_share() } 1 .. SPARE_SHARES;
verdict($client, $_) for @spare;
my $share = new_share();
is(verdict($client, $share), 0, 'a share is accepted');
is(verdict($client, $share), 22, 'the same on the same connection is a duplicate');

my $other = $pool->stratum('bitcoin', user => 'bob.rig1');
isnt($other->extranonce1, $client->extranonce1, 'another connection has another extranonce1');
my ($same_data, $expected) = share_and_own_verdict($other, @spare);
is(verdict($other, $same_data), $expected,
    'the same data from another connection is another share, judged by its own hash');

my $session = $client->session;
$client->close;
$client = $pool->stratum('bitcoin');
$client->subscribe('chimera-test/1.0', $session);
$client->authorize('alice.rig1');
is($client->extranonce1, $share->{extranonce1}, 'a session taken up again has its extranonce1');
is(verdict($client, $share), 22, 'the same after a reconnect is a duplicate');

is(in_sql($share), DUPLICATE, 'the same in SQL is a duplicate');
is(in_sql({ %{$share}, miner_id => $pool->safe_psql('SELECT max(miner_id) FROM chimera.miners') }),
    DUPLICATE, 'the same for another miner is a duplicate');
is(in_sql({ %{$share}, told_difficulty => DIFFICULTY / 2 }),
    DUPLICATE, 'the same at another difficulty is a duplicate');

# --- restarts

$pool->restart_stratumd;
$client = $pool->stratum('bitcoin');
$client->subscribe('chimera-test/1.0', $session);
$client->authorize('alice.rig1');
isnt($client->extranonce1, $share->{extranonce1}, 'a new stratumd gives no extranonce1 twice');
($same_data, $expected) = share_and_own_verdict($client, @spare);
is(verdict($client, $same_data), $expected,
    'the same data after a restart of stratumd is another share, judged by its own hash');
is(in_sql($share), DUPLICATE, 'the same in SQL after a restart of stratumd is a duplicate');

$job = { %{$job}, extranonce1 => $client->extranonce1 };
my $kept = new_share();
is(verdict($client, $kept), 0, 'a share is accepted before a restart of the server');
$pool->restart;
is(in_sql($share), DUPLICATE, 'the same after a restart of the server is a duplicate');
is(verdict($client, $kept), 22, 'the same after it, on a connection that outlived it, is a duplicate');

$kept = new_share();
is(verdict($client, $kept), 0, 'a share is accepted before a crash');
$pool->kill9_postgres;
$pool->start_postgres;
is(in_sql($kept), DUPLICATE, 'the same after a crash is a duplicate');
is(in_sql($share), DUPLICATE, 'and so is the one from before the restart');
is(verdict($client, $kept), 22, 'the same on a connection that outlived the crash is a duplicate');

# --- transactions

my $first = $pool->background_psql(on_error_stop => 0);
my $second = $pool->background_psql(on_error_stop => 0);

# Give the first session's transaction a share, and the second session the
# same; the second has to wait.
sub contend
{
    my ($contended) = @_;
    my $submission = 'SELECT chimera.submit_shares(' . Chimera::Pool::batch($contended) . ')';

    $first->query_safe('BEGIN');
    is($first->query_safe($submission), '\x00', 'a share is accepted in a transaction');
    $second->query_until(qr/submitted/, "\\echo submitted\n$submission;\n\\echo answered\n");
    $pool->wait_for_sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'transactionid'", 1);
    return pass('the same in another transaction waits for the first');
}

sub second_answer
{
    my $output = $second->query_until(qr/answered/, '');
    return $output =~ /(\\x[0-9a-f]{2})/ ? $1 : $output;
}

contend(new_share());
$first->query_safe('COMMIT');
is(second_answer(), '\x03', 'it is a duplicate once the first has committed');

contend(new_share());
$first->query_safe('ROLLBACK');
is(second_answer(), '\x00', 'it is accepted once the first has rolled back');

contend(new_share());
my $pid = $first->query_safe('SELECT pg_backend_pid()');
$pool->safe_psql("SELECT pg_terminate_backend($pid)");
is(second_answer(), '\x00', 'it is accepted once the first\'s session is gone');
$first->quit;
$second->quit;

$share = new_share();
my $batch = Chimera::Pool::batch($share);
is( $pool->safe_psql("BEGIN; SELECT chimera.submit_shares($batch); ROLLBACK; SELECT chimera.submit_shares($batch)"),
    "\\x00\n\\x00", 'a share whose transaction was rolled back is free again');
is(in_sql($share), DUPLICATE, 'but only until it was taken');

$batch = Chimera::Pool::batch(new_share());
is($pool->safe_psql(<<"SQL"), "\\x00\n\\x00\n\\x03", 'so is one of a subtransaction that was rolled back');
BEGIN;
SAVEPOINT a;
SELECT chimera.submit_shares($batch);
ROLLBACK TO a;
SELECT chimera.submit_shares($batch);
SELECT chimera.submit_shares($batch);
COMMIT;
SQL

my @pair = (new_share(), new_share());
is_deeply([ $pool->submit_in_sql(@pair, @pair) ],
    [ ACCEPTED, ACCEPTED, DUPLICATE, DUPLICATE ],
    'the same within a batch is a duplicate');

# --- partitions

# as if jobs and half of the shares were of the last second of yesterday
$pool->safe_psql(<<'SQL');
SET timezone = 'UTC';
SET session_replication_role = replica;
SELECT chimera.make_share_partitions(network_id, current_date - 1, current_date - 1) FROM chimera.network_configs;
-- or the work would count as stale until the node gives a new template
UPDATE chimera.network_configs SET template_max_age_s = 2 * 86400;
UPDATE chimera.jobs SET created_at = date_trunc('day', now()) - interval '1 second';
UPDATE chimera.shares SET submitted_at = date_trunc('day', now()) - interval '1 second' WHERE share_id % 2 = 0;
SQL
is($pool->safe_psql('SELECT count(DISTINCT tableoid) FROM chimera.shares'),
    2, 'the shares are in two partitions');
$pool->kill9_postgres;
$pool->start_postgres;
is_deeply([ $pool->submit_in_sql(@pair, $share, $kept) ],
    [ (DUPLICATE) x 4 ], 'duplicates are found across midnight');

# --- the sum of it

my %seen;
is(scalar(grep { $seen{$_}++ } $pool->stored_share_keys('bitcoin')), 0, 'no share is stored twice');

done_testing();
