# Pool.pm: a whole pool for a test: a PostgreSQL cluster of its own with the
# extension, and stratumd.
#
#     my $litecoin = Chimera::Pool->start_litecoind;
#     my $pool = Chimera::Pool->new('main', conf => "chimera.job_lifetime = 10s");
#     $pool->add_network('litecoin', $litecoin, confirmations_needed => 2);
#     my $port = $pool->add_listener('litecoin');
#     $pool->start_stratumd;
#     my $job_id = $pool->wait_for_job('litecoin');
#     $pool->miner('litecoin', shares => 10)->wait;
#
# All of it, coin nodes too, ends with the test, also when it dies or is
# interrupted.
package Chimera::Pool;

use strict;
use warnings;

use Carp;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(WNOHANG);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scalar::Util qw(weaken);
use Time::HiRes qw(sleep time);

use Chimera::AuxpowChild;
use Chimera::Bcoin;
use Chimera::Bitcoind;
use Chimera::Litecoind;
use Chimera::Miner;
use Chimera::Stratum;

use constant {
    DATABASE => 'pool',
    ADDRESS => '127.0.0.1',
    VERSION_MASK => 0x1fffe000,

    # of chimera.add_network; what it takes otherwise is a setting
    NETWORK_PARAMETERS => [
        qw(name algorithm symbol genesis_hash rpc_url pool_address rpc_user rpc_password rpc_cookie_file)],

    # shares for a few thousand hashes of scrypt, a few million of sha256d;
    # each of them is a block in regtest
    DIFFICULTY => { scrypt => 0.01, sha256d => 0.0005 },
};

# Short intervals, so that no test has to wait; and what
# PostgreSQL::Test::Cluster sets otherwise than an operator would.
use constant CONF => <<'CONF';
shared_preload_libraries = 'chimera'
chimera.database = 'pool'
chimera.node_retry_interval = 200ms
chimera.tip_poll_interval = 200ms
chimera.block_poll_interval = 300ms
chimera.rollup_interval = 100ms
fsync = on
restart_after_crash = on
log_statement = none
max_worker_processes = 16
CONF

my $root = abs_path(dirname(__FILE__) . '/../../..');
my @pools;
my @coin_processes;

# Killed tests clean up as well: END runs after exit() only.
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);

# A directory for the test's own use, gone after it unless it failed.
sub directory
{
    my ($class, $name) = @_;
    return abs_path(PostgreSQL::Test::Utils::tempdir($name));
}

# --- coin nodes

# A fresh pair of litecoind nodes, a Chimera::Litecoind; options are its own.
sub start_litecoind
{
    my ($class, %options) = @_;
    my $pair =
      Chimera::Litecoind->new(dir => $class->directory('litecoind'), %options);

    push @coin_processes, $pair->first, $pair->second;
    return $pair->start;
}

# A fresh bcoin, a Chimera::Bcoin.
sub start_bcoin
{
    my ($class) = @_;
    my $bcoin = Chimera::Bcoin->new(
        dir => $class->directory('bcoin'),
        install_dir => $ENV{CHIMERA_BCOIN_DIR});

    push @coin_processes, $bcoin;
    return $bcoin->start;
}

# A fresh chain that is merged-mined; options are Chimera::AuxpowChild's.
sub start_auxpow_child
{
    my ($class, %options) = @_;
    my $child = Chimera::AuxpowChild->new(
        dir => $class->directory("child$options{chain_id}"),
        install_dir => $ENV{CHIMERA_BCOIN_DIR},
        %options);

    push @coin_processes, $child;
    return $child->start;
}

# A fresh bitcoind; further options are Chimera::Bitcoind's.
sub start_bitcoind
{
    my ($class, %options) = @_;
    my $bitcoind = Chimera::Bitcoind->new(
        dir => $class->directory('bitcoind'), %options);

    push @coin_processes, $bitcoind;
    return $bitcoind->start;
}

# --- the cluster

# new(NAME, conf => TEXT): a running cluster with database pool, extension
# chimera and role stratumd; conf is added to postgresql.conf.
sub new
{
    my ($class, $name, %options) = @_;
    my $node = PostgreSQL::Test::Cluster->new($name);
    my $self = bless {
        name => $name,
        node => $node,
        first_node => $node,
        standbys => [],
        coins => {},
        ports => {},
        miners => [],
        miner_logs => 0,
    }, $class;

    push @pools, $self;
    $node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
    $node->append_conf('postgresql.conf', CONF . ($options{conf} // ''));
    $node->start;
    $node->safe_psql('postgres', 'CREATE DATABASE ' . DATABASE);
    $self->safe_psql('CREATE EXTENSION chimera');
    $self->safe_psql('CREATE ROLE stratumd LOGIN IN ROLE chimera_stratum');
    return $self;
}

# the PostgreSQL::Test::Cluster
sub node { return $_[0]{node} }

# The environment that preloads a fault of test/faults into whatever is started
# in it; what the fault does, a file says.
sub fault_environment
{
    my ($class, $fault, $file) = @_;
    return (
        LD_PRELOAD => "$root/build/faults/$fault.so",
        'CHIMERA_TEST_' . uc $fault => $file,
    );
}

# Write what a fault is to do: in place, for it is mapped.
sub set_fault
{
    my ($class, $file, $bytes) = @_;

    open my $handle, -e $file ? '+<' : '>', $file or croak "$file: $!";
    print $handle $bytes;
    close $handle or croak "$file: $!";
    return;
}

# --- standbys

# Reserve a server that a standby may become, and that stratumd knows
# when it is started next; returns it, not yet made.
sub reserve_standby
{
    my ($self, $name) = @_;
    my $standby = PostgreSQL::Test::Cluster->new($name);

    push @{ $self->{standbys} }, $standby;
    return $standby;
}

# Make it a standby of the server that is used, and wait for a commit there to
# wait for it.
sub start_synchronous_standby
{
    my ($self, $standby) = @_;
    my $node = $self->{node};

    $node->backup($standby->name);
    $standby->init_from_backup($node, $standby->name, has_streaming => 1);
    $standby->start;
    $node->append_conf('postgresql.conf', q(synchronous_standby_names = '*'));
    $node->reload;
    $self->wait_for_sql(q(SELECT bool_and(sync_state = 'sync') FROM pg_stat_replication));
    return;
}

# The standby is the server from now on, and waits for none itself.
sub promote
{
    my ($self, $standby) = @_;

    $standby->adjust_conf('postgresql.conf', 'synchronous_standby_names', q(''));
    $standby->reload;
    $standby->promote;
    $self->{node} = $standby;
    return;
}

# libpq's string for the pool: of all servers, the one that takes writes.
sub conninfo
{
    my ($self) = @_;
    my @servers = ($self->{first_node}, @{ $self->{standbys} });
    my $hosts = join ',', map { $_->host } @servers;
    my $ports = join ',', map { $_->port } @servers;

    return "host=$hosts port=$ports dbname=" . DATABASE;
}

# --- SQL

sub safe_psql
{
    my ($self, $sql, %options) = @_;
    return $self->{node}->safe_psql(DATABASE, $sql, %options);
}

# A psql session in the background, a PostgreSQL::Test::BackgroundPsql.
sub background_psql
{
    my ($self, %options) = @_;
    return $self->{node}->background_psql(DATABASE, %options);
}

# Wait until the query gives that ("t" unless told); the server may be down
# meanwhile.  Dies with what the pool says of itself.
sub wait_for_sql
{
    my ($self, $query, $expected) = @_;
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
    my $found;

    # without a server psql ends before it has read the query, which IPC::Run
    # dies of
    do
    {
        $found = eval {
            $self->{node}->poll_query_until(DATABASE, $query, $expected);
        };
        die $@ if $@ && $@ !~ /Broken pipe/;
        croak "waited in vain for: $query\n" . $self->state
          if !$found && (defined $found || time > $deadline);
    } until ($found);
    return;
}

# For the report of a failure.
sub state
{
    my ($self) = @_;
    my $state = '';

    $self->{node}->psql(DATABASE, 'SELECT * FROM chimera.health',
        stdout => \$state, extra_params => ['--no-align']);
    return "health:\n$state\nstratumd:\n" . $self->stratumd_log_tail;
}

# A value as an SQL literal; arrays become text[].
sub literal
{
    my ($value) = @_;

    return 'NULL' unless defined $value;
    return 'ARRAY[' . join(', ', map { literal($_) } @{$value}) . ']::text[]'
      if ref $value eq 'ARRAY';
    return "'" . $value =~ s/'/''/gr . "'";
}

# --- networks and listeners

# Add and enable a network for a started Chimera::Litecoind or Chimera::Bcoin;
# what is named otherwise is given to chimera.add_network, and enable => 0
# leaves the network off.  Miners of regtest's coins are told more
# than its difficulty of next to nothing, unless caps_difficulty => 1.  Returns
# its network_id.
sub add_network
{
    my ($self, $name, $coin, %overrides) = @_;
    my $enable = delete $overrides{enable} // 1;
    my $caps = delete $overrides{caps_difficulty} // !$coin->can('is_regtest');
    my $chain = $coin->chain_parameters;
    my $difficulty = DIFFICULTY->{ $chain->{algorithm} };
    my %arguments = (
        %{$chain},
        name => $name,
        symbol => uc substr($name, 0, 3),
        rpc_url => $coin->url,
        pool_address => $coin->new_address,
        version_mask => VERSION_MASK,
        start_difficulty => $difficulty,
        min_difficulty => $difficulty,
        max_difficulty => $difficulty,
        caps_difficulty => $caps ? JSON::PP::true : JSON::PP::false,
        %overrides);

    if ($coin->can('cookie_file'))
    {
        $arguments{rpc_cookie_file} //= $coin->cookie_file;
    }
    else
    {
        @arguments{qw(rpc_user rpc_password)} = $coin->credentials;
    }
    $self->{coins}{$name} = $coin;
    $self->{algorithms}{$name} = $arguments{algorithm};
    my %parameters = map { $_ => delete $arguments{$_} } grep { exists $arguments{$_} } @{ +NETWORK_PARAMETERS };
    $parameters{settings} = JSON::PP->new->canonical->encode(\%arguments);
    my $list = join ', ',
      map { "$_ => " . literal($parameters{$_}) } sort keys %parameters;
    my $id = $self->safe_psql("SELECT chimera.add_network($list)");

    $self->safe_psql('SELECT chimera.enable_network(' . literal($name) . ')')
      if $enable;
    return $id;
}

sub network_id
{
    my ($self, $name) = @_;
    return $self->safe_psql(
        'SELECT chimera.network_id(' . literal($name) . ')');
}

# make_rigs(USER, ...): what their first accepted shares would make, so that
# they have numbers from their logins on.
sub make_rigs
{
    my ($self, @users) = @_;
    $self->safe_psql("SELECT chimera.make_rig(n.account, n.rig) FROM chimera.read_user_name('$_') n")
      for @users;
    return;
}

# pay_to_pool(ACCOUNT, ...): give accounts the pool's own address on each network that has one
# like it, so that their miners are not told that they can't be paid.
sub pay_to_pool
{
    my ($self, @accounts) = @_;
    $self->safe_psql("INSERT INTO chimera.accounts (name) VALUES ('$_') ON CONFLICT DO NOTHING;"
          . "SELECT chimera.set_wallets('$_', n.name, ARRAY[n.pool_address]) FROM chimera.network_configs n")
      for @accounts;
    return;
}

# Open a port for a network; further parameters are chimera.add_listener's.
sub add_listener
{
    my ($self, $network, %overrides) = @_;
    my $port = $overrides{port}
      // PostgreSQL::Test::Cluster::get_free_port();
    my %arguments = (
        port => $port,
        network => $network,
        address => ADDRESS,
        %overrides);
    my $list = join ', ',
      map { "$_ => " . literal($arguments{$_}) } sort keys %arguments;

    $self->safe_psql("SELECT chimera.add_listener($list)");
    $self->{ports}{$network} = $port;
    $self->wait_for_port($port) if $self->stratumd_is_running;
    return $port;
}

# the port that was opened last for a network
sub port
{
    my ($self, $network) = @_;
    return $self->{ports}{$network} // croak "no listener for $network";
}

sub wait_for_port
{
    my ($self, $port) = @_;

    wait_until(
        "port $port",
        sub {
            IO::Socket::INET->new(
                PeerAddr => ADDRESS,
                PeerPort => $port,
                Proto => 'tcp');
        });
    return;
}

# Wait for a job upon the node's best block; returns its job_id.
sub wait_for_job
{
    my ($self, $network) = @_;
    my $name = literal($network);
    my $job_id;

    wait_until(
        "a job of $network",
        sub {
            my $tip = unpack 'H*', reverse pack 'H*',
              $self->{coins}{$network}->best_hash;
            $job_id = $self->safe_psql(<<"SQL");
SELECT j.job_id FROM chimera.stratum_jobs() s JOIN chimera.jobs j USING (job_id)
WHERE j.network_id = chimera.network_id($name) AND j.prevhash = '\\x$tip'
SQL
            return $job_id ne '';
        });
    return $job_id;
}

# --- miners

# Start chimera-miner on a network's port; options are Chimera::Miner's.
sub miner
{
    my ($self, $network, %options) = @_;
    my $number = ++$self->{miner_logs};
    my $miner = Chimera::Miner->start(
        url => ADDRESS . ':' . $self->port($network),
        user => 'alice.rig1',
        algorithm => $self->{algorithms}{$network},
        log => $self->log_file("miner_$number"),
        %options);

    push @{ $self->{miners} }, $miner;
    weaken($self->{miners}[-1]);
    return $miner;
}

# Connect a raw client to a network's port; with user, also subscribe and
# authorize.
sub stratum
{
    my ($self, $network, %options) = @_;
    my $client =
      Chimera::Stratum->connect($options{port} // $self->port($network));

    return $client unless defined $options{user};
    $client->subscribe;
    my $reply = $client->authorize($options{user}, $options{password});
    croak "$options{user} is not authorized" unless $reply->{result};
    return $client;
}

# --- shares

# What makes a share itself, as text that is the same for a line of
# Chimera::Miner's log and for the row in chimera.shares: these, of a network's
# stored shares in the order of their ids...
sub stored_share_keys
{
    my ($self, $network) = @_;
    my $name = literal($network);

    return split /\n/, $self->safe_psql(<<"SQL");
SELECT concat_ws(':', to_hex(job_id), lpad(to_hex(extranonce1), 8, '0'),
                 lpad(to_hex(extranonce2), 16, '0'), lpad(to_hex(ntime), 8, '0'),
                 lpad(to_hex(nonce), 8, '0'), lpad(to_hex(version), 8, '0'))
FROM chimera.shares WHERE network_id = chimera.network_id($name)
ORDER BY share_id
SQL
}

# ... and these, of lines of a log in their order.
sub logged_share_keys
{
    my ($self, @lines) = @_;
    my %version_of =
      map { my ($id, @bits) = split /\|/; ($id => [ map { $_ + 0 } @bits ]) } split /\n/,
      $self->safe_psql('SELECT job_id, version, version_mask FROM chimera.jobs');

    return map {
        my $job_id = hex $_->{job};
        my ($version, $mask) = @{ $version_of{$job_id} // croak "job $job_id does not exist" };
        $version = $version & ~$mask | hex $_->{version_bits}
          if defined $_->{version_bits};
        join ':', sprintf('%x', $job_id),
          @{$_}{qw(extranonce1 extranonce2 ntime nonce)},
          sprintf('%08x', $version);
    } @lines;
}

# A batch for chimera.submit_shares, as an SQL literal: each share as
# Chimera::Stratum::find_share gives it, with extranonce1, miner_id and
# told_difficulty added.  Its version bits count as negotiated.
sub batch
{
    my (@shares) = @_;
    my $batch = pack 'N', 1;

    $batch .= pack 'q> l> L> Q> L> L> L> L> d>', hex $_->{job},
      $_->{miner_id}, map({ hex } @{$_}{qw(extranonce1 extranonce2 ntime nonce)}),
      VERSION_MASK, hex($_->{version_bits} // 0), $_->{told_difficulty}
      for @shares;
    return "'\\x" . unpack('H*', $batch) . "'";
}

# Submit shares in SQL; returns the results, one number a share.
sub submit_in_sql
{
    my ($self, @shares) = @_;
    my $answer = $self->safe_psql(
        'SELECT chimera.submit_shares(' . batch(@shares) . ')');
    return map { hex } $answer =~ /([0-9a-f]{2})/g;
}

# Wait until the accountant has counted all there is.
sub wait_for_rollups
{
    my ($self) = @_;
    return $self->wait_for_sql(
        'SELECT NOT EXISTS (SELECT FROM chimera.share_deltas)');
}

# Where the rollups of accepted shares differ from a recount: empty, or rows.
sub rollup_differences
{
    my ($self) = @_;
    return $self->safe_psql(<<'SQL');
SELECT * FROM (
    SELECT network_id, date_trunc('minute', submitted_at) AS minute, miner_id, count(*), sum(difficulty) AS difficulty
    FROM chimera.shares GROUP BY 1, 2, 3) counted
FULL JOIN (
    SELECT network_id, minute, miner_id, accepted, difficulty
    FROM chimera.share_rollups_minute WHERE accepted > 0) rolled_up
USING (network_id, minute, miner_id)
WHERE count IS DISTINCT FROM accepted
   OR abs(counted.difficulty - rolled_up.difficulty) > 1e-9 * rolled_up.difficulty
SQL
}

# --- stratumd

sub stratumd_program
{
    return $ENV{CHIMERA_STRATUMD} // "$root/stratumd/stratumd";
}

sub stratumd_log { return $_[0]->log_file('stratumd') }

sub stratumd_pid { return $_[0]{stratumd_pid} }

# Start it, further arguments are its own; returns when its ports answer.
sub start_stratumd
{
    my ($self, @arguments) = @_;
    my $log = $self->stratumd_log;
    my $database = $self->conninfo . ' user=stratumd';

    croak 'stratumd runs' if $self->stratumd_is_running;
    my $pid = fork // croak "fork: $!";
    if ($pid == 0)
    {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        POSIX::close($_) for 3 .. 255;
        open STDIN, '<', '/dev/null' or POSIX::_exit(126);
        open STDOUT, '>>', $log or POSIX::_exit(126);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(126);
        no warnings 'exec';
        exec { stratumd_program() } stratumd_program(), '--database',
          $database, @arguments;
        POSIX::_exit(127);
    }
    $self->{stratumd_pid} = $pid;
    $self->wait_for_port($_) for values %{ $self->{ports} };
    return;
}

sub stratumd_is_running
{
    my ($self) = @_;
    my $pid = $self->{stratumd_pid};

    return 0 unless defined $pid;
    return 1 if waitpid($pid, WNOHANG) == 0;
    delete $self->{stratumd_pid};
    return 0;
}

# End it as an operator would; returns its wait status.
sub stop_stratumd { return $_[0]->end_stratumd('TERM') }

sub kill9_stratumd { return $_[0]->end_stratumd('KILL') }

sub end_stratumd
{
    my ($self, $signal) = @_;

    return unless $self->stratumd_is_running;
    my $pid = delete $self->{stratumd_pid};
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
    kill $signal, $pid;
    while (waitpid($pid, WNOHANG) == 0)
    {
        kill 'KILL', $pid if time > $deadline;
        sleep 0.02;
    }
    return $?;
}

sub restart_stratumd
{
    my ($self, @arguments) = @_;

    $self->stop_stratumd;
    return $self->start_stratumd(@arguments);
}

sub stratumd_log_tail
{
    my ($self) = @_;
    my $log = eval { slurp_file($self->stratumd_log) } // '';
    return substr $log, -2000 > -length $log ? -2000 : 0;
}

sub log_file
{
    my ($self, $what) = @_;
    my $test = basename($0) =~ s/\.[^.]+$//r;
    return abs_path($PostgreSQL::Test::Utils::log_path)
      . "/${test}_$self->{name}_$what.log";
}

# --- the server's life

sub restart
{
    my ($self) = @_;
    return $self->{node}->restart;
}

# What a crash of the machine does: the postmaster and all of its children
# are gone at once, and nobody has cleaned up.
sub kill9_postgres
{
    my ($self) = @_;
    my $postmaster = $self->postmaster_pid;

    # stopped, it starts no child between the list and the kill
    kill 'STOP', $postmaster;
    wait_until('the postmaster to stop',
        sub { (process_status($postmaster))[0] eq 'T' });
    my @children = children_of($postmaster);
    kill 'KILL', @children;
    return $self->kill9_postmaster_of(@children);
}

# The postmaster alone: its children notice by themselves and end.
sub kill9_postmaster
{
    my ($self) = @_;
    return $self->kill9_postmaster_of(children_of($self->postmaster_pid));
}

sub kill9_postmaster_of
{
    my ($self, @children) = @_;
    my $postmaster = $self->postmaster_pid;

    $self->{node}->kill9;
    wait_until(
        'the server to be gone',
        sub {
            !grep { (process_status($_))[0] !~ /[XZ]/ } $postmaster,
              @children;
        });

    # a postmaster that nobody has reaped yet would be taken for alive
    if (kill 0, $postmaster)
    {
        my $socket = $self->{node}->host . '/.s.PGSQL.' . $self->{node}->port;
        unlink $self->{node}->data_dir . '/postmaster.pid', "$socket.lock";
    }
    return;
}

# After kill9_postgres: recovers, and returns when the pool answers again.
sub start_postgres
{
    my ($self) = @_;

    $self->{node}->start;
    $self->wait_for_sql('SELECT true');
    return;
}

sub postmaster_pid
{
    my ($self) = @_;
    my ($pid) =
      slurp_file($self->{node}->data_dir . '/postmaster.pid') =~ /\A(\d+)/;
    return $pid // croak 'the server does not run';
}

# pid of a background worker; the kind as chimera.worker_status() names it,
# network for those that have one
sub worker_pid
{
    my ($self, $kind, $network) = @_;
    my $of =
      defined $network
      ? '= chimera.network_id(' . literal($network) . ')'
      : 'IS NULL';

    return $self->safe_psql('SELECT pid FROM chimera.worker_status() WHERE '
          . 'kind = '
          . literal($kind)
          . " AND network_id $of");
}

# state (X: it does not exist) and parent of a process
sub process_status
{
    my ($pid) = @_;

    open my $stat, '<', "/proc/$pid/stat" or return ('X', 0);
    my $line = <$stat> // return ('X', 0);
    my ($state, $parent) = $line =~ /\A.*\) (\S) (\d+)/s;
    return ($state, $parent);
}

sub children_of
{
    my ($pid) = @_;

    opendir my $proc, '/proc' or croak "/proc: $!";
    return grep { /\A\d+\z/ && (process_status($_))[1] == $pid }
      readdir $proc;
}

# --- plain functions

# Repeat until the code returns true; dies after the tests' usual time limit.
sub wait_until
{
    my ($what, $code, $timeout) = @_;
    my $deadline =
      time + ($timeout // $PostgreSQL::Test::Utils::timeout_default);

    until ($code->())
    {
        croak "waited in vain for $what" if time > $deadline;
        sleep 0.05;
    }
    return;
}

# Miners and stratumd before the cluster, and nodes before their directories,
# whose own END blocks come after this one.
END
{
    my $exit_code = $?;

    for my $pool (@pools)
    {
        $_->kill9 for grep { defined && $_->is_running } @{ $pool->{miners} };

        # the leak sanitizer looks at the end of an orderly exit
        $pool->end_stratumd($ENV{ASAN_OPTIONS} ? 'TERM' : 'KILL');
    }
    $_->end_process('KILL') for @coin_processes;
    $? = $exit_code;
}

1;
