# After a start the share set holds what it held: the shares of the jobs that
# were live, not of all since the tip moved.  What doesn't fit is refused share
# by share.  Places of deleted networks in shared memory are used again.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    BATCH => 1500,
    NETWORKS => 1024,
    HEIGHT_BLOCKS => 16,
};

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('main', conf => <<'CONF');
chimera.share_set_size = 1MB
chimera.job_lifetime = 10s
chimera.template_refresh_interval = 1s
CONF
$pool->add_network('fake', $coin);
$pool->wait_for_job('fake');
my $miner_id = $pool->safe_psql(<<'SQL');
WITH account AS (INSERT INTO chimera.accounts (name) VALUES ('alice') RETURNING account_id)
INSERT INTO chimera.miners (account_id, name) SELECT account_id, '' FROM account RETURNING miner_id;
SQL
my $next = 0;

# The codes of a batch of shares of a job, the newest unless told.
sub submit
{
    my ($first, $job_id) = @_;
    my $last = $first + BATCH - 1;
    my $job = $job_id // '(SELECT max(job_id) FROM chimera.jobs)';

    return $pool->safe_psql(<<"SQL");
WITH job AS (SELECT job_id, curtime FROM chimera.jobs WHERE job_id = $job), batch AS (
    SELECT chimera.submit_shares('\\x00000001'::bytea || string_agg(
        int8send(job_id) || int4send($miner_id) || int4send(1) || int8send(n) || int4send(curtime::int) || int4send(0)
        || int4send(0) || int4send(0) || float8send(2.3283064365386963e-10), '' ORDER BY n)) AS answer
    FROM job, generate_series($first, $last) n)
SELECT string_agg(code::text, ' ' ORDER BY code) FROM (SELECT DISTINCT get_byte(answer, i) AS code FROM batch, generate_series(0, length(answer) - 1) i
) codes
SQL
}

# 28 s of shares upon one tip: more than the set holds, of which a third is live
my $capacity = $pool->safe_psql('SELECT capacity FROM chimera.share_set()');
my $codes = '';
my $first_job = $pool->safe_psql('SELECT max(job_id) FROM chimera.jobs');
while ($next < $capacity * 1.5)
{
    $codes .= submit($next);
    $next += BATCH;
    sleep 1.2;
}
unlike($codes, qr/8/, 'all shares find room while the pool runs');
$pool->restart;
$pool->wait_for_sql('SELECT true');
my $live = $pool->safe_psql('SELECT max(job_id) FROM chimera.jobs WHERE job_id IN (SELECT job_id FROM chimera.shares)');
like(submit($next - BATCH, $live), qr/^(0 )?3$/, 'what was accepted before is a duplicate');
unlike(submit($next), qr/8/, 'and there is room for more');
is($pool->safe_psql('SELECT count(DISTINCT prevhash) FROM chimera.jobs'), 1, 'upon the same tip');
cmp_ok($pool->safe_psql('SELECT used FROM chimera.share_set()'), '<', $capacity * 0.9, 'the set is not full');
like(submit($next, $first_job), qr/^2(?: [49])?$/, 'what was not live any more is stale');

# --- it doesn't fit: a start with a set too small

$pool->node->append_conf('postgresql.conf', "chimera.job_lifetime = 300s\nchimera.template_refresh_interval = 60s\n");
$coin->set(mode => 'hang');
$pool->restart;
$pool->wait_for_sql('SELECT true');
$live = $pool->safe_psql('SELECT max(job_id) FROM chimera.shares');
like(submit(0, $live), qr/^2(?: [49])?$/, 'jobs whose shares do not all fit are stale, and no batch fails');
$coin->set(mode => 'ok')->new_tip;
$pool->wait_for_job('fake');
$next += 2 * BATCH;
unlike(submit($next), qr/[28]/, 'the next job has room');

# --- networks that come and go

my $statements = join "\n", map { "SELECT chimera.retire_jobs(md5('$_')::uuid, 1), chimera.release_jobs(md5('$_')::uuid);" } 1 .. NETWORKS + 10;
is(eval { $pool->safe_psql($statements); 'done' }, 'done', 'places of deleted networks are used again');
$pool->safe_psql(<<'SQL');
BEGIN;
SELECT chimera.retire_jobs(md5('kept')::uuid, 1000000);
SAVEPOINT s;
SELECT chimera.release_jobs(md5('kept')::uuid);
ROLLBACK TO s;
COMMIT;
SQL
my $error = eval { $pool->safe_psql(join "\n", map { "SELECT chimera.retire_jobs(md5('more $_')::uuid, 1);" } 1 .. NETWORKS); '' } // $@;
like($error, qr/too many networks/, 'there is no room for more');

# --- a set that is full takes no more shares, but blocks

$pool->safe_psql('ALTER SYSTEM SET chimera.template_refresh_interval = 1000');
$pool->safe_psql('SELECT pg_reload_conf()');
for (1 .. 2 * $capacity / BATCH)
{
    $next += BATCH;
    last if ($codes = submit($next)) eq '8';
}
is($codes, '8', 'the set is full');
$pool->safe_psql(q(SELECT chimera.accept_template('fake', 'a test', difficulty => 1e-10)));
$coin->set(bits => '207fffff')->refresh;
$pool->wait_for_sql(q(SELECT nbits = 545259519 FROM chimera.jobs ORDER BY job_id DESC LIMIT 1));
is(submit($next), '1 8', 'then blocks are taken all the same');
is($pool->safe_psql('SELECT count(*) FROM chimera.blocks WHERE raw IS NOT NULL'), HEIGHT_BLOCKS, 'and stored, as many as a height may have');

done_testing();
