# A hostile user with every role of the pool puts objects of its own before
# those that routines and workers mean: functions, operators, tables, views and
# types, in a schema that it has first in its search_path, in public and in
# pg_temp.  Whatever it calls, its code never runs with the owner's rights.
#
# Its code says by a WARNING as whom it runs, which no ROLLBACK takes back.
use strict;
use warnings;

use Test::More;

use Chimera::Attempts qw(attempts routines call run_as);
use Chimera::Pool;
use PostgreSQL::Test::Utils qw(slurp_file);
use Chimera::FakeNode;

use constant DIFFICULTY => 1e-6;

my $coin = Chimera::FakeNode->new(Chimera::Pool->directory('coin'))->start;
my $pool = Chimera::Pool->new('shadowing');
my $session = q('\x) . 'ab' x 32 . q(');
my $hash = '$argon2id$v=19$m=65536,t=2,p=1$' . 'x' x 40;

$pool->add_network('fake', $coin,
    start_difficulty => DIFFICULTY,
    min_difficulty => DIFFICULTY,
    max_difficulty => DIFFICULTY);
$pool->add_listener('fake');
$pool->start_stratumd;
$pool->wait_for_job('fake');
ok($pool->stratum('fake', user => 'alice.rig'), 'alice mines');
$pool->safe_psql(<<"SQL");
SELECT chimera.web_sign_up_begin('192.0.2.1', 'carol');
SELECT chimera.web_sign_up('192.0.2.1', 'carol', '$hash', $session);
SELECT chimera.set_web_password('carol', '$hash', 'admin');
SELECT chimera.start_web_session((SELECT u.user_id FROM chimera.web_users u), $session);

CREATE ROLE mallory LOGIN IN ROLE chimera_admin, chimera_stratum, chimera_web, chimera_reader;
CREATE SCHEMA hostile AUTHORIZATION mallory;
GRANT CREATE ON SCHEMA public TO mallory;
SQL

# --- the traps

# As which users hostile code has run, by the server's log.
sub caught
{
    my %users = map { $_ => 1 }
      slurp_file($pool->node->logfile) =~ /hostile code runs as (\w+)/g;
    return join ' ', sort keys %users;
}

# Functions named as those of pg_catalog that the pool's own code calls, with
# the same parameters, or with exact types where those are polymorphic: which
# come before, wherever their schema stands.  The same for operators.
my $traps = <<'SQL';
SET check_function_bodies = off;
CREATE FUNCTION hostile.trap() RETURNS boolean LANGUAGE plpgsql
AS $$ BEGIN RAISE WARNING 'hostile code runs as %', current_user; RETURN true; END $$;
DO $do$
DECLARE
    concrete CONSTANT text[] := '{text,integer,bigint,uuid,numeric,"double precision",boolean,jsonb,bytea,"timestamp with time zone",inet,"text[]","integer[]","bigint[]","numeric[]"}';
    wanted record;
    target text;
    made int := 0;
BEGIN
    FOR wanted IN
        WITH called AS (
            SELECT DISTINCT m[1] AS name FROM pg_proc p, regexp_matches(p.prosrc, '\m([a-z_0-9]+)\(', 'g') m
            WHERE p.pronamespace = 'chimera'::regnamespace
        ), native AS (
            SELECT p.proname, p.proargtypes::regtype[]::text[] AS types, p.prorettype::regtype::text AS result
            FROM pg_proc p JOIN called c ON c.name = p.proname
            WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'a')
        )
        SELECT n.proname, n.types, n.result FROM native n
        WHERE NOT n.types && '{any,anyelement,anyarray,anynonarray,anycompatible,anycompatiblearray,internal,cstring,record}' 
          AND n.result NOT IN ('internal', 'cstring', 'trigger', 'record', 'anyelement', 'anyarray')
        UNION
        -- in the place of a polymorphic parameter, each type
        SELECT n.proname, ARRAY(SELECT CASE WHEN a ~ '^any' THEN replace(t || CASE WHEN a ~ 'array' THEN '[]' ELSE '' END, '[][]', '[]') ELSE a END
                                FROM unnest(n.types) WITH ORDINALITY u (a, i) ORDER BY i),
               CASE WHEN n.result ~ '^any' THEN t ELSE n.result END
        FROM native n, unnest(concrete) t
        WHERE n.types && '{any,anyelement,anyarray,anynonarray,anycompatible,anycompatiblearray}' AND n.result <> 'internal'
        UNION
        -- and of several, as format() and concat() have
        SELECT n.proname, array_prepend('text', array_fill(t, ARRAY[more])), n.result
        FROM native n, unnest(concrete) t, generate_series(0, 3) more WHERE n.types[cardinality(n.types)] = 'any'
    LOOP
        FOREACH target IN ARRAY '{hostile,public}'::text[] LOOP
            BEGIN
                EXECUTE format('CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', target, wanted.proname,
                    array_to_string(wanted.types, ', '), wanted.result,
                    'BEGIN PERFORM hostile.trap(); RETURN NULL; END');
                made := made + 1;
            EXCEPTION WHEN OTHERS THEN NULL; -- no such type, or there already
            END;
        END LOOP;
    END LOOP;
    RAISE NOTICE '% functions', made;

    made := 0;
    FOR wanted IN
        SELECT o.oprname, o.oprleft::regtype::text AS l, o.oprright::regtype::text AS r, o.oprresult::regtype::text AS result
        FROM pg_operator o
        WHERE o.oprkind = 'b' AND o.oprleft::regtype::text = ANY (concrete) AND o.oprright::regtype::text = ANY (concrete)
        UNION
        SELECT o.oprname, t, t, 'boolean' FROM pg_operator o, unnest(concrete) t
        WHERE o.oprleft = 'anyarray'::regtype AND o.oprresult = 'boolean'::regtype AND t LIKE '%[]'
    LOOP
        EXECUTE format('CREATE FUNCTION hostile.%I(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', 'op_' || made,
            wanted.l, wanted.r, wanted.result, 'BEGIN PERFORM hostile.trap(); RETURN NULL; END');
        FOREACH target IN ARRAY '{hostile,public}'::text[] LOOP
            EXECUTE format('CREATE OPERATOR %I.%s (FUNCTION = hostile.%I, LEFTARG = %s, RIGHTARG = %s)',
                target, wanted.oprname, 'op_' || made, wanted.l, wanted.r);
        END LOOP;
        made := made + 1;
    END LOOP;
    RAISE NOTICE '% operators', made;
END
$do$;
GRANT USAGE ON SCHEMA hostile TO PUBLIC;
SQL
my ($code, undef, $err) = run_as($pool, 'mallory', $traps);
is($code, 0, 'traps are laid') or diag $err;
my @made = $err =~ /(\d+) (?:functions|operators)/g;
cmp_ok($made[0] // 0, '>', 300, 'functions');
cmp_ok($made[1] // 0, '>', 100, 'operators');

# Relations and types of the session's own, by every name that the pool's code
# could mean; and the search_path that has the traps first.
my $before = <<'SQL';
SET client_min_messages = error;
DO $do$
DECLARE
    relation record;
BEGIN
    FOR relation IN SELECT c.relname, c.oid::regclass AS of FROM pg_class c
        WHERE c.relnamespace = 'chimera'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
        UNION ALL SELECT c.relname, c.oid::regclass FROM pg_class c
        WHERE c.oid::regclass IN ('pg_class', 'pg_proc', 'pg_roles', 'pg_namespace')
    LOOP
        EXECUTE format('CREATE TEMP VIEW %I AS SELECT t.* FROM %s t WHERE hostile.trap()', relation.relname, relation.of);
    END LOOP;
END
$do$;
CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (hostile.trap());
CREATE DOMAIN pg_temp.uuid AS pg_catalog.uuid CHECK (hostile.trap());
CREATE DOMAIN pg_temp.int8 AS pg_catalog.int8 CHECK (hostile.trap());
CREATE DOMAIN pg_temp.jsonb AS pg_catalog.jsonb CHECK (hostile.trap());
CREATE DOMAIN pg_temp.timestamptz AS pg_catalog.timestamptz CHECK (hostile.trap());
CREATE DOMAIN pg_temp.interval AS pg_catalog.interval CHECK (hostile.trap());
SET standard_conforming_strings = off;
SET quote_all_identifiers = on;
SET DateStyle = 'German, DMY';
SET IntervalStyle = 'sql_standard';
SET TimeZone = 'Asia/Kolkata';
SET bytea_output = 'escape';
SET extra_float_digits = -15;
SET array_nulls = off;
SQL
($code, undef, $err) = run_as($pool, 'mallory', $before);
is($code, 0, 'a session can lay more of them') or diag $err;
my $first = 'SET search_path = pg_temp, hostile, public, pg_catalog;';

# --- the calls

my @routines = routines($pool, 'mallory');
my %common = (session_hash => $session);
my @statements = map {
    my $routine = $_;
    my @names = map { $_->[0] } @{ $routine->{parameters} };
    (   call($routine, %common),
        call($routine, map { $_ => 'NULL' } @names),
        map { call($routine, %common, $_ => 'NULL') } @names);
} @routines;

# The harness's own statements shall not fall into the traps: each statement
# sets the search_path for itself, and the call is what follows.
my @tried = attempts($pool, 'mallory',
    [ map { "$first $_" } @statements ],
    before => $before);
my @good = grep { $_->[1] eq '00000' } @tried;
cmp_ok(scalar @good, '>', 100, 'many calls do what they are for');
is( join("\n",
        map { "$statements[$_->[0]]: $_->[2]" }
          grep { $_->[1] =~ /^(?:42|XX)/ && $_->[1] !~ /^42(?:501|704|710)$/ } @tried),
    '', 'and none takes an object for another');

$pool->wait_for_rollups;
$coin->new_tip;
$pool->wait_for_job('fake');
is(caught(), 'mallory', 'hostile code ran as who wrote it only, in routines and workers');

# --- a routine that does not pin its search_path is caught

$pool->safe_psql(<<'SQL');
CREATE FUNCTION public.careless(t text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
AS $$ BEGIN RETURN upper(t) || lower(t); END $$;
CREATE OR REPLACE FUNCTION public.upper(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM hostile.trap(); RETURN 'x'; END $$;
CREATE OR REPLACE FUNCTION public.lower(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM hostile.trap(); RETURN 'x'; END $$;
SQL
run_as($pool, 'mallory',
    "SET search_path = public, pg_catalog; SELECT public.careless('x')");
like(caught(), qr/\bpostgres\b/, 'a careless routine would have been caught');

done_testing();
