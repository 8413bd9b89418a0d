# The server's clock is an hour ahead when shares are paid, and set back before
# the next ones are taken: those are paid as well, with a restart in between
# and without.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use Chimera::Pool;

use constant HOUR => 3600;

my $work = abs_path(dirname(__FILE__) . '/../../sql/work.psql');
my $offset = Chimera::Pool->directory('clock') . '/offset';
my %clock = Chimera::Pool->fault_environment('clock', $offset);

sub set_clock { return Chimera::Pool->set_fault($offset, pack 'q', $_[0]) }

set_clock(0);
my $pool = do { local @ENV{ keys %clock } = values %clock; Chimera::Pool->new('main') };
$pool->safe_psql(<<'SQL');
SELECT chimera.add_network('ahead', 'sha256d', 'TST', repeat('0', 64), 'http://127.0.0.1:1', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', settings => '{"p2pkh_version": 0}');
SELECT chimera.set_reward_scheme('ahead', 'pps');
INSERT INTO chimera.accounts (name) VALUES ('alice');
INSERT INTO chimera.miners (account_id, name) SELECT account_id, '' FROM chimera.accounts;
SQL

# A share of a job made now.
my $salt = 0;

sub take_share
{
    $salt++;
    return $pool->safe_psql(<<"SQL");
\\i $work
SELECT pg_temp.make_job(network_id, :easy_nbits, salt => $salt) AS job FROM chimera.network_configs \\gset
SELECT miner_id AS alice FROM chimera.miners \\gset
SELECT pg_temp.submit(pg_temp.share(:job, :alice, pg_temp.find(:job, false)));
SQL
}

# Pay up to a horizon that is taken now, and take the next one.
sub pay_shares
{
    my $last = $pool->safe_psql('SELECT coalesce(max(share_id), 0) FROM chimera.shares');
    $pool->wait_for_sql("SELECT chimera.post_pps_shares() IS NOT NULL AND (SELECT share_id >= $last FROM chimera.pps_progress)");
    return;
}

sub paid_is_earned
{
    my ($what) = @_;
    is($pool->safe_psql(<<'SQL'), 't', $what);
SELECT (SELECT sum(chimera.pps_value(s.difficulty, chimera.difficulty(chimera.target(j.nbits), 'sha256d'), j.coinbase_value - j.fees))
        FROM chimera.shares s JOIN chimera.jobs j USING (job_id))
     = coalesce((SELECT sum(amount_sats) FROM chimera.balances WHERE account = 'balance'), 0)
     + (SELECT sum(fraction_sats) FROM chimera.pps_remainders)
SQL
    return;
}

take_share();
pay_shares();
paid_is_earned('a share is paid');

# --- the clock is ahead when shares are paid

set_clock(HOUR);
pay_shares();
$pool->wait_for_sql(q(SELECT next_taken_at > now() - interval '1 minute' FROM chimera.pps_progress
    WHERE chimera.post_pps_shares() IS NOT NULL));
set_clock(0);
take_share();

# as though nobody had looked until the clock was there again
set_clock(HOUR + 120);
pay_shares() for 1 .. 2;
paid_is_earned('a share that is taken after the clock was set back is paid');

# --- and the server starts again before the next share

set_clock(0);
{
    local @ENV{ keys %clock } = values %clock;
    $pool->restart;
}

# the accountant pays once when it starts: this is how it would be had the clock
# been further ahead then
$pool->wait_for_sql(q(SELECT ok AND last_success IS NOT NULL FROM chimera.health WHERE part = 'accountant'));
$pool->safe_psql(q(UPDATE chimera.pps_progress SET taken_at = now() + interval '5 hours',
    next_share_id = NULL, next_settles_after = NULL, next_taken_at = NULL));
take_share();
set_clock(5 * HOUR + 120);
pay_shares() for 1 .. 2;
paid_is_earned('so it is after a restart');
done_testing();
