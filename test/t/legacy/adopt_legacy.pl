# chimera.adopt_legacy() on an old pool's database full of dirt, whose names
# follow no encoding: every row is adopted once or refused with a reason,
# though the pool writes meanwhile and the run is killed; and the books are right.
use strict;
use warnings;
use Cwd qw(getcwd);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = getcwd();
my $rows = $ENV{CHIMERA_LEGACY_ROWS} // 200_000;

my $node = PostgreSQL::Test::Cluster->new('legacy');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'chimera'
chimera.database = 'pool'
chimera.rollup_interval = 100ms
CONF
$node->start;
$node->safe_psql('postgres', q(CREATE DATABASE pool TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'));

sub sql { return $node->safe_psql('pool', $_[0]) }

# The SQLSTATE of a statement that fails.
sub state_of
{
    my (undef, undef, $err) = $node->psql('pool', "\\set VERBOSITY sqlstate\n$_[0]");
    return $err =~ /ERROR:  (\w{5})/ ? $1 : $err;
}

sub psql_file
{
    my ($file, @variables) = @_;
    return ('psql', '-XqAt', '-d', $node->connstr('pool'), map({ ('-v', $_) } @variables), '-f', "$top/$file");
}

sub adopt { return "CALL chimera.adopt_legacy('bitcoin'" . join('', map { ", $_" } @_) . ')' }

sub report { return sql(q(SELECT * FROM chimera.legacy_report('bitcoin'))) }

# All that adopting has made, to be compared.
sub fingerprint
{
    return sql(q(SELECT (SELECT count(*) FROM chimera.accounts), (SELECT count(*) FROM chimera.miners),
        (SELECT count(*) FROM chimera.blocks), (SELECT count(*) FROM chimera.payouts), (SELECT count(*) FROM chimera.wallets),
        (SELECT count(*) FROM chimera.ledger_entries), (SELECT sum(accepted + invalid) FROM chimera.share_rollups_minute),
        (SELECT md5(string_agg(b::text, ',' ORDER BY b::text)) FROM chimera.balances b),
        (SELECT count(*) FROM chimera.legacy_refused)));
}

sub wait_for_rollups { $node->poll_query_until('pool', 'SELECT count(*) = 0 FROM chimera.share_deltas') or die 'deltas stay' }

system_or_bail(psql_file('test/legacy/generate.sql', "rows=$rows"));
sql('CREATE EXTENSION chimera_legacy CASCADE');
my $network = sql(q(SELECT chimera.add_network('bitcoin', 'sha256d', 'BTC', repeat('0', 64), 'http://127.0.0.1:1',
    '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
    rpc_user => 'u', rpc_password => 'p', settings => '{"p2pkh_version": 0, "p2sh_version": 5, "bech32_hrp": "bc"}')));

# what the rollups must have, counted from the old tables by a way of its own
sql(q(CREATE VIEW counted AS
    SELECT u.username AS account, coalesce(m.name, '') AS rig, date_trunc('minute', s."timestamp", 'UTC') AS minute,
           count(*) FILTER (WHERE is_valid) AS accepted, count(*) FILTER (WHERE NOT is_valid) AS invalid,
           round(coalesce(sum(s.difficulty) FILTER (WHERE is_valid), 0)::numeric, 3) AS difficulty
    FROM shares s JOIN miners m ON m.id = s.miner_id JOIN users u ON u.id = m.user_id
    -- of those called twice the first
    WHERE (u.username ~ '^(user|late|mended)[0-9]+$' OR u.id = 1) AND (m.name IS NULL OR m.name ~ '^rig[0-4]$')
      AND (NOT is_valid OR is_valid AND difficulty > 0 AND difficulty < 'Infinity') AND "timestamp" > '-infinity' AND "timestamp" < now()
    GROUP BY 1, 2, 3;
    CREATE VIEW rolled_up AS
    SELECT a.name AS account, m.name AS rig, minute, accepted, invalid, round(difficulty::numeric, 3) AS difficulty
    FROM chimera.share_rollups_minute JOIN chimera.miners m USING (miner_id) JOIN chimera.accounts a ON a.account_id = m.account_id));

sub rollups_are_right
{
    wait_for_rollups();
    is(sql('SELECT count(*) FROM ((TABLE counted EXCEPT TABLE rolled_up) UNION ALL (TABLE rolled_up EXCEPT TABLE counted)) d'), 0,
        'rollups equal a count of the old shares, by miner and minute');
}

sub books_are_right
{
    my ($what) = @_;
    unlike(report(), qr/\|f$/m, "$what: counts and amounts add up") or diag(report());
    is(sql('SELECT * FROM chimera.audit()'), '', "$what: the audit finds nothing");
}

subtest 'what is refused at once' => sub {
    is(state_of("BEGIN;\n" . adopt()), '2D000', 'not inside a transaction');
    is(state_of(q(SET ROLE chimera_admin; ) . adopt()), '42501', 'for the owner only');
    is(state_of(q(CALL chimera.adopt_legacy('nowhere'))), '42704', 'an unknown network');
    is(state_of(adopt('batch_size => 0')), '22023', 'a wrong batch size');
    is(state_of(adopt(q(columns => '{"blocks": {"found_at": "mined"}}'))), '42703', 'a column told that is not there');
    sql('ALTER TABLE blocks RENAME reward TO prize');
    my (undef, undef, $err) = $node->psql('pool', adopt());
    like($err, qr/column of table public\.blocks for reward.*"blocks": \{"reward": "\.\.\."\}/s, 'a column not found: how to name it');
    is(sql('SELECT count(*) FROM chimera.legacy_networks'), 0, 'and nothing was done');
};
sql('ALTER TABLE blocks RENAME prize TO reward');

system_or_bail(psql_file('migrations/legacy/017_up.sql', "network=$network"));

subtest 'while the pool writes, killed and resumed' => sub {
    # an account of the new pool's own, which is the old one's user
    sql(q(INSERT INTO chimera.accounts (name) VALUES ('user12')));
    my $script = "$ENV{TESTDATADIR}/writer.sql";
    append_to_file($script, <<'SQL');
INSERT INTO users (username) VALUES ('late' || :client_id || nextval('users_id_seq'));
INSERT INTO miners (user_id, name) SELECT max(id), 'rig1' FROM users;
INSERT INTO shares (miner_id, difficulty, is_valid) SELECT 5 + 50 * (random() * 10)::int, 0.5, i > 1 FROM generate_series(1, 5) i;
BEGIN;
INSERT INTO payouts (user_id, amount, tx_hash, status)
SELECT u, 7, t.id, 'sent' FROM (VALUES (5), (6)) u (u), (SELECT md5(random()::text) || md5(random()::text) AS id) t;
COMMIT;
SQL
    my ($in, $errors) = ('', "$ENV{TESTDATADIR}/writer.err");
    my $writers = IPC::Run::start([ 'pgbench', '-n', '-c', '2', '-T', '600', '-R', '50', '-f', $script, $node->connstr('pool') ],
        '<', \$in, '>', '/dev/null', '2>', $errors);

    my $run = IPC::Run::start([ 'psql', '-Xq', '-d', $node->connstr('pool'), '-c', adopt('batch_size => 500', 'pause => 0.005') ],
        '<', \$in, '>', \my $out, '2>', \my $err);
    $node->poll_query_until('pool', 'SELECT count(*) > 0 FROM chimera.legacy_networks WHERE accepted > 5000') or die 'no progress';
    sql(q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CALL chimera.adopt%'));
    $run->finish;
    isnt($run->result(0), 0, 'the run is killed');
    is(sql('SELECT step, finished_at IS NULL FROM chimera.legacy_networks'), 'shares|t', 'among the shares');
    cmp_ok(sql('SELECT accepted FROM chimera.legacy_networks'), '<', sql('SELECT count(*) FROM shares') / 2, 'before half of them');

    sql(adopt());
    is(sql('SELECT step, finished_at IS NOT NULL FROM chimera.legacy_networks'), '|t', 'another goes on to the end');
    $writers->kill_kill;
    unlike(slurp_file($errors), qr/error|aborted/i, 'no statement of the pool failed');
    cmp_ok(sql(q(SELECT count(*) FROM users WHERE username LIKE 'late%')), '>', 10, 'which wrote all the time');
    books_are_right('at its end');
};

# A share whose transaction is open has a lower id than others that are there.
subtest 'no share is passed by' => sub {
    sql(adopt());
    my $slow = $node->background_psql('pool');
    $slow->query_safe('BEGIN');
    $slow->query_safe('INSERT INTO shares (miner_id, difficulty, is_valid) VALUES (5, 0.25, true)');
    sql('INSERT INTO shares (miner_id, difficulty, is_valid) VALUES (5, 0.5, true)');
    my $run = $node->background_psql('pool');
    $run->query_until(qr/begun/, "\\echo begun\n" . adopt() . ";\n");
    $node->poll_query_until('pool', q(SELECT step = 'share writers' FROM chimera.legacy_networks)) or die 'no waiting';
    my $before = sql('SELECT accepted FROM chimera.legacy_networks');
    $slow->query_safe('COMMIT');
    $slow->quit;
    $run->quit;
    is(sql('SELECT step IS NULL FROM chimera.legacy_networks'), 't', 'a run waits for who is writing, and ends then');
    is(sql('SELECT accepted FROM chimera.legacy_networks') - $before, 2, 'with both shares');
};

subtest 'every row is there' => sub {
    rollups_are_right();
    sql('SELECT chimera.close_rollups()');
    is(sql(q(SELECT sum(d.accepted) = sum(m.accepted) FROM (SELECT sum(accepted) AS accepted FROM chimera.share_rollups_day) d,
        (SELECT sum(accepted) AS accepted FROM chimera.share_rollups_minute, chimera.rollup_progress
         WHERE level = 'day' AND minute < closed_until) m)), 't', 'days have it too');
    is(sql('SELECT count(*) FROM users') , sql(q(SELECT count(*) FROM (SELECT legacy_id FROM chimera.legacy_rows WHERE source = 'users'
        UNION ALL SELECT legacy_id FROM chimera.legacy_refused WHERE source = 'users') r)), 'a user is adopted or refused');
    is(sql(q(SELECT r.source, r.reason FROM chimera.legacy_refused r GROUP BY 1, 2 ORDER BY 1, 2)), <<'REASONS' =~ s/\n$//r, 'for these reasons');
blocks|a block with this hash already exists
blocks|another confirmed block has this height
blocks|block is neither confirmed nor orphaned (yet)
blocks|finder was not adopted or does not exist
blocks|hash is not 64 hexadecimal digits
blocks|reward is not a valid amount
miners|name is longer than 128 characters or not printable ASCII
miners|user was not adopted or does not exist
payouts|amount is not valid
payouts|payout was not paid (yet)
payouts|the transaction already pays the account at this address
payouts|transaction id is not 64 hexadecimal digits
payouts|user was not adopted or does not exist
shares|difficulty is not a number
shares|difficulty is out of range
shares|miner was not adopted or does not exist
shares|share is marked neither valid nor invalid
shares|time is in the future
shares|time is missing
users|another user has this name
users|name contains a dot, where the account in a user name would end
users|name is missing
users|name is not 1 to 128 printable ASCII characters
wallets|addresses or percentages are not valid for the network
wallets|user was not adopted
REASONS
    is(sql(q(SELECT count(*) FROM chimera.legacy_refused r JOIN users u ON u.id = r.legacy_id
        WHERE r.source = 'users' AND r.reason ~ 'ASCII' AND u.username LIKE E'caf\xe9%')), 10, 'names in Latin 1 among them');
    is(sql(q(SELECT count(*) FROM payouts o JOIN chimera.legacy_rows r ON r.source = 'payouts' AND r.legacy_id = o.id
        JOIN chimera.payouts p ON p.payout_id = r.new_id JOIN chimera.accounts a USING (account_id) JOIN users u ON u.id = o.user_id
        WHERE (p.amount_sats, p.txid, p.address, a.name) IS DISTINCT FROM (o.amount, lower(o.tx_hash), o.address, u.username))),
        0, 'each payout is what it was');
    is(sql(q(SELECT count(*) FROM blocks o JOIN chimera.legacy_rows r ON r.source = 'blocks' AND r.legacy_id = o.id
        JOIN chimera.blocks b ON b.block_id = r.new_id LEFT JOIN chimera.accounts a USING (account_id) LEFT JOIN users u ON u.id = o.finder_id
        WHERE (b.height, encode(b.hash, 'hex'), b.reward_sats, b.found_at, a.name)
              IS DISTINCT FROM (o.height, o.hash, o.reward, o."timestamp", u.username))), 0, 'each block too');
    is(sql(q(SELECT count(*) > 100, count(DISTINCT address) FROM chimera.account_wallets WHERE source = 'wallet')), 't|2', 'wallets are there');
    is(sql(q(SELECT count(*) FROM chimera.accounts WHERE name = 'user12')), 1, 'an account known already is the same');
};

subtest 'what is mended is adopted by the next run' => sub {
    my $before = fingerprint();
    sql(adopt());
    is(fingerprint(), $before, 'a run without anything new changes nothing');
    # user 50 had no name; its miners, their shares and its payouts had to wait for it
    sql(q(UPDATE users SET username = 'mended1' WHERE id = 50));
    sql(q(UPDATE blocks SET status = 'confirmed' WHERE id = 2000 OR status = 'pending' AND id < 100));
    sql(adopt());
    books_are_right('then');
    is(sql(q(SELECT count(*) FROM chimera.payouts JOIN chimera.accounts USING (account_id) WHERE name = 'mended1')),
        sql(q(SELECT count(*) FROM payouts WHERE user_id = 50 AND amount > 0 AND status IN ('sent', 'confirmed')
              AND tx_hash ~ '^[0-9A-Fa-f]{64}$')), 'all its payouts are there');
    rollups_are_right();
};

subtest 'cut over' => sub {
    my $owed = q(SELECT coalesce(sum(amount), 0) FROM payouts JOIN users u ON u.id = user_id
        WHERE status = 'pending' AND amount > 0 AND tx_hash IS NULL AND (username ~ '^(user|late|mended)[0-9]+$' OR u.id = 1));
    cmp_ok(sql($owed), '>', 0, 'the old pool owes something');
    is(sql('SELECT coalesce(sum(balance_sats), 0) FROM chimera.account_balances'), 0, 'which is no balance as long as it may pay it');
    sql('ALTER TABLE users ADD balance numeric(20, 8)');
    sql(q(UPDATE users SET balance = 0.5 WHERE id = 6; UPDATE users SET balance = 0.000000001 * 10 WHERE id = 5;
        UPDATE users SET balance = 1 WHERE id = 100));
    my $pending = sql($owed);
    sql(adopt('cut_over => true'));
    is(sql('SELECT sum(balance_sats) FROM chimera.account_balances'), $pending + 50_000_000 + 1, 'then it is, to the smallest unit');
    is(sql(q(SELECT legacy_id, reason FROM chimera.legacy_refused WHERE source = 'balances')),
        '100|user was not adopted or does not exist', 'except for users that are not');
    books_are_right('after it');
    my $then = fingerprint();
    sql(adopt('cut_over => true'));
    is(fingerprint(), $then, 'once');
    is(sql(q(SELECT what, waiting FROM chimera.legacy_report('bitcoin') WHERE waiting <> 0)), '', 'nothing waits');
};

subtest 'the extension is dropped' => sub {
    my $of_the_pool = q(SELECT (SELECT count(*) FROM chimera.accounts), (SELECT count(*) FROM chimera.miners), (SELECT count(*) FROM chimera.blocks),
        (SELECT count(*) FROM chimera.payouts), (SELECT count(*) FROM chimera.wallets), (SELECT count(*) FROM chimera.ledger_entries),
        (SELECT sum(accepted + invalid) FROM chimera.share_rollups_minute));
    my $before = sql($of_the_pool);
    sql('DROP EXTENSION chimera_legacy');
    is(sql($of_the_pool), $before, 'what was adopted stays');
    is(sql('SELECT * FROM chimera.audit()'), '', 'and the audit finds nothing');
    is(sql(q(SELECT count(*) FROM pg_proc WHERE pronamespace = 'chimera'::regnamespace AND proname ~ 'legacy')), 0, 'its routines are gone');
    sql('CREATE EXTENSION chimera_legacy');
    is(state_of(adopt()), '55000', 'without its record nothing is adopted again');
    is(sql($of_the_pool), $before, 'nothing at all');
};

done_testing();
