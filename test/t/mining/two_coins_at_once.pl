# Two coins in one database at once: nothing gets mixed up, and what befalls
# one coin's node is no matter of the other's.

use strict;
use warnings;

use Chimera::Pool;
use PostgreSQL::Test::Utils;
use Test::More;

# a few shares a second of each coin, nearly all of them blocks
use constant {
    HASHES_PER_SECOND => 30,
    SCRYPT_DIFFICULTY => 1e-4,
    SHA256D_DIFFICULTY => 1e-9,
};

my $litecoin = Chimera::Pool->start_litecoind;
my $bitcoin = Chimera::Pool->start_bcoin;
$_->mine(20) for $litecoin, $bitcoin;

my $pool = Chimera::Pool->new('main', conf => "chimera.node_timeout = 1s\n");
$pool->add_network('litecoin', $litecoin,
    map({ $_ => SCRYPT_DIFFICULTY } qw(start_difficulty min_difficulty max_difficulty)));
$pool->add_network('bitcoin', $bitcoin,
    map({ $_ => SHA256D_DIFFICULTY } qw(start_difficulty min_difficulty max_difficulty)));
$pool->add_listener($_) for qw(litecoin bitcoin);
$pool->start_stratumd;
$pool->wait_for_job($_) for qw(litecoin bitcoin);

my %miner = map { $_ => $pool->miner($_, user => "alice.$_", hashes_per_second => HASHES_PER_SECOND) }
  qw(litecoin bitcoin);

# Wait until a network has that many more shares and jobs than now.
sub wait_for_progress
{
    my ($network, $shares, $jobs) = @_;
    my $shares_wanted = $pool->safe_psql('SELECT ' . count_of($network, 'shares')) + $shares;
    my $jobs_wanted = $pool->safe_psql('SELECT ' . count_of($network, 'jobs')) + $jobs;

    $pool->wait_for_sql('SELECT ' . count_of($network, 'shares') . " >= $shares_wanted AND "
          . count_of($network, 'jobs') . " >= $jobs_wanted");
    return;
}

sub count_of
{
    my ($network, $table) = @_;
    return "(SELECT count(*) FROM chimera.$table WHERE network_id = chimera.network_id('$network'))";
}

# By 'since' it tells whether a worker has been in trouble meanwhile.
sub health_of
{
    my ($network) = @_;
    return $pool->safe_psql("SELECT part, ok, since FROM chimera.health WHERE name = '$network' ORDER BY 1");
}

wait_for_progress($_, 10, 5) for qw(litecoin bitcoin);
pass('both coins are mined at once');

# --- one node dies

my $bitcoin_health = health_of('bitcoin');
$litecoin->kill9;
$pool->wait_for_sql("SELECT bool_and(NOT ok) FROM chimera.health WHERE name = 'litecoin' AND part <> 'rewards'");
pass('a dead node shows in chimera.health');
like(
    $pool->safe_psql("SELECT message FROM chimera.health WHERE name = 'litecoin' AND part = 'template'"),
    qr/the node cannot be reached/,
    'chimera.health says what is wrong');

wait_for_progress('bitcoin', 20, 10);
pass('the other network\'s jobs and shares go on');
is(health_of('bitcoin'), $bitcoin_health, 'the other network\'s workers have not noticed');

wait_for_progress('litecoin', 5, 0);
pass('the dead node\'s miners still have their shares taken');
cmp_ok(
    $pool->safe_psql('SELECT count(*) FROM chimera.blocks WHERE status = \'found\''
          . ' AND network_id = chimera.network_id(\'litecoin\')'),
    '>', 0, 'their blocks wait for the node');

# --- and comes back

$litecoin->start;
$pool->wait_for_sql("SELECT bool_and(ok) FROM chimera.health WHERE name = 'litecoin' AND part <> 'rewards'");
pass('the node is back, and chimera.health knows');
wait_for_progress('litecoin', 10, 5);
pass('its network goes on by itself');
$pool->wait_for_sql("SELECT count(*) FROM chimera.blocks WHERE status = 'found'", 0);
pass('blocks found meanwhile are with the node');

# --- a node that is alive and says nothing

$bitcoin_health = health_of('bitcoin');
kill 'STOP', $litecoin->first->pid;
$pool->wait_for_sql("SELECT bool_and(NOT ok) FROM chimera.health WHERE name = 'litecoin' AND part <> 'rewards'");
pass('a node that does not answer shows in chimera.health');
wait_for_progress('bitcoin', 20, 10);
is(health_of('bitcoin'), $bitcoin_health, 'the other network goes on meanwhile');
kill 'CONT', $litecoin->first->pid;
$pool->wait_for_sql("SELECT bool_and(ok) FROM chimera.health WHERE name = 'litecoin' AND part <> 'rewards'");
wait_for_progress('litecoin', 10, 5);
pass('its network goes on by itself when it answers again');

# --- a node of another chain

$pool->add_network('wrong', $litecoin, genesis_hash => '00' x 32);
$pool->wait_for_sql("SELECT count(*) FROM chimera.health WHERE name = 'wrong' AND part = 'template'"
      . " AND message LIKE 'the node is on another chain%'", 1);
pass('a node of another chain shows in chimera.health');
is($pool->safe_psql('SELECT ' . count_of('wrong', 'jobs')), 0, 'no job is made of its templates');

# --- nothing is mixed up

is($miner{$_}->stop, 0, "the miner of $_ ends") for qw(litecoin bitcoin);
for my $network (qw(litecoin bitcoin))
{
    is_deeply(
        [ sort $pool->stored_share_keys($network) ],
        [ sort $pool->logged_share_keys($miner{$network}->log('accepted')) ],
        "the shares of $network are what its miner was told");
}
is($pool->safe_psql(<<'SQL'), '', 'every share carries the network of its job and of its miner');
SELECT s.share_id, n.name, m.name
FROM chimera.shares s JOIN chimera.network_configs n USING (network_id) JOIN chimera.miners m USING (miner_id)
LEFT JOIN chimera.jobs j ON j.job_id = s.job_id AND j.network_id = s.network_id AND j.algorithm = n.algorithm
WHERE j.job_id IS NULL OR m.name <> n.name
SQL
is($pool->safe_psql(<<'SQL'), '', 'every block carries the network of its job');
SELECT b.block_id FROM chimera.blocks b
LEFT JOIN chimera.jobs j ON j.job_id = b.job_id AND j.network_id = b.network_id AND j.height = b.height
WHERE j.job_id IS NULL
SQL
$pool->wait_for_rollups;
is($pool->rollup_differences, '', 'the rollups equal a recount');

# --- secrets

my $logs = slurp_file($pool->node->logfile) . slurp_file($pool->stratumd_log);
my (undef, $cookie) = split /:/, slurp_file($litecoin->cookie_file);
my (undef, $password) = $bitcoin->credentials;
ok(index($logs, $_) < 0, 'no secret of a node is in a log') for $cookie, $password;

done_testing();
