# What pooler's cpuminer, cgminer, bmminer, bfgminer and the ESP miners expect
# on the wire, with a real node behind the pool.
#
# Sources, beside BIP 310: cpuminer util.c (stratum_subscribe takes the first
# line as the answer; stratum_notify checks the lengths), cgminer util.c
# (parse_notify, initiate_stratum), bitaxe stratum_api.c.
use strict;
use warnings;

use Digest::SHA qw(sha256);
use IO::Socket::INET;
use JSON::PP;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Test::More;
use Time::HiRes qw(sleep);

use Chimera::Pool;
use Chimera::FakeNode;

use constant DIFFICULTY => 1e-6;

my $json = JSON::PP->new->utf8->allow_nonref;
my $coin = Chimera::Pool->start_bcoin;
$coin->reach_segwit;
$coin->send_legacy, $coin->send_segwit for 1 .. 2;

my $pool = Chimera::Pool->new('wire');
$pool->add_network('bitcoin', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => DIFFICULTY / 10,
    max_difficulty => 1000);
$pool->add_listener('bitcoin');
# its own address is not to be banned for what it tries
$pool->safe_psql(q(SELECT chimera.set_connection_limit('bad_share_percent', 100),
    chimera.set_connection_limit('lines_per_second', 'infinity')));
$pool->pay_to_pool('wallet', 'alice', 'forms');
$pool->start_stratumd;
$pool->wait_for_job('bitcoin');

# A client whose lines are the test's own.
sub raw
{
    my $client = $pool->stratum('bitcoin');
    setsockopt $client->{socket}, IPPROTO_TCP, TCP_NODELAY, 1;
    return $client;
}

# Send a line; the line that comes back, as text.
sub ask
{
    my ($client, $line) = @_;
    $client->send_raw("$line\n");
    return $client->recv_line;
}

sub is_error
{
    my ($line, $code, $name) = @_;
    my $error = $json->decode($line)->{error};

    ok( ref $error eq 'ARRAY'
          && @{$error} == 3
          && $error->[0] == $code
          && !ref $error->[1]
          && length $error->[1]
          && !defined $error->[2],
        $name) or diag $line;
    return;
}

# --- cpuminer: subscribe, then authorize, each line read in its place

{
    my $client = raw();
    my $line = ask($client,
        '{"id": 1, "method": "mining.subscribe", "params": ["cpuminer/2.5.1"]}'
    );
    my $reply = $json->decode($line);
    my $result = $reply->{result};

    is_deeply([ sort keys %{$reply} ],
        [qw(error id result)], 'subscribe is answered by the first line');
    like($line, qr/\A\{"id":1,/, 'the id is the number that was sent');
    is($reply->{error}, undef, 'without an error');
    is(scalar @{$result}, 3, 'its result has three members');
    is_deeply([ sort map { $_->[0] } @{ $result->[0] } ],
        [qw(mining.notify mining.set_difficulty)],
        'the first are pairs for notify and set_difficulty');
    ok((!grep { ref || !/\A[0-9a-f]+\z/ } map { $_->[1] } @{ $result->[0] }),
        'each with a session id in hex');
    like($result->[1], qr/\A[0-9a-f]{8}\z/, 'extranonce1 is 4 bytes of hex');
    like($line, qr/,8\],"error":null\}\z/,
        'extranonce2_size is 8, a number');

    $line = ask($client,
        '{"id": 2, "method": "mining.authorize", "params": ["wallet.rig", "x"]}'
    );
    is_deeply($json->decode($line), { id => 2, result => JSON::PP::true, error => undef },
        'authorize is answered by true');

    $line = $client->recv_line;
    my $told = $json->decode($line);
    is($told->{method}, 'mining.set_difficulty',
        'set_difficulty comes before the first notify');
    ok(exists $told->{id} && !defined $told->{id}, 'its id is null');
    ok($line =~ /"params":\[([0-9.e+-]+)\]/ && $1 == DIFFICULTY,
        'its parameter is a number, the starting difficulty');

    $line = $client->recv_line;
    my $notify = $json->decode($line);
    my $p = $notify->{params};
    is($notify->{method}, 'mining.notify', 'then the job');
    ok(exists $notify->{id} && !defined $notify->{id}, 'its id is null');
    is(scalar @{$p}, 9, 'it has nine parameters');
    like($p->[0], qr/\A[0-9a-f]{1,16}\z/, 'the job id is a short string of hex');
    my $words = join '', reverse unpack '(a8)8', $coin->best_hash;
    is($p->[1], $words, 'prevhash is the tip with its 4-byte words swapped');
    like($p->[2], qr/\A([0-9a-f]{2})+\z/, 'coinb1 is hex');
    like($p->[3], qr/\A([0-9a-f]{2})+\z/, 'coinb2 is hex');
    ok(ref $p->[4] eq 'ARRAY' && @{ $p->[4] } == 3,
        'the merkle branch is an array, of 3 hashes for 4 transactions');
    ok((!grep { !/\A[0-9a-f]{64}\z/ } @{ $p->[4] }), 'each of 64 digits');
    my $template = $coin->template;
    is($p->[5], sprintf('%08x', $template->{version}),
        'version is 8 digits, big-endian');
    is($p->[6], $template->{bits}, 'nbits is 8 digits, big-endian');
    ok($p->[7] =~ /\A[0-9a-f]{8}\z/ && abs(hex($p->[7]) - time) < 7200,
        'ntime is 8 digits, big-endian');
    like($line, qr/,true\]\}\z/, 'clean_jobs is a boolean, true at first');

    is( ask($client,
            '{"id": 3, "method": "mining.extranonce.subscribe", "params": []}'
        ),
        '{"id":3,"result":true,"error":null}',
        'extranonce.subscribe is answered by true');
}

# --- coinbase and header, built by nothing of ours

# The next bytes of a string, which grows shorter.
sub take
{
    my ($string, $length) = @_;
    die 'too short' if length ${$string} < $length;
    return substr ${$string}, 0, $length, '';
}

sub take_size
{
    my ($string) = @_;
    my $first = ord take($string, 1);
    return $first if $first < 0xfd;
    return unpack 'v', take($string, 2) if $first == 0xfd;
    die 'too long';
}

{
    my $client = $pool->stratum('bitcoin', user => 'wallet.rig');
    my $notify = $client->next_notification;
    $notify = $client->next_notification
      until $notify->{method} eq 'mining.notify';
    my ($id, $prev, $coinb1, $coinb2, $branch, $version, $nbits, $ntime) =
      @{ $notify->{params} };
    my $template = $coin->template;

    my $extranonce2 = '0011223344556677';
    my $coinbase = pack 'H*',
      $coinb1 . $client->extranonce1 . $extranonce2 . $coinb2;
    my $rest = $coinbase;
    my ($inputs, $script, $outpoint, $value, $addresses, $commitment);
    my $parsed = eval {
        take(\$rest, 4);
        $inputs = take_size(\$rest);
        $outpoint = take(\$rest, 36);
        $script = take(\$rest, take_size(\$rest));
        take(\$rest, 4);
        for (1 .. take_size(\$rest))
        {
            $value += unpack 'Q<', take(\$rest, 8);
            my $output = take(\$rest, take_size(\$rest));
            $commitment = $output if $output =~ /\A\x6a\x24\xaa\x21\xa9\xed/;
        }
        take(\$rest, 4);
        1;
    };
    ok($parsed && $rest eq '', 'coinb1 extranonce1 extranonce2 coinb2 is a transaction')
      or diag $@;
    is($inputs, 1, 'of one input');
    is($outpoint, "\0" x 32 . "\xff" x 4, 'which spends nothing');
    is( substr($script, 0, 3),
        pack('C', 2) . substr(pack('V', $template->{height}), 0, 2),
        'its script begins with the height (BIP 34)');
    like($script, qr/\Q\/Chimera\/\E/, 'and has the tag');
    ok(length $script <= 100, 'it is no longer than 100 bytes');
    ok(index($script, pack 'H*', $client->extranonce1 . $extranonce2) > 0,
        'it has the extranonces');
    is($value, $template->{coinbasevalue}, 'it pays subsidy and fees');
    is( unpack('H*', $commitment // ''),
        $template->{default_witness_commitment},
        'and commits to the witnesses (BIP 141)');

    my $root = sha256(sha256($coinbase));
    $root = sha256(sha256($root . pack 'H*', $_)) for @{$branch};
    my $front =
        pack('L<', hex $version)
      . join('', map { scalar reverse } unpack '(a4)8', pack 'H*', $prev)
      . $root
      . pack('L<L<', hex $ntime, hex $nbits);
    my ($nonce, $hash) = (0);
    do
    {
        $hash = reverse sha256(sha256($front . pack 'L<', ++$nonce));
    } until unpack('N', $hash) < 65535 / 65536 / DIFFICULTY - 1;

    my $answer = $client->request('mining.submit', 'wallet.rig', $id,
        $extranonce2, $ntime, sprintf '%08x', $nonce);
    is_deeply([ @{$answer}{qw(result error)} ],
        [ JSON::PP::true, undef ], 'its share is accepted');
    my $block = unpack 'H*', $hash;
    Chimera::Pool::wait_until('the node to have the block',
        sub { $coin->best_hash eq $block });
    is($coin->best_hash, $block,
        'and the header is a block that the node has taken');
    is(scalar @{ $coin->rpc('getblock', $block)->{tx} },
        5, 'with the transactions of the template');

    my $next = $client->next_notify;
    is( join('', reverse unpack '(a8)8', $next->{prevhash}),
        $block, 'the next job builds upon it');
    ok($next->{clean}, 'with clean_jobs');
}

# --- ids

{
    my $client = raw();
    for my $id (
        '0', '-1', '1.5', '18446744073709551616', '123456789012345678901234567890',
        '9007199254740993', '"abc"', '"a\"b\\\\c"', '"\u00e9\u4e2d"', '""', 'null', '1e3')
    {
        is(ask($client, qq({"id":$id,"method":"mining.ping","params":[]})),
            qq({"id":$id,"result":"pong","error":null}),
            "id $id is echoed as it came");
    }
    is(ask($client, '{"method":"mining.ping"}'),
        '{"id":null,"result":"pong","error":null}',
        'a request without id or params is answered with null');
    is(ask($client, '{"params":[],"method":"mining.ping","id":7}'),
        '{"id":7,"result":"pong","error":null}', 'in any order');
    is( ask($client,
            '{"jsonrpc":"2.0","params":{"id":9}["id"],"id":3,"method":"ping"}'
              =~ s/\["id"\]//r),
        '{"id":3,"result":null,"error":[20,"params must be an array",null]}',
        'an id of another object is not taken for the request\'s');
    is(ask($client, "\t{ \"id\" : 4 , \"method\" : \"mining.ping\" } "),
        '{"id":4,"result":"pong","error":null}', 'with space about');
}

# --- lines and segments

{
    my $client = raw();
    for my $byte (split //, qq({"id":1,"method":"mining.ping","params":[]}\n))
    {
        $client->send_raw($byte);
        sleep 0.002;
    }
    is($client->recv_line, '{"id":1,"result":"pong","error":null}',
        'a request in one segment a byte');

    $client->send_raw(
        join '', map { qq({"id":$_,"method":"mining.ping"}\n) } 1 .. 50);
    is_deeply([ map { $json->decode($client->recv_line)->{id} } 1 .. 50 ],
        [ 1 .. 50 ], 'fifty requests in one segment, in their order');

    $client->send_raw(
        qq({"id":1,"method":"mining.ping"}\r\n\r\n\n{"id":2,"method":"mining.ping"}\r\n));
    is_deeply([ map { $json->decode($client->recv_line)->{id} } 1 .. 2 ],
        [ 1, 2 ], 'CRLF ends lines as well, empty lines are nothing');

    $client->send_raw(
        qq({"id":1,"method":"mining.subscribe","params":["x"]}\n{"id":2,"method":"mining.authorize","params":["wallet.rig","x"]}\n)
    );
    is_deeply([
            map { my $m = $json->decode($client->recv_line);
                $m->{method} // $m->{id} } 1 .. 4
        ],
        [ 1, 2, 'mining.set_difficulty', 'mining.notify' ],
        'subscribe and authorize in one segment');
}

{
    my $client = raw();
    my $first = ask($client,
        '{"id":1,"method":"mining.authorize","params":["wallet.rig","x"]}');
    is($first, '{"id":1,"result":true,"error":null}',
        'authorize before subscribe');
    ask($client, '{"id":2,"method":"mining.subscribe","params":[]}');
    is($json->decode($client->recv_line)->{method},
        'mining.set_difficulty', 'work comes after both');
    is($json->decode($client->recv_line)->{method},
        'mining.notify', 'whichever comes first');
}

# --- extensions

{
    my $client = raw();
    is( ask($client,
            '{"id": 0, "method": "mining.configure", "params": [["version-rolling"], {"version-rolling.mask": "ffffffff"}]}'
        ),
        '{"id":0,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}',
        'configure as cgminer and the ESP miners send it');
    is( ask($client,
            '{"id":0, "method":"mining.configure", "params":[["version-rolling"],{"version-rolling.mask":"00c00000","version-rolling.min-bit-count":2}]}'
        ),
        '{"id":0,"result":{"version-rolling":true,"version-rolling.mask":"00c00000"},"error":null}',
        'configure as bmminer sends it: the mask is what both can');
    my $reply = $json->decode(
        ask($client,
            '{"id":"q","method":"mining.configure","params":[["minimum-difficulty","version-rolling","subscribe-extranonce","info","x-unknown"],{"minimum-difficulty.value":0.5,"version-rolling.mask":"1fffe000","version-rolling.min-bit-count":2,"info.connection-url":"stratum+tcp://a"}]}'
        ));
    is_deeply(
        $reply,
        {   id => 'q',
            error => undef,
            result => {
                'minimum-difficulty' => JSON::PP::true,
                'version-rolling' => JSON::PP::true,
                'version-rolling.mask' => '1fffe000',
                'subscribe-extranonce' => JSON::PP::true,
                'info' => JSON::PP::false,
                'x-unknown' => JSON::PP::false,
            }
        },
        'every extension of BIP 310 gets an answer');
    is( ask($client,
            '{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"00000001"}]}'
        ),
        '{"id":1,"result":{"version-rolling":false},"error":null}',
        'no bit in common is no version rolling');
    is( ask($client, '{"id":1,"method":"mining.configure","params":[[]]}'),
        '{"id":1,"result":{},"error":null}', 'no extension, no answer of any');
}

{
    my $client = $pool->stratum('bitcoin');
    $client->configure_version_rolling;
    $client->subscribe;
    $client->authorize('wallet.rig');
    my $job = $client->next_notify;
    my $share = $client->find_share($job, version_bits => '1a2b4000');
    my $answer = $client->submit($share);
    ok($answer->{result}, 'a share with rolled version bits is accepted')
      or diag $json->encode($answer);
    Chimera::Pool::wait_until('its block',
        sub { $coin->best_hash eq $share->{hash} });
    is( $coin->rpc('getblockheader', $share->{hash})->{version},
        hex($job->{version}) & ~0x1fffe000 | 0x1a2b4000,
        'and the block has them');

    my $other = $pool->stratum('bitcoin', user => 'wallet.rig');
    $job = $other->next_notify;
    $answer = $other->submit(
        $other->find_share($job, version_bits => '00002000'));
    is($answer->{error}[0], 20, 'unasked version bits are refused');
}

{
    my $client = raw();
    is( ask($client,
            '{"id":9,"method":"mining.suggest_difficulty","params":[0.00002]}'),
        '{"id":9,"result":true,"error":null}', 'suggest_difficulty');
    $client->subscribe;
    $client->authorize('wallet.rig');
    is($client->next_notify->{difficulty}, 0.00002,
        'is the difficulty to start with');

    $client = raw();
    is( ask($client,
            '{"id":9,"method":"mining.suggest_target","params":["'
              . '0000a7c5ac471b4784230fcf80dc33721d53cddd6e04c059210385c67dfe32a0'
              . '"]}'),
        '{"id":9,"result":true,"error":null}', 'suggest_target');
    $client->subscribe;
    $client->authorize('wallet.rig');
    my $given = $client->next_notify->{difficulty};
    my $wanted = 65535 * 2**208 / (hex('0000a7c5') * 2**224);
    ok(abs($given / $wanted - 1) < 1e-3, 'likewise')
      or diag "$given, not $wanted";
}

# --- passwords and names

for my $case (
    [ 'd=0.00003', 0.00003 ],
    [ 'x,d=0.00004', 0.00004 ],
    [ 'd=0.00005,x', 0.00005 ],
    [ 'x', DIFFICULTY ],
    [ 'd=', DIFFICULTY ],
    [ 'd=abc', DIFFICULTY ],
    [ 'd=-5', DIFFICULTY ],
    [ 'd=nan', DIFFICULTY ],
    [ 'd=inf', DIFFICULTY ],
    [ 'd=1e99', 1000 ],
    [ 'd=1e-99', DIFFICULTY / 10 ],
    [ '', DIFFICULTY ])
{
    my ($password, $difficulty) = @{$case};
    my $client =
      $pool->stratum('bitcoin', user => 'wallet.rig', password => $password);
    is($client->next_notify->{difficulty},
        $difficulty, "password '$password' gives difficulty $difficulty");
}

{
    my $client = $pool->stratum('bitcoin');
    $client->subscribe;
    ok($client->authorize($_)->{result}, "user $_")
      for 'alice', 'alice.a', 'alice.a.b.c', 'alice.', 'alice.x_y-z:1/2';
    is($client->request('mining.authorize', 'alice.nopassword')->{result},
        JSON::PP::true, 'a user without a password');
    is( $pool->safe_psql(
            q(SELECT string_agg(rig, '|' ORDER BY rig COLLATE "C") FROM chimera.miner_connections
              WHERE account = 'alice')
        ),
        '|a|a.b.c|nopassword|x_y-z:1/2',
        'the account ends at the first dot, the rig is all behind it');
    my $share = $client->find_share($client->next_notify);
    $client->{user} = 'alice.a.b.c';
    ok($client->submit($share)->{result}, 'a share of one of several workers');
    is( $pool->safe_psql(
            q(SELECT m.name FROM chimera.shares s JOIN chimera.miners m USING (miner_id)
              ORDER BY share_id DESC LIMIT 1)
        ),
        'a.b.c',
        'is that worker\'s');
}

# --- what else is said

{
    my $client = raw();
    is_error(ask($client, '{"id":1,"method":"mining.nonsense","params":[]}'),
        -3, 'an unknown method is refused by an error triple');
    is_error(ask($client, '{"id":1,"method":"client.reconnect","params":[]}'),
        -3, 'so is a method of the server');
    $client->send_raw($_) for
      qq({"id": 5, "result": "cgminer/4.10.0", "error": null}\n),
      qq({"id": 6, "result": null, "error": [20, "no", null]}\n),
      qq({"id": 7, "error": null, "result": true}\n),
      qq({"id":1,"method":"mining.ping"}\n);
    is($client->recv_line, '{"id":1,"result":"pong","error":null}',
        'answers to requests never made are ignored');
}

# --- a miner that comes back

{
    my $client = $pool->stratum('bitcoin', user => 'wallet.rig');
    my $job = $client->next_notify;
    my ($session, $extranonce1) = ($client->session, $client->extranonce1);
    $client->close;

    my $again = $pool->stratum('bitcoin');
    Chimera::Pool::wait_until(
        'the session to be taken up',
        sub {
            $again = $pool->stratum('bitcoin');
            $again->subscribe('cpuminer/2.5.1', $session);
            return $again->extranonce1 eq $extranonce1;
        });
    is($again->session, $session, 'a miner that names its session gets it back');
    $again->authorize('wallet.rig');
    ok($again->submit($again->find_share($job))->{result},
        'and its share of a job of before is accepted');

    my $stranger = $pool->stratum('bitcoin');
    $stranger->subscribe('cpuminer/2.5.1', $session);
    isnt($stranger->extranonce1, $extranonce1,
        'nobody else gets it while it is there');
    for my $bad ('', 'zz', '0' x 16, 'f' x 16, '1' x 17)
    {
        my $reply = $stranger->request('mining.subscribe', 'x', $bad);
        ok($reply->{result}, "a session named '$bad' is no error");
    }
}

# --- the forms of a submission: the plain one has a reader of its own in
# stratumd, and must mean the same as those that have not.  On a network whose
# shares are no blocks, so that the job stays good.

{
    my $fake = Chimera::FakeNode->new(Chimera::Pool->directory('fake'))->start;
    $pool->add_network('fake', $fake,
        start_difficulty => DIFFICULTY,
        min_difficulty => DIFFICULTY,
        max_difficulty => DIFFICULTY);
    $pool->add_listener('fake');
    $pool->wait_for_job('fake');
    my $client = $pool->stratum('fake', user => 'forms.rig');
    my $job = $client->next_notify;

    # the parameters as JSON text, and what their id comes back as
    my %forms = (
        plain => [ '{"id":%d,"method":"mining.submit","params":[%s]}', '%d' ],
        spaced => [ ' { "params" : [ %2$s ] , "id" : %1$d ,  "method" : "mining.submit" } ' . "\r", '%d' ],
        'cgminer\'s' => [ '{"params": [%2$s], "id": %1$d, "method": "mining.submit"}', '%d' ],
        'string id' => [ '{"id":"%d","method":"mining.submit","params":[%s]}', '"%d"' ],
        'negative id' => [ '{"id":-1%d,"method":"mining.submit","params":[%s]}', '-1%d' ],
        'escaped method' => [ '{"id":%d,"method":"mining.subm\u0069t","params":[%s]}', '%d' ],
        'another member' => [ '{"jsonrpc":"2.0","id":%d,"method":"mining.submit","params":[%s]}', '%d' ],
        'no id' => [ '{"method":"mining.submit","params":[%2$s]}', 'null' ],
        'two ids' => [ '{"id":"x","id":%d,"method":"mining.submit","params":[%s]}', '%d' ],
        'seven params' => [ '{"id":%d,"method":"mining.submit","params":[%s,"00000000","more"]}', '%d' ],
    );
    $client->configure_version_rolling;
    my $number = 0;
    my $send = sub {
        my ($form, @params) = @_;
        my ($line, $id) = @{ $forms{$form} };
        $number++;
        no warnings 'redundant';
        my $answer = ask($client,
            sprintf $line, $number, join ',', map { $json->encode($_) } @params);
        my $wanted = sprintf $id, $number;
        return $answer =~ /\A\{"id":\Q$wanted\E,/
          ? $json->decode($answer)
          : { answer => $answer };
    };
    my @forms = sort keys %forms;
    for my $index (0 .. $#forms)
    {
        my $share = $client->find_share($job);
        my @params = $client->submit_params($share);
        my ($form, $next) = @forms[ $index, ($index + 1) % @forms ];
        is($send->($form, @params)->{result},
            JSON::PP::true, "a share in the form: $form");
        is($send->($next, @params)->{error}[0],
            22, "is a duplicate in the form: $next");
    }
    for my $case (
        [ 24, 0, 'nobody' ], [ 24, 0, '' ], [ 21, 1, 'ffffff' ], [ 21, 1, '' ],
        [ 20, 2, '' ], [ 23, 2, '0' x 15 ], [ 20, 2, 'g' x 16 ], [ 20, 3, '0' x 9 ],
        [ 20, 3, '00000000' ], [ 20, 4, '' ], [ 20, 4, 'x' x 8 ],
        [ 23, 4, '0' x 8 ])
    {
        my ($code, $index, $value) = @{$case};
        my @params = $client->submit_params($client->find_share($job));
        $params[$index] = $value;
        my %answers;
        push @{ $answers{ $json->canonical->encode([ @{ $send->($_, @params) }{qw(result error answer)} ]) } }, $_
          for @forms;
        my ($answer) = keys %answers;
        ok(keys %answers == 1 && $answer =~ /\A\[null,\[$code,/,
            "parameter $index of '$value' is error $code in all forms")
          or diag explain \%answers;
    }
    is_error(ask($client, $_), 20, 'no submission: ' . substr $_, 0, 60)
      for
      '{"id":1,"method":"mining.submit","params":["a","b","c","d","e"],}',
      '{"id":1,"method":"mining.submit","params":["a","b","c","d","e",]}',
      '{"id":01,"method":"mining.submit","params":["a","b","c","d","e"]}',
      '{"id":1,"method":"mining.submit","params":["a","b","c","d","e"]}}',
      '{"id":1,"method":"mining.submit" "params":["a","b","c","d","e"]}',
      '{"id":1,"method":"mining.submit","params":["a","b","c","d","e"]',
      '{"id":1,"method":"mining.submit","params":["a","b","c","d","e]}',
      qq({"id":1,"method":"mining.submit","params":["a","b","c","d\0","e"]});
}

is( $pool->safe_psql(
        q(SELECT count(*) FROM chimera.blocks WHERE status NOT IN ('accepted', 'confirmed', 'orphaned', 'found', 'submitted'))
    ),
    0,
    'no block was rejected');

done_testing();
