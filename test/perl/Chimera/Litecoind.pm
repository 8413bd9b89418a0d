# Litecoind.pm: two connected litecoind nodes on regtest.
#
#     my $litecoin = Chimera::Litecoind->new(dir => $dir)->start;
#     $litecoin->reach_mweb;
#     $litecoin->send_segwit;
#     $litecoin->rpc('getblocktemplate', { rules => [qw(segwit mweb)] });
#
# The pool works with the first node, rpc() is its; the second is there since
# a lone node gives no templates, and to build rival branches.  What
# litecoind 0.21.2 answers, as tried here:
#
# getblocktemplate
#   - No peer: error -9 "Litecoin Core is not connected!"; while in initial
#     download (tip older than a day, so also a fresh chain): error -10.
#   - Without both rules: error -8 "getblocktemplate must be called with the
#     segwit & mweb rule sets".
#   - At height 431 MWEB is active for the next block, and without a peg-in
#     in the mempool: error -1 "CreateNewBlock: TestBlockValidity failed:
#     bad-txns-vin-empty, ...".  From 432 on no peg-in is needed: HogEx, the
#     last transaction, is always there and "mweb" is not empty.
#   - "rules" has "!segwit" with the mark and "mweb" without.
#   - Long poll: answered at once when the tip moves; for new transactions
#     only after 60 s; a longpollid whose first 64 characters are not a hash:
#     error -8; of another tip: at once.  During shutdown: error -9 "Shutting
#     down".
# submitblock
#   - null: taken, and now the tip, or taken before its rival.
#   - "inconclusive": stored, valid so far, but on a branch that is not best.
#   - "duplicate": known and not known to be bad, in the best chain or not.
#   - "duplicate-invalid": known and bad, or under invalidateblock.
#   - "high-hash", "bad-txnmrklroot", "bad-cb-amount", ...: refused.
#   - "prev-blk-not-found": the parent is unknown.
#   - Error -22 "Block decode failed" for what is not a block.
# getblockheader, getblock (verbose)
#   - confirmations -1 for a block that is not in the best chain: orphaned by
#     a longer branch or by invalidateblock; positive again when it returns.
#   - Unknown hash: error -5 "Block not found".
# HTTP
#   - Errors come with status 500, 404 for an unknown method (-32601), 401
#     with an empty body for a wrong password; -28 while starting.
package Chimera::Litecoind;

use strict;
use warnings;

use Carp;
use JSON::PP;

use Chimera::LitecoinDaemon;

use constant {
    MWEB_HEIGHT => 432,
    COINS_AHEAD => 50,
    CONNECT_TIMEOUT => 90,
    GENERATE_AT_ONCE => 100,

    # regtest's chain parameters, as getnewaddress shows them.  For P2SH the
    # node also reads version 196, but writes 58.
    P2PKH_VERSION => 111,
    P2SH_VERSION => 58,
    BECH32_HRP => 'rltc',
};

# The wallets on the first node.  Each has coins of one kind only, so that
# what it sends is of a known kind too.
use constant {
    LEGACY_WALLET => 'legacy',
    SEGWIT_WALLET => 'segwit',
    PEGIN_WALLET => 'pegin',
    MWEB_WALLET => 'mweb',
    SECOND_WALLET => 'second',
};

# new(dir => DIR, leave_running => BOOL, settings => [ 'NAME=VALUE' ]): a pair of
# nodes below DIR; the settings are added to their configuration.
sub new
{
    my ($class, %options) = @_;
    my $dir = $options{dir} // croak "the nodes need a directory";
    my $second = Chimera::LitecoinDaemon->new(%options, dir => "$dir/second");
    my $first = Chimera::LitecoinDaemon->new(
        %options,
        dir => "$dir/first",
        connect_to => $second->p2p_port);

    return bless { first => $first, second => $second }, $class;
}

sub first { return $_[0]{first} }
sub second { return $_[0]{second} }

sub rpc { my $self = shift; return $self->{first}->rpc(@_) }
sub url { return $_[0]{first}->url }
sub cookie_file { return $_[0]{first}->cookie_file }
sub credentials { return $_[0]{first}->credentials }
sub genesis_hash { return $_[0]{first}->genesis_hash }
sub height { return $_[0]{first}->height }
sub best_hash { return $_[0]{first}->best_hash }

sub is_in_best_chain
{
    my ($self, $hash) = @_;
    return $self->{first}->is_in_best_chain($hash);
}

sub template
{
    my ($self) = @_;
    return $self->rpc('getblocktemplate',
        { rules => [ $self->template_rules ] });
}

sub template_rules { return ('segwit', 'mweb') }

# What chimera.network_configs wants to know of this chain.
sub is_regtest { return 1 }

sub chain_parameters
{
    my ($self) = @_;
    return {
        algorithm => 'scrypt',
        genesis_hash => $self->genesis_hash,
        p2pkh_version => P2PKH_VERSION,
        p2sh_version => P2SH_VERSION,
        bech32_hrp => BECH32_HRP,
        witness_version_max => 1,
        template_rules => [ $self->template_rules ],
    };
}

sub start
{
    my ($self) = @_;

    $self->{second}->start;
    $self->{first}->start;
    $self->wait_until_connected;
    return $self;
}

sub stop
{
    my ($self) = @_;
    $self->{$_}->stop for qw(first second);
    return;
}

sub kill9
{
    my ($self) = @_;
    $self->{$_}->kill9 for qw(first second);
    return;
}

sub is_running
{
    my ($self) = @_;
    return $self->{first}->is_running && $self->{second}->is_running;
}

sub wait_until_connected
{
    my ($self) = @_;
    Chimera::Node::wait_for(
        'litecoind nodes to connect',
        sub { $self->rpc('getconnectioncount') > 0 },
        CONNECT_TIMEOUT);
    return $self->wait_until_synced;
}

sub wait_until_synced
{
    my ($self) = @_;
    Chimera::Node::wait_for('litecoind nodes to agree',
        sub { $self->{first}->best_hash eq $self->{second}->best_hash });
    return;
}

# An address of a wallet that nothing is sent from, for the pool.  Types are
# litecoind's: legacy, p2sh-segwit, bech32.
sub new_address
{
    my ($self, $type) = @_;
    return $self->{first}
      ->wallet('pool', 'getnewaddress', '', $type // 'bech32');
}

# Let the first node mine $count blocks, to set a stage; returns their
# hashes.  On the way to MWEB's first block the peg-in it needs is made.
sub mine
{
    my ($self, $count, $address) = @_;
    my @hashes;

    $address //= $self->wallet_address(SEGWIT_WALLET);
    while ($count > 0)
    {
        my $to_mweb = MWEB_HEIGHT - 1 - $self->height;
        my $blocks = $count;

        $self->send_peg_in if $to_mweb == 0 && !$self->mempool_size;
        $blocks = GENERATE_AT_ONCE if $blocks > GENERATE_AT_ONCE;
        $blocks = $to_mweb if $to_mweb > 0 && $blocks > $to_mweb;
        push @hashes,
          @{ $self->rpc('generatetoaddress', $blocks, $address) };
        $count -= $blocks;
    }
    $self->wait_until_synced;
    return @hashes;
}

sub mempool_size
{
    my ($self) = @_;
    return scalar @{ $self->rpc('getrawmempool') };
}

sub wallet_address
{
    my ($self, $wallet) = @_;
    my $type = $wallet eq LEGACY_WALLET ? 'legacy' : 'bech32';

    return $self->{first}->wallet($wallet, 'getnewaddress', '', $type);
}

# Bring a fresh chain to height 431 with mature coins in all wallets and a
# peg-in in the mempool: the next block is the first with an MWEB block.
sub reach_mweb_eve
{
    my ($self) = @_;
    my $eve = MWEB_HEIGHT - 1;
    my $height = $self->height;

    return if $height >= $eve;
    if ($height == 0)
    {
        $self->mine(COINS_AHEAD, $self->wallet_address($_))
          for LEGACY_WALLET, PEGIN_WALLET;
    }
    $self->mine($eve - $self->height);
    $self->send_peg_in;
    return;
}

# Bring the chain past MWEB's first blocks.
sub reach_mweb
{
    my ($self) = @_;

    $self->reach_mweb_eve;
    my $missing = MWEB_HEIGHT + 2 - $self->height;
    $self->mine($missing) if $missing > 0;
    return;
}

# Transactions for the mempool; each returns its txid.

sub send_legacy
{
    my ($self) = @_;
    return $self->send_coin(LEGACY_WALLET,
        $self->wallet_address(LEGACY_WALLET));
}

sub send_segwit
{
    my ($self) = @_;
    return $self->send_coin(SEGWIT_WALLET,
        $self->wallet_address(SEGWIT_WALLET));
}

# into the MWEB side
sub send_peg_in
{
    my ($self) = @_;
    my $address = $self->{first}
      ->wallet(MWEB_WALLET, 'getnewaddress', '', 'mweb');
    return $self->send_coin(PEGIN_WALLET, $address);
}

# Out of the MWEB side; needs peg-ins that are in a block.  It is not in the
# template's transactions: HogEx pays it, so HogEx has an output more.
sub send_peg_out
{
    my ($self, $amount) = @_;
    my $address = $self->wallet_address(SEGWIT_WALLET);
    return $self->{first}->wallet(MWEB_WALLET, 'sendtoaddress', $address,
        $amount // 0.5);
}

# Send one whole coin.  Change would be of another kind than the wallet's
# coins: segwit's in the legacy wallet, MWEB's in the peg-in wallet, whose
# next transaction would then be one that no template shows.
sub send_coin
{
    my ($self, $wallet, $address) = @_;
    my $first = $self->{first};
    my ($coin) = @{ $first->wallet($wallet, 'listunspent') };

    croak "wallet $wallet has no mature coin" unless defined $coin;
    return $first->wallet($wallet, 'sendtoaddress', $address,
        $coin->{amount}, '', '', JSON::PP::true);
}

# Build $count blocks upon any known block with the second node, apart from
# the first, then let both agree again; returns the new hashes.  If the
# branch is the longest now, what was best before is orphaned.
sub build_on
{
    my ($self, $parent, $count) = @_;
    my $second = $self->{second};

    $self->wait_until_synced;
    $self->set_network_active(0);

    # retreat until the parent is the tip
    my @put_aside;
    while ($second->best_hash ne $parent)
    {
        my $next = $self->first_block_not_below($parent);
        croak "$parent is not known" unless defined $next;
        $second->rpc('invalidateblock', $next);
        push @put_aside, $next;
    }

    my $address = $second->wallet(SECOND_WALLET, 'getnewaddress');
    my $hashes = $second->rpc('generatetoaddress', $count, $address);
    $second->rpc('reconsiderblock', $_) for @put_aside;

    $self->set_network_active(1);
    $self->wait_until_connected;
    return @{$hashes};
}

# The first block of the second node's best chain that $parent does not build
# upon: where the branch to $parent, or $parent itself, leaves that chain.
sub first_block_not_below
{
    my ($self, $parent) = @_;
    my $second = $self->{second};
    my $header = $second->rpc('getblockheader', $parent);

    $header = $second->rpc('getblockheader', $header->{previousblockhash})
      while $header->{confirmations} < 0;
    return $header->{nextblockhash};
}

# Orphan the last $depth blocks by a branch that is longer by one.
sub reorganise
{
    my ($self, $depth) = @_;
    my $parent = $self->rpc('getblockhash', $self->height - $depth);
    return $self->build_on($parent, $depth + 1);
}

sub set_network_active
{
    my ($self, $active) = @_;
    my $flag = $active ? JSON::PP::true : JSON::PP::false;

    $self->{$_}->rpc('setnetworkactive', $flag) for qw(first second);
    Chimera::Node::wait_for('litecoind nodes to part',
        sub { $self->rpc('getconnectioncount') == 0 })
      unless $active;
    return;
}

1;
