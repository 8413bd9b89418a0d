# What a template demands of a block is done, or refused: outputs that pay
# others, rules, payloads, a commitment to witnesses.  Work whose jobs are worth
# nothing is stopped within seconds, with the reason in health.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    VALUE => 5_000_000_000,
    DIFFICULTY => 1e-6,
    STOPS_WITHIN_S => 20,
};

# A node of btcd's family: to who names coinbasetxn and not coinbasevalue it gives no value.
{
    no warnings 'redefine';
    my $sound = \&Chimera::FakeNode::result_of;
    *Chimera::FakeNode::result_of = sub {
        my ($self, $client, $control) = @_;
        my ($method, $params) = @{ $client->{request} }{qw(method params)};
        my $result = $sound->(@_);

        return $result if $method ne 'getblocktemplate' || !ref $result;
        my %can = map { $_ => 1 } @{ $params->[0]{capabilities} // [] };
        delete $result->{coinbasevalue} if $can{coinbasetxn} && !$can{coinbasevalue};
        delete @{$result}{ @{ $control->{missing} // [] } };
        return $result;
    };
}

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('main', conf => "chimera.template_refresh_interval = 1s\n");
$pool->add_network('fake', $coin, cashaddr_prefix => 'ecash', map { $_ . '_difficulty' => DIFFICULTY } qw(start min max));
$pool->add_listener('fake');
$pool->start_stratumd;
$pool->wait_for_job('fake');
pass('a node that judges by BIP 22\'s capabilities, as btcd does, gives a value');

my $script = '76a914' . '11' x 20 . '88ac';
my $other = '6a';
my ($pool_script) = '76a914' . '62e907b15cbf27d5425399ebf6f0fb50ebb88f18' . '88ac';

sub output
{
    my ($value, $hex) = @_;
    return unpack('H*', pack 'Q<', $value) . sprintf('%02x', length($hex) / 2) . $hex;
}

sub test_template
{
    return $pool->safe_psql(q(SELECT ok || ' ' || message FROM chimera.test_network('fake') WHERE check_name = 'template'));
}

# --- what is done

sub pays
{
    my ($what, $template, $value, @outputs) = @_;
    my $expected = sprintf('%02x', 1 + @outputs) . output($value, $pool_script) . join '', map { output(@{$_}) } @outputs;

    $coin->set(template => $template)->new_tip;
    like(test_template(), qr/^true /, "$what: ok by test_network");
    $pool->wait_for_job('fake');
    my ($suffix, $worth) = split /[|]/,
      $pool->safe_psql('SELECT encode(coinbase_suffix, \'hex\'), coinbase_value FROM chimera.jobs ORDER BY job_id DESC LIMIT 1');
    like($suffix, qr/ffffffff${expected}00000000$/, '... and paid, byte for byte');
    is($worth, $value, '... and is not the pool\'s');
    return;
}

pays('nothing', {}, VALUE);
pays('masternodes (Dash)', {
    masternode => [ { payee => 'X', script => $script, amount => 7 }, { payee => '', script => $other, amount => 1000 } ],
    superblock => [ { payee => 'Y', script => $script, amount => 500_000_000 } ],
    masternode_payments_started => JSON::PP::true, masternode_payments_enforced => JSON::PP::true,
    superblocks_started => JSON::PP::true, coinbase_payload => '' },
    VALUE - 500_001_007, [ 7, $script ], [ 1000, $other ], [ 500_000_000, $script ]);
pays('a masternode as an object', { masternode => { payee => 'X', script => $script, amount => 7 } }, VALUE - 7, [ 7, $script ]);
pays('masternodes that have not begun',
    { masternode => [ { payee => 'X', script => $script, amount => 7 } ], masternode_payments_started => JSON::PP::false }, VALUE);
pays('no masternode', { masternode => {}, superblock => [], znode => [] }, VALUE);
pays('znodes (Firo), on top', { znode => [ { payee => 'X', script => $script, amount => 7 } ] }, VALUE, [ 7, $script ]);
pays('a developer (Freecash), on top', { coinbasedevreward => { value => 8, scriptpubkey => $script } }, VALUE, [ 8, $script ]);
pays('a miner fund and stakers (eCash)', {
    coinbasetxn => {
        minerfund => { addresses => [ 'nonsense', 'ecash:prfhcnyqnl5cgrnmlfmms675w93ld7mvvqd0y8lz07' ], minimumvalue => 1_600_000_000 },
        stakingrewards => { payoutscript => { asm => 'x', hex => $script }, minimumvalue => 500_000_000 } } },
    VALUE - 2_100_000_000, [ 1_600_000_000, 'a914d37c4c809fe9840e7bfa77b86bd47163f6fb6c6087' ], [ 500_000_000, $script ]);
pays('what is only told', {
    rules => [ 'csv', '!segwit', 'taproot' ], vbrequired => 0, noncerange => '00000000ffffffff', target => 'ff' x 32, sizelimit => 1,
    incentive => { enforced => JSON::PP::false, address => 'V', amount => 5 }, votes => [], something => { new => [ 1, 2 ] } }, VALUE);

# --- a commitment without rules, as of btcd

sub committed
{
    return $pool->safe_psql(
        q(SELECT has_witness || ' ' || substring(encode(coinbase_suffix, 'hex') from '6a24aa21a9ed.{64}') FROM chimera.jobs ORDER BY job_id DESC LIMIT 1)) ;
}
my $stripped = '02000000' . '01' . 'd9' x 32 . '00000000' . '00' . 'ffffffff' . '01' . '1027000000000000' . '160014' . '00' x 20;
my $witness = substr($stripped, 0, 8) . '0001' . substr($stripped, 8) . '01' . '01' . '51' . '00000000';
my $id = sub { unpack 'H*', scalar reverse Digest::SHA::sha256(Digest::SHA::sha256(pack 'H*', $_[0])) };
my %transaction = (data => $witness, txid => $id->($stripped . '00000000'), hash => $id->($witness), fee => 1000);
my $sha = sub { Digest::SHA::sha256(Digest::SHA::sha256($_[0])) };
my $commitment = unpack 'H*', $sha->($sha->("\0" x 32 . $sha->(pack 'H*', $witness)) . "\0" x 32);
$coin->set(template => { transactions => [ \%transaction ] }, missing => ['rules'])->new_tip;
$pool->wait_for_job('fake');
is(committed(), "true 6a24aa21a9ed$commitment", 'a witness without rules is committed to');
$coin->set(template => { transactions => [ \%transaction ], default_witness_commitment => '6a24aa21a9ed' . 'ee' x 32 })->new_tip;
$pool->wait_for_job('fake');
is(committed(), 'true 6a24aa21a9ed' . 'ee' x 32, 'by the node\'s own commitment if it gives one');
$coin->set(template => { default_witness_commitment => '6a24aa21a9ed' . 'ee' x 32 })->new_tip;
$pool->wait_for_job('fake');
is($pool->safe_psql('SELECT has_witness FROM chimera.jobs ORDER BY job_id DESC LIMIT 1'), 'f', 'no witness, no rule: no commitment');

# --- what is refused

sub refused
{
    my ($what, $pattern, $template, @missing) = @_;

    $coin->set(template => $template, missing => \@missing);
    like(test_template(), qr/^false .*$pattern/, "$what is refused");
    return;
}

my $demands = 'the template demands';
refused('an unknown rule', "$demands rule \"mustknow\", which the pool does not know", { rules => [ 'csv', '!mustknow' ] });
refused('a coinbase payload', "$demands a \"coinbase_payload\"", { coinbase_payload => '0200' });
refused('an unknown payee', "$demands a payment by \"founder\"", { founder => [ { payee => 'X', script => $script, amount => 1 } ] });
refused('a nested payee', "$demands a payment by \"fund\"", { fund => { parts => [ { address => 'X', value => 1 } ] } });
refused('a payee of old', "$demands a payment by \"payee_amount\"", { payee => 'X', payee_amount => 5 });
refused('an unknown payment of coinbasetxn', "$demands a payment by \"tax\"", { coinbasetxn => { tax => { address => 'X', minimumvalue => 5 } } });
refused('a masternode without a script', "$demands a payment by \"masternode\"", { masternode => [ { payee => 'X', amount => 5 } ] });
refused('a miner fund of another coin', "$demands a payment to a miner fund", { coinbasetxn => { minerfund => { addresses => ['bchtest:x'], minimumvalue => 5 } } });
refused('more than there is', "$demands payments that exceed", { masternode => [ { script => $script, amount => VALUE + 1 } ] });
refused('a sum of more than there is', "$demands payments that exceed", { masternode => [ map { { script => $script, amount => 9_000_000_000_000_000_000 } } 1 .. 3 ] });
refused('a negative amount', "$demands a payment by \"masternode\"", { masternode => [ { script => $script, amount => -1 } ] });
refused('outputs without end', "$demands more or longer outputs", { masternode => [ map { { script => $script, amount => 1 } } 1 .. 100 ] });
refused('a signature', "$demands a signet signature", { signet_challenge => '51' });
refused('a workid', "$demands a workid", { workid => 'x' });
refused('a range of nonces', "$demands a restricted nonce range", { noncerange => '0000000000ffffff' });
refused('version bits', "$demands version bits", { vbrequired => 1 });
refused('a target of its own', "$demands a target", { rtt => { nexttarget => '1d00ffff' } });
refused('the node\'s own coinbase', "$demands its own coinbase", { coinbasetxn => { data => '00', required => JSON::PP::true } });
refused('a coinbase without a value', 'has a "coinbasetxn" but no "coinbasevalue"', { coinbasetxn => { data => '00' } }, 'coinbasevalue');
refused('a name that is no text', "$demands a payment by \"[?]+amount\"", { "\x{1}\x{7f}amount" => 1 });

# --- work is stopped

sub stopped_by
{
    my ($what, $reason, $change) = @_;

    $coin->set(template => {}, missing => [], template_error => undef)->new_tip;
    $pool->wait_for_job('fake');
    $pool->wait_for_sql('SELECT count(*) = 0 FROM chimera.stopped_networks');
    my $client = $pool->stratum('fake', user => 'alice.rig1');
    my $job = $client->next_notify;
    my ($before, $after) = map { $client->find_share($job, difficulty => DIFFICULTY) } 1 .. 2;
    ok($client->submit($before)->{result}, 'a share is taken');
    my $began = time;
    $change->();
    $pool->wait_for_sql('SELECT count(*) = 1 FROM chimera.stopped_networks');
    cmp_ok(time - $began, '<', STOPS_WITHIN_S, sprintf '%s: work is stopped after %.1f s', $what, time - $began);
    is($client->submit($after)->{error}[0], 21, '... its shares are stale');
    like($pool->safe_psql(q(SELECT ok || ' ' || message FROM chimera.health WHERE name = 'fake' AND part = 'template')),
        qr/^false no jobs since .*: $reason/, '... health says why');
    $client->close;
    return;
}

stopped_by('a demand', "a block would have to meet demands that the pool cannot; .*$demands rule \"new\"",
    sub { $coin->set(template => { rules => ['!new'] }) });
stopped_by('a tip without a template', 'the chain has a new tip, and no node returns a template; .*TestBlockValidity failed',
    sub { $coin->set(template_error => 'TestBlockValidity failed')->new_tip });
stopped_by('both', '.', sub { $coin->set(template => { rules => ['!new'] })->new_tip });
$coin->set(template => {}, missing => [], template_error => undef)->new_tip;
$pool->wait_for_sql('SELECT count(*) = 0 FROM chimera.stopped_networks');
$pool->wait_for_sql(q(SELECT bool_and(ok) FROM chimera.health WHERE part <> 'rewards'));
pass('and goes on');

# an error upon the same tip stops nothing before its time
$coin->set(template_error => 'not connected');
sleep 12;
is($pool->safe_psql('SELECT count(*) FROM chimera.stopped_networks'), 0, 'a node that gives no template upon the same tip stops nothing yet');

done_testing();
