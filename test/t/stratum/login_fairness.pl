# Logins take turns by address, and names cost work: a flood of them from one
# address keeps nobody else waiting, fills no table and takes no name.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    CONNECTIONS => 250,
    NAMES => 64,
    DIFFICULTY => 1e-6,
    WITHIN_S => 0.5,
    MEASURED => 5,
};

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('fairness');
$pool->add_network('fake', $coin,
    bech32_hrp => 'bc',
    start_difficulty => DIFFICULTY,
    min_difficulty => DIFFICULTY,
    max_difficulty => DIFFICULTY);
my $port = $pool->add_listener('fake');
sub sql { return $pool->safe_psql($_[0]) }
$pool->start_stratumd;
$pool->wait_for_job('fake');

sub client { return Chimera::Stratum->connect($port, from => $_[0]) }

sub rows
{
    return sql(q(SELECT (SELECT count(*) FROM chimera.accounts) || ' ' || (SELECT count(*) FROM chimera.miners)));
}

# --- a name takes a share

my $miner = client('127.0.0.2');
$miner->subscribe;
ok($miner->authorize('alice.rig')->{result}, 'a new name is accepted');
my $job = $miner->next_notify;
is(rows(), '0 0', 'without a row');
is(sql(q(SELECT account || '.' || rig || ' ' || miner_id FROM chimera.miner_connections)), 'alice.rig 0', 'though it can be seen');
my $bad = $miner->find_share($job, difficulty => 1e-12, below => DIFFICULTY);
is($miner->submit($bad)->{error}[0], 23, 'a bad share is refused');
is(rows(), '0 0', 'and makes no row');
is(sql(q(SELECT last_value FROM chimera.accounts_account_id_seq WHERE is_called)), '', 'nor uses a number up');
my @shares = map { $miner->find_share($job) } 1 .. 8;
my %id = map { $_ => $miner->send_request('mining.submit', $miner->submit_params($shares[$_])) } 0 .. $#shares;
is(scalar(grep { $miner->reply_to($id{$_})->{result} } keys %id), scalar @shares, 'shares that come at once are all accepted');
is(rows(), '1 1', 'by one account and one rig');
is(sql(q(SELECT count(*) || ' ' || count(DISTINCT miner_id) FROM chimera.shares JOIN chimera.miners USING (miner_id) WHERE name = 'rig')),
    scalar(@shares) . ' 1', 'to which they are credited');
is(sql(q(SELECT count(*) FROM chimera.miner_connections WHERE miner_id > 0 AND rig = 'rig')), 1, 'so is its connection');
is($miner->submit($shares[0])->{error}[0], 22, 'none of them twice');
$miner->authorize('mallory.rig');
is($miner->request('mining.submit', 'mallory.rig', @{ [ $miner->submit_params($shares[0]) ] }[ 1 .. 4 ])->{error}[0], 22,
    'nor for another name');
is(rows(), '1 1', 'which that does not make');
my $again = client('127.0.0.2');
$again->subscribe;
$again->authorize('alice.rig');
$job = $again->next_notify;
ok($again->submit($again->find_share($job))->{result}, 'when it comes again it is known');
$_->close for $miner, $again;

# --- while the database is unavailable

{
    my $late = client('127.0.0.4');
    $late->subscribe;
    $late->authorize('late.rig');
    my $its_job = $late->next_notify;
    my $share = $late->find_share($its_job);
    my $lock = $pool->background_psql;
    $lock->query_safe('BEGIN; LOCK TABLE chimera.accounts IN ACCESS EXCLUSIVE MODE');
    my $id = $late->send_request('mining.submit', $late->submit_params($share));
    Chimera::Pool::wait_until('the first share to wait', sub {
            sql(q(SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'submit_first_share')) eq '1' });
    sql(q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ 'submit_first_share' AND pid <> pg_backend_pid()));
    $lock->query_safe('COMMIT');
    $lock->quit;
    ok($late->reply_to($id)->{result}, 'a first share whose connection to the database is lost is sent again');
    is(sql(q(SELECT count(*) FROM chimera.shares s JOIN chimera.miners m USING (miner_id) JOIN chimera.accounts a USING (account_id) WHERE a.name = 'late')),
        1, 'and counts once');
    $late->close;
}

# --- a flood of names

sub honest
{
    my ($name) = @_;
    my $honest = client('127.0.0.3');
    $honest->subscribe;
    my $began = time;
    my $id = $honest->send_request('mining.authorize', "honest.$name", 'x');
    my $reply = eval { $honest->reply_to($id, 60) };
    my $took = time - $began;
    $honest->close;
    return $reply && $reply->{result} ? $took : 60;
}

diag sprintf 'an honest login before: %.3f s', honest('a');
my $before = rows();
my $names = join '', map { sprintf qq({"id":%d,"method":"mining.authorize","params":["flood%%1\$d_%d.r","x"]}\n), $_, $_ } 1 .. NAMES;
my @flood;
for my $n (1 .. CONNECTIONS)
{
    my $one = client('127.0.0.1');
    $one->send_raw(qq({"id":0,"method":"mining.subscribe","params":[]}\n) . sprintf $names, $n);
    push @flood, $one;
}
my @took;
for my $n (1 .. MEASURED)
{
    push @took, honest("during$n");
    sleep 0.2;
}
my ($median) = (sort { $a <=> $b } @took)[ MEASURED / 2 ];
diag 'an honest login during: ' . join ', ', map { sprintf '%.3f s', $_ } @took;
cmp_ok($median, '<', WITHIN_S, 'a login of another address does not wait for ' . CONNECTIONS * NAMES . ' of one');
is(rows(), $before, 'none of them has made a row');
$_->close for @flood;
$pool->wait_for_sql('SELECT count(*) = 0 FROM chimera.miner_connections');
is(sql(q(SELECT count(*) FROM chimera.miner_network_assignments WHERE miner_id <= 0)), 0, 'nor left one');
is(sql(q(SELECT count(*) FROM chimera.bans)), 0, 'and nobody is banned for it');

# --- how many names without a share an address may have

{
    sql(q(SELECT chimera.set_connection_limit('new_names_per_address', 50)));
    my @crowd;
    my $refused;
    Chimera::Pool::wait_until('the limit of names', sub {
            my $one = client('127.0.0.9');
            push @crowd, $one;
            for my $n (1 .. 20)
            {
                my $reply = eval { $one->authorize(@crowd . "_$n.r") } or last;
                $refused = $reply->{error}[1] // next;
                last;
            }
            return $refused;
        });
    is($refused, 'too many names without a share from your address', 'an address can\'t have any number of names');
    ok($crowd[-1]->is_closed(10), 'and is told by a connection that ends');
    my $elsewhere = client('127.0.0.10');
    ok($elsewhere->authorize('else.r')->{result}, 'another address has its own');
    sql(q(SELECT chimera.set_connection_limit('new_names_per_address', NULL)));
}

ok($pool->stratumd_is_running, 'stratumd runs');
done_testing();
