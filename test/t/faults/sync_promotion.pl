# The primary is lost under load and its synchronous standby promoted: what was
# acknowledged is there, stratumd follows to the new primary by itself, and its
# miners stay connected.  Once by a crash, once as planned.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

use Chimera::Pool;
use Chimera::SteadyLoad;

my $pool = Chimera::Pool->new('primary', conf => <<'CONF');
wal_level = replica
max_wal_senders = 4
hot_standby = on
CONF
my $primary = $pool->node;
my $standby = $pool->reserve_standby('standby');
my $spare = $pool->reserve_standby('spare');
my $load = Chimera::SteadyLoad->new;

$pool->start_synchronous_standby($standby);
$load->start($pool);
my $audit = $load->audit;

sub go_on
{
    my ($when, $since) = @_;

    $load->mine_on;
    diag sprintf '%s: %.1f s until every miner mined on', $when, time - $since;
    is_deeply([ $audit->deviations ], [], "nothing is missing or counted twice after $when");
    $pool->wait_for_sql(q(SELECT bool_and(ok) FROM chimera.health WHERE part <> 'rewards'));
    is($load->reconnects, 0, "all miners have stayed connected through $when");
    return;
}

# --- a crash, of a primary that has much which the standby has not

my $receiver = $standby->safe_psql('pool', 'SELECT pid FROM pg_stat_wal_receiver');
kill 'STOP', $receiver;
$pool->wait_for_sql(
    q(SELECT bool_and(message LIKE '% waiting for a synchronous standby: no share is acknowledged') FROM chimera.health WHERE part = 'waits'));
my $waited = $load->acknowledgements;
my $begin = time;
$pool->kill9_postgres;
is($load->acknowledgements, $waited, 'no share is acknowledged while the standby is stopped, and health says why');
kill $_, $receiver for qw(TERM CONT);    # it takes no more of what the primary has sent
$pool->promote($standby);
go_on('the promotion after a crash', $begin);

# --- as planned, to a standby of the new primary

$pool->start_synchronous_standby($spare);
$load->mine_on;
$begin = time;
$standby->stop('fast');
$pool->promote($spare);
go_on('a planned promotion', $begin);

# --- a new stratumd finds the primary among the servers

$pool->kill9_stratumd;
$pool->start_stratumd;
$load->mine_on;
is_deeply([ $load->end ], [], 'nothing is missing at the end, in the shares, the rollups, the ledger and the chain');
diag $load->summary;

done_testing();
