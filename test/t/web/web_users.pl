# Concurrent web users: only one of two sign-ups gets the name, an ended session
# does nothing more, no sign-in outlives its password, and a slow test of a network
# delays nobody. Admins see the current state of nodes.
use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Test::More;

use Chimera::Pool;
use Chimera::FakeNode;

my @node = map { Chimera::FakeNode->new(Chimera::Pool->directory("node$_")) } 1, 2;
$node[0]->start;
my $pool = Chimera::Pool->new('web', conf => "chimera.node_timeout = 60s\n");
$pool->safe_psql('CREATE ROLE webd LOGIN IN ROLE chimera_web');
my ($first, $second) = map { $pool->background_psql(on_error_stop => 0) } 1 .. 2;
$_->query_safe('SET SESSION AUTHORIZATION webd') for $first, $second;

sub hash { my ($word) = @_; return q('\x) . sha256_hex($word) . q('::bytea) }
sub password { my ($word) = @_; return q('$argon2id$v=19$m=65536,t=2,p=1$) . sha256_hex($word) . q(') }

sub sign_up
{
    my ($name, $session) = @_;
    return "SELECT chimera.web_sign_up('192.0.2.1', '$name', " . password($name) . ', ' . hash($session) . ')';
}

# Run a statement with webd's role; returns the message of its error.
sub refused
{
    my ($statement) = @_;
    my (undef, undef, $error) =
      $pool->node->psql('pool', "SET SESSION AUTHORIZATION webd; $statement");
    return $error;
}

# The second session must wait for the first one's commit, and then succeed or fail
# with this error.
sub waits_for_first
{
    my ($of_first, $of_second, $error, $name) = @_;

    $second->{stderr} = '';
    $first->query_safe('BEGIN');
    $first->query_safe($of_first);
    $second->query_until(qr/asked/, "\\echo asked\n$of_second;\n\\warn answered\n");
    $pool->wait_for_sql(q(SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'web_'));
    unlike($second->{stderr}, qr/answered/, "$name: the second waits");
    $first->query_safe('COMMIT');
    Chimera::Pool::wait_until('the answer', sub { $second->{run}->pump_nb; $second->{stderr} =~ /answered/ });
    like($second->{stderr}, $error ? qr/$error/ : qr/\A[^E]*answered/, "$name: " . ($error // 'then it continues'));
    $second->{stderr} = '';
    return;
}

# --- one name, one user

waits_for_first(sign_up('alice', 'a1'), sign_up('alice', 'a2'), 'the name "alice" is taken', 'two sign up as alice');
is($pool->safe_psql('SELECT chimera.web_session(' . hash('a2') . ')'), '{"account": null}', 'the second is not signed in');

# --- ended sessions and tokens

my $log_in = "SELECT chimera.web_login_begin('192.0.2.1', 'alice')";
my $let_in = sub { "SELECT chimera.web_login_end('192.0.2.1', 'alice', true, " . hash(shift) . ')' };
my $set_password = 'SELECT chimera.web_user_set_password(' . hash('a1') . ', ' . password('new') . ')';
my $add_token = sub { 'SELECT chimera.web_user_add_token(' . hash(shift) . ', ' . hash(shift) . ", 'x', 'write')" };

$first->query_safe($log_in);
$first->query_safe($let_in->('thief'));
waits_for_first($set_password, $add_token->('thief', 'theft'), 'sign in first', 'a thief makes a token while the password changes');
is($pool->safe_psql('SELECT count(*) FROM chimera.web_tokens'), 0, 'no token was created');

$first->query_safe($log_in);
$first->query_safe($let_in->('thief'));
waits_for_first($add_token->('thief', 'theft'), $set_password, undef, 'the password changes while a thief makes a token');
is($pool->safe_psql('SELECT tokens FROM chimera.web_accounts'), 1, 'the owner then sees it');
like(refused($add_token->('thief', 'more')), qr/sign in first/, 'and it is the last one');

# --- no sign-in outlives its password

$first->query_safe($log_in);
waits_for_first($set_password, $log_in, undef, 'a sign-in begins while the password changes');
$first->query_safe($log_in);
waits_for_first($let_in->('late'), $set_password, undef, 'the password changes while a sign-in ends');
is($pool->safe_psql('SELECT chimera.web_session(' . hash('late') . ')'), '{"account": null}', 'that session ended with the password');
$first->query_safe($log_in);
$first->query_safe($set_password);
like(refused($let_in->('late')), qr/wrong name or password/, 'a sign-in that began with the old password is refused');
waits_for_first("SELECT chimera.web_user_set_password($_->[0], " . password('mine') . ')',
    "SELECT chimera.web_user_set_password($_->[1], " . password('yours') . ')',
    'sign in first', 'two browsers change the password')
  for [ hash('a1'), do { $first->query_safe($log_in); $first->query_safe($let_in->('other')); hash('other') } ];

# --- a slow node delays only its test

$pool->add_network('fake', $node[0], enable => 0);
my ($user, $secret) = $node[1]->credentials;
$pool->safe_psql("SELECT chimera.set_web_password('root', " . password('root') . ", 'admin')");
my $root_in = "SELECT chimera.web_login_begin('192.0.2.1', 'root');";
my $end = sub { "SELECT chimera.web_login_end('192.0.2.1', 'root', true, " . hash(shift) . ')' };
$first->query_safe($root_in);
$first->query_safe($end->('r1'));
$pool->safe_psql(q(UPDATE chimera.web_sessions SET last_seen_at = now() - interval '1 hour'));
$node[0]->set(mode => 'deaf');
$second->query_until(qr/asked/, "\\echo asked\nSELECT chimera.web_admin_test_network(" . hash('r1') . ", 'fake');\n\\warn answered\n");
$pool->wait_for_sql(q(SELECT count(*) = 1 FROM pg_stat_activity WHERE query ~ 'web_admin_test' AND state = 'active' AND pid <> pg_backend_pid()));
$first->query_safe(q(SET statement_timeout = '30s'));
$first->query_safe($root_in);
$first->query_safe($end->('r2'));
$first->query_safe("SELECT chimera.web_admin_update_network($_, 'fake', '{\"symbol\": \"NEW\"}')") for hash('r1');
$first->query_safe('SELECT chimera.web_log_out(' . hash('r1') . ')');
is($pool->safe_psql(q(SELECT count(*) FROM pg_stat_activity WHERE query ~ 'web_admin_test' AND state = 'active' AND pid <> pg_backend_pid())), 1,
    'while a test waits for a node, its admin signs in, changes the network and signs out');
$node[0]->set(mode => 'ok');
$pool->safe_psql(q(SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query ~ 'web_admin_test' AND pid <> pg_backend_pid()));
Chimera::Pool::wait_until('the end of the test', sub { $second->{run}->pump_nb; $second->{stderr} =~ /answered/ });

# --- the state of nodes

my $node_states = 'SELECT string_agg(concat_ws(\' \', n ->> \'priority\', n ->> \'is_current\', n ->> \'last_problem\'), \', \')'
  . " FROM jsonb_array_elements(chimera.web_admin_network(%s, 'fake') -> 'nodes') n";
my $states = sprintf $node_states, hash('r2');
is($pool->safe_psql($states), '1', 'a disabled network has no current node');
$first->query_safe("SELECT chimera.web_admin_add_node(@{[hash('r2')]}, 'fake', "
      . Chimera::Pool::literal(sprintf '{"rpc_url": "%s", "rpc_user": "%s", "rpc_password": "%s"}', $node[1]->url, $user, $secret) . ')');
$first->query_safe("SELECT chimera.web_admin_enable_network(@{[hash('r2')]}, 'fake', 'go')");
$pool->wait_for_sql("SELECT ($states) ~ '^1 true, 2 false the node cannot be reached: [^;]*\$'");
pass('the node in use is current, and the problem of the other is shown');
$node[1]->start;
$pool->wait_for_sql($states, '1 true, 2 false');
pass('until it recovers');
$node[0]->stop;
$pool->wait_for_sql("SELECT ($states) ~ '^1 false the node cannot be reached: [^;]*, 2 true\$'");
pass('the other node is current after the first is removed');
$node[1]->stop;
$pool->wait_for_sql("SELECT ($states) ~ '^1 false the node [^;]*, 2 false the node [^;]*\$'");
pass('if no node works, none is current, and the problem of each is shown');

# --- routines of webd's role, up to the end of the transaction

$pool->add_network('other', $node[0], enable => 0);
$pool->safe_psql("SELECT chimera.set_wallets('root', 'other', ARRAY['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'])");
for my $call ([ enable_network => q('other')], [ switch => q('other', 'test')], [ rollback => q('test')], [ disable_network => q('other') ],
    [ delete_network => q('other', 'test')], [ archive_network => q('fake', 'test', true) ])
{
    my ($routine, $arguments) = @{$call};
    is(refused("SELECT chimera.web_admin_$routine(@{[hash('r2')]}, $arguments)"), '', "$routine succeeds");
}
unlike($pool->safe_psql('SELECT chimera.web_admin_networks(' . hash('r2') . ')'), qr/\Q$secret\E/, 'no password is shown');

done_testing();
