# One recipient does not stop the others, and everybody due is paid, by a real
# wallet: refused addresses, too little for the node, too many coins, dust.

use strict;
use warnings;

use Chimera::Pool;
use JSON::PP;
use Test::More;
use Chimera::FakeNode;

# A wallet that does not know the newer calls, before a real one.
package PlainWallet;

our @ISA = ('Chimera::FakeNode');

sub before
{
    my ($self, $daemon, $wallet) = @_;

    @{$self}{qw(daemon wallet)} = ($daemon, $wallet);
    return $self;
}

sub answer
{
    my ($self, $client) = @_;
    my ($method, $params) = @{ $client->{request} }{qw(method params)};
    my $result;
    my $error = { code => -32601, message => 'Method not found' };

    if ($method !~ /^(testmempoolaccept|getbalance)$/)
    {
        $error = eval { $result = $self->{daemon}->wallet($self->{wallet}, $method, @{$params}); 1 } ? undef : $@;
        $error = ref $error ? { code => $error->code, message => $error->message } : { code => -1, message => "$error" }
          if defined $error;
    }
    return $self->send_body($client, 200,
        JSON::PP->new->allow_nonref->encode({ result => $result, error => $error, id => 1 }));
}

package main;

use constant {
    ACCOUNTS => 2500,
    AMOUNT => 200_000,
    MINIMUM => 100_000,
    PAYOUT_CONFIRMATIONS => 2,
    MATURITY => 101,
    REFUSED => 3,

    # coins of a wallet that are too many for one transaction, of 0.01 each
    SMALL_COINS => 800,
};

my $litecoin = Chimera::Pool->start_litecoind;
my $node = $litecoin->first;
$litecoin->mine(20, $node->wallet('pool', 'getnewaddress', '', 'bech32'));
$litecoin->mine(MATURITY);
my $pool = Chimera::Pool->new('main');
$pool->add_network('litecoin', $litecoin);
$pool->safe_psql(<<"SQL");
SELECT chimera.add_node('litecoin', '@{[$litecoin->url]}wallet/pool', kind => 'wallet', rpc_cookie_file => '@{[$litecoin->cookie_file]}');
SELECT chimera.update_network('litecoin', '{"payout_confirmations": @{[PAYOUT_CONFIRMATIONS]}, "minimum_payout_sats": @{[MINIMUM]}}');
SQL

# Addresses of litecoind's regtest by a number: of keys' hashes; and of witness
# version 9, which the pool would refuse if its rule were not made blind to
# them. The node takes one for a peg-in, and no transaction that pays it.
$pool->safe_psql(<<'SQL');
CREATE FUNCTION base58check(payload bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    raw CONSTANT bytea := payload || substr(sha256(sha256(payload)), 1, 4);
    number numeric := 0;
    address text := '';
BEGIN
    FOR i IN 0..length(raw) - 1 LOOP number := number * 256 + get_byte(raw, i); END LOOP;
    WHILE number > 0 LOOP
        address := substr('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', (number % 58)::int + 1, 1) || address;
        number := div(number, 58);
    END LOOP;
    RETURN address;
END
$$;
CREATE FUNCTION address(number int) RETURNS text LANGUAGE sql AS $$
    SELECT base58check('\x6f' || substr(sha256(int4send(number)), 1, 20))
$$;
SQL

sub sats { return sprintf '%.0f', abs($_[0]) * 1e8 }

sub bech32m
{
    my ($prefix, $version, $program) = @_;
    my @letters = split //, 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
    my @generator = (0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3);
    my $bits = unpack('B*', $program) . '0' x (-8 * length($program) % 5);
    my @data = ($version, map { oct "0b$_" } $bits =~ /(.{5})/g);
    my $checksum = 1;

    for my $value ((map { ord() >> 5 } split //, $prefix), 0, (map { ord() & 31 } split //, $prefix), @data, (0) x 6)
    {
        my $top = $checksum >> 25;

        $checksum = ($checksum & 0x1ffffff) << 5 ^ $value;
        $checksum ^= $top >> $_ & 1 ? $generator[$_] : 0 for 0 .. 4;
    }
    $checksum ^= 0x2bc830a3;
    return $prefix . '1' . join '', @letters[ @data, map { $checksum >> 5 * (5 - $_) & 31 } 0 .. 5 ];
}

# Give an amount to accounts, which are made.
sub give
{
    my (%amounts) = @_;
    my $values = join ', ', map { "('$_', $amounts{$_}::bigint)" } sort keys %amounts;

    $pool->safe_psql(<<"SQL");
INSERT INTO chimera.accounts (name) SELECT name FROM (VALUES $values) v (name, sats) ON CONFLICT DO NOTHING;
SELECT count(chimera.adjust_balance('litecoin', name, sats, 'a test')) FROM (VALUES $values) v (name, sats);
SQL
    return;
}

sub prepare { return $pool->safe_psql(q(SELECT chimera.prepare_payouts('litecoin'))) }

# Mine until nothing is to be paid and all that was is confirmed.
sub finish
{
    Chimera::Pool::wait_until(
        'everything to be paid',
        sub {
            $litecoin->mine(1);
            return $pool->safe_psql(<<'SQL') eq 't';
SELECT NOT EXISTS (SELECT FROM chimera.payout_batches WHERE state NOT IN ('confirmed', 'failed'))
   AND NOT EXISTS (SELECT FROM chimera.payout_queue WHERE batch_id IS NULL AND retry_at IS NULL)
SQL
        });
    return;
}

sub message
{
    return $pool->safe_psql(q(SELECT message FROM chimera.health WHERE name = 'litecoin' AND part = 'payouts'));
}

sub audit_is_clean
{
    my ($when) = @_;
    return is($pool->safe_psql('SELECT * FROM chimera.audit()'), '', "the audit finds nothing $when");
}

# What the chain says that the confirmed batches pay, beside change: address|sats
sub paid_by_chain
{
    my ($since) = @_;
    my %paid;

    for my $txid (split /\n/, $pool->safe_psql("SELECT txid FROM chimera.payout_batches WHERE state = 'confirmed' AND batch_id > $since"))
    {
        for my $output (@{ $node->rpc('getrawtransaction', $txid, JSON::PP::true)->{vout} })
        {
            my $script = $output->{scriptPubKey};
            $paid{ $script->{address} // $script->{addresses}[0] } += sats($output->{value});
        }
    }
    return \%paid;
}

# --- refused addresses among 2500

my @refused = map { bech32m('rltc', 9, pack('C', $_) x 32) } 1 .. REFUSED;
is( $pool->safe_psql("SELECT count(*) FROM unnest('{@{[join ',', @refused]}}'::text[]) a WHERE chimera.is_valid_address('litecoin', a)"),
    0, 'what wallets do not pay is no address here');
my $list = "'{" . join(',', @refused) . "}'::text[]";
$pool->safe_psql(<<"SQL");
CREATE OR REPLACE FUNCTION chimera.address_error(address text, network chimera.network_configs) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN address <> ALL ($list) THEN
        chimera.address_error(address, (network).p2pkh_version, (network).p2sh_version, (network).bech32_hrp,
            (network).p2sh_version_old, (network).cashaddr_prefix, (network).witness_version_max) END;
CREATE OR REPLACE FUNCTION chimera.address_script(address text, network chimera.network_configs) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN address = ANY ($list)
        THEN '\\x5920'::bytea || decode(repeat(lpad(to_hex(array_position($list, address)), 2, '0'), 32), 'hex')
        ELSE chimera.address_script(address, (network).p2pkh_version, (network).p2sh_version, (network).bech32_hrp,
            (network).p2sh_version_old, (network).cashaddr_prefix, (network).witness_version_max) END;
WITH named AS (
    -- the refused ones stand among the others
    SELECT n, CASE WHEN n % 800 = 10 AND n / 800 < @{[REFUSED]} THEN ($list)[n / 800 + 1] ELSE public.address(n) END AS name
    FROM generate_series(1, @{[ACCOUNTS]}) n
)
INSERT INTO chimera.accounts (name) SELECT name FROM named ORDER BY n;
WITH moved AS (
    INSERT INTO chimera.ledger_transactions (network_id, kind, memo)
    VALUES (chimera.network_id('litecoin'), 'adjustment', 'a test') RETURNING transaction_id, network_id
)
INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
SELECT m.transaction_id, m.network_id, e.account, e.account_id, e.sats
FROM moved m, (SELECT 'balance'::chimera.ledger_account AS account, account_id, @{[AMOUNT]} AS sats FROM chimera.accounts
               UNION ALL SELECT 'pool', NULL, -@{[ACCOUNTS * AMOUNT]}) e;
SELECT chimera.update_network('litecoin', '{"payout_interval": "1 day"}');
SQL
$pool->wait_for_sql('SELECT count(*) > 0 FROM chimera.payout_batches');
finish();
my $paid = paid_by_chain(0);
is( scalar(grep { ($paid->{$_} // 0) == AMOUNT } split /\n/, $pool->safe_psql('SELECT name FROM chimera.accounts')),
    ACCOUNTS - REFUSED, 'all others are paid, in one run');
is($pool->safe_psql('SELECT count(*) FROM chimera.payouts'), ACCOUNTS - REFUSED, 'each by one payout');
is($pool->safe_psql('SELECT max(c) <= 1000 AND count(*) >= 3 FROM (SELECT count(*) AS c FROM chimera.payouts GROUP BY batch_id) b'),
    't', 'by batches of at most 1000');
is( $pool->safe_psql('SELECT string_agg(address, chr(10) ORDER BY address) FROM chimera.refused_payouts WHERE account = address'),
    join("\n", sort @refused), 'whom the node refuses is put aside');
my $message = message();
like($message, qr/^addresses refused by the wallet: 3; /, 'health tells of them');
like($message, qr/\Q$_ to $_\E: pegin-count-mismatch/, "and names account, address and reason") for @refused;
audit_is_clean('after some were refused');

is($pool->safe_psql('SELECT sum(balance_sats) FROM chimera.account_balances'), REFUSED * AMOUNT, 'they have their balances');
$pool->safe_psql(q(SELECT chimera.update_network('litecoin', '{"payout_interval": null}')));
my $elsewhere = $node->wallet('alice', 'getnewaddress', '', 'bech32');
$pool->safe_psql("SELECT chimera.set_wallets('$refused[0]', 'litecoin', ARRAY['$elsewhere'])");
prepare();
finish();
is(sats($node->wallet('alice', 'getreceivedbyaddress', $elsewhere, 1)), AMOUNT, 'one who names another address is paid there');
like(message(), qr/^addresses refused by the wallet: 2;/, 'the others wait');

# --- too little for the node

sub restart_with
{
    my ($line) = @_;
    my $file = $node->dir . '/litecoin.conf';
    my $conf = PostgreSQL::Test::Utils::slurp_file($file) =~ s/^dustrelayfee=.*\n//gmr;

    open my $out, '>', $file or die "$file: $!";
    print $out "$conf$line";
    close $out or die "$file: $!";
    $node->kill9;
    $node->start;
    $litecoin->wait_until_connected;
    $node->open_wallet($_) for qw(pool alice);
    return;
}

sub balance
{
    my ($account) = @_;
    return $pool->safe_psql("SELECT balance_sats FROM chimera.account_balances WHERE account = '$account'");
}

my ($small, $large) = map { $node->wallet('alice', 'getnewaddress', '', 'legacy') } 1 .. 2;
restart_with("dustrelayfee=0.01\n");
give($small => 150_000, $large => 1_000_000);
prepare();
finish();
is(balance($large), 0, 'a node with a higher limit of dust pays what is above it');
is(balance($small), 150_000, 'and not what is below');
like(message(), qr/\Q$small to $small\E: .*too small/, 'which is told of');
restart_with('');
is($pool->safe_psql("SELECT chimera.retry_payout('$small', 'litecoin')"), 't', 'an operator has it tried again');
finish();
is(balance($small), 0, 'and it is paid');
audit_is_clean('after a higher limit of dust');

# --- dust, once the fee is taken

$pool->safe_psql(q(SELECT chimera.update_network('litecoin', '{"payout_fee_payer": "recipients"}')));
my %wallet = map { $_ => $node->wallet('alice', 'getnewaddress', '', 'bech32') } qw(most rest);
$pool->safe_psql(<<"SQL");
INSERT INTO chimera.accounts (name) VALUES ('fred');
SELECT chimera.set_wallets('fred', 'litecoin', ARRAY['$wallet{most}', '$wallet{rest}'], ARRAY[99.5, 0.5]);
SQL

# half a percent is 2940, the least of such an output
my $last = $pool->safe_psql('SELECT max(batch_id) FROM chimera.payout_batches');
give(fred => 588_000, $large => 2_000_000);
prepare();
finish();
$paid = paid_by_chain($last);
is($paid->{ $wallet{rest} }, undef, 'a part that is dust without its part of the fee is not paid');
is(balance('fred'), 2_940, 'and stays');
my $fee = $pool->safe_psql('SELECT fee_sats FROM chimera.payout_batches ORDER BY batch_id DESC LIMIT 1');
is($paid->{ $wallet{most} } + $paid->{$large}, 585_060 + 2_000_000 - $fee, 'the others bear the fee');
give(fred => 588_000);
prepare();
finish();
is(balance('fred'), 0, 'the next time all of it is paid');
is( $pool->safe_psql("SELECT sum(amount_sats) FROM chimera.payouts WHERE address = '$wallet{rest}'"),
    5_880, 'half a percent of both');
$pool->safe_psql(q(SELECT chimera.update_network('litecoin', '{"payout_fee_payer": "pool"}')));
audit_is_clean('after recipients have borne fees');

# --- a wallet that does not know testmempoolaccept, nor getbalance

sub use_wallet
{
    my ($url, @login) = @_;
    my $login = join ', ', @login;

    $pool->safe_psql(<<"SQL");
SELECT chimera.update_node(node_id, jsonb_build_object('rpc_url', '$url', $login)) FROM chimera.network_nodes WHERE kind = 'wallet';
SQL
    return;
}

my $plain = PlainWallet->new(Chimera::Pool->directory('plain'))->before($node, 'pool')->start;
my ($user, $password) = $plain->credentials;
use_wallet($plain->url, "'rpc_cookie_file', NULL, 'rpc_user', '$user', 'rpc_password', '$password'");
give($large => 1_000_000, $small => 1_000_000);
prepare();
finish();
is(balance($_), 0, 'a wallet that is not asked beforehand pays as well') for $large, $small;
$plain->stop;
audit_is_clean('after that');

# --- too many coins for one transaction

my %coins = map { $node->wallet('small', 'getnewaddress', '', 'legacy') => '0.01' } 1 .. SMALL_COINS;
$node->wallet('pool', 'sendmany', '', \%coins);
$litecoin->mine(1);
use_wallet($litecoin->url . 'wallet/small',
    "'rpc_user', NULL, 'rpc_password', NULL, 'rpc_cookie_file', '@{[$litecoin->cookie_file]}'");
give($large => 700_000_000, $small => 10_000_000);
$last = prepare();
finish();
is($pool->safe_psql("SELECT state FROM chimera.payout_batches WHERE batch_id = $last"), 'confirmed', 'who needs few coins is paid');
is(balance($small), 0, 'all of it');
is(balance($large), 700_000_000, 'who needs too many for one transaction waits');
like(message(), qr/\Q$large\E: its transaction would have \d+ inputs .*: consolidate /, 'and is told of');
$pool->safe_psql("SELECT chimera.adjust_balance('litecoin', '$large', -700000000, 'a test')");

my @many = map { $node->wallet('alice', 'getnewaddress', '', 'bech32') } 1 .. 8;
give(map { $_ => 90_000_000 } @many);
prepare();
finish();
is( $pool->safe_psql("SELECT count(DISTINCT p.batch_id) || ' ' || sum(p.amount_sats) FROM chimera.payouts p JOIN chimera.payout_batches b USING (batch_id)"
          . " WHERE b.batch_id > $last AND b.state = 'confirmed'"),
    '2 720000000', 'several transactions pay what is too much for one');
is($pool->safe_psql('SELECT max(weight) FROM (VALUES '
          . join(', ', map { '(' . $node->rpc('getrawtransaction', $_, JSON::PP::true)->{weight} . ')' }
              split /\n/, $pool->safe_psql("SELECT txid FROM chimera.payout_batches WHERE state = 'confirmed'"))
          . ') w (weight) WHERE weight > 400000'), '', 'no transaction is larger than nodes relay');
audit_is_clean('in the end');

done_testing();
