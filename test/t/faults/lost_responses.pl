# The database's response to a batch of shares is lost, or the batch fails: no
# share is lost, none counts twice, and no miner is told that a stored share
# was rejected.
#
# A commit that waits for a standby that does not exist is stored when its
# connection ends.
use strict;
use warnings;

use IPC::Run;
use Test::More;

use Chimera::Pool;
use Chimera::FakeNode;

use constant DIFFICULTY => 1e-6;

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('lost_responses', conf => "wal_level = replica\nmax_wal_senders = 2");
$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => DIFFICULTY,
    max_difficulty => DIFFICULTY);
$pool->add_listener('fake');
# a single bad share bans
$pool->safe_psql(q(SELECT chimera.set_connection_limit('bad_share_window', 10), chimera.set_connection_limit('bad_share_percent', 1)));
# one connection, so that shares queue behind a batch
$pool->start_stratumd('--submit-connections=1');
$pool->wait_for_job('fake');

# The submission that waits for a lock, or for a standby: its backend, or ''.
sub waiting
{
    my ($for) = @_;
    return $pool->safe_psql(<<"SQL");
SELECT pid FROM pg_stat_activity WHERE application_name = 'stratumd' AND query ~ 'submit_' AND '$for' IN (wait_event, wait_event_type)
SQL
}

sub wait_for
{
    my ($for, $than) = @_;
    my $pid = '';
    Chimera::Pool::wait_until("a submission to wait for $for", sub { ($pid = waiting($for)) ne '' && $pid ne ($than // '') });
    return $pid;
}

# From now on commits wait for a standby; the checkpointer has them wait, a
# moment after it has read the setting.
sub require_standby
{
    my $probe;
    set_standbys('nobody');
    until ($probe && $pool->safe_psql(q(SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query ~ 'probe')))
    {
        next if $probe && $probe->pumpable;
        $probe->finish if $probe;
        $probe = IPC::Run::start([ 'psql', '-XAtqc', q(SELECT pg_logical_emit_message(true, 'probe', '')), '-d', $pool->node->connstr('pool') ],
            '>', \my $output);
    }
    return $probe;
}

sub set_standbys
{
    my ($names) = @_;
    $pool->safe_psql("ALTER SYSTEM SET synchronous_standby_names = '$names'");
    $pool->safe_psql('SELECT pg_reload_conf()');
    return;
}

sub send_share
{
    my ($client, $share) = @_;
    return $client->send_request('mining.submit', $client->submit_params($share));
}

sub stored
{
    my ($user) = @_;
    return $pool->safe_psql(<<"SQL");
SELECT count(*) FROM chimera.shares JOIN chimera.miners m USING (miner_id) JOIN chimera.accounts a USING (account_id)
WHERE a.name || '.' || m.name = '$user'
SQL
}

# Submit a share that is stored, and whose response is lost; the response to
# the miner after it was sent again.
sub lose_response
{
    my ($client, $job, $meanwhile) = @_;
    my $share = $client->find_share($job);
    my $probe = require_standby();
    my $id = send_share($client, $share);
    my $pid = wait_for('SyncRep');
    $meanwhile->() if $meanwhile;
    $pool->safe_psql("SELECT pg_terminate_backend($pid)");
    Chimera::Pool::wait_until('its end', sub { waiting('SyncRep') ne $pid });
    set_standbys('');
    $probe->finish;
    return $client->reply_to($id, 60);
}

sub retire_jobs
{
    $pool->safe_psql(<<'SQL');
SET synchronous_commit = local;
SELECT chimera.retire_jobs(network_id, max(job_id)) FROM chimera.jobs GROUP BY network_id
SQL
    return;
}

sub new_job
{
    my (@clients) = @_;
    $coin->new_tip;
    $pool->wait_for_job('fake');
    my $newest = $pool->safe_psql('SELECT to_hex(max(job_id)) FROM chimera.jobs');
    my @jobs;
    for my $client (@clients)
    {
        my $job;
        do { $job = $client->next_notify(30) or die "no job $newest\n" } until hex $job->{id} >= hex $newest;
        push @jobs, $job;
    }
    return @jobs;
}

# --- shares behind a batch whose connection is lost

my @miners = map { $pool->stratum('fake', user => "miner.$_") } 1 .. 2;
my @jobs = map { $_->next_notify } @miners;
ok($miners[$_]->submit($miners[$_]->find_share($jobs[$_]))->{result}, 'a first share is accepted') for 0, 1;

my $lock = $pool->background_psql;
$lock->query_safe('BEGIN; LOCK TABLE chimera.share_deltas IN ACCESS EXCLUSIVE MODE');
my @sent = [ 0, send_share($miners[0], $miners[0]->find_share($jobs[0])) ];
my $pid = wait_for('Lock');
push @sent, map { [ $_, send_share($miners[$_], $miners[$_]->find_share($jobs[$_])) ] } 0, 1, 0, 1;
is($miners[$_]->request('mining.ping')->{result}, 'pong', 'more shares have come behind it') for 0, 1;
$pool->safe_psql("SELECT pg_terminate_backend($pid)");
$pid = wait_for('Lock', $pid);
push @sent, map { [ $_, send_share($miners[$_], $miners[$_]->find_share($jobs[$_])) ] } 0, 1;

# and a batch that fails for a reason that passes
is($miners[$_]->request('mining.ping')->{result}, 'pong', 'and more') for 0, 1;
$pool->safe_psql("SELECT pg_cancel_backend($pid)");
$pool->wait_for_sql(
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $pid AND state = 'idle')
         OR EXISTS (SELECT FROM pg_stat_activity WHERE pid = $pid AND query_start > now() - interval '0.4 s')");
$lock->query_safe('COMMIT');
is(scalar(grep { !$miners[ $_->[0] ]->reply_to($_->[1], 30)->{result} } @sent), 0, 'all are accepted in the end');
is(stored('miner.1') + stored('miner.2'), 2 + @sent, 'and stored once');

# a batch that fails for a reason that does not pass is not tried again
$pool->safe_psql(<<'SQL');
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = '22000'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON chimera.share_deltas FOR EACH ROW EXECUTE FUNCTION public.refuse();
SQL
my $share = $miners[0]->find_share($jobs[0]);
my $reply = $miners[0]->submit($share);
is($reply->{error}[0], 20, 'a batch that cannot be stored is answered at once');
like($reply->{error}[1], qr/internal error/, 'with an error of the pool');
$pool->safe_psql('DROP FUNCTION public.refuse() CASCADE');
ok($miners[0]->submit($share)->{result}, 'its share can be submitted again');

# --- a stored share whose response is lost

for my $is_first (0, 1)
{
    my $name = $is_first ? 'first' : 'later';
    my $what = "the $name share of a rig";
    my ($due, $late) = map { $pool->stratum('fake', user => "$name.$_") } qw(due late);
    my @its_jobs = new_job($due, $late);
    if (!$is_first)
    {
        ok($_->[0]->submit($_->[0]->find_share($_->[1]))->{result}, 'its first share is accepted') for [ $due, $its_jobs[0] ], [ $late, $its_jobs[1] ];
    }
    my $before = $is_first ? 0 : 1;

    $reply = lose_response($due, $its_jobs[0]);
    is($reply->{error}[0], 22, "$what is a duplicate when it is sent again");
    is(stored("$name.due"), $before + 1, 'since it is stored, once');
    is($due->request('mining.ping')->{result}, 'pong', 'which is not held against its miner');
    is($pool->safe_psql('SELECT count(*) FROM chimera.active_bans'), 0, 'nor its address');

    $reply = lose_response($late, $its_jobs[1], \&retire_jobs);
    is($reply->{error}[0], 20, "$what whose job has become stale is not called stale");
    like($reply->{error}[1], qr/may not have been stored/, 'since nobody knows');
    is(stored("$name.late"), $before + 1, 'and it is stored, once');
    is($late->submit($late->find_share($its_jobs[1]))->{error}[0], 21, 'one that was not sent before is stale');
    my ($job) = new_job($late);
    ok($late->submit($late->find_share($job))->{result}, 'its miner mines on');
}

done_testing();
