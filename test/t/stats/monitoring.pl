# doc/monitoring: the dashboard and the alerts use metrics, labels and values
# that stratumd and webd really give.
use strict;
use warnings;

use FindBin;
use HTTP::Tiny;
use IPC::Run ();
use JSON::PP;
use Test::More;

use Chimera::Node;
use Chimera::Pool;
use Chimera::Webd;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

use constant COLUMNS => 24;

my $folder = "$FindBin::Bin/../../../doc/monitoring";
# what Prometheus and node_exporter give
my %foreign = map { $_ => 1 } qw(up node_filesystem_avail_bytes);

# --- what is really there: {metric}{label}{value}

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('watched');
$pool->add_network('fake', $coin, start_difficulty => 2e-6, min_difficulty => 1e-9, max_difficulty => 1);
$pool->add_listener('fake');
my %port = map { $_ => Chimera::Node::free_port() } qw(stratumd webd);
$pool->start_stratumd("--metrics=$port{stratumd}");
$pool->wait_for_job('fake');
my $webd = Chimera::Webd->start($pool, "--metrics=$port{webd}");

my %given;
sub read_page
{
    my ($program) = @_;
    my $answer = HTTP::Tiny->new(timeout => 60)->get("http://127.0.0.1:$port{$program}/metrics");
    my %type;

    is($answer->{status}, 200, "$program gives metrics");
    for (split /\n/, $answer->{content})
    {
        if (/^# TYPE (\S+) (\S+)$/) { $type{$1} = $2 }
        elsif (/^(\w+)(?:\{(.*)\})? \S+$/ && $type{$1})
        {
            my ($name, $labels) = ($1, $2 // '');
            $given{$name}{''}{$type{$name}} = 1;
            $given{$name}{$1}{$2} = 1 while $labels =~ /(\w+)="([^"]*)"/g;
        }
        elsif (!/^# HELP /) { fail("$program says \"$_\"") }
    }
    return;
}
# a round's effort is known until there is a block; then a block, and a batch that waits for its wallet
read_page('webd');
my $miner = $pool->stratum('fake', user => 'a.rig');
die 'a share was refused' unless $miner->submit($miner->find_share($miner->next_notify))->{result};
$pool->safe_psql(<<'SQL');
INSERT INTO chimera.blocks (network_id, height, hash, status, job_id, account_id, miner_id, reward_sats, network_difficulty, share_difficulty)
SELECT n.network_id, 1, sha256('a block'), 'confirmed', 1, m.account_id, m.miner_id, 50, 1, 2 FROM chimera.network_configs n, chimera.miners m;
INSERT INTO chimera.payout_batches (network_id, fee_payer, problem, problem_since)
SELECT network_id, 'pool', 'the wallet is locked', now() FROM chimera.network_configs;
SQL
read_page($_) for sort keys %port;

# --- what is used

# What is wrong with an expression, as a list of complaints.
sub complaints
{
    my ($expression) = @_;
    my @wrong;

    while ($expression =~ /\b((?:chimera|node)_\w+|up)\b(?:\{([^}]*)\})?(\[)?/g)
    {
        my ($name, $selector, $range) = ($1, $2 // '', $3);
        next if $foreign{$name};
        if (!$given{$name}) { push @wrong, "$name is not there"; next }
        while ($selector =~ /(\w+)(=~|!~|!=|=)"([^"]*)"/g)
        {
            my ($label, $operator, $values) = ($1, $2, $3);
            # Prometheus gives these two to all it scrapes
            next if $label =~ /^(?:job|instance)$/ || $values eq '$network';
            push @wrong, map { "$name has no $label=\"$_\"" }
              grep { !$given{$name}{$label}{$_} } split /\|/, $values;
        }
        # of a gauge there is delta()
        push @wrong, "$name is no counter"
          if $range && !$given{$name}{''}{counter} && substr($expression, 0, $-[1]) =~ /(?:rate|increase)\($/;
    }
    return @wrong;
}
is_deeply([ complaints('rate(chimera_nothing[1m]) + chimera_network_blocks{status="lost"} + rate(chimera_network_miners[1m])') ],
    [ 'chimera_nothing is not there', 'chimera_network_blocks has no status="lost"', 'chimera_network_miners is no counter' ],
    'what is not there would be seen');

my $rules = slurp_file("$folder/alerts.yml");
my @alerts = $rules =~ /^ +- alert: (\w+)\n +expr: (?:>-\n)?(.*?)\n +(?:for|labels):/msg;
is(@alerts / 2, () = $rules =~ /^ +- alert:/mg, 'each alert has its expression');
while (my ($name, $expression) = splice @alerts, 0, 2)
{
    is_deeply([ complaints($expression) ], [], "alert $name uses what there is");
}

my $dashboard = JSON::PP->new->utf8->decode(slurp_file("$folder/grafana-dashboard.json"));
ok($dashboard->{$_}, "the dashboard has its $_") for qw(title uid schemaVersion time templating panels);
my %variable = map { $_->{name} => $_ } @{ $dashboard->{templating}{list} };
is_deeply([ complaints($variable{network}{definition}) ], [], 'its networks come from what there is');
my (%id, %taken);
for my $panel (@{ $dashboard->{panels} })
{
    my ($at, $title) = @$panel{qw(gridPos title)};
    my @overlapping = grep { $taken{$_}++ } map { my $y = $_; map { "$_,$y" } $at->{x} .. $at->{x} + $at->{w} - 1 } $at->{y} .. $at->{y} + $at->{h} - 1;

    ok(!$id{ $panel->{id} }++ && !@overlapping && $at->{x} + $at->{w} <= COLUMNS, "panel \"$title\" has an id and a place of its own");
    next if $panel->{type} eq 'row';
    is($panel->{datasource}{uid}, '${datasource}', 'and the chosen Prometheus');
    is_deeply([ map { complaints($_->{expr}) } @{ $panel->{targets} } ], [], 'and shows what there is');
}
# --- what Prometheus says of the rules

SKIP:
{
    my ($promtool) = grep { -x } map { "$_/promtool" } split /:/, $ENV{PATH};
    skip 'there is no promtool', 2 unless $promtool;
    for ([ 'check', "$folder/alerts.yml" ], [ 'test', "$folder/alerts_test.yml" ])
    {
        my ($verb, $file) = @$_;
        my $said;
        ok(IPC::Run::run([ $promtool, $verb, 'rules', $file ], '>&', \$said), "promtool: $verb rules") or diag($said);
    }
}

done_testing();
