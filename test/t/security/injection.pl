# SQL injection, tried at every text that reaches SQL: each text, text[] and
# jsonb parameter of each routine that the pool's roles may execute, found in
# the catalog; what miners send by Stratum; and what anybody may notify.
#
# What would be run is an advance of a sequence, which no ROLLBACK takes back.
# Text that got into a statement without doing so would show in its SQLSTATE.
use strict;
use warnings;

use Test::More;

use Chimera::Attempts qw(attempts routines call text_parameters run_as);
use Chimera::Pool;
use Chimera::FakeNode;

use constant DIFFICULTY => 1e-6;

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('injection');
$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => DIFFICULTY,
    max_difficulty => DIFFICULTY);
$pool->add_listener('fake');
$pool->start_stratumd;
$pool->wait_for_job('fake');
my $honest = $pool->stratum('fake', user => 'alice.rig');
my $job = $honest->next_notify;

sub share_is_accepted
{
    my ($after) = @_;
    ok( $honest->request('mining.submit',
            $honest->submit_params($honest->find_share($job)))->{result},
        "a share is accepted after $after");
    return;
}

my $session = q('\x) . 'ab' x 32 . q(');
my $hash = '$argon2id$v=19$m=65536,t=2,p=1$' . 'x' x 40;
$pool->safe_psql(<<"SQL");
CREATE ROLE operator LOGIN IN ROLE chimera_admin;
CREATE ROLE webd LOGIN IN ROLE chimera_web;
CREATE ROLE analyst LOGIN IN ROLE chimera_reader;
CREATE SEQUENCE public.canary;
GRANT ALL ON SEQUENCE public.canary TO PUBLIC;
SELECT chimera.web_sign_up_begin('192.0.2.1', 'carol');
SELECT chimera.web_sign_up('192.0.2.1', 'carol', '$hash', $session);
SELECT chimera.set_web_password('carol', '$hash', 'admin');
SELECT chimera.start_web_session((SELECT u.user_id FROM chimera.web_users u), $session);
SQL

my $advance = q{nextval('public.canary')};
my @hostile = (
    q{'}, q{"}, q{\\}, q{\\'}, q{$$}, q{%s%I%L%1$s}, q{--}, q{/*}, q{;},
    qq{'; SELECT $advance; --},
    qq{' || $advance || '},
    qq{"; SELECT $advance; --},
    qq{\\'; SELECT $advance; --},
    qq{') ; SELECT $advance; --},
    qq{x"() AS SELECT $advance},
    qq{\$\$; SELECT $advance; \$\$},
    qq{1 OR 1 = $advance},
    qq{fake' UNION SELECT $advance --},
    qq{alice'; SELECT $advance; --.rig},
    'public.canary', 'pg_catalog.pg_class', "\x{e2}\x{80}\x{ae}", "\n\r\t\x01",
    'x' x 10000, '{}', '[', '',
);

# A hostile text as a value of a type; for jsonb, in each place it can have.
sub values_of
{
    my ($type, $text) = @_;
    my $literal = Chimera::Attempts::quoted($text);

    return $literal if $type eq 'text' || $type eq 'name';
    return "ARRAY[$literal, 'x']" if $type eq 'text[]';
    return ("to_jsonb($literal\::text)", "jsonb_build_object($literal, 'x')",
        "jsonb_build_object('name', $literal, 'rpc_url', $literal, 'display_name', $literal, 'symbol', $literal, 'template_rules', jsonb_build_array($literal), 'coinbase_tag', $literal)",
        "jsonb_build_object('display_name', $literal)", "jsonb_build_array($literal)");
}

# --- routines

# what a routine may say of a hostile text: that it is no value, not there,
# there already, not now, or not for this caller
my $told = qr/^(?:00000|22...|23...|28...|42501|42704|42710|53400|55000|P0002)$/;
my %seen;

for my $login (qw(operator webd stratumd analyst))
{
    my @statements;
    for my $routine (routines($pool, $login))
    {
        for my $parameter (text_parameters($routine))
        {
            my ($name, $type) = @{$parameter};
            for my $text (@hostile)
            {
                push @statements,
                  call($routine, session_hash => $session, $name => $_)
                  for values_of($type, $text);
            }
            $seen{"$routine->{signature} $name"} = 1;
        }
    }
    my @wrong = map { "$statements[$_->[0]]: $_->[1] $_->[2]" }
      grep { $_->[1] !~ $told } attempts($pool, $login, \@statements);
    is(join("\n", @wrong[ 0 .. ($#wrong < 20 ? $#wrong : 20) ]),
        '', "$login: each hostile text is but a text");
}
cmp_ok(scalar keys %seen, '>', 100, 'many parameters were tried');
share_is_accepted('the calls');

# --- miners

# short enough for a line of Stratum
for my $text (map { substr $_, 0, 2000 } @hostile)
{
    my $miner = $pool->stratum('fake');
    $miner->request('mining.subscribe', $text, $text);
    $miner->request('mining.configure', ['version-rolling'],
        { 'version-rolling.mask' => $text });
    $miner->request('mining.authorize', $_->[0], $_->[1])
      for (
        [ $text, 'x' ],
        [ $text =~ s/[^!-~]//gr, 'x' ],
        [ "mallory.$text", $text ],
        [ 'mallory', "c=$text" ],
        [ 'mallory', "d=$text,c=$text" ]);
    $miner->request('mining.submit', ($text) x 5);
    $miner->request('mining.suggest_target', $text);
}
share_is_accepted('what miners sent');

# --- notifications, for which nobody needs a privilege

$pool->safe_psql('CREATE ROLE nobody LOGIN');
for my $channel (split /\n/, $pool->safe_psql(<<'SQL'))
SELECT DISTINCT (regexp_matches(p.prosrc, '(?:NOTIFY |pg_notify\(.)(chimera_\w+)', 'g'))[1] FROM pg_proc p
WHERE p.pronamespace = 'chimera'::regnamespace UNION SELECT 'chimera_jobs'
SQL
{
    my $notify = join "\n",
      map { "SELECT pg_notify('$channel', left(" . Chimera::Attempts::quoted($_) . ', 7000));' }
      @hostile, qw(0 -1 1 99999999999999999999 1:2:3), join(':', 1 .. 1000);
    my ($code, undef, $err) = run_as($pool, 'nobody', $notify);
    is($code, 0, "anybody notifies $channel") or diag $err;
}
share_is_accepted('the notifications');
$coin->new_tip;
ok($honest->next_notify, 'and new work comes');

# --- what came of it

is($pool->safe_psql('SELECT is_called FROM public.canary'),
    'f', 'nothing hostile was run');
$pool->safe_psql(<<'SQL');
CREATE FUNCTION public.careless(network text) RETURNS void LANGUAGE plpgsql
AS $$ BEGIN EXECUTE 'SELECT ''' || network || ''''; END $$;
SQL
attempts($pool, 'operator',
    [ map { "SELECT public.careless($_)" } map { values_of('text', $_) } @hostile ]);
is($pool->safe_psql('SELECT is_called FROM public.canary'),
    't', 'which a careless routine would have done');
is( $pool->safe_psql(q{SELECT count(*) FROM pg_roles WHERE rolname !~ '^(pg_|chimera_)'}),
    6, 'there are the roles that were made here');
is( $pool->safe_psql('SELECT count(*) FROM chimera.audit()'),
    0, 'and the books are right');

done_testing();
