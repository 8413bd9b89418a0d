# A node that has just been started answers every call with error -28 until it
# has loaded its files: the pool says so, waits, and mines on by itself.
use strict;
use warnings;

use POSIX qw(mkfifo);
use Test::More;

use Chimera::Pool;

my $pool = Chimera::Pool->new('warm_up');

sub template_health
{
    my ($network) = @_;
    return "SELECT message FROM chimera.health WHERE part = 'template' AND name = '$network' AND NOT ok";
}

# Start the node again, in a warm-up that lasts until end_warm_up(): it reads a
# list of bans that only comes then.
sub begin_warm_up
{
    my ($node, $ban_list) = @_;
    $node->stop;
    unlink $ban_list;
    mkfifo($ban_list, 0600) or die "$ban_list: $!\n";
    $node->launch;
    return;
}

sub end_warm_up
{
    my ($node, $ban_list, $bans) = @_;
    open my $pipe, '>', $ban_list or die "$ban_list: $!\n";
    print $pipe $bans;
    close $pipe;
    unlink $ban_list;
    $node->wait_until_up;
    return;
}

sub warms_up
{
    my ($network, $node, $ban_list, $bans) = @_;
    $pool->wait_for_job($network);
    begin_warm_up($node, $ban_list);
    $pool->wait_for_sql('SELECT EXISTS (' . template_health($network) . q{ AND message LIKE '%(code -28)%')});
    like($pool->safe_psql(template_health($network)), qr/the node is starting: .+ \(code -28\)/, "$network: health says what is waited for");
    like($pool->safe_psql("SELECT string_agg(message, chr(10)) FROM chimera.test_network('$network') WHERE NOT ok"),
        qr/the node is starting: .+ \(code -28\)/, "$network: and so does test_network");
    my $before = $pool->safe_psql('SELECT max(job_id) FROM chimera.jobs');
    end_warm_up($node, $ban_list, $bans);
    $pool->wait_for_sql("SELECT max(job_id) > $before FROM chimera.jobs JOIN chimera.network_configs USING (network_id) WHERE name = '$network'");
    $pool->wait_for_sql('SELECT NOT EXISTS (' . template_health($network) . ')');
    pass("$network: jobs are made again as soon as it is up");
    return;
}

my $litecoin = Chimera::Pool->start_litecoind;
$litecoin->mine(10);
$pool->add_network('litecoin', $litecoin);
warms_up('litecoin', $litecoin->first, $litecoin->first->chain_dir . '/banlist.dat', '');

SKIP: {
    skip 'bitcoind is not installed', 3 unless Chimera::Bitcoind->is_installed;
    my $bitcoin = Chimera::Pool->start_bitcoind;
    $bitcoin->mine(1);
    $pool->add_network('bitcoin', $bitcoin);
    warms_up('bitcoin', $bitcoin, $bitcoin->chain_dir . '/banlist.json', '{"banned_nets": []}');
}
done_testing();
