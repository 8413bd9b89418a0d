# AuxpowChild.pm: a chain that is merged-mined: bcoin on regtest, changed at run
# time by test/nodes/auxpow to verify CAuxPow.
#
#     my $child = Chimera::AuxpowChild->new(
#         dir => $dir, chain_id => 98, algorithm => 'scrypt')->start;
#     $child->mine(110);
#     my $hash = $child->mine_merged;
#     $child->reorganise(2);
#
# It is a Chimera::Bcoin, whose head tells what the node answers.  Otherwise
# than there:
#   - getblocktemplate: the version is the chain id and 4, "rules" is empty and
#     no rule needs to be named.  With segwit => 1 rules are "csv" and
#     "!segwit" from the first block on, and the latter must be named.
#   - BIP 34 binds from the first block on: "rejected: bad-cb-height".
#   - submitblock: every broken rule of AuxPoW is "rejected: high-hash", which
#     spoils nothing: the same block with a better CAuxPow is accepted.
#     broken_rule() tells which rule it was.  "rejected: early-auxpow-block"
#     below the start height; error -22 for bit 8 without CAuxPow.
#   - generatetoaddress mines alone, at any height.
package Chimera::AuxpowChild;

use strict;
use warnings;

use Carp;
use Cwd qw(abs_path);
use File::Basename qw(dirname);

use Chimera::Auxpow;
use Chimera::Bcoin;
use parent -norequire, 'Chimera::Bcoin';

use constant {
    BASE_VERSION => 4,
    BITS => '207fffff',

    # so that each chain id is another genesis block
    FIRST_GENESIS_TIME => 1_300_000_000,

    # every second hash meets regtest's target
    NONCES => 100,
};

my $root = abs_path(dirname(__FILE__) . '/../../..');

# new(chain_id => ID, algorithm => 'sha256d' or 'scrypt', genesis_time => TIME,
# start_height => HEIGHT, segwit => BOOL, refuses_parent_bit_8 => BOOL, ...):
# further options are Chimera::Bcoin's.  Two nodes of the same genesis_time, by
# default the same chain id, are of one chain: see catch_up.
sub new
{
    my ($class, %options) = @_;

    croak 'a child needs a chain id' unless defined $options{chain_id};
    return $class->SUPER::new(
        algorithm => 'sha256d',
        genesis_time => FIRST_GENESIS_TIME + $options{chain_id},
        start_height => 0,
        segwit => 0,
        refuses_parent_bit_8 => 0,
        %options);
}

sub chain_id { return $_[0]{chain_id} }

sub node_options { return ('--require', "$root/test/nodes/auxpow/child.js") }

sub environment
{
    my ($self) = @_;
    my @names = qw(chain_id algorithm genesis_time start_height segwit refuses_parent_bit_8);
    return (
        $self->SUPER::environment,
        NODE_PATH => "$self->{install_dir}/node_modules",
        map { 'AUXPOW_' . uc $_ => $self->{$_} } @names);
}

sub template_rules
{
    my ($self) = @_;
    return $self->{segwit} ? ('segwit') : ();
}

sub chain_parameters
{
    my ($self) = @_;
    return { %{ $self->SUPER::chain_parameters }, algorithm => $self->{algorithm} };
}

# Submit a block of Chimera::Auxpow::build_block; returns the node's answer,
# undef if the block was accepted.
sub submit_block
{
    my ($self, $block, $auxpow) = @_;
    return $self->rpc('submitblock', unpack 'H*', join '', $block->{header}, $auxpow // '', $block->{body});
}

# Work for a block by a parent that is made up, and submit it; options are
# Chimera::Auxpow::made_up_parent's.  Returns the answer and the CAuxPow.
sub submit_merged
{
    my ($self, $block, %options) = @_;
    my $tree = Chimera::Auxpow::chain_tree(0, $self->{chain_id} => $block->{hash});
    my $parent = Chimera::Auxpow::made_up_parent($tree, %options);

    for my $nonce (1 .. NONCES)
    {
        Chimera::Auxpow::set_nonce($parent, $nonce);
        my $auxpow = Chimera::Auxpow::encode(Chimera::Auxpow::fields($parent, $tree, $self->{chain_id}));
        my $answer = $self->submit_block($block, $auxpow);
        next if ($answer // '') eq 'rejected: high-hash' && $self->broken_rule eq 'proof of work';
        return ($answer, $auxpow);
    }
    croak 'no nonce meets the target';
}

# Mine a block of the node's template by a parent that is made up; returns its
# hash.
sub mine_merged
{
    my ($self) = @_;
    my $block = Chimera::Auxpow::build_block($self->template, auxpow => 1);
    my ($answer) = $self->submit_merged($block);

    croak "submitblock: $answer" if defined $answer;
    return Chimera::Auxpow::show($block->{hash});
}

# As Chimera::Bcoin's; the blocks are merged-mined, so their heights must be at
# least the start height.
sub build_on
{
    my ($self, $parent, $count) = @_;
    my $header = $self->rpc('getblockheader', $parent);
    my @hashes;

    for my $step (1 .. $count)
    {
        my $height = $header->{height} + $step;
        my $block = Chimera::Auxpow::build_block(
            {   version => $self->{chain_id} << 16 | BASE_VERSION,
                previousblockhash => $parent,
                height => $height,
                curtime => $header->{time} + $step,
                bits => BITS,
                coinbasevalue => Chimera::Bcoin::FIRST_SUBSIDY >> int($height / Chimera::Bcoin::HALVING_INTERVAL),
                transactions => [],
            },
            auxpow => 1);
        my ($answer) = $self->submit_merged($block);
        croak "submitblock: $answer" if defined $answer;
        $parent = Chimera::Auxpow::show($block->{hash});
        push @hashes, $parent;
    }
    return @hashes;
}

# Give this node the other's blocks that it lacks: no peer does it.
sub catch_up
{
    my ($self, $other) = @_;

    for my $height (1 .. $other->height)
    {
        next if eval { $self->rpc('getblockheader', $other->rpc('getblockhash', $height)) };
        my $answer = $self->rpc('submitblock', $other->rpc('getblockbyheight', $height, JSON::PP::false));
        croak "submitblock: $answer" if defined $answer;
    }
    return;
}

# The rule that the last refused block broke, in the words of rules.js.
sub broken_rule
{
    my ($self) = @_;
    my @rules = $self->log_tail =~ /^block [0-9a-f]{64} breaks a rule: (.+)$/mg;
    return $rules[-1];
}

1;
