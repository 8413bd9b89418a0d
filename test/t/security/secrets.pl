# Secrets stay where they belong: passwords of nodes and wallets, planted as
# strings that nothing else contains, are in chimera.network_credentials and
# nowhere else, whatever goes wrong: in no log (not even where the statement
# that brought one fails), relation, routine's answer, error, statistics view or
# dump that another role can have.
use strict;
use warnings;

use FindBin;
use MIME::Base64 qw(encode_base64);
use Test::More;

use Chimera::Attempts qw(attempts routines call run_as);
use Chimera::Pool;
use PostgreSQL::Test::Utils qw(run_command slurp_file);
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 1e-6,
    GOOD => 'TOPSECRETgood',
    WRONG => 'TOPSECRETwrong',
    WALLET => 'TOPSECRETwallet',
    LATER => 'TOPSECRETlater',
    FAILED => 'TOPSECRETfailed',
    URL => 'TOPSECRETurl',
    COOKIE => 'TOPSECRETcookie',
    LIBPQ => 'TOPSECRETlibpq',
};

# as they stand, and as HTTP carries them (any of three alignments)
my $secret = join '|', 'TOPSECRET',
  map { substr encode_base64($_ . 'TOPSECRET', ''), 4, 8 } '', 'a', 'aa';

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'));
$coin->set(password => GOOD)->start;
my $pool = Chimera::Pool->new('secrets', conf => "log_min_messages = debug1\n");

sub shows_none
{
    my ($text, $name) = @_;
    my ($where) = ($text // '') =~ /(.{0,200}(?:$secret).{0,50})/s;

    return is($where, undef, $name);
}

$pool->safe_psql("CREATE ROLE $_->[0] LOGIN IN ROLE chimera_$_->[1]")
  for [qw(operator admin)], [qw(webd web)], [qw(analyst reader)];

# --- a pool at work

$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => DIFFICULTY,
    max_difficulty => DIFFICULTY);
$pool->add_listener('fake');
my $conninfo = $pool->node->connstr(Chimera::Pool::DATABASE());
$pool->start_stratumd('--log-level', 'debug', '--database',
    "$conninfo user=stratumd password=" . LIBPQ);
$pool->wait_for_job('fake');
my $miner = $pool->stratum('fake', user => 'alice.rig');
ok( $miner->request('mining.submit',
        $miner->submit_params($miner->find_share($miner->next_notify)))->{result},
    'the pool works');

# --- what an operator says, rightly and wrongly

my $cookie = Chimera::Pool->directory('cookie') . '/.cookie';
open my $handle, '>', $cookie or die "$cookie: $!";
print {$handle} 'fake:' . COOKIE . "\n";
close $handle;

my $url = $coin->url;
my ($good, $wrong, $wallet, $later, $failed, $secret_url) =
  (GOOD, WRONG, WALLET, LATER, FAILED, URL);
my ($code, $out, $err) = run_as($pool, 'operator', <<"SQL");
SELECT chimera.add_node('fake', '$url', 'fake', '$wrong') AS node \\gset
SELECT chimera.add_node('fake', '$url', 'fake', '$wallet', kind => 'wallet') AS wallet \\gset
SELECT * FROM chimera.test_network('fake');
SELECT chimera.update_node(:node, '{"rpc_password": "$later"}');
SELECT chimera.update_node(:node, '{"rpc_password": null, "rpc_cookie_file": "$cookie"}');
SELECT * FROM chimera.test_network('fake');
SELECT chimera.update_node(:node, '{"rpc_password": "$later", "rpc_cookie_file": null}');
SELECT chimera.remove_node(:node);
SELECT chimera.update_network('fake', '{"payout_interval": "1 hour"}');
SELECT chimera.set_wallets('alice', 'fake', ARRAY['@{[$coin->new_address]}']);
SELECT chimera.adjust_balance('fake', 'alice', 5000000, 'to be paid');
SELECT * FROM chimera.network_switch_history;
SQL
is($code, 0, 'an operator gives nodes their passwords') or diag $err;
shows_none($out . $err, 'and is shown none');

my $node = $pool->safe_psql('SELECT min(node_id) FROM chimera.network_nodes');
my $add = "name => 'other', algorithm => 'sha256d', symbol => 'OTH', genesis_hash => repeat('0', 64), rpc_user => 'u', rpc_password => '$failed'";
my $settings = q({"p2pkh_version": 0});
my @failing = (
    "SELECT chimera.add_node('nosuch', '$url', 'u', '$failed')",
    "SELECT chimera.add_node('fake', '$url', 'u', '$failed', priority => 1)",
    "SELECT chimera.add_node('fake', '$url', 'u', '$failed', priority => -1)",
    "SELECT chimera.add_node('fake', '$url', 'u', '$failed', kind => 'other')",
    "SELECT chimera.add_node('fake', '$url', 'u', '$failed', '$cookie')",
    "SELECT chimera.add_node('fake', 'nourl', 'u', '$failed')",
    "SELECT chimera.add_node('fake', 'http://u:$secret_url\@127.0.0.1/')",
    "SELECT chimera.add_node('fake', NULL, 'u', '$failed')",
    "SELECT chimera.update_node(-1, '{\"rpc_password\": \"$failed\"}')",
    "SELECT chimera.update_node($node, '{\"rpc_password\": \"$failed\", \"rpc_cookie_file\": \"/x\"}')",
    "SELECT chimera.update_node($node, '{\"rpc_password\": [\"$failed\"]}')",
    "SELECT chimera.update_node($node, '{\"password\": \"$failed\"}')",
    "SELECT chimera.update_node($node, '{\"rpc_url\": \"http://u:$secret_url\@127.0.0.1/\"}')",
    "SELECT chimera.update_node($node, '{\"priority\": \"$failed\"}')",
    "SELECT chimera.update_node($node, '{\"rpc_password\": \"$failed\", \"rpc_url\": null}')",
    "SELECT chimera.update_network('fake', '{\"rpc_password\": \"$failed\"}')",
    "SELECT chimera.add_network($add, rpc_url => '$url', pool_address => 'x', settings => '$settings')",
    "SELECT chimera.add_network($add, rpc_url => 'x', pool_address => '@{[$coin->new_address]}', settings => '$settings')",
    "SELECT chimera.add_network($add, rpc_url => 'http://u:$secret_url\@127.0.0.1/', pool_address => '@{[$coin->new_address]}', settings => '$settings')",
    "SELECT chimera.add_network($add, rpc_url => '$url', pool_address => '@{[$coin->new_address]}', settings => '$settings' || jsonb_build_object('coinbase_tag', repeat('x', 99)))",
    "SELECT chimera.add_network($add, rpc_url => '$url', pool_address => '@{[$coin->new_address]}', rpc_cookie_file => '/x', settings => '$settings')",
    "SELECT chimera.add_network($add, rpc_url => '$url', pool_address => 'x', settings => '{\"rpc_password\": \"$failed\"}')",
    "SELECT chimera.add_network($add, rpc_url => '$url', pool_address => 'x', settings => '[\"$failed\"]')",
    "SELECT chimera.add_network_from_preset('nosuch', '$url', 'x', 'u', '$failed')",
    "SELECT chimera.add_network_from_preset('bitcoin', '$url', 'x', 'u', '$failed')",
    "SELECT chimera.add_network_from_preset('bitcoin', 'http://u:$secret_url\@127.0.0.1/', '@{[$coin->new_address]}', 'u', 'p')",
    "SELECT chimera.set_web_password('carol', '$failed')",
    "SELECT chimera.set_web_password('c', '\$argon2id\$$failed')",
);
for my $statement (@failing)
{
    ($code, $out, $err) = run_as($pool, 'operator', $statement);
    my $name = $statement =~ s/$secret\w+/.../gr;
    isnt($code, 0, "$name fails");
    shows_none($out . $err, 'and shows no secret');
}

# --- nodes that fail

for my $mode (qw(garbage half html empty error unauthorized genesis ok))
{
    $coin->set(mode => $mode)->refresh;
    my $ok = $mode eq 'ok' ? 'true' : 'false';
    $pool->wait_for_sql(
        "SELECT bool_and(ok) = $ok FROM chimera.health WHERE name = 'fake' AND part = 'template'");
    ($code, $out, $err) = run_as($pool, 'operator',
        q{SELECT * FROM chimera.test_network('fake'); SELECT * FROM chimera.health});
    shows_none($out . $err, "nor is any shown of a node that is $mode");
}

# --- all that anybody can look at

# The rows with a secret, as text, of each relation that a login may read (of
# what it may not, the error, which shows nothing either).  The statement itself
# is in pg_stat_activity, and must not be found by its own pattern.
sub relations
{
    my ($login, $but) = @_;
    my @relations = split /\n/, $pool->safe_psql(<<"SQL");
SELECT c.oid::regclass FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v')
AND c.relnamespace IN ('chimera'::regnamespace, 'pg_catalog'::regnamespace) AND c.relname !~ '$but'
SQL
    my (undef, $rows, $errors) = run_as($pool, $login,
        join "\n", '\set ON_ERROR_STOP 0', map { "SELECT t::text FROM $_ t WHERE t::text ~ '[T]OPSECRET';" } @relations);
    return $rows . $errors;
}

for my $login (qw(operator webd analyst stratumd))
{
    shows_none(relations($login, '^$'), "no relation shows $login a secret");
    my @calls = map { call($_) } routines($pool, $login);
    my (undef, $answers, $errors) = run_as($pool, $login,
        join "\n", '\set ON_ERROR_STOP 0', 'BEGIN;',
        (map { "SAVEPOINT s; $_; ROLLBACK TO s;" } @calls), 'ROLLBACK;');
    cmp_ok(length $answers, '>', 100, "$login calls its routines");
    shows_none($answers . $errors, "no routine shows $login a secret");
    my ($dump, $complaints) = ('', '');
    IPC::Run::run([ 'pg_dump', '-d', "$conninfo user=$login" ], '>', \$dump, '2>', \$complaints);
    shows_none($dump . $complaints, "nor does $login\'s pg_dump");
}

# the owner's own view of all but where they belong
shows_none(relations('postgres', '^network_credentials$'),
    'no relation but network_credentials has a secret');
like(relations('postgres', '^$'), qr/@{[GOOD]}.*@{[WALLET]}/s, 'which has them');

# --- programs

for my $program ("$FindBin::Bin/../../../stratumd/stratumd", "$FindBin::Bin/../../../webd/webd")
{
    for my $bad ('password=' . LIBPQ . ' nosuch=1', 'postgres://u:' . LIBPQ . '@[x', LIBPQ)
    {
        my ($stdout, $stderr) = run_command([ $program, '--database', $bad ]);
        isnt($stdout . $stderr, '', 'an invalid conninfo is refused');
        shows_none($stdout . $stderr, 'without a word of it');
    }
}

# --- logs

$pool->stop_stratumd;
shows_none(slurp_file($pool->stratumd_log), "stratumd's log shows none");
$pool->node->stop;
my $log = slurp_file($pool->node->logfile);
like($log, qr/chimera/, 'the server has its log');
shows_none($log, 'which shows none');

done_testing();
