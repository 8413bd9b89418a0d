# Bitcoind.pm: one bitcoind (Bitcoin Knots of Debian, 29) on regtest, or on the
# main chain's genesis block.
#
#     my $bitcoin = Chimera::Bitcoind->new(dir => $dir)->start;
#     $bitcoin->mine(110);
#     $bitcoin->send('bech32m');
#
# What it answers, as tried here: on regtest getblocktemplate needs no peer and
# knows no initial download; on the main chain it answers -9 without a peer and
# -10 with one, as long as the tip is old.
package Chimera::Bitcoind;

use strict;
use warnings;

use Carp;

use Chimera::LitecoinDaemon;
use parent -norequire, 'Chimera::LitecoinDaemon';

use constant {
    P2PKH_VERSION => 111,
    P2SH_VERSION => 196,
    BECH32_HRP => 'bcrt',
    WALLET => 'miner',
};

# Is the program on this machine?
sub is_installed { return system('sh -c "command -v bitcoind" >/dev/null 2>&1') == 0 }

sub program { return 'bitcoind' }
sub chain { return $_[0]{chain} // 'regtest' }

sub more_settings { return 'natpmp=0' }

sub template_rules { return ('segwit') }

sub template
{
    my ($self) = @_;
    return $self->rpc('getblocktemplate', { rules => [ $self->template_rules ] });
}

# What chimera.network_configs wants to know of this chain.
sub chain_parameters
{
    my ($self) = @_;
    return {
        algorithm => 'sha256d',
        genesis_hash => $self->genesis_hash,
        p2pkh_version => P2PKH_VERSION,
        p2sh_version => P2SH_VERSION,
        bech32_hrp => BECH32_HRP,
        template_rules => [ $self->template_rules ],
    };
}

# An address of the node's wallet; types are bitcoind's: legacy, p2sh-segwit,
# bech32, bech32m.
sub new_address
{
    my ($self, $type) = @_;
    return $self->wallet(WALLET, 'getnewaddress', '', $type // 'bech32');
}

# Mine blocks to set a stage; returns their hashes.
sub mine
{
    my ($self, $count) = @_;
    return @{ $self->rpc('generatetoaddress', $count, $self->new_address) };
}

# Send a coin's part to an address of that type; returns the txid.
sub send
{
    my ($self, $type) = @_;
    return $self->wallet(WALLET, 'sendtoaddress', $self->new_address($type), 1);
}

1;
