# 017 on an old pool's database: up and down lose nothing, whatever interrupts
# them, and the pool goes on writing.
use strict;
use warnings;
use Cwd qw(getcwd);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $top = getcwd();
my $rows = $ENV{CHIMERA_LEGACY_ROWS} // 200_000;
my ($ltc, $btc) = map { "00000000-0000-4000-8000-00000000000$_" } 2, 1;
my @tables = qw(shares blocks payouts miners);
my @old_columns = (
    shares => 'id, miner_id, difficulty, is_valid, "timestamp"',
    blocks => 'id, height, hash, finder_id, reward, difficulty, "timestamp", status',
    payouts => 'id, user_id, amount, address, tx_hash, status, created_at',
    users => 'id, username, payout_address, created_at',
    miners => 'id, user_id, name, last_seen');
my %columns = @old_columns;

my $node = PostgreSQL::Test::Cluster->new('legacy');
$node->init;
$node->start;

sub sql { return $node->safe_psql('postgres', $_[0]) }

sub psql_file
{
    my ($file, @variables) = @_;
    return ('psql', '-XqAt', '-d', $node->connstr('postgres'),
        map({ ('-v', $_) } @variables), '-f', "$top/$file");
}

sub up { return system_quietly(psql_file('migrations/legacy/017_up.sql', "network=$ltc", @_)) }
sub down { return system_quietly(psql_file('migrations/legacy/017_down.sql')) }

my ($out, $err);

sub system_quietly
{
    my $ok = IPC::Run::run(\@_, '<', \'', '>', \$out, '2>', \$err);
    diag($err) if !$ok;
    return $ok;
}

# what the pool itself has written, table by table
sub fingerprint
{
    return join "\n", map { sql("SELECT '$_', count(*), md5(string_agg(md5(row($columns{$_})::text), '' ORDER BY id)) FROM $_") }
      sort keys %columns;
}

sub catalog
{
    return sql(q(SELECT c.relname, a.attname, a.attnotnull FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'i')
        ORDER BY 1, attnum));
}

ok(system_quietly(psql_file('test/legacy/generate.sql', "rows=$rows")), "an old pool's database with $rows shares")
  or BAIL_OUT('there is no database');
my $before = fingerprint();
my $catalog = catalog();

subtest 'up and down' => sub {
    ok(up(), 'up');
    unlike($out, qr/\|f$/m, 'counts and sums are verified');
    is(sql("SELECT count(*) FROM $_ WHERE network_id IS DISTINCT FROM '$ltc'"), 0, "every row of $_ has the network")
      for @tables;
    is(sql(q(SELECT count(*) FROM pg_attribute WHERE attname = 'network_id' AND attnotnull
        AND attrelid IN ('shares'::regclass, 'blocks'::regclass, 'payouts'::regclass, 'miners'::regclass))), 4, 'and must have one');
    is(sql(q(SELECT count(*) FROM pg_index WHERE indisvalid AND indexrelid::regclass::text LIKE '%network_id_id_idx')),
        4, 'indexes are there');
    is(fingerprint(), $before, 'nothing else changed');
    ok(up(), 'up again has nothing to do');
    sql("UPDATE shares SET network_id = '$btc' WHERE id BETWEEN 20000 AND 20999");
    my $moved = sql("SELECT count(*) FROM shares WHERE network_id = '$btc'");
    ok(down(), 'down');
    is(catalog(), $catalog, 'the tables are as they were');
    is(fingerprint(), $before, 'with every row');
    ok(up(), 'up once more');
    is(sql("SELECT count(*) FROM shares WHERE network_id = '$btc'"), $moved, 'remembers rows of another network');
    ok(down(), 'and down');
};

# Start up in the background, and end its backend in the middle of a fill.
sub interrupt_up
{
    my $in = '';
    my $harness = IPC::Run::start([ psql_file('migrations/legacy/017_up.sql', "network=$ltc", 'batch=500', 'pause=0.02') ],
        '<', \$in, '>', \my $o, '2>', \my $e);
    $node->poll_query_until('postgres',
        q(SELECT count(*) > 0 FROM chimera_017.tables WHERE table_name = 'shares' AND rows_filled BETWEEN 1000 AND 100000))
      or die 'no progress';
    sql(q(SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'));
    $harness->finish;
    return $harness->result(0);
}

subtest 'interrupted' => sub {
    isnt(interrupt_up(), 0, 'up is interrupted');
    cmp_ok(sql('SELECT count(*) FROM shares WHERE network_id IS NULL'), '>', 0, 'half way');
    my $filled = sql(q(SELECT rows_filled FROM chimera_017.tables WHERE table_name = 'shares'));
    ok(up(), 'up goes on');
    is(sql(q(SELECT rows_filled = rows_before FROM chimera_017.tables WHERE table_name = 'shares')),
        't', "from row $filled, each row once");
    is(fingerprint(), $before, 'nothing lost');
    ok(down(), 'down');
    isnt(interrupt_up(), 0, 'interrupted again');
    ok(down(), 'down from half way');
    is(catalog(), $catalog, 'the tables are as they were');
    is(fingerprint(), $before, 'nothing lost');
};

subtest 'while the pool writes' => sub {
    my $script = "$ENV{TESTDATADIR}/writer.sql";
    open my $file, '>', $script or die;
    print $file "INSERT INTO shares (miner_id, difficulty, is_valid) VALUES (1, 2, true);\n",
      "UPDATE payouts SET status = 'again' WHERE id = 1 + (random() * 4999)::int;\n";
    close $file;
    my $written = 'SELECT count(*) FROM shares';
    my $at_first = sql($written);
    my $in = '';
    my $errors = "$ENV{TESTDATADIR}/writer.err";
    my $writers = IPC::Run::start([ 'pgbench', '-n', '-c', '2', '-T', '600', '-f', $script, $node->connstr('postgres') ],
        '<', \$in, '>', '/dev/null', '2>', $errors);
    $node->poll_query_until('postgres', "SELECT count(*) > $at_first FROM shares") or die;
    ok(up(), 'up');
    unlike($out, qr/\|f$/m, 'verified');
    is(sql('SELECT count(*) FROM shares WHERE network_id IS NULL'), 0, 'every row has its network');
    ok(down(), 'down');
    my $then = sql($written);
    ok($node->poll_query_until('postgres', "SELECT count(*) > $then FROM shares"), 'the pool still writes');
    $writers->kill_kill;
    unlike(slurp_file($errors), qr/error|aborted/i, 'and no statement of its failed');
    cmp_ok($then, '>', $at_first, 'it wrote meanwhile');
};

subtest 'with a table of networks' => sub {
    my $without = sub { return !IPC::Run::run([ psql_file('migrations/legacy/017_up.sql', @_) ], '<', \'', '>', \$out, '2>', \$err) };

    ok($without->(), 'without such a table the network must be given');
    like($err, qr/ERROR:  network must be given\nHINT:  Use -v network=UUID/, 'which is said');
    sql("CREATE TABLE network_configs (id uuid PRIMARY KEY, name text, is_active boolean NOT NULL);
         INSERT INTO network_configs VALUES ('$ltc', 'litecoin', false), ('$btc', 'bitcoin', false)");
    ok($without->(), 'nor does one without an active network say it');
    like($err, qr/network_configs has 0 active networks/, 'which is said');
    ok($without->('network=00000000-0000-4000-8000-000000000099'), 'a network that is not in it is refused');
    sql("UPDATE network_configs SET is_active = true WHERE name = 'bitcoin'");
    ok(system_quietly(psql_file('migrations/legacy/017_up.sql')), 'the active one is taken');
    is(sql("SELECT count(*) FROM $_ WHERE network_id <> '$btc'"), 0, "by every row of $_") for @tables;
    is(sql(q(SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated AND confrelid = 'network_configs'::regclass)), 4,
        'each refers to it');
    my (undef, undef, $said) = $node->psql('postgres', "UPDATE shares SET network_id = gen_random_uuid() WHERE id = (SELECT min(id) FROM shares)");
    like($said, qr/violates foreign key constraint "shares_network_id_fkey"/, 'another network is refused');
    ok(system_quietly(psql_file('migrations/legacy/017_up.sql')), 'up again has nothing to do');
    ok(down(), 'down');
    is(catalog() =~ s/^network_configs.*\n?//gmr =~ s/\n\z//r, $catalog, 'the tables are as they were');
};

done_testing();
