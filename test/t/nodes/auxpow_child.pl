# The chain that tests merge-mine, Chimera::AuxpowChild: its rules decide as
# real nodes did, and it lives on merged-mined blocks as on any other.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use IO::Select;
use JSON::PP;
use POSIX ();
use Test::More;

use Chimera::Auxpow;
use Chimera::Pool;

use constant {
    START_HEIGHT => 20,
    LONG_POLL_S => 10,
    HIGH_HASH => 'rejected: high-hash',
};

my $test = abs_path(dirname(__FILE__) . '/../..');
my $install_dir = Chimera::Bcoin->install($ENV{CHIMERA_BCOIN_DIR});
my $json = JSON::PP->new->canonical->allow_nonref;

sub hex_of { return unpack 'H*', $_[0] }
sub bytes { return pack 'H*', $_[0] }
sub vectors { return $json->decode(Chimera::Node::slurp("$test/vectors/auxpow/$_[0].json")) }

# Which rule does each block break, by test/nodes/auxpow/check.js?
sub broken_rules
{
    my (@blocks) = @_;
    my $file = Chimera::Pool->directory('vectors') . '/blocks.jsonl';

    open my $lines, '>', $file or die "$file: $!";
    print $lines $json->encode($_), "\n" for @blocks;
    close $lines or die "$file: $!";
    local @ENV{qw(NODE_PATH NODE_BACKEND)} = ("$install_dir/node_modules", 'js');
    my @rules = map { $json->decode($_) } `node $test/nodes/auxpow/check.js <$file`;
    is(scalar @rules, scalar @blocks, 'each block is judged');
    return @rules;
}

# --- the rules, and the builder of this test, against real nodes' decisions

sub check_rules
{
    my @mainnet = @{ vectors('mainnet')->{vectors} };
    my @regtest = map { +{ %{$_}, refuses_parent_bit_8 => $_->{name} =~ m{^namecoin/} ? 1 : 0 } } @{ vectors('regtest')->{vectors} };
    my @shared = map { my $work = $_; map { +{ %{$_}, algorithm => $work->{algorithm} } } @{ $work->{children} } }
      @{ vectors('shared_tree')->{vectors} };
    my @rules = broken_rules(@mainnet, @regtest, @shared);

    is(shift @rules, undef, "the real block $_->{name} is valid") for @mainnet;
    is(shift @rules, $_->{broken}, "$_->{name}: $_->{what}") for @regtest;
    is(shift @rules, undef, "the shared block of chain $_->{chain_id} is valid") for @shared;
    return;
}

# A block that was valid is not with another bit in its parent's header.
sub check_changes
{
    my @changed = map {
        my $auxpow = bytes($_->{auxpow});
        substr($auxpow, -80 + 36, 1) ^= "\x01";
        +{ %{$_}, auxpow => hex_of($auxpow) }
    } @{ vectors('mainnet')->{vectors} };

    is_deeply([ broken_rules(@changed) ], [ ('merkle root') x @changed ], 'a changed merkle root is noticed');
    return;
}

sub check_builder
{
    my @wrong = grep { my ($nonce, $id, $height, $slot) = @{$_}; Chimera::Auxpow::slot($nonce, $id, $height) != $slot }
      @{ vectors('slots')->{rows} };
    is(scalar @wrong, 0, 'Chimera::Auxpow knows all slots');

    for my $work (@{ vectors('shared_tree')->{vectors} })
    {
        my @children = @{ $work->{children} };
        my $tree = Chimera::Auxpow::chain_tree($work->{nonce},
            map { $_->{chain_id} => Chimera::Auxpow::sha256d(bytes($_->{header})) } @children);
        my %parent = (
            header => bytes($work->{parent_header}),
            coinbase => bytes($work->{coinbase}),
            branch => [ map { bytes($_) } @{ $work->{coinbase_branch} } ]);

        is_deeply([ map { hex_of($_) } @{ $tree->{leaves} } ], $work->{tree}, "it builds the tree of $work->{tree_size}");
        isnt(index($parent{coinbase}, Chimera::Auxpow::commitment($tree)), -1, '... and its commitment');
        is(hex_of(Chimera::Auxpow::encode(Chimera::Auxpow::fields(\%parent, $tree, $_->{chain_id}))),
            $_->{auxpow}, "... and the CAuxPow of chain $_->{chain_id}")
          for @children;
    }
    return;
}

# --- a chain that is merged-mined

sub check_template
{
    my ($child) = @_;
    my $template = $child->template;

    is($template->{version}, $child->chain_id << 16 | 4, 'the version has the chain id');
    is_deeply($template->{rules}, [], 'no rule is in force');
    is($template->{coinbasevalue}, 50 * 1e8, 'the coinbase is left to the pool');
    return;
}

sub check_start_height
{
    my ($child) = @_;
    my $early = Chimera::Auxpow::build_block($child->template, auxpow => 1);

    is(($child->submit_merged($early))[0], 'rejected: early-auxpow-block', 'merged mining has not begun at height 1');
    $child->mine(START_HEIGHT - 2);
    is(eval { $child->mine_merged; 1 }, undef, '... nor one block before its start');
    $child->mine(1);
    $child->mine_merged;
    is($child->height, START_HEIGHT, 'it begins at the start height');
    $child->mine(1);
    is($child->height, START_HEIGHT + 1, 'a block that was mined alone is accepted later too');
    return;
}

sub check_bytes
{
    my ($child) = @_;
    my $block = Chimera::Auxpow::build_block($child->template, auxpow => 1);
    my ($answer, $auxpow) = $child->submit_merged($block, extra => "\xab" x 20 . Chimera::Auxpow::commitment(
            Chimera::Auxpow::chain_tree(0, $child->chain_id => $block->{hash})));
    my $hash = Chimera::Auxpow::show($block->{hash});

    is($answer, undef, 'a merged-mined block is accepted');
    is($child->best_hash, $hash, '... and is the tip');
    is($child->rpc('getblock', $hash, JSON::PP::false), hex_of($block->{header} . $auxpow . $block->{body}),
        '... and is given back byte for byte');
    is($child->rpc('getblockheader', $hash, JSON::PP::false), hex_of($block->{header}), 'its header has 80 bytes');
    is($child->submit_block($block, $auxpow), 'rejected: duplicate', 'the same bytes are a duplicate');
    is(($child->submit_merged($block))[0], 'rejected: duplicate', '... and so is the block with another CAuxPow');
    return;
}

# Submit a block whose CAuxPow lies; changes are those of the parent, then of
# CAuxPow's fields.
sub submit_lie
{
    my ($child, $block, $of_parent, $of_fields) = @_;
    my $tree = Chimera::Auxpow::chain_tree(0, $child->chain_id => $block->{hash});
    my $parent = Chimera::Auxpow::made_up_parent($tree, %{$of_parent});
    my $fields = Chimera::Auxpow::fields($parent, $tree, $child->chain_id);
    return $child->submit_block($block, Chimera::Auxpow::encode({ %{$fields}, %{ $of_fields // {} } }));
}

sub check_refusals
{
    my ($child) = @_;
    my $block = Chimera::Auxpow::build_block($child->template, auxpow => 1);
    my $commitment = Chimera::Auxpow::commitment(Chimera::Auxpow::chain_tree(0, $child->chain_id => $block->{hash}));
    my @lies = (
        [ 'coinbase index', {}, { coinbase_index => 1 } ],
        [ 'parent has our chain id', { version => $child->chain_id << 16 } ],
        [ 'chain branch too long', {}, { chain_branch => [ ("\0" x 32) x 31 ] } ],
        [ 'merkle root', {}, { coinbase_branch => [ "\0" x 32 ] } ],
        [ 'root missing', { extra => '' } ],
        [ 'root missing', {}, { chain_branch => [ "\0" x 32 ] } ],
        [ 'magic twice', { extra => $commitment . Chimera::Auxpow::MAGIC } ],
        [ 'magic not before root', { extra => substr($commitment, 0, 4) . 'x' . substr $commitment, 4 } ],
        [ 'root too late', { extra => 'x' x 20 . substr $commitment, 4 } ],
        [ 'size and nonce missing', { extra => substr $commitment, 0, -1 } ],
        [ 'size', { extra => substr($commitment, 0, 36) . pack 'V V', 2, 0 } ],
        [ 'slot', {}, { slot => 1 } ],
    );

    for (@lies)
    {
        my ($rule, @changes) = @{$_};
        is(submit_lie($child, $block, @changes), HIGH_HASH, "$rule: high-hash");
        is($child->broken_rule, $rule, '... for that reason');
    }
    my $stranger = Chimera::Auxpow::build_block($child->template, auxpow => 1, version => 0x7770004);
    is(submit_lie($child, $stranger, {}), HIGH_HASH, 'another chain\'s block: high-hash');
    is($child->broken_rule, 'chain id', '... for that reason');
    is(($child->submit_merged($block))[0], undef, 'a good CAuxPow for the block of all the bad ones is accepted');
    return;
}

sub check_malformed
{
    my ($child) = @_;
    my $block = Chimera::Auxpow::build_block($child->template, auxpow => 1);
    my $alone = Chimera::Auxpow::build_block($child->template);

    # its own hash, which no nonce of a parent changes, decides which
    like(submit_lie($child, $alone, {}), qr/^rejected: (?:bad-cb-missing|high-hash)$/, 'CAuxPow without bit 8 is refused');
    eval { $child->submit_block($block) };
    is(ref $@ && $@->code, -22, 'bit 8 without CAuxPow is no block');
    chop $block->{body};
    eval { $child->submit_merged($block) };
    is(ref $@ && $@->code, -22, '... nor is one whose last byte is missing');
    return;
}

sub check_other_rules
{
    my ($child) = @_;
    my $template = $child->template;
    my %lies = (
        'bad-cb-amount' => { coinbasevalue => $template->{coinbasevalue} + 1 },
        'bad-cb-height' => { height => $template->{height} + 1 },
        'bad-diffbits' => { bits => '207ffffe' },
        'bad-prevblk' => { previousblockhash => '11' x 32 },
        'time-too-old' => { curtime => 1 },
    );

    for my $reason (sort keys %lies)
    {
        my $block = Chimera::Auxpow::build_block($template, auxpow => 1, %{ $lies{$reason} });
        is(($child->submit_merged($block))[0], "rejected: $reason", "$reason is told");
    }
    return;
}

sub check_long_poll
{
    my ($child) = @_;
    my $id = $child->template->{longpollid};
    my $pid = open(my $poll, '-|') // die "fork: $!";
    if ($pid == 0)
    {
        my $template = $child->rpc('getblocktemplate', { rules => [], longpollid => $id });
        syswrite STDOUT, $template->{previousblockhash};
        POSIX::_exit(0);
    }
    my $select = IO::Select->new($poll);

    is_deeply([ $select->can_read(1) ], [], 'a long poll waits');
    my $hash = $child->mine_merged;
    is_deeply([ $select->can_read(LONG_POLL_S) ], [$poll], '... until a merged-mined block comes');
    is(scalar readline $poll, $hash, '... and has the new tip');
    close $poll;
    return;
}

sub check_reorganization
{
    my ($child) = @_;
    my @old = map { $child->mine_merged } 1 .. 3;
    my @new = $child->reorganise(2);

    is($child->best_hash, $new[-1], 'a longer branch of merged-mined blocks takes over');
    ok($child->is_in_best_chain($old[0]), '... above the block that it builds on');
    ok(!$child->is_in_best_chain($old[1]), '... and orphans the rest');
    $child->build_on($old[-1], 2);
    ok($child->is_in_best_chain($old[-1]), 'the old branch comes back when it is longer');
    return;
}

sub check_wallet
{
    my ($child) = @_;

    $child->mine(110);
    my $txid = $child->send_legacy(1);
    my ($seen) = grep { $_->{txid} eq $txid } @{ $child->template->{transactions} };
    ok($seen, 'the wallet\'s transaction is in the template');
    my $hash = $child->mine_merged;
    is_deeply($child->rpc('getblock', $hash)->{tx}[1], $txid, '... and in a merged-mined block');
    return;
}

sub check_restarts
{
    my ($child) = @_;
    my $tip = $child->best_hash;

    $child->restart;
    is($child->best_hash, $tip, 'a restart keeps the chain');
    $child->kill9;
    $child->start;
    is($child->best_hash, $tip, '... and so does a crash');
    return;
}

sub check_second_node
{
    my ($child, %options) = @_;
    my $second = Chimera::Pool->start_auxpow_child(%options);

    is($second->genesis_hash, $child->genesis_hash, 'a second node of the chain has its genesis block');
    $second->catch_up($child);
    is($second->best_hash, $child->best_hash, '... and takes over its blocks');
    my $block = Chimera::Auxpow::build_block($child->template, auxpow => 1);
    my ($answer, $auxpow) = $second->submit_merged($block);
    is($answer, undef, 'it accepts a block of the first\'s template');
    is($child->submit_block($block, $auxpow), undef, '... and the first the same bytes');
    return;
}

# --- one work for a parent and its children

sub mine_all
{
    my ($parent, @children) = @_;
    my %block_of = map { $_->chain_id => Chimera::Auxpow::build_block($_->template, auxpow => 1) } @children;
    my $tree = Chimera::Auxpow::chain_tree(42, map { $_ => $block_of{$_}{hash} } keys %block_of);
    my $work = Chimera::Auxpow::build_block($parent->template, extra => Chimera::Auxpow::commitment($tree));
    my ($answer, $nonce) = ('high-hash', 0);

    while (($answer // '') =~ /high-hash$/)
    {
        Chimera::Auxpow::set_nonce($work, $nonce++);
        $answer = $parent->rpc('submitblock', hex_of($work->{header} . $work->{body}));
    }
    is($answer, undef, 'one work is a block of the parent');
    for my $child (@children)
    {
        my $id = $child->chain_id;
        my $auxpow = Chimera::Auxpow::encode(Chimera::Auxpow::fields($work, $tree, $id));
        is($child->submit_block($block_of{$id}, $auxpow), undef, "... and of chain $id, in a tree of " . 2**$tree->{height});
        is($child->best_hash, Chimera::Auxpow::show($block_of{$id}{hash}), '... and its tip');
    }
    return;
}

check_rules();
check_changes();
check_builder();

my %options = (chain_id => 98, algorithm => 'scrypt', start_height => START_HEIGHT);
my $child = Chimera::Pool->start_auxpow_child(%options);
check_template($child);
check_start_height($child);
check_bytes($child);
check_refusals($child);
check_malformed($child);
check_other_rules($child);
check_long_poll($child);
check_reorganization($child);
check_wallet($child);
check_restarts($child);
check_second_node($child, %options);

my $bellscoin = Chimera::Pool->start_auxpow_child(chain_id => 16, algorithm => 'scrypt');
isnt($bellscoin->genesis_hash, $child->genesis_hash, 'another chain has another genesis block');
my $litecoin = Chimera::Pool->start_litecoind;
$litecoin->mine(1);
mine_all($litecoin, $child, $bellscoin);

# --- Namecoin's ways: sha256d, segwit, no parent that is merged-mined itself

my $namecoin = Chimera::Pool->start_auxpow_child(chain_id => 1, segwit => 1, refuses_parent_bit_8 => 1);
my $block = Chimera::Auxpow::build_block($namecoin->template, auxpow => 1);
is(submit_lie($namecoin, $block, { version => 0x20000100 }), HIGH_HASH, 'a parent with bit 8: high-hash');
is($namecoin->broken_rule, 'parent has bit 8', '... for that reason');
is(($namecoin->submit_merged($block))[0], undef, 'a block with a witness is accepted');
is(($child->submit_merged(Chimera::Auxpow::build_block($child->template, auxpow => 1), version => 0x20000100))[0],
    undef, 'other chains accept a parent with bit 8');
eval { $namecoin->rpc('getblocktemplate', { rules => [] }) };
is(ref $@ && $@->code, -8, 'its template needs rule segwit');

# bcoin adds a witness that is missing, and then writes the block itself
my $plain = Chimera::Auxpow::build_block($namecoin->template, auxpow => 1);
my $bare = { %{$plain}, body => "\1" . $plain->{coinbase} };
my ($answer, $auxpow) = $namecoin->submit_merged($bare);
is($answer, undef, 'so is one whose witness the node adds');
is($namecoin->rpc('getblock', $namecoin->best_hash, JSON::PP::false), hex_of($plain->{header} . $auxpow . $plain->{body}),
    '... which keeps its CAuxPow');

mine_all(Chimera::Pool->start_bcoin, $namecoin, Chimera::Pool->start_auxpow_child(chain_id => 90));

done_testing();
