# Bad input to stratumd: the right error to its sender, a line in the log at
# most, and nothing of it to a miner that is there all the time.
use strict;
use warnings;

use IO::Select;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 1e-6,
    AUTHORIZE_WITHIN_S => 60,
    LORISES => 50,
    STORM => 400,

    # of stratumd's memory, over what it has with one miner
    MAX_GROWTH_KB => 64 * 1024,
};

$SIG{PIPE} = 'IGNORE';
my $json = JSON::PP->new->utf8->allow_nonref;
my $coin =
  Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('bad_input');
$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => DIFFICULTY,
    max_difficulty => DIFFICULTY);
$pool->add_listener('fake');
# its own address is not to be banned for what it tries
$pool->safe_psql(q(SELECT chimera.set_connection_limit('bad_share_percent', 100),
    chimera.set_connection_limit('lines_per_second', 'infinity')));
$pool->pay_to_pool('honest');
$pool->start_stratumd;
$pool->wait_for_job('fake');

sub memory_kb
{
    my ($kb) = slurp_file('/proc/' . $pool->stratumd_pid . '/status') =~
      /^VmRSS:\s+(\d+)/m;
    return $kb;
}

sub log_lines
{
    my @lines = split /\n/, slurp_file($pool->stratumd_log);
    return scalar @lines;
}

# --- the honest miner

my $honest = $pool->stratum('fake', user => 'honest.rig');
my $job = $honest->next_notify;
my $honest_shares = 0;
my @strange;

# A share of the honest miner: accepted, and all it hears is its own.
sub share_is_accepted
{
    my ($during) = @_;
    my $id = $honest->send_request('mining.submit',
        $honest->submit_params($honest->find_share($job)));
    my $reply;

    $honest_shares++;
    until ($reply)
    {
        my $line = $honest->recv_line // last;
        my $message = $json->decode($line);
        if (($message->{id} // '') eq $id) { $reply = $message }
        elsif (($message->{method} // '') eq 'mining.notify')
        {
            $job = $honest->job_of(
                { %{$message}, map { $_ => $job->{$_} } qw(difficulty extranonce1 extranonce2_size) });
        }
        else { push @strange, $line }
    }
    return if $reply && $reply->{result};
    fail("the honest miner's share during: $during");
    diag $json->encode($reply // 'no answer');
    return;
}

share_is_accepted('nothing');
my $memory_before = memory_kb();

# --- lorises: a byte now and then, never a line

my @lorises = map { $pool->stratum('fake') } 1 .. LORISES;
my $lorises_since = time;
my $loris_text = '{"id":1,"method":"mining.subscribe","params":["' . 'x' x 1000;

sub feed_lorises
{
    my $byte = substr $loris_text, 0, 1, '';
    $_->send_raw($byte) for @lorises;
    return;
}

# --- lines and their errors, each from a connection of its own

my $log_before = log_lines();
my $bad_connections = 0;

# A line from a connection that has subscribed and authorized as asked gets
# this error, with this id, and the connection goes on.
sub is_refused
{
    my ($name, $line, $code, $id, @prepare) = @_;
    my $client = $pool->stratum('fake');

    $bad_connections++;
    feed_lorises();
    $client->subscribe if grep { $_ eq 'subscribe' } @prepare;
    $client->authorize('bad.rig') if grep { $_ eq 'authorize' } @prepare;
    $client->send_raw("$line\n");
    my $answer = $client->recv_line // 'nothing';
    my $got = eval { $json->decode($answer) };
    my $matches =
         ref $got eq 'HASH'
      && exists $got->{result}
      && !defined $got->{result}
      && ref $got->{error} eq 'ARRAY'
      && $got->{error}[0] == $code
      && $answer =~ /\A\{"id":\Q$id\E,/;
    ok($matches, $name) or diag $answer;

    $client->send_raw(qq({"id":"after","method":"mining.ping"}\n));
    my $pong = $client->recv_line // 'nothing';
    is($pong, '{"id":"after","result":"pong","error":null}',
        "the connection goes on after $name")
      if $pong ne '{"id":"after","result":"pong","error":null}';
    share_is_accepted($name);
    return;
}

my @no_requests = (
    [ 'an open brace', '{' ],
    [ 'truncated JSON', '{"id":1,"method":"mining.sub' ],
    [ 'a missing comma', '{"id":1 "method":"mining.ping"}' ],
    [ 'a trailing comma', '{"id":1,"method":"mining.ping",}' ],
    [ 'single quotes', "{'id':1,'method':'mining.ping'}" ],
    [ 'two objects', '{"id":1,"method":"mining.ping"}{"id":2,"method":"mining.ping"}' ],
    [ 'text', 'hello' ],
    [ 'a number', '42' ],
    [ 'a string', '"mining.ping"' ],
    [ 'null', 'null' ],
    [ 'an array', '["mining.ping"]' ],
    [ 'a batch', '[{"id":1,"method":"mining.ping"}]' ],
    [ 'an empty object', '{}' ],
    [ 'NUL bytes', "\0\0\0\0" ],
    [ 'a NUL in an object', qq({"id":1,"method":"mining\0.ping"}) ],
    [ 'an escaped NUL', '{"id":1,"method":"mining.ping\u0000"}' ],
    [ 'bytes that are not UTF-8', "\xff\xfe\xfd" ],
    [ 'a surrogate alone', '{"id":1,"method":"\ud800"}' ],
    [ 'UTF-16', join('', map { "$_\0" } split //, '{"id":1}') ],
    [ 'a byte order mark', qq(\xef\xbb\xbf{"id":1,"method":"mining.ping"}) ],
    [ 'deep arrays', '[' x 8000 . ']' x 8000 ],
    [ 'deep arrays, open', '[' x 16000 ],
    [ 'deep objects', '{"a":' x 2500 . '1' . '}' x 2500 ],
    [ 'a number out of range', '{"id":1e999,"method":"mining.ping"}' ],
    [ 'an id of true', '{"id":true,"method":"mining.ping"}' ],
    [ 'an id of an array', '{"id":[1],"method":"mining.ping"}' ],
    [ 'an id of an object', '{"id":{"a":1},"method":"mining.ping"}' ],
    [ 'a number of 65 digits as id', '{"id":' . '1' x 65 . ',"method":"mining.ping"}' ],
    [ 'a string of 10000 characters as id', '{"id":"' . 'x' x 10000 . '","method":"mining.ping"}' ],
);
is_refused($_->[0], $_->[1], 20, 'null') for @no_requests;
is_refused('a name that is not UTF-8',
    qq({"id":17,"method":"mining.authorize","params":["\xc3\x28.rig","x"]}), 20, '17');

is_refused($_->[0], $_->[1], 20, '1')
  for (
    [ 'no method', '{"id":1}' ],
    [ 'a method of null', '{"id":1,"method":null}' ],
    [ 'a method of a number', '{"id":1,"method":5,"params":[]}' ],
    [ 'a method of an array', '{"id":1,"method":["mining.ping"],"params":[]}' ],
    [ 'params of an object', '{"id":1,"method":"mining.ping","params":{"a":1}}' ],
    [ 'params of a string', '{"id":1,"method":"mining.ping","params":"x"}' ],
    [ 'params of a number', '{"id":1,"method":"mining.ping","params":5}' ],
    [ 'params of true', '{"id":1,"method":"mining.ping","params":true}' ],
  );
is_refused('an empty method', '{"id":1,"method":"","params":[]}', -3, '1');
is_refused('a long method',
    '{"id":1,"method":"' . 'x' x 15000 . '","params":[]}',
    -3, '1');
is_refused('a method in capitals', '{"id":1,"method":"MINING.PING"}', -3, '1');

{
    my $client = $pool->stratum('fake');
    $client->send_raw(qq({"id":$_,"\\u0069d":5,"method":"mining.ping"}\n))
      for '[7,8]', '{"a":1}', '"x"';
    my @answers = map { $json->decode($client->recv_line)->{result} } 1 .. 3;
    is_deeply(\@answers, [qw(pong pong pong)],
        'an id in two spellings still gets an answer of good JSON');
}

# --- parameters

for my $bad ('null', '5', 'true', '[]', '{}', '[["a"]]')
{
    is_refused("authorize of $bad",
        qq({"id":1,"method":"mining.authorize","params":[$bad,"x"]}),
        20, '1');
    is_refused("configure of $bad",
        qq({"id":1,"method":"mining.configure","params":["version-rolling",$bad]}),
        20, '1');
    is_refused("suggest_difficulty of $bad",
        qq({"id":1,"method":"mining.suggest_difficulty","params":[$bad]}),
        20, '1')
      if $bad ne '5';
    is_refused("suggest_target of $bad",
        qq({"id":1,"method":"mining.suggest_target","params":[$bad]}),
        20, '1');
}
is_refused('authorize of nobody',
    '{"id":1,"method":"mining.authorize","params":[]}', 20, '1');
is_refused('configure of nothing',
    '{"id":1,"method":"mining.configure","params":[]}', 20, '1');
is_refused("suggest_difficulty of $_",
    qq({"id":1,"method":"mining.suggest_difficulty","params":[$_]}),
    20, '1')
  for '0', '-1', '"x"', '"inf"', '"0x5"', '""';
is_refused("a target of $_->[0]",
    qq({"id":1,"method":"mining.suggest_target","params":["$_->[1]"]}),
    20, '1')
  for (
    [ 'zero', '0' x 64 ],
    [ 'nothing', '' ],
    [ '65 digits', 'f' x 65 ],
    [ 'no hex', 'g' x 64 ]);

# --- names

is_refused("user name $_->[0]",
    $json->encode(
        { id => 1, method => 'mining.authorize', params => [ $_->[1], 'x' ] }),
    24, '1', 'subscribe')
  for (
    [ 'of nothing', '' ],
    [ 'of a dot', '.' ],
    [ 'that begins with a dot', '.rig' ],
    [ 'with a DEL', "alice\x7f" ],
    [ 'of an e-mail address', 'alice@example.org' ],
    [ 'of a wrong address', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3' ],
    [ 'of the beginning of an address', '1BvBMSEYstWetqTFn5Au' ],
    [ 'that is not ASCII', "\x{e9}lodie" ],
    [ 'with a right-to-left mark', "alice\x{202e}" ],
    [ 'of SQL', q{x'; DROP TABLE chimera.shares; --} ],
    [ 'of 129 characters', 'a' x 129 ],
    [ 'of 15000 characters', 'a' x 15000 ],
  );
{
    my $client = $pool->stratum('fake');
    $client->subscribe;
    ok($client->authorize($_, $_)->{result}, "user name $_ is but a name")
      for q{x.');DROP/**/TABLE/**/chimera.shares;--}, q(x.$1), q(x.\\'), q(x.%s%n),
      q(x.{"a":1}), 'a' x 128;
    ok($client->authorize('x.y', q{'; DROP SCHEMA chimera CASCADE; --} . "\n\t\x{e9}")
          ->{result},
        'a password is but a word');
    is( $pool->safe_psql(
            q{SELECT count(*) FROM chimera.miner_connections WHERE account = 'x' AND rig = ''');DROP/**/TABLE/**/chimera.shares;--'}
        ),
        1,
        'what stands behind the first dot is the rig, to the letter');
    $bad_connections++;

    # of one connection, as many workers as the operator says
    $pool->safe_psql(q(SELECT chimera.set_connection_limit('workers_per_connection', 64)));
    my @refused;
    Chimera::Pool::wait_until('the limit of workers',
        sub { push @refused, grep { !$client->authorize("many.$_")->{result} } map { @refused * 100 + $_ } 1 .. 70; @refused });
    like($client->authorize('many.more')->{error}[1], qr/too many workers/, 'one connection has 64 workers at most');
    $pool->safe_psql(q(SELECT chimera.set_connection_limit('workers_per_connection', NULL)));
    share_is_accepted('many workers');
}

# --- submissions

{
    my $client = $pool->stratum('fake', user => 'bad.rig');
    my $its_job = $client->next_notify;
    my ($time, $id) = @{$its_job}{qw(ntime id)};
    my %reason = (
        worker => qr/worker/,
        job => qr/job/,
        extranonce2 => qr/extranonce2/,
        ntime => qr/ntime/,
        nonce => qr/nonce/);
    my @names = qw(worker job extranonce2 ntime nonce);
    my @params = ('bad.rig', $id, '0' x 16, $time, '0' x 8);
    my %bad = (
        worker => [ undef, 5, [], {}, JSON::PP::true ],
        job => [ undef, 5, [], {}, JSON::PP::true ],
        extranonce2 => [ undef, 5, [], '', '0' x 15 . 'g', 'g' x 17, ' ' . '0' x 15, "\x{e9}" x 8 ],
        ntime => [ undef, 5, [], '', '0' x 7, '1' x 9, 'g' x 8, '-' . '0' x 7 ],
        nonce => [ undef, 5, [], '', '1' x 9, 'zzzzzzzz', '+0000000', '0x' ]);
    my $wrong = 0;

    for my $index (0 .. 4)
    {
        for my $value (@{ $bad{ $names[$index] } })
        {
            my @these = @params;
            $these[$index] = $value;
            my $reply = $client->request('mining.submit', @these);
            my $good = !defined $reply->{result}
              && $reply->{error}[0] == 20
              && $reply->{error}[1] =~ $reason{ $names[$index] };
            $wrong++ unless $good;
            diag "$names[$index]: " . $json->encode([ $value, $reply ])
              unless $good;
        }
        my @these = @params[ 0 .. $index - 1 ];
        my $reply = $client->request('mining.submit', @these);
        $wrong++ unless $reply->{error}[0] == 20;
    }
    is($wrong, 0, 'a submission of wrong types or lengths gets error 20 that names it');
    $bad_connections++;

    my %code = (
        21 => [ 'job', 1, 'ffffffff', 'ffffffffffffffff', '0', 'zzz', '', 'x' x 5000, ' ' . $id ],
        24 => [ 'worker', 0, 'nobody', '', 'honest.rig', 'bad.rig2', "bad.rig'--", 'x' x 5000 ]);
    for my $error (sort keys %code)
    {
        my ($what, $index, @values) = @{ $code{$error} };
        my @got = map {
            my @these = @params;
            $these[$index] = $_;
            $client->request('mining.submit', @these)->{error}[0];
        } @values;
        is_deeply(\@got, [ ($error) x @values ],
            "a submission of an unknown $what gets error $error");
    }

    is($client->request('mining.submit', @params[ 0 .. 2 ], '00000000', '0' x 8)->{error}[0],
        20, 'an ntime that no chain takes is refused');
    is($client->request('mining.submit', @params[ 0 .. 2 ], 'ffffffff', '0' x 8)->{error}[0],
        23, 'one ahead of its time is hashed, since it may be a block, and is no share');
    is($client->request('mining.submit', @params, '00002000')->{error}[0],
        20, 'version bits without version rolling are refused');
    is($client->request('mining.submit', @params, $_)->{error}[0],
        23, 'version bits ' . $json->encode($_) . ' are none: the share is judged')
      for undef, '', '0', '00000000', '0x00000000';
    is($client->request('mining.submit', @params)->{error}[0],
        23, 'a hash that is not good enough gets error 23');

    my $share = $client->find_share($its_job);
    ok($client->submit($share)->{result}, 'a good share is accepted after all');
    is($client->submit($share)->{error}[0], 22, 'once: then error 22');
    $share->{$_} = uc $share->{$_} for qw(nonce ntime extranonce2);
    is($client->submit($share)->{error}[0], 22, 'in capitals as well');
    $client->configure_version_rolling;
    for my $bits ('zzzzzzzz', '0000200', '1000020000', 5, [])
    {
        is( $client->request('mining.submit', @params, $bits)->{error}[0],
            20, 'version bits ' . $json->encode($bits) . ' are refused');
    }
    is($client->request('mining.submit', @params, '00000001')->{error}[0],
        20, 'version bits outside the mask are refused');
    share_is_accepted('bad shares');
}

my $submission =
  '{"id":1,"method":"mining.submit","params":["bad.rig","1","0000000000000000","00000000","00000000"]}';
is_refused('submit before anything', $submission, 25, '1');
is_refused('submit before authorize', $submission, 24, '1', 'subscribe');
is_refused('submit after authorize alone',
    $submission, 25, '1', 'authorize');
is_refused('a submit of nothing before subscribe',
    '{"id":1,"method":"mining.submit","params":[]}', 25, '1');

cmp_ok(log_lines() - $log_before, '<=', $bad_connections,
    'the log has at most a line for each of the bad connections');

# --- lines without end

for my $case ([ 'without a newline', '' ], [ 'with a newline', "\n" ])
{
    my ($what, $end) = @{$case};
    my $client = $pool->stratum('fake');
    my $lines = log_lines();
    my $text = '{"id":1,"method":"' . 'x' x (1024 * 1024) . '"}';

    $client->send_raw($text . $end);
    my $answer = $client->recv_line // '';
    like($answer, qr/\A\{"id":null,"result":null,"error":\[20,"line too long"/,
        "a line of a megabyte $what gets an error");
    ok($client->is_closed(10), 'and the connection is closed');
    is(log_lines(), $lines + 1, 'with a line in the log');
    share_is_accepted("a megabyte $what");
}

{
    my $client = $pool->stratum('fake');
    my $lines = log_lines();

    $client->send_raw("garbage\n" x 1000);
    my @answers;
    while (defined(my $line = $client->recv_line(5))) { push @answers, $line }
    is(scalar @answers, 10, 'of a thousand bad lines ten are answered');
    ok($client->is_closed(5), 'then the connection is closed');
    is(log_lines(), $lines + 1, 'with a line in the log');
    share_is_accepted('a thousand bad lines');
}

# --- sockets half closed, left, reset

{
    my $client = $pool->stratum('fake', user => 'bad.rig');
    my $its_job = $client->next_notify;
    my @shares = map { $client->find_share($its_job) } 1 .. 20;
    my @ids = map {
        $client->send_request('mining.submit', $client->submit_params($_))
    } @shares;
    $client->half_close;
    my @results = map { $client->reply_to($_)->{result} } @ids;
    is(scalar(grep { $_ } @results), 20,
        'a socket half closed gets the answers that were pending');
    ok($client->is_closed(5), 'and is closed then');

    $client = $pool->stratum('fake');
    $client->send_raw('{"id":1,"method":"mining.ping"}');
    $client->half_close;
    ok($client->is_closed(5), 'half a line at the end is nothing');
}

{
    my $lines = log_lines();
    for my $number (1 .. STORM)
    {
        my $client = $pool->stratum('fake');
        $client->send_raw(qq({"id":1,"method":"mining.subscribe"}\n))
          if $number % 3 == 0;
        $client->send_raw(
            qq({"id":1,"method":"mining.subscribe"}\n{"id":2,"method":"mining.authorize","params":["storm.rig","x"]}\n)
        ) if $number % 3 == 1;
        $number % 2 ? $client->reset : $client->close;
        share_is_accepted('a storm') if $number % 50 == 0;
    }
    is(log_lines(), $lines, 'who comes and goes is not worth a line in the log');
    share_is_accepted('a storm');
}

# --- floods

# Send as fast as it goes, reading nothing, until that much is sent or the
# connection is gone.
sub flood
{
    my ($client, $text, $bytes) = @_;
    my $socket = $client->{socket};
    my $chunk = $text x (1 + int 60000 / length $text);
    my $sent = 0;
    my $offset = 0;
    my $deadline = time + 20;

    $socket->blocking(0);
    while ($sent < $bytes && time < $deadline)
    {
        if (!IO::Select->new($socket)->can_write(1))
        {
            last if $sent && !IO::Select->new($socket)->can_write(2);
            next;
        }
        my $got = syswrite $socket, $chunk, length($chunk) - $offset, $offset;
        last unless defined $got;
        $sent += $got;
        $offset = ($offset + $got) % length $chunk;
    }
    return $sent;
}

{
    my $lines = log_lines();
    my @floods = map { $pool->stratum('fake') } 1 .. 4;
    for my $client (@floods)
    {
        flood($client, qq({"id":1,"method":"mining.ping","params":[]}\n),
            60 * 1024 * 1024);
        share_is_accepted('a flood');
    }
    cmp_ok(memory_kb() - $memory_before,
        '<', MAX_GROWTH_KB, 'requests of who does not read take no memory');
    cmp_ok(log_lines() - $lines, '<=', 4, 'and no more than a line in the log');
}

# While the database is slow nothing piles up either: a lock makes it so.
{
    my @floods = map { $pool->stratum('fake', user => "flood.$_") } 1 .. 4;
    my $lock = $pool->background_psql;
    $lock->query_safe('BEGIN; LOCK TABLE chimera.miners IN ACCESS EXCLUSIVE MODE');
    for my $number (0 .. 3)
    {
        my $user = "flood." . ($number + 1);
        my $password = 'x' x ($number % 2 ? 250 : 15000);
        flood($floods[$number],
            qq({"id":1,"method":"mining.authorize","params":["$user","$password"]}\n),
            80 * 1024 * 1024);
    }
    cmp_ok(memory_kb() - $memory_before,
        '<', MAX_GROWTH_KB, 'logins that wait for the database take little memory');
    $lock->query_safe('COMMIT');
    $lock->quit;
    $_->close for @floods;
    share_is_accepted('a flood of logins');
}

# --- the end

feed_lorises();
my $left = AUTHORIZE_WITHIN_S + 3 - (time - $lorises_since);
my $still = 0;
for my $client (@lorises)
{
    $left = AUTHORIZE_WITHIN_S + 3 - (time - $lorises_since);
    $still++ unless $client->is_closed($left > 0 ? $left : 0);
    share_is_accepted('lorises') if $client == $lorises[0];
}
is($still, 0, 'a client that has not authorized within a minute is disconnected');

is_deeply(\@strange, [], 'the honest miner has heard nothing but its own');
is( $pool->safe_psql(
        q(SELECT count(*) FROM chimera.shares s JOIN chimera.miners m USING (miner_id)
          JOIN chimera.accounts a ON a.account_id = m.account_id WHERE a.name = 'honest')
    ),
    $honest_shares,
    "all of its $honest_shares shares were accepted and stored");
ok($pool->stratumd_is_running, 'and stratumd runs');

done_testing();
