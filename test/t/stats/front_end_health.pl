# chimera.health sees the front end: ports that can't be opened, and a stratumd
# that is gone.
use strict;
use warnings;

use IO::Socket::INET;
use Test::More;

use Chimera::Pool;
require './test/perl/Chimera/FakeNode.pm';

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('main');
$pool->add_network('fake', $coin);
my $port = $pool->add_listener('fake');
$pool->start_stratumd;

sub part { return $pool->safe_psql("SELECT string_agg(ok || ' ' || message, '; ') FROM chimera.health WHERE part = '$_[0]'") }

sub waits_for
{
    my ($part, $pattern, $name) = @_;
    my $said = '';

    Chimera::Pool::wait_until("$part: $name", sub { ($said = part($part)) =~ $pattern });
    pass($name);
    return;
}

# --- a port that somebody else has

my $other = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0, Proto => 'tcp') // die $@;
my $taken = $other->sockport;
$pool->safe_psql("SELECT chimera.add_listener($taken, network => 'fake', address => '127.0.0.1')");
waits_for('listener', qr/\Afalse stratumd(?: at \S+)? could not listen on 127\.0\.0\.1 port $taken: Address already in use\z/,
    'a port that is taken is told of, with the reason');
$pool->safe_psql("SELECT chimera.add_listener($port + 1, network => 'fake', address => '192.0.2.77')");
waits_for('listener', qr/192\.0\.2\.77 port \d+: Cannot assign requested address/, 'so is an address of another machine');
$pool->safe_psql("SELECT chimera.add_listener($port + 2, network => 'fake', tls => true, address => '127.0.0.1')");
waits_for('listener', qr/TLS is enabled for this listener, but --tls-certificate is not set/, 'and TLS without a certificate');
$pool->restart_stratumd;
waits_for('listener', qr/Address already in use.*TLS|TLS.*Address already in use/s, 'a new stratumd tells the same');
$pool->restart;
waits_for('listener', qr/Address already in use.*TLS|TLS.*Address already in use/s, 'also to a database that was restarted');
$pool->safe_psql("SELECT chimera.remove_listener(port => $_, drain => '0') FROM generate_series(1, 1)") for $port + 1, $port + 2;
waits_for('listener', qr/\A[^;]*Address already in use\z/, 'ports that are removed are told of no more');
close $other;
waits_for('listener', qr/\A\z/, 'nor one that could be opened at last');

# --- a stratumd that is gone

is(part('stratumd'), '', 'stratumd is there');
$pool->restart_stratumd;
is(part('stratumd'), '', 'one that ends in good order is not missed');
$pool->kill9_stratumd;
waits_for('stratumd', qr/\Afalse lost connection to stratumd(?: at \S+)?;/, 'one that was killed is');
$pool->start_stratumd;
waits_for('stratumd', qr/\A\z/, 'until another one has taken its place');
$pool->kill9_stratumd;
waits_for('stratumd', qr/lost connection to stratumd/, 'one is gone for good');
my ($id) = part('stratumd') =~ /forget_stratum_server\('([0-9a-f-]+)'\)/;
is($pool->safe_psql("SELECT chimera.forget_stratum_server('$id')"), 't', 'which the operator says');
is(part('stratumd'), '', 'and is told of no more');

# --- one that comes back while the dead are looked for

my $server = '11111111-1111-4111-8111-111111111111';
my $hello = "SELECT chimera.stratum_hello('$server', '{7}', '{0}', '{0}', ARRAY[(SELECT min(listener_id) FROM chimera.listeners)],"
  . " ARRAY[NULL]::uuid[], ARRAY[NULL]::inet[], '{a}', '{b}')";
$pool->kill9_stratumd;
my $looker = $pool->background_psql;
$looker->query_safe('BEGIN; SELECT count(*) FROM pg_stat_activity');
my $back = $pool->background_psql;
$back->query_safe($hello);
$looker->query_safe('SELECT chimera.end_dead_servers(); COMMIT');
is($pool->safe_psql("SELECT lost_at IS NULL FROM chimera.stratum_servers WHERE server_id = '$server'"),
    't', 'a stratumd that has come back is not taken for gone');
is($pool->safe_psql("SELECT count(*) FROM chimera.miner_network_assignments WHERE server_id = '$server' AND disconnected_at IS NULL"),
    1, 'and its miners stay connected');
$_->quit for $looker, $back;

# --- no room for a network's workers

$pool->safe_psql(join ';', map { qq(SELECT chimera.add_network('n$_', 'scrypt', 'N', repeat('0', 64), 'http://127.0.0.1:1', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', settings => '{"p2pkh_version": 0}')) } 1 .. 10);
my $warned = 0;
for my $number (1 .. 10)
{
    my (undef, undef, $said) = $pool->node->psql(Chimera::Pool::DATABASE(), "SELECT chimera.enable_network('n$number')");
    last if $warned = $said =~ /WARNING:  network "n$number" cannot start: max_worker_processes is (\d+), but (\d+) are needed/;
    $pool->wait_for_sql("SELECT count(*) = 2 FROM chimera.worker_status() JOIN chimera.network_configs USING (network_id) WHERE name = 'n$number'");
}
ok($warned, 'enabling says when no worker is left');
$pool->wait_for_sql(q(SELECT bool_or(message ~ 'too many background workers') FROM chimera.health));
pass('and it is so');

done_testing();
