# LitecoinDaemon.pm: one litecoind on regtest.
#
# Tests use Chimera::Litecoind, which is two of these, connected.
# Chimera::Bitcoind is another program of the same family.
package Chimera::LitecoinDaemon;

use strict;
use warnings;

use Carp;
use Digest::SHA qw(hmac_sha256_hex);

use Chimera::Node;
use parent -norequire, 'Chimera::Node';

# new(dir => DIR, settings => [ 'NAME=VALUE' ], ...): as Chimera::Node's.
use constant RPC_USER => 'chimera';

sub new_state
{
    my ($self) = @_;
    my $state = {
        rpc_port => Chimera::Node::free_port(),
        p2p_port => Chimera::Node::free_port(),
        rpc_user => RPC_USER,
        rpc_password => Chimera::Node::random_hex(16),
    };

    # with rpcauth, and not rpcpassword, the cookie is written as well
    my $salt = Chimera::Node::random_hex(16);
    my $hash = hmac_sha256_hex($state->{rpc_password}, $salt);
    $self->write_configuration($state, "@{[RPC_USER]}:$salt\$$hash");
    return $state;
}

# Everything is in the file, so the command line shows no secret in ps.  Of a
# setting that is there twice the first one holds: the caller's.
sub write_configuration
{
    my ($self, $state, $rpcauth) = @_;
    my $file = $self->configuration_file;
    my $settings = join '', map { "$_\n" } @{ $self->{settings} // [] };
    my $connect =
      defined $self->{connect_to} ? "127.0.0.1:$self->{connect_to}" : '0';

    # connect= also keeps the node from looking for any other peer
    open my $conf, '>', $file or croak "$file: $!";
    print $conf <<"CONF";
${settings}server=1
txindex=1
fallbackfee=0.0002
keypool=100
dbcache=16
dns=0
dnsseed=0
@{[$self->more_settings]}
listenonion=0
discover=0
printtoconsole=0
@{[$self->chain_setting]}
listen=1
bind=127.0.0.1:$state->{p2p_port}
port=$state->{p2p_port}
connect=$connect
rpcbind=127.0.0.1
rpcallowip=127.0.0.1
rpcport=$state->{rpc_port}
rpcauth=$rpcauth
CONF
    close $conf or croak "$file: $!";
    return;
}

# what another program of the family overrides
sub program { return 'litecoind' }
sub more_settings { return 'upnp=0' }
sub chain { return 'regtest' }

sub chain_setting
{
    my ($self) = @_;
    my $chain = $self->chain;
    return "chain=$chain\n[$chain]";
}

# where the chain's files are
sub chain_dir
{
    my ($self) = @_;
    return $self->chain eq 'main' ? $self->{dir} : "$self->{dir}/" . $self->chain;
}

sub configuration_file { my ($self) = @_; return "$self->{dir}/" . ($self->program =~ s/d\z//r) . '.conf' }

sub command
{
    my ($self) = @_;
    return ('/usr/bin/env', $self->program, "-datadir=$self->{dir}", '-conf=' . $self->configuration_file);
}

sub p2p_port { return $_[0]{state}{p2p_port} }

# user:password, written at each start, readable by the node's user
sub cookie_file { return $_[0]->chain_dir . '/.cookie' }

# Call a wallet, which is loaded, or made, if need be.
sub wallet
{
    my ($self, $wallet, $method, @params) = @_;

    $self->open_wallet($wallet) unless $self->{wallets}{$wallet}++;
    return $self->rpc_at($self->url . "wallet/$wallet", $method, @params);
}

sub open_wallet
{
    my ($self, $wallet) = @_;

    return if grep { $_ eq $wallet } @{ $self->rpc('listwallets') };
    if (-e $self->chain_dir . "/wallets/$wallet")
    {
        $self->rpc('loadwallet', $wallet);
    }
    else
    {
        $self->rpc('createwallet', $wallet);
    }
    return;
}

sub launch
{
    my ($self) = @_;

    # wallets have to be loaded again
    $self->{wallets} = {};
    return $self->SUPER::launch;
}

# litecoind writes its chain to the disk once an hour; killed before, it has
# none.  Tests want it killed, not back at the genesis block: this writes it.
sub kill9
{
    my ($self) = @_;

    eval { $self->rpc('gettxoutsetinfo') } if $self->is_running;
    return $self->SUPER::kill9;
}

1;
