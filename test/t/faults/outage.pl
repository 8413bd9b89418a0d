# The database is unavailable for longer than a miner can wait: submissions are
# answered with an error, and what was refused is not stored later.

use strict;
use warnings;

use Chimera::Pool;
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);

# as in 010: easier than a block, and no block
use constant {
    DIFFICULTY => 2.5e-10,
    GOOD => 2.6e-10,
    BELOW_BLOCK => 4.6e-10,

    # stratumd keeps a share for half a minute
    ANSWER_TIMEOUT => 60,
};

my $bitcoin = Chimera::Pool->start_bcoin;
$bitcoin->mine(20);
my $pool = Chimera::Pool->new('main');
$pool->add_network('bitcoin', $bitcoin,
    map({ $_ => DIFFICULTY } qw(start_difficulty min_difficulty max_difficulty)));
$pool->add_listener('bitcoin');
$pool->start_stratumd;
$pool->wait_for_job('bitcoin');
my $client = $pool->stratum('bitcoin', user => 'alice.rig1');
my $job = $client->next_notify;

sub new_share
{
    return $client->find_share($job, difficulty => GOOD, below => BELOW_BLOCK);
}

sub verdict
{
    my $reply = $client->submit($_[0]);
    return $reply->{error} ? $reply->{error}[0] : 0;
}

is(verdict(new_share()), 0, 'a share is accepted');

my $early = $pool->stratum('bitcoin');
$pool->node->stop;
my $login = $early->send_request('mining.authorize', 'carol.rig1', 'x');
my $share = new_share();
my $id = $client->send_request('mining.submit', $client->submit_params($share));
my $reply = $client->reply_to($id, ANSWER_TIMEOUT);
is($reply->{error}[0], 20, 'a share is answered with an error while the database is unavailable');

like($early->reply_to($login)->{error}[1], qr/database is unavailable/, 'so is a login');

# a new miner is accepted when the database is back
my $newcomer = $pool->stratum('bitcoin');
my $subscription = $newcomer->send_request('mining.subscribe', 'chimera-test/1.0');
my $authorization = $newcomer->send_request('mining.authorize', 'bob.rig1', 'x');

my $soon = new_share();
$id = $client->send_request('mining.submit', $client->submit_params($soon));
my $before = time;
$pool->node->start;
is($client->reply_to($id)->{result}, JSON::PP::true, 'a share that comes shortly before it is back is accepted');
diag sprintf 'pg_ctl start to the answer: %.0f ms', 1000 * (time - $before);

is($newcomer->reply_to($subscription)->{error}, undef, 'a miner that came meanwhile is subscribed');
is($newcomer->reply_to($authorization)->{result}, JSON::PP::true, 'and authorized');

is($pool->safe_psql('SELECT count(*) FROM chimera.shares'), 2, 'the share that was refused is not stored');
is(verdict($share), 0, 'so it is accepted when it is sent again');
is(verdict($soon), 22, 'the other one is a duplicate');

$bitcoin->mine(1);
my $tip = $job->{prevhash};
$job = $client->next_notify while $job && $job->{prevhash} eq $tip;
ok($job, 'new jobs come over the old connection');
is(verdict(new_share()), 0, 'a share of such a job is accepted');

done_testing();
