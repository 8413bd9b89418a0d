# Bans: by an operator in SQL, and by stratumd itself.
use strict;
use warnings;

use IPC::Run ();
use Test::More;
use Time::HiRes qw(sleep);

use Chimera::Pool;
use Chimera::Stratum;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 2e-6,
    WINDOW => 20,        # submissions that are looked at together...
    BAD => 11,           # and as many bad ones ban
    CONNECTIONS => 24,
};

$SIG{PIPE} = 'IGNORE';
my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('bans');
$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => DIFFICULTY,
    max_difficulty => DIFFICULTY);
my $port = $pool->add_listener('fake');
my $by_proxy = $pool->add_listener('fake', proxy_protocol => 'true');
sub sql { return $pool->safe_psql($_[0]) }
sql("SELECT chimera.set_connection_limit('bad_share_window', " . WINDOW . ')');
$pool->pay_to_pool(qw(a eve bob honest));
$pool->start_stratumd;
$pool->wait_for_job('fake');

# A second stratumd on the same ports: the kernel shares connections out.
my $second_log = $pool->log_file('second_stratumd');
my $second = IPC::Run::start(
    [ Chimera::Pool::stratumd_program(), '--database',
        $pool->node->connstr('pool') . ' user=stratumd' ],
    '<', \undef, '>&', $second_log);
END { $second->kill_kill if $second }
Chimera::Pool::wait_until('the second stratumd',
    sub { (() = slurp_file($second_log) =~ /listening on/g) == 2 });

# --- miners

sub client { return Chimera::Stratum->connect($port, from => $_[0]) }

sub is_accepted
{
    my ($address) = @_;
    return eval { client($address)->request('mining.ping')->{result} } ? 1 : 0;
}

sub waits_for
{
    my ($what, $condition) = @_;
    Chimera::Pool::wait_until($what, $condition);
    return pass($what);
}

sub miner
{
    my ($address, $user, @subscription) = @_;
    my $miner = client($address);
    $miner->subscribe(@subscription);
    $miner->authorize($user // 'a.rig')->{result} or die 'not authorized';
    $miner->{job} = $miner->next_notify;
    return $miner;
}

# Jobs on the same tip may come before it.
sub next_tip
{
    my ($miner) = @_;
    my $tip = $miner->{job}{prevhash};
    $miner->{job} = $miner->next_notify // die 'no job'
      while $miner->{job}{prevhash} eq $tip;
    return;
}

sub good { return $_[0]->find_share($_[0]{job}) }

sub bad
{
    my ($miner) = @_;
    return $miner->find_share($miner->{job},
        difficulty => 1e-12, below => DIFFICULTY);
}

# Submit a share; the answer's error code, 0 when it is accepted, undef when
# the connection ends instead.
sub submit
{
    my ($miner, $share) = @_;
    my $reply = eval { $miner->submit($share) } or return;
    return $reply->{result} ? 0 : $reply->{error}[0];
}

sub told
{
    my ($miner) = @_;
    $miner->is_closed(10) or return 'still there';
    my ($message) = map { $_->{params}[0] }
      grep { ($_->{method} // '') eq 'client.show_message' }
      @{ $miner->{notifications} };
    return $message;
}

sub automatic
{
    my ($address) = @_;
    return sql("SELECT count(*) FROM chimera.active_bans"
          . " WHERE is_automatic AND address = '$address'");
}

# --- by an operator

my @crowd = map { client('127.0.1.1') } 1 .. CONNECTIONS;
my $neighbour = miner('127.0.1.2');
$_->request('mining.ping') for @crowd;
sql(q(SELECT chimera.ban_address('127.0.1.1', 'floods')));
is(scalar(grep { told($_) eq 'banned: floods' } @crowd),
    CONNECTIONS, 'every stratumd tells who is banned why, and closes');
is(scalar(grep { is_accepted('127.0.1.1') } 1 .. CONNECTIONS),
    0, 'and lets the address in no more');
is(submit($neighbour, good($neighbour)), 0, 'other addresses are not concerned');
is(sql(q(SELECT chimera.lift_ban('127.0.1.1'))), 1, 'the ban is lifted');
waits_for('and the address is accepted',
    sub { (grep { is_accepted('127.0.1.1') } 1 .. CONNECTIONS) == CONNECTIONS });

sql(q(SELECT chimera.ban_address('127.0.1.0/24', 'a bad neighbourhood', '3 s')));
is(told($neighbour), 'banned: a bad neighbourhood', 'a range can be banned');
ok(is_accepted('127.0.2.1'), 'it ends where it ends');
waits_for('a ban ends by itself', sub { is_accepted('127.0.1.2') });

my $eve = miner('127.0.2.1', 'eve.rig');
my $bob = miner('127.0.2.1', 'bob.rig');
sql(q(SELECT chimera.ban_account('eve', 'stole')));
is(told($eve), 'banned: stole', 'an account can be banned');
my $again = client('127.0.2.1');
$again->subscribe;
is($again->authorize('eve.other')->{error}[1],
    'this account is banned: stole', 'it is not authorized again');
is(submit($bob, good($bob)), 0, 'others of its address mine on');

my $proxied = Chimera::Stratum->connect($by_proxy);
$proxied->send_raw("PROXY TCP4 192.0.2.1 192.0.2.2 1 1\r\n");
ok($proxied->request('mining.ping')->{result}, 'behind a balancer');
sql(q(SELECT chimera.ban_address('192.0.2.1', 'x')));
is(told($proxied), 'banned: x', 'the address of the header is banned');
my $other = Chimera::Stratum->connect($by_proxy);
$other->send_raw("PROXY TCP4 192.0.2.3 192.0.2.2 1 1\r\n");
ok($other->request('mining.ping')->{result}, 'and no other of the balancer\'s');

# --- by stratumd: with one, so that one sees all that an address does

$second->kill_kill;
undef $second;
my $honest = miner('127.0.3.1', 'honest.rig');

my $decent = miner('127.0.3.2', 'honest.rig2');
my $flooder = miner('127.0.3.2');
is(scalar(grep { (submit($flooder, bad($flooder)) // 0) == 23 } 1 .. BAD),
    BAD, 'bad shares are answered');
is( told($flooder),
    'banned: ' . BAD . ' of ' . BAD . ' submissions were bad, the last one: low difficulty share',
    'until there are too many');
ok(!is_accepted('127.0.3.2'), 'the address is rejected at once');
waits_for('the database knows', sub { automatic('127.0.3.2') == 1 });
is(submit($decent, good($decent)), 0, 'an authorized neighbour that has done nothing bad mines on');
sleep 2;
is(submit($decent, good($decent)), 0, 'and is not disconnected after');
is( sql(q(SELECT round(extract(epoch FROM expires_at - banned_at)) || ' ' || banned_by
          FROM chimera.active_bans WHERE address = '127.0.3.2')),
    '600 stratumd', 'for how long and by whom');

my @turns = map { miner('127.0.3.3') } 1 .. 3;
submit($turns[ $_ % 3 ], bad($turns[ $_ % 3 ])) for 1 .. BAD;
waits_for('the connections of an address count together',
    sub { automatic('127.0.3.3') == 1 });
is(scalar(grep { $_->is_closed(10) } @turns), 3, 'and end together');

for (1 .. BAD)
{
    my $miner = miner('127.0.3.4');
    submit($miner, bad($miner));
    $miner->close;
}
waits_for('reconnecting does not start over', sub { automatic('127.0.3.4') == 1 });

my $garbage = client('127.0.3.5');
$garbage->send_raw("nonsense\n") for 1 .. 6;
$garbage->is_closed(0.5);
$garbage->close;
$garbage = client('127.0.3.5');
$garbage->send_raw("nonsense\n") for 1 .. 6;
waits_for('lines that mean nothing ban too', sub { automatic('127.0.3.5') == 1 });

my $replays = miner('127.0.3.6');
my $share = good($replays);
submit($replays, $share) for 0 .. BAD;
waits_for('so does one share again and again',
    sub { automatic('127.0.3.6') == 1 });

# What the database rejects is sent again until it is stored.
sql('REVOKE EXECUTE ON FUNCTION chimera.stratum_ban, chimera.end_sessions FROM chimera_stratum');
my $rejected = miner('127.0.3.20');
is(sql(q(SELECT count(*) FROM chimera.miner_connections WHERE address = '127.0.3.20')), 1, 'a miner is connected');
submit($rejected, bad($rejected)) for 1 .. BAD;
for my $task ('store bans', 'report ended sessions')
{
    waits_for("the log tells that stratumd could not $task",
        sub { slurp_file($pool->stratumd_log) =~ /could not $task: 42501: / });
}
my $next = miner('127.0.3.21');
submit($next, bad($next)) for 1 .. BAD;
sleep 1;
is(automatic($_), 0, "the ban of $_ is not stored") for '127.0.3.20', '127.0.3.21';
sql('GRANT EXECUTE ON FUNCTION chimera.stratum_ban, chimera.end_sessions TO chimera_stratum');
waits_for("the ban of $_ is stored later", sub { automatic($_) == 1 }) for '127.0.3.20', '127.0.3.21';
waits_for('and the sessions have ended',
    sub { sql(q(SELECT count(*) FROM chimera.miner_connections WHERE address IN ('127.0.3.20', '127.0.3.21'))) == 0 });

# Who has mistaken the port, or speaks a dialect, has not attacked.
{
    my $here = miner('127.0.3.8');
    for (1 .. 2 * BAD)
    {
        my $tls = client('127.0.3.8');
        $tls->send_raw("\x16\x03\x01\n\x00\n\x01\n\xfc\x03\x03\n" . "\n\x01" x 20);
        $tls->is_closed(5) or diag 'a TLS hello is left open';
        my $web = client('127.0.3.8');
        $web->send_raw("GET / HTTP/1.1\r\nHost: pool\r\nAccept: */*\r\n\r\n");
        my $answer = join '', map { $_ // '' } map { scalar $web->recv_line(5) } 1 .. 8;
        like($answer, qr(^HTTP/1.1 400 .*Stratum), 'HTTP gets an answer, and is closed') if $_ == 1;
        $here->request('mining.submit', 'a.rig', $here->{job}{id}, '0' x 16, $here->{job}{ntime}, $_)
          for 'nonsense', '1' x 9;
        $here->request('mining.submit', 'a.rig', $here->{job}{id}, '0' x 16, $here->{job}{ntime}, '0' x 8, '20000000');
        $here->request('mining.submit', 'a.rig', $here->{job}{id}, '0' x 16, '00000001', '0' x 8);
        $here->request('mining.unheard_of');
    }
    is(submit($here, good($here)), 0, 'TLS, HTTP, malformed fields and unknown methods ban nobody');
    is(scalar(grep { submit($here, $here->find_share($here->{job}, difficulty => DIFFICULTY / 2, below => DIFFICULTY)) == 23 } 1 .. 2 * WINDOW),
        2 * WINDOW, 'shares of half the difficulty are refused');
    is(submit($here, good($here)), 0, 'but firmware that rounds is not banned');
    is(automatic('127.0.3.8'), 0, 'nor is anybody of its address');
}

# The list is read, then the database is told of a ban, then the list arrives.
my $fast = sql(q(SELECT pg_get_functiondef('chimera.stratum_bans()'::regprocedure)));
sql(q{CREATE OR REPLACE FUNCTION chimera.stratum_bans(
        OUT address cidr, OUT seconds_left float8, OUT reason text, OUT is_automatic boolean)
      RETURNS SETOF record LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN
          RETURN QUERY SELECT b.address, extract(epoch FROM b.expires_at - now())::float8,
                 b.reason, b.is_automatic FROM chimera.active_bans b WHERE b.address IS NOT NULL;
          PERFORM pg_sleep(2);
      END $$;
      SELECT chimera.ban_address('192.0.2.9', 'has the list read')});
my $meanwhile = miner('127.0.3.7');
submit($meanwhile, bad($meanwhile)) for 1 .. BAD;
waits_for('a ban is told while the list is under way',
    sub { automatic('127.0.3.7') == 1 });
is( scalar(grep { sleep 0.1; is_accepted('127.0.3.7') } 1 .. 40),
    0, 'a list from before it does not lift it');
sql($fast);

# --- what honest miners do is no harm

my $mixed = miner('127.0.4.1');
for (1 .. 2 * WINDOW)
{
    submit($mixed, $_ % 2 ? good($mixed) : bad($mixed)) // last;
}
is(submit($mixed, good($mixed)), 0, 'half of the shares bad is not too much');

my $lost = miner('127.0.4.2');
my @shares = map { good($lost) } 1 .. 2 * BAD;
submit($lost, $_) for @shares;
my $session = $lost->session;
$lost->close;
my $back;
Chimera::Pool::wait_until(
    'the session to be taken up again',
    sub {
        $back->close if $back;
        $back = miner('127.0.4.2', 'a.rig', 'test', $session);
        $back->{extranonce2} = $lost->{extranonce2};
        $back->session eq $session;
    });
is(scalar(grep { submit($back, $_) == 22 } @shares),
    2 * BAD, 'shares sent again after a reconnect are duplicates');
is(submit($back, good($back)), 0, 'and ban nobody');

my $late = miner('127.0.4.3');
my @stale = map { good($late) } 1 .. 2 * BAD;
$coin->new_tip;
next_tip($late);
is(scalar(grep { submit($late, $_) == 21 } @stale), 2 * BAD, 'late shares are stale');
is(submit($late, good($late)), 0, 'and ban nobody');
my $unknown = { %{ good($late) }, job => 'ffffff' };
is(scalar(grep { submit($late, $unknown) == 21 } 1 .. 2 * BAD),
    2 * BAD, 'of a job that is not known here');
is(submit($late, good($late)), 0, 'likewise');

sql(q(SELECT chimera.set_connection_limit('bad_share_percent', 100)));
my $lenient;
waits_for(
    'an operator can have nobody banned',
    sub {
        $lenient = miner('127.0.4.4');
        !grep { !defined submit($lenient, bad($lenient)) } 1 .. 2 * WINDOW + 1;
    });
sql(q(SELECT chimera.set_connection_limit('bad_share_percent', NULL)));
waits_for(
    'or banned again',
    sub {
        # banned by the last one of the turn before, it is not accepted
        my $strict = eval { miner('127.0.4.5') } or return 1;
        grep { !defined submit($strict, bad($strict)) } 1 .. WINDOW;
    });

# --- the database is unavailable

next_tip($honest);
is(submit($honest, good($honest)), 0, 'the honest miner was there all the time');
$pool->node->stop('immediate');
$garbage = client('127.0.5.1');
$garbage->send_raw("nonsense\n") for 1 .. 6;
$garbage->is_closed(0.5);
$garbage->close;
$garbage = client('127.0.5.1');
$garbage->send_raw("nonsense\n") for 1 .. 6;
like(told($garbage), qr/^banned: /, 'without the database addresses are banned too');
ok(!is_accepted('127.0.5.1'), 'and rejected');
ok(!is_accepted('127.0.3.2'), 'like those banned before');
$pool->node->start;
waits_for('the database is told when it is back',
    sub { automatic('127.0.5.1') == 1 });
ok(!is_accepted('127.0.5.1'), 'and the ban stays');

$pool->restart_stratumd;
$pool->wait_for_port($port);
waits_for('a new stratumd knows the bans', sub { !is_accepted('127.0.3.2') });
ok(is_accepted('127.0.3.1'), 'and lets others in');

done_testing();
