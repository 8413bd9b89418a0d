# What a miner hears of its name: refused where it can never be paid, told where
# it can't be now, at its login and after a switch.
use strict;
use warnings;
use utf8;

use Test::More;
use Time::HiRes qw(time);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 1e-6,

    # of the coins alpha (as Bitcoin's) and beta (as Dogecoin's)
    ALPHA => '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
    BETA => 'DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L',
    BECH32 => 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
};

my $pool = Chimera::Pool->new('names');
my %coin;
for my $case ([ 'alpha', 0, 5, 'bc', ALPHA ], [ 'beta', 30, 22, undef, BETA ])
{
    my ($name, $key, $script, $hrp, $address) = @{$case};
    $coin{$name} = Chimera::FakeNode->new(Chimera::Pool->directory($name))->start;
    $coin{$name}->set(tip => 100 * (1 + keys %coin));
    $pool->add_network($name, $coin{$name},
        p2pkh_version => $key,
        p2sh_version => $script,
        bech32_hrp => $hrp,
        pool_address => $address,
        start_difficulty => DIFFICULTY,
        min_difficulty => DIFFICULTY,
        max_difficulty => DIFFICULTY);
}
my $own = $pool->add_listener('alpha');
my $shared = $pool->add_listener('any', network => undef, algorithm => 'sha256d');
sub sql { return $pool->safe_psql($_[0]) }
$pool->start_stratumd;
$pool->wait_for_job($_) for sort keys %coin;

# A miner by a name, with a job; what it is told is in {notifications}.
sub miner
{
    my ($port, $user, $password) = @_;
    my $miner = $pool->stratum('any', port => $port, user => $user, password => $password);
    $miner->{job} = $miner->next_notify;
    return $miner;
}

sub message
{
    my ($miner, $within) = @_;
    my $deadline = time + $within;
    while (my $message = $miner->next_notification($deadline - time))
    {
        return $message->{params}[0] if $message->{method} eq 'client.show_message';
    }
    return;
}

sub refusal
{
    my ($port, @login) = @_;
    my $client = $pool->stratum('any', port => $port);
    return $client->authorize(@login)->{error}[1] // 'none';
}

# --- at the login

is(refusal($own, BETA . '.rig'), 'user name is not a valid address: alpha: base58 address of another network', 'a port of one coin refuses another\'s address');
like(refusal($own, substr(ALPHA, 0, 23) . '.rig'), qr/^user name is not a valid address/, 'and the beginning of one');
is(refusal($shared, ALPHA, 'c=gamma'), 'coin "gamma" is not mined here', 'an unknown coin is told');
is(message(miner($own, ALPHA . '.rig'), 0.5), undef, 'who can be paid is told nothing');
like(message(miner($shared, BETA . '.rig'), 5), qr/^now mining Alpha, but account "@{[BETA]}" has no alpha address .*add alp=ADDRESS/, 'who can\'t be now is warned');
like(message(miner($own, 'nobody.rig'), 5), qr/"nobody" has no alpha address/, 'so is a name without an address');

# --- after a switch

my %miner = (
    alpha => miner($shared, ALPHA . '/rig1'),
    beta => miner($shared, 'bet:' . BETA . '_rig1', 'd=1'),
    both => miner($shared, ALPHA . ',' . BETA . '.rig1'),
    password => miner($shared, uc(BECH32) . '.rig1', 'x;BET=' . BETA));
message($miner{beta}, 1);
for my $name (sort keys %miner)
{
    ok($miner{$name}->submit($miner{$name}->find_share($miner{$name}{job}))->{result}, "the miner with $name works");
}
$pool->wait_for_sql(q(SELECT count(*) > 0 FROM chimera.health WHERE name = 'alpha' AND part = 'addresses' AND NOT ok));
sql(q(SELECT chimera.switch_active_network('sha256d', 'beta', 'pays more')));
like(message($miner{alpha}, 10), qr/^now mining Beta, but account "@{[ALPHA]}" has no beta address/, 'who can\'t be paid after a switch is warned');
is(message($miner{$_}, 1), undef, "the miner with $_ is not") for qw(beta both password);
is(sql(q(SELECT message FROM chimera.health WHERE name = 'beta' AND part = 'addresses')),
    'accounts that mine here without an address: 1; one of them is ' . ALPHA, 'and the operator is');
is(sql("SELECT network || ' ' || is_mining FROM chimera.account_unpaid(chimera.account_id('@{[ALPHA]}'))"), 'beta true', 'its page can say it');
sql(q(SELECT chimera.switch_active_network('sha256d', 'alpha', 'back')));
is(message($miner{alpha}, 1), undef, 'back on its coin it is told nothing');
like(message($miner{beta}, 10), qr/^now mining Alpha,/, 'the other one is');

# --- who is paid where

is(sql("SELECT string_agg(network || ' ' || address, ', ' ORDER BY network) FROM chimera.account_wallets WHERE account = '$_->[0]'"),
    $_->[1], "$_->[2] is paid to each")
  for ([ join(',', ALPHA, BETA), 'alpha ' . ALPHA . ', beta ' . BETA, 'a name of two addresses' ],
    [ BECH32 . ',bet=' . BETA, 'alpha ' . BECH32 . ', beta ' . BETA, 'one with an address in the password' ]);
is(sql('SELECT count(*) FROM chimera.wallet_sets'), 0, 'no login has set a wallet');

# --- one account, banned in any spelling

$pool->make_rigs(BECH32 . '.rig1');
my $small = miner($own, BECH32 . '.rig1');
my $capital = miner($own, uc(BECH32) . '.Шахта');
ok($capital->submit($capital->find_share($capital->{job}))->{result}, 'a rig beyond ASCII mines');
is(sql("SELECT count(*) FROM chimera.accounts WHERE lower(name) = '@{[BECH32]}'"), 1, 'for the one account');
sql("SELECT chimera.ban_account('@{[BECH32]}', 'stole')");
ok($_->is_closed(10), 'its connections end') for $small, $capital;
is(refusal($own, $_), 'this account is banned: stole', "it is rejected as $_") for uc(BECH32) . '.x', 'BTC:' . BECH32, BECH32 . ',' . BETA;

done_testing();
