# Attempts.pm: statements tried by a login of the database, each taken back
# whatever it does; and calls of the routines that a login may execute.
#
#     my @tried = attempts($pool, 'operator', [ 'SELECT ...', ... ]);
#     # each [ number of the statement, SQLSTATE or 00000, message ]
#     my @routines = routines($pool, 'operator');
#     my $sql = call($routines[0], network => q('fake'));
package Chimera::Attempts;

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

use Chimera::Pool;

our @EXPORT_OK = qw(run_as attempts routines call text_parameters);

# What a routine gets where nothing else is said: by a parameter's name, or
# else by its type.
my %by_name = (
    account => q('alice'),
    algorithm => q('sha256d'),
    amount_sats => '1',
    genesis_hash => q(repeat('0', 64)),
    network => q('fake'),
    password_hash => q('$argon2id$v=19$m=65536,t=2,p=1$' || repeat('x', 40)),
    percents => q('{100}'),
    range => q('24h'),
    rpc_url => q('http://127.0.0.1:1/'),
    step => q(interval '1 minute'),
    who => q('alice.rig'),
);
my %by_type = (
    'bigint' => '1',
    'bigint[]' => q('{1}'),
    'boolean' => 'true',
    'bytea' => q('\x00000001'),
    'chimera.jobs' => '(SELECT j FROM chimera.jobs j LIMIT 1)',
    'date' => 'current_date',
    'double precision' => '1',
    'inet' => q('192.0.2.1'),
    'inet[]' => q('{192.0.2.1}'),
    'integer' => '1',
    'integer[]' => q('{1}'),
    'interval' => q('1 hour'),
    'jsonb' => q('{}'),
    'name' => q('x'),
    'numeric' => '1',
    'numeric[]' => q('{1}'),
    'text' => q('x'),
    'text[]' => q('{x}'),
    'timestamp with time zone' => 'now()',
    'uuid' => q(chimera.network_id('fake')),
    'uuid[]' => 'ARRAY[gen_random_uuid()]',
    'xid8' => q('1'),
);

# Run SQL as a login; returns (exit code, output, errors with SQLSTATE).
sub run_as
{
    my ($pool, $login, $sql) = @_;
    my ($out, $err) = ('', '');
    my $code = $pool->node->psql(
        Chimera::Pool::DATABASE(), $sql,
        stdout => \$out,
        stderr => \$err,
        extra_params => [ '-U', $login, '-v', 'VERBOSITY=verbose' ],
        on_error_stop => 1);
    return ($code, $out, $err);
}

# Try statements, after those of 'before', each in a subtransaction.
sub attempts
{
    my ($pool, $login, $statements, %options) = @_;
    my $number = 0;
    my $list = join ",\n",
      map { '(' . $number++ . ', ' . quoted($_) . ')' } @{$statements};
    my $before = $options{before} // '';
    my ($code, $out, $err) = run_as($pool, $login, <<"SQL");
$before
BEGIN;
CREATE TEMP TABLE chimera_attempt (number int, statement text, state text, message text);
INSERT INTO chimera_attempt (number, statement) VALUES
$list;
DO \$attempts\$
DECLARE
    tried record;
    result text[];
BEGIN
    FOR tried IN SELECT * FROM chimera_attempt LOOP
        BEGIN
            EXECUTE tried.statement;
            RAISE EXCEPTION USING ERRCODE = 'TB000', MESSAGE = 'taken back';
        EXCEPTION WHEN OTHERS THEN
            result := ARRAY[SQLSTATE, SQLERRM];
        END;
        UPDATE chimera_attempt a SET state = replace(result[1], 'TB000', '00000'), message = result[2]
        WHERE a.number = tried.number;
    END LOOP;
END
\$attempts\$;
SELECT number, state, translate(message, E'\\n|', '  ') FROM chimera_attempt ORDER BY number;
ROLLBACK;
SQL
    is($code, 0, "$login tries " . @{$statements} . ' statements') or diag $err;
    return map { [ split /\|/, $_, 3 ] } split /\n/, $out;
}

# Any text as a literal, whatever standard_conforming_strings says.
sub quoted
{
    my ($text) = @_;
    return q( E') . $text =~ s/(['\\])/\\$1/gr . q(');
}

# The routines of the schema that a login may execute in addition to what everybody
# may, each {name, signature, parameters => [ [name, type], ... ]}.
sub routines
{
    my ($pool, $login) = @_;
    my $rows = $pool->safe_psql(<<"SQL");
SELECT p.proname, p.oid::regprocedure,
       (SELECT string_agg(coalesce(nullif(p.proargnames[i], ''), '?') || ':' || format_type(t, NULL), ';' ORDER BY i)
        FROM unnest(p.proargtypes) WITH ORDINALITY a (t, i))
FROM pg_proc p
WHERE p.pronamespace = 'chimera'::regnamespace AND p.prokind = 'f'
  AND has_function_privilege('$login', p.oid, 'EXECUTE')
  AND NOT 'internal'::regtype = ANY (p.proargtypes::oid[] || p.prorettype)
ORDER BY p.oid
SQL
    return map {
        my ($name, $signature, $parameters) = split /\|/, $_, 3;
        {
            name => $name,
            signature => $signature,
            parameters => [ map { [ split /:/, $_, 2 ] } split /;/, $parameters // '' ],
        };
    } split /\n/, $rows;
}

sub call
{
    my ($routine, %values) = @_;
    my @arguments = map {
        my ($name, $type) = @{$_};
        my $value = $values{$name} // $by_name{$name} // $by_type{$type}
          // die "no value for a $type";
        "$value" eq 'NULL' ? "NULL::$type" : "($value)::$type";
    } @{ $routine->{parameters} };

    return "SELECT * FROM chimera.$routine->{name}("
      . join(', ', @arguments) . ')';
}

# Names of those of its parameters that text can be in.
sub text_parameters
{
    my ($routine) = @_;
    return grep { $_->[1] =~ /^(?:text|text\[\]|jsonb|name)$/ }
      @{ $routine->{parameters} };
}

1;
