# stratumd's numbers for Prometheus.
use strict;
use warnings;

use IO::Socket::INET;
use IPC::Run ();
use Test::More;

use Chimera::Node;
use Chimera::Pool;
use Chimera::FakeNode;

use constant {
    DIFFICULTY => 2e-6,
    SHARES => 5,
    SILENT_SCRAPERS => 20,
};

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('metrics');
my $port = Chimera::Node::free_port();

sub connect_to
{
    return IO::Socket::INET->new(PeerAddr => $_[0], PeerPort => $port);
}

sub ask
{
    my ($request) = @_;
    my $socket = connect_to('127.0.0.1') or die "port $port: $@";
    local $SIG{PIPE} = 'IGNORE';
    print {$socket} $request;
    local $/ = undef;
    return scalar(<$socket>) // '';    # a reset has none
}

# The numbers by name, labels included.
sub scrape
{
    my $said = ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    my %value = $said =~ /^chimera_stratumd_(\S+) (\d+)$/mg;
    return \%value;
}

for my $value (qw(0 65536 x), '')
{
    IPC::Run::run([ Chimera::Pool::stratumd_program(), "--metrics=$value" ],
        '<', \undef, '>&', \my $said);
    is($? >> 8, 2, "--metrics=$value is refused");
}

$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => 1e-9,
    max_difficulty => 1);
$pool->add_listener('fake');
$pool->start_stratumd("--metrics=$port");
$pool->wait_for_job('fake');

like(ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
    qr{\AHTTP/1\.1 200 OK\r\nContent-Type: text/plain; version=0\.0\.4\r\n},
    'the page has Prometheus\' type');
like(ask("GET /metrics HTTP/1.1\r\n\r\n"), qr/^chimera_stratumd_limit\{name="idle_seconds"\} 3600$/m,
    'it has the limits in force');
like(ask("GET /other HTTP/1.1\r\n\r\n"), qr{\AHTTP/1\.1 404 }, 'there is no other');
ok(!connect_to('127.0.0.2'), 'nor on another address than 127.0.0.1');

my $before = scrape();
is($before->{database_up}, 1, 'the database is up');
is($before->{sessions_authorized}, 0, 'nobody is there');

my $miner = $pool->stratum('fake', user => 'a.rig');
my $onlooker = $pool->stratum('fake');
$onlooker->subscribe;
my $job = $miner->next_notify;
my $share;
for (1 .. SHARES)
{
    $share = $miner->find_share($job);
    die 'a share was refused' unless $miner->submit($share)->{result};
}
$miner->submit($share);
$onlooker->submit($share);

my $now = scrape();
is($now->{sessions}, 2, 'connections are counted');
is($now->{sessions_authorized}, 1, 'and those that may submit');
is($now->{sessions_opened_total} - $before->{sessions_opened_total},
    2, 'and all that came');
is($now->{lines_total} - $before->{lines_total},
    3 + SHARES + 2, 'each line is counted');
is( $now->{'shares_total{answer="accepted"}'} +
      $now->{'shares_total{answer="block"}'},
    SHARES,
    'accepted shares are');
is($now->{'shares_total{answer="duplicate"}'}, 1, 'and a duplicate');
is($now->{'shares_total{answer="unchecked"}'},
    1, 'and one that was not worth a question');
cmp_ok($now->{received_bytes_total}, '>', 500, 'bytes that came are counted');
cmp_ok($now->{sent_bytes_total}, '>', 500, 'and bytes that went');

my @silent = map { connect_to('127.0.0.1') } 1 .. SILENT_SCRAPERS;
is(scrape()->{sessions}, 2, 'scrapers that say nothing keep none out');
like(ask('x' x 5000), qr/\A(HTTP.*)?\z/s, 'an endless request is ended');
ok($miner->request('mining.ping')->{result}, 'miners notice nothing of it');

$pool->node->stop('immediate');
Chimera::Pool::wait_until('the database to be down',
    sub { scrape()->{database_up} == 0 });
pass('an unavailable database is reported');

done_testing();
