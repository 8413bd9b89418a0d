# The dashboard in a browser: mined blocks, switching networks, payout addresses,
# payouts; by keyboard, on a small screen, with the dark theme, and without the
# database.
#
# test/browser/main.js drives the browser and requests actions that a browser
# cannot do from this script. Both exchange lines of JSON: ["ok", NAME], ["not ok",
# NAME, WHY], or ["do", COMMAND, ARGUMENT...], to which this script replies [whether
# it succeeded, result].

use strict;
use warnings;

use Chimera::Pool;
use Chimera::Webd;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use IPC::Open2;
use JSON::PP;
use Test::More;

use constant {
    # a share in two seconds, each of them a block: there are 431 to the first of
    # MWEB, which would want a peg-in
    HASHES_PER_SECOND => 3,
    BLOCKS => 3,
    SCRYPT_DIFFICULTY => 1e-4,
    SHA256D_DIFFICULTY => 1e-9,
    PASSWORD => 'correct horse',
    PAYOUT_CONFIRMATIONS => 2,
    MATURE => 101,
};

my $root = abs_path(dirname(__FILE__) . '/../../..');
my $dashboard = "$root/build/dashboard";
my $screenshots = abs_path($PostgreSQL::Test::Utils::log_path) . '/screenshots';
my $json = JSON::PP->new->allow_nonref;

die "make dashboard first\n" unless -f "$dashboard/index.html";

# --- a pool of three networks

my %coin = (
    litecoin => Chimera::Pool->start_litecoind,
    rivalcoin => Chimera::Pool->start_litecoind,
    bitcoin => Chimera::Pool->start_bcoin);
my $wallet_address = $coin{litecoin}->new_address;
$coin{litecoin}->mine(1, $wallet_address);
$coin{litecoin}->mine(MATURE);
$coin{$_}->mine(20) for qw(rivalcoin bitcoin);

my $pool = Chimera::Pool->new('main');
my %symbol = (litecoin => 'LTC', rivalcoin => 'RVC', bitcoin => 'BTC');
for my $name (qw(litecoin rivalcoin bitcoin))
{
    my $difficulty = $name eq 'bitcoin' ? SHA256D_DIFFICULTY : SCRYPT_DIFFICULTY;
    $pool->add_network($name, $coin{$name}, symbol => $symbol{$name}, pool_address => $coin{$name}->new_address,
        confirmations_needed => $name eq 'bitcoin' ? 2 : 100,
        map({ $_ => $difficulty } qw(start_difficulty min_difficulty max_difficulty)));
    $pool->safe_psql("SELECT chimera.set_reward_scheme('$name', 'prop', '{\"fee_percent\": 1}')");
}
my %ports = (
    litecoin => $pool->add_listener('litecoin'),
    bitcoin => $pool->add_listener('bitcoin'),
    scrypt => $pool->add_listener('scrypt', network => undef, algorithm => 'scrypt'));
$pool->safe_psql(<<"SQL");
SELECT chimera.add_node('litecoin', '@{[$coin{litecoin}->url]}wallet/pool', kind => 'wallet',
    rpc_cookie_file => '@{[$coin{litecoin}->cookie_file]}');
SELECT chimera.update_network('litecoin', '{"payout_confirmations": @{[PAYOUT_CONFIRMATIONS]},
    "block_url": "https://explorer.example/{hash}"}');
SQL
$pool->start_stratumd;
$pool->wait_for_job($_) for sort keys %coin;

# one miner with an address, one of an account that will be private
my $address = $coin{litecoin}->new_address;
my @miners = map { $pool->miner('scrypt', algorithm => 'scrypt', user => $_, hashes_per_second => HASHES_PER_SECOND) }
  "$address.rig1", 'alice.rig1';
$pool->wait_for_sql('SELECT count(DISTINCT miner_id) = 2 FROM chimera.shares');
my $webd = Chimera::Webd->start($pool, '--rate=0', "--dashboard=$dashboard");
is((Chimera::Webd::set_password($pool, 'alice', PASSWORD))[0], 0, 'an account gets a password');
is((Chimera::Webd::set_password($pool, 'root', PASSWORD, '--admin'))[0], 0, 'so does an admin');

# --- actions for the browser

my %commands = (
    pool => sub {
        my $node = $coin{litecoin}->first;
        return {
            address => $address,
            ports => \%ports,
            password => PASSWORD,
            wallets => [ map { $node->wallet('alice', 'getnewaddress', '', 'bech32') } 1 .. 2 ]
        };
    },
    sql => sub { return $pool->safe_psql($_[0]) },
    mine => sub {
        my ($network, $algorithm, $user) = @_;
        for (1 .. BLOCKS)
        {
            $pool->wait_for_job($network);
            $pool->miner($network, algorithm => $algorithm, user => $user, shares => 1)->wait;
        }
        return;
    },
    pay => \&pay,
    prepare => \&prepare,
    stop_database => sub { $pool->node->stop('fast'); return },
    start_database => sub { $pool->start_postgres; return });

# Credit an amount and pay it from the real wallet, up to the last confirmation.
sub pay
{
    my ($account, $sats) = @_;
    my $batch = $pool->safe_psql(<<"SQL");
SELECT chimera.adjust_balance('litecoin', '$account', $sats, 'a test');
SELECT chimera.prepare_payouts('litecoin');
SQL
    $batch =~ s/.*\n//s;
    my $state = "SELECT state FROM chimera.payout_batches WHERE batch_id = $batch";
    $pool->wait_for_sql($state, 'sent');
    $coin{litecoin}->mine(PAYOUT_CONFIRMATIONS);
    $pool->wait_for_sql($state, 'confirmed');
    return $batch;
}

# A batch that is not sent because the network has no wallet.
sub prepare
{
    my ($to) = @_;
    my $batch = $pool->safe_psql(<<"SQL");
SELECT chimera.set_wallets('alice', 'rivalcoin', ARRAY['$to']);
SELECT chimera.adjust_balance('rivalcoin', 'alice', 90000000, 'a test');
SELECT chimera.prepare_payouts('rivalcoin');
SQL
    return $batch =~ s/.*\n//sr;
}

# --- communication with the browser's script

$ENV{DASHBOARD_URL} = 'http://127.0.0.1:' . $webd->port;
$ENV{DASHBOARD_SCREENSHOTS} = $screenshots;
my $pid = open2(my $from, my $to, 'node', "$root/test/browser/main.js");
while (my $line = <$from>)
{
    my ($what, $name, @more) = @{ $json->decode($line) };

    if ($what eq 'do')
    {
        my $answer = eval { [ JSON::PP::true, scalar $commands{$name}->(@more) ] } // [ JSON::PP::false, "$@" ];
        print {$to} $json->encode($answer), "\n";
        $to->flush;
        next;
    }
    ok($what eq 'ok', $name) || diag(@more);
}
waitpid $pid, 0;
is($?, 0, 'the browser tests ran to the end');

is($webd->stop, 0, 'webd exits');
done_testing;
