# A block that comes too late for its share to be taken is handed to the nodes
# all the same: after the tip has moved, when its job is superseded, when the
# work is stopped.  A template of which no job can be made doesn't start stopped
# work.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 1e-10,
    STALE => 21,
    LIFETIME_S => 10,
};

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->set(bits => '207fffff')->start;
my $pool = Chimera::Pool->new('main', conf => <<"CONF");
chimera.job_lifetime = @{[ LIFETIME_S ]}s
chimera.template_refresh_interval = 1s
CONF
$pool->add_network('fake', $coin, map { $_ . '_difficulty' => DIFFICULTY } qw(start min max));
$pool->add_listener('fake');
$pool->start_stratumd;
$pool->wait_for_job('fake');
my $client = $pool->stratum('fake', user => 'alice.rig1');
my $job = $client->next_notify;

# A share of the present job that is a block, or is not, and its hash.
sub find_share
{
    my ($is_block) = @_;

    while (1)
    {
        my $share = $client->find_share($job, difficulty => DIFFICULTY);
        my $hash = unpack 'H*', scalar reverse Chimera::Stratum::sha256d($client->build_header($job, $share));
        return ($share, $hash) if ($hash =~ /^[0-7]/) == $is_block;
    }
}

sub code
{
    my ($share) = @_;
    my $reply = $client->submit($share);
    return $reply->{error} ? $reply->{error}[0] : 0;
}

# The newest job: jobs come each second.
sub next_job
{
    $pool->wait_for_job('fake');
    sleep 0.5;
    while (my $next = $client->next_notify(0.1)) { $job = $next }
    return;
}

# A block and a share are late when that has happened.
sub late_after
{
    my ($what, $happens, %options) = @_;
    my ($block, $hash) = find_share(1);
    my ($share) = find_share(0);

    $happens->();
    is(code($share), $options{code} // STALE, "$what: a share is refused");
    is(code($block), 0, '... a block is accepted');
    ok(eval { Chimera::Pool::wait_until('the block', sub { grep { $_->{hash} eq $hash } $coin->blocks }); 1 },
        '... and given to the node');
    is(code($block), 22, '... once');
    is($pool->safe_psql("SELECT count(*) FROM chimera.blocks b JOIN chimera.shares s USING (network_id, share_id) WHERE b.hash = '\\x$hash'"),
        1, '... with its share');
    return;
}

late_after('the tip has moved', sub { $coin->new_tip; $pool->wait_for_job('fake') });
next_job();
late_after('the job is superseded', sub { sleep LIFETIME_S + 4 });
# --- work is stopped

$coin->new_tip;
next_job();
$pool->safe_psql('UPDATE chimera.network_configs SET template_max_age_s = 10');
late_after('the work is stopped', sub {
    $coin->set(mode => 'error');
    $pool->wait_for_sql('SELECT count(*) = 1 FROM chimera.stopped_networks');
    # submitblock answers again; there is still no template
    $coin->set(mode => 'ok', template_error => 'TestBlockValidity failed');
});

# --- a template of which no job can be made

$coin->set(template => { coinbaseaux => { flags => 'ab' x 200 } }, template_error => undef);
my ($stopped, $asked) = ($pool->safe_psql('SELECT stopped_at FROM chimera.stopped_networks'), $coin->requests('getblocktemplate'));
Chimera::Pool::wait_until('more templates', sub { $coin->requests('getblocktemplate') > $asked + 10 });
is($pool->safe_psql('SELECT stopped_at FROM chimera.stopped_networks'), $stopped, 'a template without a job does not start the work');
like($pool->safe_psql(q(SELECT message FROM chimera.health WHERE name = 'fake' AND part = 'template')),
    qr/^no jobs since .*; the coinbase's script is longer than 100 bytes/, 'health says why');
$coin->set(template => {});
$pool->wait_for_sql('SELECT count(*) = 0 FROM chimera.stopped_networks');
pass('the next job does');

# --- a restart

next_job();
late_after('the server was restarted, and the tip has moved', sub {
    $coin->new_tip;
    $pool->restart;
    $pool->wait_for_job('fake');
    # the connection lives on, and the next share waits for the database
});

# --- a batch that fails for a while

# A block is kept through an error that says nothing of the batch.
$coin->new_tip;
next_job();
my ($definition) = $pool->safe_psql(q(SELECT pg_get_functiondef('chimera.submit_shares'::regproc)));
for my $state (qw(54000 58030 57P05 XX000))
{
    my ($block) = find_share(1);

    $pool->safe_psql(<<"SQL");
CREATE OR REPLACE FUNCTION chimera.submit_shares(batch bytea) RETURNS bytea LANGUAGE plpgsql SECURITY DEFINER AS
\$\$ BEGIN RAISE EXCEPTION 'for a while' USING ERRCODE = '$state'; END \$\$
SQL
    my $id = $client->send_request('mining.submit', $client->submit_params($block));
    Chimera::Pool::wait_until('the batch', sub { Chimera::Node::slurp($pool->stratumd_log) =~ /retrying: $state: for a while/ });
    $pool->safe_psql($definition);
    is($client->reply_to($id, 30)->{result}, JSON::PP::true, "a block outlives error $state");
}

done_testing();
