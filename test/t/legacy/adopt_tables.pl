# chimera.adopt_legacy() on an old pool that has tables of wallets, balances and
# networks of its own, and mends what was refused.
use strict;
use warnings;
use Cwd qw(getcwd);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant ROWS => 5000;

my $top = getcwd();
my $node = PostgreSQL::Test::Cluster->new('legacy');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'chimera'
chimera.database = 'pool'
CONF
$node->start;
$node->safe_psql('postgres', q(CREATE DATABASE pool TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'));

sub sql { return $node->safe_psql('pool', $_[0]) }

sub psql_file
{
    my ($file, @variables) = @_;
    return ('psql', '-XqAt', '-d', $node->connstr('pool'), map({ ('-v', $_) } @variables), '-f', "$top/$file");
}

sub adopt { return "CALL chimera.adopt_legacy('bitcoin'" . join('', map { ", $_" } @_) . ')' }

sub report { return sql(q(SELECT * FROM chimera.legacy_report('bitcoin'))) }

sub books_are_right
{
    my ($what) = @_;
    unlike(report(), qr/\|f$/m, "$what: counts and amounts add up") or diag(report());
    is(sql('SELECT * FROM chimera.audit()'), '', "$what: the audit finds nothing");
}

system_or_bail(psql_file('test/legacy/generate.sql', 'rows=' . ROWS));
sql('CREATE EXTENSION chimera_legacy CASCADE');
my $network = sql(q(SELECT chimera.add_network('bitcoin', 'sha256d', 'BTC', repeat('0', 64), 'http://127.0.0.1:1',
    '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', settings => '{"p2pkh_version": 0, "p2sh_version": 5, "bech32_hrp": "bc"}')));
system_or_bail(psql_file('migrations/legacy/017_up.sql', "network=$network"));

subtest 'tables of wallets and balances' => sub {
    my ($own, $other, $unused) = qw(1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa);

    sql("CREATE TABLE user_wallets (id bigserial PRIMARY KEY, user_id bigint, address text, percentage numeric, is_active boolean);
        CREATE TABLE user_balances (user_id bigint PRIMARY KEY, balance bigint, pending_balance bigint);
        INSERT INTO users (id, username, payout_address) VALUES (90001, 'mended91', '$own'), (90002, 'mended92', '$unused'),
            (90003, 'mended93', '$own'), (90004, 'mended94', '');
        INSERT INTO user_wallets (user_id, address, percentage, is_active)
        VALUES (90002, '$other', 100, true), (90003, '$unused', 100, false);
        INSERT INTO user_balances VALUES (90001, 0, 5), (90002, 7, 0), (90003, 3, 2)");
    sql(adopt('cut_over => true'));
    is(sql(q(SELECT a.name, w.address FROM chimera.accounts a JOIN chimera.account_wallets w ON w.account = a.name
        WHERE a.name ~ '^mended9' AND w.source = 'wallet' ORDER BY 1)),
        "mended91|$own\nmended92|$other\nmended93|$own", q(a user's own address holds where no wallet of its is in use));
    is(sql(q(SELECT legacy_id FROM chimera.legacy_refused WHERE source = 'balances' AND legacy_id > 90000 ORDER BY 1)), "90001\n90003",
        'balances that wait for blocks are refused');
    books_are_right('with them');
    sql('UPDATE user_balances SET pending_balance = 0');
    sql(adopt('cut_over => true'));
    is(sql(q(SELECT count(*) FROM chimera.legacy_refused WHERE source = 'balances')), 0, 'and none is once they are mended');
    is(sql(q(SELECT sum(balance_sats) FROM chimera.account_balances JOIN chimera.accounts USING (account_id) WHERE name ~ '^mended9')),
        10, 'what is owed is a balance');
    books_are_right('mended');
    sql('DELETE FROM user_wallets WHERE user_id = 1; DELETE FROM payouts WHERE id IN (SELECT legacy_id FROM chimera.legacy_refused WHERE source = \'payouts\' LIMIT 5)');
    sql(adopt());
    books_are_right('when refused rows have gone');
};

subtest 'ids of the old pool' => sub {
    my $theirs = '00000000-0000-4000-8000-000000000077';

    sql("UPDATE blocks SET network_id = '$theirs' WHERE id < 100; UPDATE payouts SET network_id = '$theirs' WHERE id < 100");
    like(report(), qr/^rows of unknown networks\|[1-9]/m, 'rows with another id of the network are unknown');
    sql(adopt("legacy_network => '$theirs'"));
    like(report(), qr/^rows of unknown networks\|0\|/m, 'until it is told');
    books_are_right('under both ids');
};

done_testing();
