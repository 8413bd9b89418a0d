# The examples of doc/api.md work: they are run unchanged, one after another.
use strict;
use warnings;

use FindBin;
use IPC::Run qw(run);
use Test::More;

use Chimera::Pool;
use Chimera::Webd;
use PostgreSQL::Test::Utils qw(slurp_file);

my $root = "$FindBin::Bin/../../..";
my $litecoin = Chimera::Pool->start_litecoind;
$litecoin->mine(5);
my $pool = Chimera::Pool->new('guide');
$pool->add_network('litecoin', $litecoin);
$pool->wait_for_job('litecoin');
my $account = $litecoin->new_address;
my $webd = Chimera::Webd->start($pool);

# --- the first admin, as in the operator's guide

my $password = 'a password for tests';
my ($status, $said) = Chimera::Webd::set_password($pool, 'root', $password, '--admin');
is($status, 0, 'an operator creates an admin') or diag $said;

# The guide's preconditions, then the guide.
my $given = <<"SH";
set -eu
cd @{[ Chimera::Pool->directory('guide_files') ]}
trap 'echo "line \$LINENO: \$BASH_COMMAND" >&2' ERR
login() { curl -sf -c admin -H 'Content-Type: application/json' -d '{"name": "root", "password": "$password"}' \$API/session; }
API=http://127.0.0.1:@{[ $webd->port ]}/api/v1
ADDRESS=$account
CSRF=\$(login | jq -r .csrf_token)
ADMIN=\$(curl -sf -b admin -H "X-CSRF-Token: \$CSRF" -H 'Content-Type: application/json' -d '{"name": "x", "scope": "write"}' \$API/user/tokens | jq -r .token)
SH
my $guide = slurp_file("$root/doc/api.md");
my $examples = join '', map { s/^ {4}//r . "\n" } grep { /^ {4}\S|^ {8,}/ } split /\n/, $guide;
is($examples =~ s{^API=.*\n}{}, 1, 'the guide begins with the API\'s URL');
cmp_ok(scalar(() = $examples =~ /\bcurl /g), '>', 20, 'it contains examples');
my ($output, $errors);
my $done = run [ 'bash', '-c', $given . $examples ], '<', \undef, '>', \$output, '2>', \$errors;
ok($done, 'each of them succeeds') or diag $errors, $webd->log_text;

# --- results

is($pool->safe_psql('SELECT account, role, tokens FROM chimera.web_accounts ORDER BY 1'), "alice|user|1\nroot|admin|1", 'a user and an admin exist, each with a token');
is($pool->safe_psql(q(SELECT address, percent FROM chimera.account_wallets WHERE account = 'alice')), "$account|100.00", 'the user\'s payout address is set');
is($pool->safe_psql('SELECT minimum_payout_sats FROM chimera.payout_minimums'), 250_000_000, 'and its minimum payout');
is($pool->safe_psql(q(SELECT who, acting_user, kind, network_name, reason FROM chimera.network_switch_history WHERE acting_user IS NOT NULL ORDER BY history_id)),
    "webd|web:root|edit|litecoin|our name\nwebd|web:root|add|dogecoin|", 'the admin has changed and added a network, as the history shows');
like($output, qr/"check_name" ?: ?"template"/, 'the node was tested');
like($output, qr/^event: stats$/m, 'the stream of events was read');
unlike($output . $webd->log_text, qr/\Q$password\E|correct horse|"secret"/, 'no response and no log contains a password');

done_testing();
