# A full share set refuses shares rather than forget one, and has room again
# when jobs retire.

use strict;
use warnings;

use Chimera::Pool;
use Test::More;

use constant BATCH => 4096;

my $pool = Chimera::Pool->new('main', conf => <<'CONF');
chimera.share_set_size = 1MB
max_prepared_transactions = 1
CONF
my $network_id = $pool->safe_psql(<<'SQL');
SELECT chimera.add_network('nodeless', 'sha256d', 'N', repeat('0', 64), 'http://127.0.0.1:1',
    '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', settings => '{"p2pkh_version": 0}');
SQL
my $miner_id = $pool->safe_psql(<<'SQL');
WITH account AS (INSERT INTO chimera.accounts (name) VALUES ('alice') RETURNING account_id)
INSERT INTO chimera.miners (account_id, name) SELECT account_id, '' FROM account RETURNING miner_id;
SQL

sub make_job
{
    return $pool->safe_psql(<<"SQL");
INSERT INTO chimera.jobs SELECT nextval('chimera.jobs_job_id_seq'), '$network_id', 0, 'sha256d', 1, 536870912,
    sha256('p'), 386000000, 1700000000, 1600000000, 5000000000, '\\xab', '\\xcd', sha256('b'), true, 0, true
    RETURNING job_id;
SQL
}

# The answers' counts for a batch of shares, by code.
sub submit
{
    my ($job_id, $first) = @_;
    my $last = $first + BATCH - 1;
    my %counts = map { split /:/ } split / /, $pool->safe_psql(<<"SQL");
WITH batch AS (
    SELECT chimera.submit_shares('\\x00000001'::bytea || string_agg(
        int8send($job_id) || int4send($miner_id) || int4send(1) || int8send(n) || int4send(1700000000) || int4send(0)
        || int4send(0) || int4send(0) || float8send(2.3283064365386963e-10), '' ORDER BY n)) AS answer
    FROM generate_series($first, $last) n)
SELECT string_agg(code || ':' || count, ' ')
FROM (SELECT get_byte(answer, i) AS code, count(*) AS count FROM batch, generate_series(0, length(answer) - 1) i
      GROUP BY 1) codes
SQL
    return \%counts;
}

my $job_id = make_job();
my ($accepted, $refused, $next) = (0, 0, 0);
while (!$refused && $next < 100 * BATCH)
{
    my $counts = submit($job_id, $next);
    $accepted += $counts->{0} // 0;
    $refused = $counts->{8} // 0;
    $next += BATCH;
}
cmp_ok($refused, '>', 0, 'a full set refuses shares with an answer of their own');
my $capacity = $pool->safe_psql('SELECT capacity FROM chimera.share_set()');
cmp_ok($accepted, '>', $capacity * 0.8, 'it is full only when nearly all of it is used');
is($pool->safe_psql('SELECT count(*) FROM chimera.shares'), $accepted, 'what was accepted is stored');
is(submit($job_id, 0)->{3},
    $pool->safe_psql('SELECT count(*) FROM chimera.shares WHERE extranonce2 < ' . BATCH),
    'a share that is in it is still a duplicate');
is($pool->safe_psql(q(SELECT ok FROM chimera.health WHERE part = 'share set')), 'f', 'chimera.health says that it is full');

# a start loads the live jobs' shares, and only those
my $newer = make_job();
$pool->restart;
$pool->wait_for_sql('SELECT true');
my $counts = submit($newer, 0);
cmp_ok($counts->{0}, '>=', BATCH - 1, 'a new tip makes room');
is($pool->safe_psql('SELECT used FROM chimera.share_set()'), $counts->{0}, 'a retired job\'s shares are not in it');

# keys belong to a transaction of this process: it can't be left to another
my $job = make_job();
my (undef, undef, $stderr) = $pool->node->psql('pool', <<"SQL");
BEGIN;
SELECT chimera.submit_shares('\\x00000001'::bytea || int8send($job) || int4send($miner_id) || int4send(1) || int8send(1)
    || int4send(1700000000) || int4send(0) || int4send(0) || int4send(0) || float8send(2.3283064365386963e-10));
PREPARE TRANSACTION 'x';
SQL
like($stderr, qr/cannot PREPARE a transaction that has submitted shares/,
    'a transaction with shares can\'t be prepared');

done_testing();
