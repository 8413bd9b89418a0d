# Auxpow.pm: merged mining by hand: blocks of children and parents, the chain
# tree, the commitment to it, and CAuxPow.
#
#     my $child = Chimera::Auxpow::build_block($template, auxpow => 1);
#     my $tree = Chimera::Auxpow::chain_tree($nonce, 98 => $child->{hash});
#     my $parent = Chimera::Auxpow::build_block($parent_template,
#         extra => Chimera::Auxpow::commitment($tree));
#     Chimera::Auxpow::set_nonce($parent, 7);
#     my $auxpow = Chimera::Auxpow::encode(
#         Chimera::Auxpow::fields($parent, $tree, 98));
#     my $bytes = $child->{header} . $auxpow . $child->{body};
#
# All of it is bytes, and hashes are in the order of the wire.  It shares no
# code with the pool or with test/nodes/auxpow, so each can be compared with
# it.  Its facts are Namecoin's (https://en.bitcoin.it/wiki/Merged_mining_specification).
package Chimera::Auxpow;

use strict;
use warnings;

use Carp;
use Digest::SHA qw(sha256);

use Chimera::Node;

use constant {
    MAGIC => "\xfa\xbe\x6d\x6d",
    VERSION_AUXPOW => 0x100,
    EMPTY => "\0" x 32,
    MAX_HEIGHT => 30,

    # an output that anyone may spend
    ANYONE => "\x51",
};

sub sha256d { return sha256(sha256($_[0])) }

# a hash as nodes show it, and back
sub show { return unpack 'H*', scalar reverse $_[0] }
sub wire { return scalar reverse pack 'H*', $_[0] }

sub compact_size
{
    my ($number) = @_;
    return
        $number < 0xfd ? pack 'C', $number
      : $number < 0x10000 ? pack 'C v', 0xfd, $number
      :   pack 'C V', 0xfe, $number;
}

# --- merkle trees

sub merkle_level
{
    my (@hashes) = @_;
    push @hashes, $hashes[-1] if @hashes % 2;
    return map { sha256d($hashes[ 2 * $_ ] . $hashes[ 2 * $_ + 1 ]) } 0 .. @hashes / 2 - 1;
}

sub merkle_root
{
    my (@hashes) = @_;
    @hashes = merkle_level(@hashes) while @hashes > 1;
    return $hashes[0];
}

# The hashes beside the way from a leaf up to the root.
sub merkle_branch
{
    my ($index, @hashes) = @_;
    my @branch;

    while (@hashes > 1)
    {
        push @branch, $hashes[ $index ^ 1 ] // $hashes[$index];
        @hashes = merkle_level(@hashes);
        $index >>= 1;
    }
    return @branch;
}

# --- the chain tree

# A chain's slot in a tree of 2^height, by arithmetic modulo 2^32.
sub slot
{
    my ($nonce, $chain_id, $height) = @_;
    my $random = ($nonce * 1103515245 + 12345) % 2**32;

    $random = ($random + $chain_id) % 2**32;
    $random = ($random * 1103515245 + 12345) % 2**32;
    return $random % 2**$height;
}

# The smallest height at which no two chains have the same slot.
sub tree_height
{
    my (@chain_ids) = @_;

    for my $height (0 .. MAX_HEIGHT)
    {
        my %taken = map { $_ % 2**$height => 1 } @chain_ids;
        return $height if keys %taken == @chain_ids;
    }
    croak 'chain ids must differ';
}

# chain_tree(NONCE, CHAIN_ID => HASH, ...): nonce, height, root, and slot and
# branch by chain id; empty slots are zero.
sub chain_tree
{
    my ($nonce, %hash_of) = @_;
    my $height = tree_height(keys %hash_of);
    my %slot = map { $_ => slot($nonce, $_, $height) } keys %hash_of;
    my @leaves = (EMPTY) x 2**$height;

    $leaves[ $slot{$_} ] = $hash_of{$_} for keys %hash_of;
    return {
        nonce => $nonce,
        height => $height,
        leaves => \@leaves,
        root => merkle_root(@leaves),
        slot => \%slot,
        branch => { map { $_ => [ merkle_branch($slot{$_}, @leaves) ] } keys %hash_of },
    };
}

# What the parent's coinbase says of a tree: 44 bytes of its script.
sub commitment
{
    my ($tree) = @_;
    return MAGIC . reverse($tree->{root}) . pack 'V V', 2**$tree->{height}, $tree->{nonce};
}

# --- blocks

# A block of a template with a coinbase of our own.  Options: auxpow (bit 8 of
# the version is set), extra (bytes of the coinbase's script, after the height
# and bytes that make each block its own), and the template's fields, to lie.
# Returns header, hash, coinbase (without witness), branch (of the coinbase) and
# body: what comes after the header, or after CAuxPow.
sub build_block
{
    my ($template, %options) = @_;
    my %fields = (%{$template}, %options);
    my @transactions = @{ $fields{transactions} };
    my ($coinbase, $whole) = build_coinbase(\%fields);
    my @ids = (sha256d($coinbase), map { wire($_->{txid}) } @transactions);
    my $header =
        pack('V', $fields{version} | ($fields{auxpow} ? VERSION_AUXPOW : 0))
      . wire($fields{previousblockhash})
      . merkle_root(@ids)
      . pack('V V V', $fields{curtime}, hex $fields{bits}, 0);

    return {
        header => $header,
        hash => sha256d($header),
        coinbase => $coinbase,
        branch => [ merkle_branch(0, @ids) ],
        body => compact_size(scalar @ids) . $whole . join('', map { pack 'H*', $_->{data} } @transactions),
    };
}

# The coinbase without and with its witness, which it has if segwit is a rule.
sub build_coinbase
{
    my ($fields) = @_;
    my $script = push_height($fields->{height}) . pack('C/a', pack 'H*', Chimera::Node::random_hex(8)) . ($fields->{extra} // '');
    my @outputs = pack 'Q< C/a', $fields->{coinbasevalue}, ANYONE;
    my $has_witness = grep { /\A!?segwit\z/ } @{ $fields->{rules} // [] };

    push @outputs, pack 'Q< C/a', 0, pack 'H*', $fields->{default_witness_commitment} if $has_witness;
    my $inner = pack('C', 1) . "\0" x 32 . "\xff" x 4 . pack('C/a', $script) . "\xff" x 4
      . join '', pack('C', scalar @outputs), @outputs;
    my $plain = pack('V', 1) . $inner . pack('V', 0);

    return ($plain, $plain) unless $has_witness;
    return ($plain, pack('V C C', 1, 0, 1) . $inner . pack('C C/a', 1, EMPTY) . pack('V', 0));
}

# BIP 34's height, as a minimal push.
sub push_height
{
    my ($height) = @_;
    return pack 'C', 0x50 + $height if $height <= 16;
    my $bytes = pack('V', $height) =~ s/\0+\z//r;
    $bytes .= "\0" if ord(substr $bytes, -1) >= 0x80;
    return pack 'C/a', $bytes;
}

# A parent that no node ever saw; options are build_block's, and the fields of
# its template.
sub made_up_parent
{
    my ($tree, %options) = @_;
    return build_block(
        {   version => 0x20000000,
            previousblockhash => '00' x 32,
            curtime => time,
            bits => '207fffff',
            height => 1,
            coinbasevalue => 0,
            transactions => [],
        },
        extra => commitment($tree),
        %options);
}

sub set_nonce
{
    my ($block, $nonce) = @_;

    substr $block->{header}, 76, 4, pack 'V', $nonce;
    $block->{hash} = sha256d($block->{header});
    return;
}

# --- CAuxPow

# The fields of a child's CAuxPow, in the order of the wire.
sub fields
{
    my ($parent, $tree, $chain_id) = @_;
    return {
        coinbase => $parent->{coinbase},
        hash_block => EMPTY,
        coinbase_branch => $parent->{branch},
        coinbase_index => 0,
        chain_branch => $tree->{branch}{$chain_id},
        slot => $tree->{slot}{$chain_id},
        parent_header => $parent->{header},
    };
}

sub encode
{
    my ($fields) = @_;
    return $fields->{coinbase} . $fields->{hash_block}
      . encode_branch($fields->{coinbase_branch}, $fields->{coinbase_index})
      . encode_branch($fields->{chain_branch}, $fields->{slot})
      . $fields->{parent_header};
}

sub encode_branch
{
    my ($hashes, $index) = @_;
    return join '', compact_size(scalar @{$hashes}), @{$hashes}, pack 'V', $index;
}

1;
