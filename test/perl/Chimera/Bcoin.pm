# Bcoin.pm: bcoin 1.0.2 on regtest, a real sha256d node.
#
#     Chimera::Bcoin->install;
#     my $bcoin = Chimera::Bcoin->new(dir => $dir)->start;
#     $bcoin->reach_segwit;
#     $bcoin->send_segwit;
#
# It runs alone, without peers and without listening.  What bcoin answers, as
# tried here and read in its lib/node/rpc.js:
#
# getblocktemplate
#   - On regtest it needs no peer (elsewhere: error -9, -10).
#   - Once segwit is active (from height 433 on), without rule "segwit": error
#     -8 "Client must support segwit."; "rules" then has "!segwit".
#   - default_witness_commitment is there whenever the rule was named, also
#     BEFORE segwit is active ("rules" is empty then).  A coinbase with a
#     witness is refused at that time: "rejected: unexpected-witness".  The
#     output alone does no harm.
#   - coinbaseaux.flags is plain text ("mined by bcoin"), not a push.
#   - It has no "mweb" and no weightlimit before segwit.
#   - Long poll is supported: longpollid is the tip's hash and 8 digits.
#     Answered when a block connects, or when a transaction comes more than
#     10 s after the template was made; at once for another tip; error -8
#     "Invalid longpoll ID." for another length.  It never ends by itself, and
#     after a restart a poll with the old id hangs until somebody has asked
#     for a template without one: give the first poll after a reconnect no
#     longpollid, and limit the wait.
#   - The template is kept: a transaction that comes within 10 s of it is not
#     in it until a later one, or a block, comes.
# submitblock: null, or text that always begins with "rejected: "
#   - null: taken; also for a block of a side branch (no "inconclusive").
#   - "rejected: duplicate": known, on whatever branch, and ALSO a block that
#     was refused as bad before.  Ask getblockhash to know.
#   - "rejected: high-hash", "rejected: bad-cb-amount", "rejected:
#     bad-prevblk" (the parent is unknown), ...
#   - Errors: -22 for what is not a block, -3 for what is not hexadecimal.
# getblockheader, getblock
#   - confirmations are tip height - block height + 1 also for ORPHANS: never
#     -1.  getblockhash(height) shows whether a block is in the chain.
#   - Unknown hash: error -1 "Block not found" (not -5).
# getblockchaininfo: chain, blocks, bestblockhash are there; there is no
#   initialblockdownload; verificationprogress is 0 on a fresh chain.
# invalidateblock removes the blocks but not the template made upon them:
#   unusable.  build_on() and reorganise() here make real branches.
# HTTP: errors come with status 200; 401 with an empty body.
package Chimera::Bcoin;

use strict;
use warnings;

use Carp;
use Cwd qw(abs_path);
use Digest::SHA qw(sha256 sha256_hex);
use Fcntl qw(:flock);
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);
use HTTP::Tiny;
use JSON::PP;
use MIME::Base64 qw(encode_base64);

use Chimera::Node;
use parent -norequire, 'Chimera::Node';

use constant {
    SEGWIT_HEIGHT => 432,
    HALVING_INTERVAL => 150,
    FIRST_SUBSIDY => 50 * 100_000_000,
    NBITS => 0x207fffff,
    BLOCK_VERSION => 0x20000000,
    GENERATE_AT_ONCE => 100,
    COINS_AHEAD => 50,

    # regtest's chain parameters, bcoin's own (lib/protocol/networks.js)
    P2PKH_VERSION => 0x3c,
    P2SH_VERSION => 0x26,
    BECH32_HRP => 'rb',

    # The wallet's keys come from these words of BIP 39's test vectors, so
    # that after a restart it is the same wallet.
    WALLET => 'chimera',
    MNEMONIC => 'abandon ' x 11 . 'about',

    # the wallet's accounts, in the order in which they are made
    LEGACY_ACCOUNT => 'default',
    SEGWIT_ACCOUNT => 'segwit',
    POOL_ACCOUNT => 'pool',
    POOL_SEGWIT_ACCOUNT => 'poolsegwit',
};

my $root = abs_path(dirname(__FILE__) . '/../../..');
my $json = JSON::PP->new->utf8;

# Install bcoin into a directory, once; returns the directory.
sub install
{
    my ($class, $dir) = @_;
    my $source = "$root/test/nodes/bcoin";
    my $wanted = sha256_hex(Chimera::Node::slurp("$source/package-lock.json"));

    $dir //= "$root/build/bcoin";
    return $dir if is_installed($dir, $wanted);

    make_path($dir);
    open my $lock, '>', "$dir/.lock" or croak "$dir/.lock: $!";
    flock $lock, LOCK_EX or croak "$dir/.lock: $!";
    unless (is_installed($dir, $wanted))
    {
        copy("$source/$_", "$dir/$_") or croak "$dir/$_: $!"
          for qw(package.json package-lock.json .npmrc);
        run_npm($dir);
        open my $mark, '>', "$dir/.installed" or croak "$dir/.installed: $!";
        print $mark $wanted;
        close $mark or croak "$dir/.installed: $!";
    }
    close $lock;
    return $dir;
}

sub is_installed
{
    my ($dir, $wanted) = @_;
    return -e "$dir/.installed"
      && Chimera::Node::slurp("$dir/.installed") eq $wanted;
}

sub run_npm
{
    my ($dir) = @_;
    my $command = "cd '$dir' && npm ci --ignore-scripts --no-audit --no-fund"
      . ' --cache .npm-cache >npm.log 2>&1';

    system($command) == 0
      or croak "npm could not install bcoin:\n"
      . Chimera::Node::slurp("$dir/npm.log");
    return;
}

# new(dir => DIR, install_dir => DIR, leave_running => BOOL).
sub new
{
    my ($class, %options) = @_;
    $options{install_dir} = $class->install($options{install_dir});
    return $class->SUPER::new(%options);
}

sub new_state
{
    return {
        rpc_port => Chimera::Node::free_port(),
        wallet_port => Chimera::Node::free_port(),
        rpc_user => 'x',
        rpc_password => Chimera::Node::random_hex(16),
        wallet_of_pid => 0,
    };
}

sub command
{
    my ($self) = @_;

    # port 1 of the loopback is nobody: the only peer there will ever be
    return (
        '/usr/bin/env', 'node', $self->node_options,
        "$self->{install_dir}/node_modules/bcoin/bin/node",
        '--network=regtest', '--memory=true',
        '--listen=false', '--no-dns',
        '--workers=false', '--only=127.0.0.1:1',
        '--log-level=info', "--prefix=$self->{dir}",
        '--http-host=127.0.0.1', "--http-port=$self->{state}{rpc_port}",
        '--wallet-http-host=127.0.0.1',
        "--wallet-http-port=$self->{state}{wallet_port}",
    );
}

# what a subclass gives to node itself
sub node_options { return () }

# BCOIN_NETWORK also makes the wallet write regtest's addresses, which
# --network alone does not.
sub environment
{
    my ($self) = @_;
    return (
        NODE_BACKEND => 'js',
        BCOIN_NETWORK => 'regtest',
        BCOIN_API_KEY => $self->{state}{rpc_password},
    );
}

# Both of its servers answer, and the wallet is there.
sub is_up
{
    my ($self) = @_;

    $self->rpc('getblockcount');
    $self->wallet('getwalletinfo');
    $self->make_wallet unless $self->{state}{wallet_of_pid} == $self->pid;
    return 1;
}

sub make_wallet
{
    my ($self) = @_;

    $self->wallet_rest('wallet/' . WALLET,
        { mnemonic => MNEMONIC, witness => JSON::PP::false });
    $self->wallet_rest(
        'wallet/' . WALLET . "/account/$_",
        {   type => 'pubkeyhash',
            witness => /segwit$/ ? JSON::PP::true : JSON::PP::false,
        }) for SEGWIT_ACCOUNT, POOL_ACCOUNT, POOL_SEGWIT_ACCOUNT;
    $self->wallet('selectwallet', WALLET);

    $self->{state}{wallet_of_pid} = $self->pid;
    $self->save_state;
    return;
}

# The node keeps all in memory: its database can't list what it holds with the
# leveldown that installs without a compiler.  So stop() and kill9() write the
# chain down, and start() gives it back.  Rival branches are not in it.

sub chain_file { return "$_[0]{dir}/chain.hex" }

sub start
{
    my ($self) = @_;

    $self->SUPER::start;
    $self->restore_chain if $self->height == 0 && -e $self->chain_file;
    return $self;
}

sub stop
{
    my ($self) = @_;

    $self->save_chain if $self->is_running;
    return $self->SUPER::stop;
}

sub kill9
{
    my ($self) = @_;

    $self->save_chain if $self->is_running;
    return $self->SUPER::kill9;
}

sub save_chain
{
    my ($self) = @_;
    my $file = $self->chain_file;

    open my $chain, '>', "$file.new" or croak "$file.new: $!";
    for my $height (1 .. $self->height)
    {
        my $block =
          $self->rpc('getblockbyheight', $height, JSON::PP::false);
        print $chain "$block\n";
    }
    close $chain or croak "$file.new: $!";
    rename "$file.new", $file or croak "$file: $!";
    return;
}

sub restore_chain
{
    my ($self) = @_;

    for my $block (split /\n/, Chimera::Node::slurp($self->chain_file))
    {
        my $answer = $self->rpc('submitblock', $block);
        croak "submitblock: $answer" if defined $answer;
    }
    return;
}

sub wallet_url { return "http://127.0.0.1:$_[0]{state}{wallet_port}/" }

sub wallet
{
    my ($self, $method, @params) = @_;
    return $self->rpc_at($self->wallet_url, $method, @params);
}

sub template
{
    my ($self) = @_;
    return $self->rpc('getblocktemplate',
        { rules => [ $self->template_rules ] });
}

sub template_rules { return ('segwit') }

# What chimera.network_configs wants to know of this chain.
sub is_regtest { return 1 }

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

# An address of an account that nothing is sent from, for the pool.
sub new_address
{
    my ($self, $type) = @_;
    my $account =
      ($type // 'legacy') eq 'bech32' ? POOL_SEGWIT_ACCOUNT : POOL_ACCOUNT;
    return $self->account_address($account);
}

sub account_address
{
    my ($self, $account) = @_;
    return $self->wallet('getnewaddress', $account);
}

# Wallets and accounts of witness addresses are made by REST only.
sub wallet_rest
{
    my ($self, $path, $content) = @_;
    my ($user, $password) = $self->credentials;
    my $http = HTTP::Tiny->new(
        timeout => 30,
        keep_alive => 0,
        proxy => undef,
        http_proxy => undef);
    my $response = $http->put(
        $self->wallet_url . $path,
        {   headers => {
                Authorization => 'Basic '
                  . encode_base64("$user:$password", ''),
            },
            content => $json->encode($content),
        });
    croak "$path: $response->{status} $response->{content}"
      unless $response->{success};
    return;
}

# Let the node mine $count blocks, to set a stage; returns their hashes.
sub mine
{
    my ($self, $count, $address) = @_;
    my @hashes;

    $address //= $self->account_address(LEGACY_ACCOUNT);
    while ($count > 0)
    {
        my $blocks = $count > GENERATE_AT_ONCE ? GENERATE_AT_ONCE : $count;

        push @hashes,
          @{ $self->rpc('generatetoaddress', $blocks, $address) };
        $count -= $blocks;
    }
    return @hashes;
}

# Bring a fresh chain past segwit's activation, with mature coins of both
# kinds.
sub reach_segwit
{
    my ($self) = @_;
    my $missing = SEGWIT_HEIGHT + 2 - $self->height;

    if ($self->height == 0)
    {
        $self->mine(COINS_AHEAD, $self->account_address(SEGWIT_ACCOUNT));
        $missing -= COINS_AHEAD;
    }
    $self->mine($missing) if $missing > 0;
    return;
}

# Transactions for the mempool; each returns its txid.

sub send_legacy
{
    my ($self, $amount) = @_;
    return $self->send_from(LEGACY_ACCOUNT, $amount);
}

sub send_segwit
{
    my ($self, $amount) = @_;
    return $self->send_from(SEGWIT_ACCOUNT, $amount);
}

# The wallet hears of blocks a little after the node.
sub send_from
{
    my ($self, $account, $amount) = @_;
    my $address = $self->account_address($account);
    my ($txid, $error);

    Chimera::Node::wait_for(
        "a transaction from account $account",
        sub {
            $txid = eval {
                $self->wallet('sendfrom', $account, $address,
                    $amount // 0.1);
            };
            $error = $@;
            die $error if $error && $error !~ /[Ff]und/;
            return defined $txid;
        },
        20);
    return $txid;
}

# Build $count blocks upon any known block and submit them; returns their
# hashes.  If the branch is the longest now, what was best before is orphaned.
sub build_on
{
    my ($self, $parent, $count) = @_;
    my $header = $self->rpc('getblockheader', $parent);
    my $height = $header->{height};
    my $time = $header->{time};
    my @hashes;

    for (1 .. $count)
    {
        $height++;
        $time++;
        my ($hash, $block) = build_block($parent, $height, $time);
        my $answer = $self->rpc('submitblock', unpack 'H*', $block);
        croak "submitblock: $answer" if defined $answer;
        push @hashes, $hash;
        $parent = $hash;
    }
    return @hashes;
}

# Orphan the last $depth blocks by a branch that is longer by one.
sub reorganise
{
    my ($self, $depth) = @_;
    my $parent = $self->rpc('getblockhash', $self->height - $depth);
    return $self->build_on($parent, $depth + 1);
}

# A block of nothing but a coinbase that anyone may spend.
sub build_block
{
    my ($parent, $height, $time) = @_;
    my $subsidy = FIRST_SUBSIDY >> int($height / HALVING_INTERVAL);

    # BIP 34's height, and bytes that make each block its own
    my $script = pack('C', 3)
      . substr(pack('V', $height), 0, 3)
      . pack('C/a', pack 'H*', Chimera::Node::random_hex(8));
    my $coinbase =
        pack('V C', 1, 1)
      . "\0" x 32 . "\xff" x 4
      . pack('C/a', $script)
      . "\xff" x 4
      . pack('C Q< C/a V', 1, $subsidy, "\x51", 0);
    my $front = pack('V', BLOCK_VERSION)
      . reverse(pack 'H*', $parent)
      . sha256(sha256($coinbase))
      . pack('V V', $time, NBITS);

    # every second hash meets regtest's target
    my ($header, $hash);
    my $nonce = 0;
    do
    {
        $header = $front . pack('V', $nonce++);
        $hash = reverse sha256(sha256($header));
    } while (ord($hash) >= 0x7f);
    return (unpack('H*', $hash), $header . pack('C', 1) . $coinbase);
}

1;
