# Merged mining under sha256d, with a child as strict as Namecoin: what a miner
# says can't void the children's blocks, a share that is stale for the parent
# still makes a child's block, and a crash between a child's block and its
# submission loses nothing and pays nothing twice.

use strict;
use warnings;

use Chimera::Pool;
use Test::More;

use constant {
    MATURITY => 101,
    CONFIRMATIONS => 3,
    # regtest's difficulty is met by every second hash
    EVERY_HASH => 2**-33,
    MAGIC => 'fabe6d6d',
};

my $bitcoin = Chimera::Pool->start_bcoin;
my %child = (
    namecoin => Chimera::Pool->start_auxpow_child(chain_id => 1, segwit => 1, refuses_parent_bit_8 => 1),
    # its id lies in the bits that miners roll
    fractal => Chimera::Pool->start_auxpow_child(chain_id => 8228),
);
$_->mine(MATURITY) for $bitcoin, values %child;

my $pool = Chimera::Pool->new('main');
$pool->add_network('bitcoin', $bitcoin, confirmations_needed => CONFIRMATIONS,
    map { $_ => EVERY_HASH } qw(start_difficulty min_difficulty max_difficulty));
$pool->add_network($_, $child{$_}, confirmations_needed => CONFIRMATIONS, template_rules => [ $child{$_}->template_rules ])
  for sort keys %child;
$pool->safe_psql("SELECT chimera.set_reward_scheme('$_', 'pplns')") for 'bitcoin', sort keys %child;
$pool->safe_psql("SELECT chimera.merge_network('$_', 'bitcoin')") for sort keys %child;
$pool->add_listener('bitcoin');
$pool->start_stratumd;
$pool->wait_for_job($_) for 'bitcoin', sort keys %child;

my ($client, $job);

# a client that rolls versions, and a job that carries the newest of these children
sub connect_client
{
    $client = $pool->stratum('bitcoin');
    $client->configure_version_rolling('1fffe000');
    $client->subscribe;
    $client->authorize('alice.rig');
    return;
}

sub next_job
{
    my ($carried) = @_;

    $pool->wait_for_job($_) for split / /, $carried;
    Chimera::Pool::wait_until(
        "a job that carries $carried",
        sub {
            $job = $client->next_notify;
            return $pool->safe_psql(<<"SQL") eq $carried;
SELECT coalesce(string_agg(n.name, ' ' ORDER BY n.name), '') FROM chimera.jobs j
JOIN chimera.carried_jobs c USING (tree_id) JOIN chimera.network_configs n ON n.network_id = c.network_id
WHERE j.job_id = @{[ hex $job->{id} ]}
  AND c.job_id >= (SELECT max(k.job_id) FROM chimera.jobs k WHERE k.network_id = c.network_id AND k.clean_jobs)
SQL
        });
    return $job;
}

sub blocks
{
    return $pool->safe_psql(<<'SQL');
SELECT coalesce(string_agg(n.name || ' ' || b.count, ', ' ORDER BY n.name), '')
FROM (SELECT network_id, count(*) FROM chimera.blocks GROUP BY 1) b JOIN chimera.network_configs n USING (network_id)
SQL
}

sub error_of
{
    my ($answer) = @_;
    return $answer->{error} ? $answer->{error}[1] : 'none';
}

# submit shares until one is a block; returns the answers' errors
sub submit_until_block
{
    my $before = blocks();
    my @errors;

    for (1 .. 40)
    {
        push @errors, error_of($client->submit($client->find_share($job, difficulty => EVERY_HASH)));
        return \@errors if blocks() ne $before;
    }
    return \@errors;
}

connect_client();
next_job('fractal namecoin');

# --- what would void the children's blocks

my $mask = $pool->safe_psql('SELECT version_mask FROM chimera.jobs WHERE job_id = ' . hex $job->{id});
is($mask & 0x100, 0, 'bit 8 is not rolled');
isnt($mask & 0x240000, 0x240000, 'nor are all bits of a child\'s id');
cmp_ok($mask & 0x1fffe000, '!=', 0x1fffe000, 'so the mask is smaller than BIP 320\'s');
isnt((0x20000000 | $mask) >> 16 & 0xffff, 0x2024, 'no version has the child\'s id');
like(
    error_of($client->submit($client->find_share($job, difficulty => EVERY_HASH, version_bits => '00240000'))),
    qr/version bits/, 'a version with a child\'s id is refused');
for my $extranonce2 (MAGIC . '00000000', '0000' . MAGIC . '0000', '00000000' . MAGIC)
{
    like(
        error_of($client->submit($client->find_share($job, difficulty => EVERY_HASH, extranonce2 => $extranonce2))),
        qr/extranonce2 contains fabe6d6d/, "an extranonce2 of $extranonce2 is refused");
}
is(blocks(), '', 'and none of it is a block');

# --- a share that is stale for the parent

my $stale = $job;
$pool->safe_psql('SELECT chimera.retire_jobs(network_id, job_id) FROM chimera.jobs WHERE job_id = ' . hex $job->{id});
my $errors = submit_until_block();
is_deeply([ grep { $_ ne 'stale job' } @{$errors} ], ['none'], 'shares of a stale job are refused, but one that is a block');
like(blocks(), qr/fractal 1, namecoin 1/, 'of both children');
$pool->wait_for_sql(q(SELECT bool_and(status = 'accepted') FROM chimera.blocks b JOIN chimera.network_configs n USING (network_id) WHERE n.name <> 'bitcoin'));
pass('which their nodes accept');
is($pool->safe_psql('SELECT count(*) FROM chimera.blocks WHERE proof_problem IS NOT NULL'), 0, 'each proof is valid');

# --- a crash between a child's block and its submission

next_job('fractal namecoin');
$child{namecoin}->kill9;
submit_until_block();
is($pool->safe_psql(q(SELECT count(*) FROM chimera.blocks b JOIN chimera.network_configs n USING (network_id) WHERE n.name = 'namecoin' AND b.status = 'found')),
    1, 'a block of a child whose node is dead waits');
$pool->kill9_postgres;
$child{namecoin}->start;
$pool->start_postgres;
$pool->wait_for_sql(q(SELECT count(*) FROM chimera.blocks b JOIN chimera.network_configs n USING (network_id) WHERE n.name = 'namecoin' AND b.status = 'accepted'), 2);
pass('and is accepted after the crash');
is($pool->safe_psql('SELECT count(*) - count(DISTINCT (network_id, hash)) FROM chimera.blocks'), 0, 'no block is there twice');

# --- each chain credits its own

$_->mine(CONFIRMATIONS) for $bitcoin, values %child;
$pool->wait_for_sql(q(SELECT bool_and(ledger_state = 'matured') FROM chimera.blocks WHERE status <> 'orphaned'));
is($pool->safe_psql(<<'SQL'), 'bitcoin|t, fractal|t, namecoin|t', 'each ledger has the rewards of its blocks, to the unit');
SELECT string_agg(n.name || '|' || (b.amount_sats = (SELECT sum(k.reward_sats) FROM chimera.blocks k WHERE k.network_id = n.network_id AND k.ledger_state = 'matured'))::text::char,
                  ', ' ORDER BY n.name)
FROM chimera.balances b JOIN chimera.network_configs n USING (network_id) WHERE b.account = 'balance'
SQL
is($pool->safe_psql('SELECT * FROM chimera.audit()'), '', 'and the audit finds nothing');

done_testing();
