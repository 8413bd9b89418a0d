# The database restarts, and crashes, under connected miners: their TCP
# connections stay, and no share is answered falsely.
use strict;
use warnings;

use JSON::PP;
use Test::More;
use Time::HiRes qw(time);

use Chimera::Pool;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 1e-6,
    MINERS => 20,
    SHARES_EACH => 3,
    ANSWER_S => 60,
};

my $json = JSON::PP->new->utf8->allow_nonref->canonical;
my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('database_restart');
$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => DIFFICULTY,
    max_difficulty => DIFFICULTY);
$pool->add_listener('fake');
$pool->start_stratumd;
$pool->wait_for_job('fake');

my @miners = map { $pool->stratum('fake', user => "miner.$_") } 1 .. MINERS;
my %jobs = map { $_ => $_->next_notify } @miners;
my %verdicts;    # what the table must agree with

sub key
{
    my ($client, $share) = @_;
    return "$client->{user} $share->{extranonce2} $share->{nonce}";
}

# Send shares from all miners without waiting for answers.
sub send_shares
{
    my @sent;
    for my $client (@miners)
    {
        for (1 .. SHARES_EACH)
        {
            my $share = $client->find_share($jobs{$client});
            my $id = $client->send_request('mining.submit',
                $client->submit_params($share));
            push @sent, [ $client, $id, key($client, $share) ];
        }
    }
    return @sent;
}

# All their answers; how many were which.
sub take_answers
{
    my (@sent) = @_;
    my %count = (accepted => 0, refused => 0, none => 0);

    for (@sent)
    {
        my ($client, $id, $key) = @{$_};
        my $reply = eval { $client->reply_to($id, ANSWER_S) };
        $verdicts{$key} =
            !$reply ? 'none'
          : $reply->{result} ? 'accepted'
          : $reply->{error}[0];
        $count{
              !$reply ? 'none'
            : $reply->{result} ? 'accepted'
            : 'refused'
        }++;
    }
    return \%count;
}

# Every share that was accepted is in the table, once; of the others only
# what was answered with duplicate (stored before its answer was lost) or with
# an error that leaves it open.
sub table_agrees
{
    my ($when) = @_;
    my %stored;
    $stored{$_}++ for split /\n/, $pool->safe_psql(<<'SQL');
SELECT a.name || '.' || m.name || ' ' || lpad(to_hex(s.extranonce2), 16, '0') || ' ' || lpad(to_hex(s.nonce), 8, '0')
FROM chimera.shares s JOIN chimera.miners m USING (miner_id)
JOIN chimera.accounts a ON a.account_id = m.account_id
SQL
    my @wrong;
    for my $key (sort keys %verdicts)
    {
        my $count = $stored{$key} // 0;
        push @wrong, "$key: $verdicts{$key}, stored $count times"
          if $count > 1
          || $verdicts{$key} eq 'accepted' && $count != 1
          || $verdicts{$key} =~ /\A(?:21|23|24|25)\z/ && $count != 0;
    }
    push @wrong, map { "$_: stored, but never sent" }
      grep { !exists $verdicts{$_} } keys %stored;
    is_deeply(\@wrong, [], "the table agrees with the answers $when");
    return;
}

sub all_connected
{
    my ($when) = @_;
    my $pongs = grep {
        my $client = $_;
        eval { $client->request('mining.ping')->{result} eq 'pong' }
    } @miners;
    is($pongs, MINERS, "every miner's connection answers $when");
    return;
}

# A new job reaches everybody.
sub jobs_go_on
{
    my ($when) = @_;
    $coin->new_tip;
    $pool->wait_for_job('fake');
    my $wanted = join '', reverse unpack '(a8)8', $coin->best_hash;
    my $got = 0;

    for my $client (@miners)
    {
        my $deadline = time + 30;
        until ($jobs{$client}{prevhash} eq $wanted || time > $deadline)
        {
            $jobs{$client} = $client->next_notify(1) // $jobs{$client};
        }
        $got++ if $jobs{$client}{prevhash} eq $wanted;
    }
    is($got, MINERS, "every miner gets the next job $when");
    return;
}

my %all_accepted =
  (accepted => MINERS * SHARES_EACH, refused => 0, none => 0);
is_deeply(take_answers(send_shares()),
    \%all_accepted, 'shares are accepted before all');

# --- a restart as the operator does it, between shares

$pool->restart;
$pool->wait_for_sql('SELECT true');
all_connected('after a restart');
is_deeply(take_answers(send_shares()),
    \%all_accepted, 'shares of the jobs of before are accepted after it');
jobs_go_on('after a restart');
table_agrees('after a restart');

# --- shares and logins while the database is down

$pool->node->stop('fast');
all_connected('while the database is down');
my @sent = send_shares();

my $new = $pool->stratum('fake');
ok($new->subscribe->{result},
    'a new miner can subscribe while the database is down');
my $login = $new->send_request('mining.authorize', 'late.rig', 'x');
$new->{user} = 'late.rig';
is($new->recv_json(1), undef, 'its login waits');
is($miners[0]->recv_json(0.2), undef, 'and so do the shares');

$pool->node->start;
is_deeply(take_answers(@sent), \%all_accepted,
    'all shares sent while it was down are accepted');
ok($new->reply_to($login, ANSWER_S)->{result}, 'and so is the login');
my $late_share = $new->find_share($new->next_notify);
ok($new->submit($late_share)->{result}, 'the new miner mines');
$verdicts{ key($new, $late_share) } = 'accepted';
ok($pool->stratum('fake', user => 'newest.rig')->next_notify,
    'a miner that comes after gets work');
jobs_go_on('after it was down');
table_agrees('after it was down');

# --- restarts and crashes in the midst of shares

my %ways = (
    'a fast restart' => sub { $pool->restart },
    'an immediate stop' => sub {
        $pool->node->stop('immediate');
        push @sent, send_shares();
        $pool->node->start;
    },
    'a crash of a backend' => sub {
        kill 'KILL', $pool->safe_psql(
            q(SELECT pid FROM pg_stat_activity WHERE application_name = 'stratumd' LIMIT 1)
        );
        push @sent, send_shares();
    },
    'kill -9 of all of PostgreSQL' => sub {
        $pool->kill9_postgres;
        push @sent, send_shares();
        $pool->start_postgres;
    });
for my $way (sort keys %ways)
{
    @sent = send_shares();
    $ways{$way}->();
    push @sent, send_shares();
    $pool->wait_for_sql('SELECT true');
    my $count = take_answers(@sent);
    is($count->{none}, 0, "all shares about $way are answered");
    note "$way: " . $json->encode($count);
    all_connected("after $way");
    jobs_go_on("after $way");
    table_agrees("after $way");
}

# --- what cannot wait for ever

$pool->node->stop('fast');
my $first = $miners[0];
my $share = $first->find_share($jobs{$first});
my $id = $first->send_request('mining.submit', $first->submit_params($share));
$new = $pool->stratum('fake');
$new->subscribe;
$login = $new->send_request('mining.authorize', 'new.rig', 'x');
my $reply = $first->reply_to($id, ANSWER_S);
is($reply->{error}[0], 20,
    'a share is answered with an error when the database stays away');
like($reply->{error}[1], qr/database is unavailable/, 'which says why');
is($new->reply_to($login, ANSWER_S)->{error}[0], 20, 'so is a login');
$pool->node->start;
Chimera::Pool::wait_until('a login after all',
    sub { $new->authorize('new.rig')->{result} });
$id = $first->send_request('mining.submit', $first->submit_params($share));
ok($first->reply_to($id, ANSWER_S)->{result},
    'the share sent again is accepted');
$verdicts{ key($first, $share) } = 'accepted';
table_agrees('at the end');

my @lines = split /\n/, slurp_file($pool->stratumd_log);
cmp_ok(scalar @lines, '<', 250, 'the log tells of it all in few lines')
  or diag scalar @lines;

done_testing();
