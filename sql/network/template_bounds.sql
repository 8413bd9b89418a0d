-- template_bounds.sql: limits on what a template may claim, from the
-- network's own history (extension/job).
--
-- A node that lies or is taken over must not make the pool owe what the chain
-- never paid. A template becomes a job only if the chain's rules can have
-- produced its subsidy and its difficulty from those of a day before. The
-- reference is a job older than a day, so a liar gains at most one such step
-- per day, however often it lies.

CREATE SEQUENCE chimera.accepted_templates_acceptance_id_seq AS int;
CREATE TABLE chimera.accepted_templates (
    acceptance_id int PRIMARY KEY DEFAULT nextval('chimera.accepted_templates_acceptance_id_seq'),
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    subsidy_sats bigint CHECK (subsidy_sats > 0),
    difficulty float8 CHECK (difficulty > 0 AND difficulty < 'infinity'),
    reason text NOT NULL,
    accepted_by text NOT NULL DEFAULT chimera.actor(),
    accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (num_nonnulls(subsidy_sats, difficulty) > 0)
);
ALTER SEQUENCE chimera.accepted_templates_acceptance_id_seq OWNED BY chimera.accepted_templates.acceptance_id;
CREATE INDEX accepted_templates_network_id_idx ON chimera.accepted_templates (network_id, accepted_at);
COMMENT ON TABLE chimera.accepted_templates IS
'Claims beyond a network''s bounds that operators accepted with chimera.accept_template(). Each is valid for two '
'days; after that, jobs made meanwhile are the reference. Rows never change';
COMMENT ON COLUMN chimera.accepted_templates.acceptance_id IS 'The acceptance''s number';
COMMENT ON COLUMN chimera.accepted_templates.network_id IS 'The templates'' network';
COMMENT ON COLUMN chimera.accepted_templates.subsidy_sats IS
'Subsidy that a template may claim, in the coin''s smallest unit; NULL: not accepted';
COMMENT ON COLUMN chimera.accepted_templates.difficulty IS
'Difficulty that a template may have, however low; NULL: not accepted';
COMMENT ON COLUMN chimera.accepted_templates.reason IS 'Reason of the operator';
COMMENT ON COLUMN chimera.accepted_templates.accepted_by IS 'Who accepted it';
COMMENT ON COLUMN chimera.accepted_templates.accepted_at IS 'When';
CREATE TRIGGER forbid_change BEFORE UPDATE ON chimera.accepted_templates
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_change();

-- the network's newest job that is a day old, or its first job
CREATE FUNCTION chimera.job_a_day_before(network_id uuid, OUT nbits bigint, OUT subsidy_sats bigint, OUT days int)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT j.nbits, j.coinbase_value - j.fees,
           greatest(floor(extract(epoch FROM clock_timestamp() - j.created_at) / 86400), 1)::int
    FROM (
        (SELECT 1 AS place, o.* FROM chimera.jobs o
         WHERE o.network_id = job_a_day_before.network_id AND o.created_at <= clock_timestamp() - interval '1 day' AND o.fees IS NOT NULL
         ORDER BY o.created_at DESC LIMIT 1)
        UNION ALL
        (SELECT 2, o.* FROM chimera.jobs o WHERE o.network_id = job_a_day_before.network_id AND o.fees IS NOT NULL
         ORDER BY o.created_at LIMIT 1)
        UNION ALL
        (SELECT 3, o.* FROM chimera.jobs o WHERE o.network_id = job_a_day_before.network_id ORDER BY o.created_at LIMIT 1)) j
    ORDER BY j.place LIMIT 1;
$$;
COMMENT ON FUNCTION chimera.job_a_day_before(uuid) IS
'Internal: bits and subsidy of the job that a new template is compared with, and its age in days, at least one. '
'It is the network''s newest job that is at least a day old, or else its first job; jobs without known fees are '
'used only if no other exists. NULLs if the network has no job.';

CREATE FUNCTION chimera.template_problem(network_id uuid, nbits bigint, coinbase_value bigint, fees bigint) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    network record;
    before record;
    accepted record;
    needs_fees text;
    asked float8;
    least_asked float8;
    most_claimed float8;
BEGIN
    SELECT n.algorithm, n.easiest_nbits, n.difficulty_drop_max, n.subsidy_rise_max INTO network
    FROM chimera.network_configs n WHERE n.network_id = template_problem.network_id;
    asked := chimera.difficulty(chimera.target(template_problem.nbits), network.algorithm);
    IF asked >= 18446744073709551616::float8 THEN
        RETURN format('template has a difficulty of %s, which no chain can have', asked);
    ELSIF asked < chimera.difficulty(chimera.target(network.easiest_nbits), network.algorithm) THEN
        RETURN format('template has nbits %s, which are easier than the chain allows (%s)',
                      to_hex(template_problem.nbits), to_hex(network.easiest_nbits));
    END IF;
    needs_fees := chimera.scheme_that_needs_fees(template_problem.network_id);
    IF template_problem.fees IS NULL AND needs_fees IS NOT NULL THEN
        RETURN format('template does not contain its transactions'' fees, which reward scheme %s needs', needs_fees);
    END IF;

    SELECT min(a.difficulty) AS difficulty, max(a.subsidy_sats) AS subsidy_sats INTO accepted
    FROM chimera.accepted_templates a
    WHERE a.network_id = template_problem.network_id AND a.accepted_at > clock_timestamp() - interval '2 days';
    SELECT * INTO before FROM chimera.job_a_day_before(template_problem.network_id);
    -- no chain falls or rises by more than a month of such days
    least_asked := least(chimera.difficulty(chimera.target(before.nbits), network.algorithm)
                   / network.difficulty_drop_max ^ least(before.days, 30), accepted.difficulty);
    most_claimed := greatest(before.subsidy_sats * network.subsidy_rise_max ^ least(before.days, 30), accepted.subsidy_sats);
    IF before.nbits IS NOT NULL AND network.difficulty_drop_max IS NOT NULL AND asked < least_asked THEN
        RETURN format('template has a difficulty of %s, below the minimum of %s derived from the job of a day '
                      'before; see chimera.accept_template()',
                      asked, least_asked);
    ELSIF before.subsidy_sats IS NOT NULL AND network.subsidy_rise_max IS NOT NULL
          AND template_problem.coinbase_value - template_problem.fees > most_claimed THEN
        RETURN format('template claims a subsidy of %s, above the maximum of %s derived from the job of a day '
                      'before; see chimera.accept_template()',
                      template_problem.coinbase_value - template_problem.fees, trunc(most_claimed));
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.template_problem(uuid, bigint, bigint, bigint) IS
'Internal: why a template with these bits, coinbase value and fees (NULL: not known) cannot become a job: the '
'chain''s rules cannot have produced it from the job of a day before, or its values are out of range. NULL: it '
'can. Called before each job is stored, by checks of nodes and by chimera.test_network().';

CREATE FUNCTION chimera.accept_template(network text, reason text, subsidy_sats bigint DEFAULT NULL, difficulty float8 DEFAULT NULL)
    RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    new_id int;
BEGIN
    IF btrim(coalesce(reason, '')) = '' THEN
        RAISE EXCEPTION 'reason must not be empty' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The reason is stored in chimera.accepted_templates.';
    ELSIF num_nonnulls(accept_template.subsidy_sats, accept_template.difficulty) = 0 THEN
        RAISE EXCEPTION 'subsidy_sats or difficulty must be given' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'chimera.health shows what the template claims.';
    END IF;
    INSERT INTO chimera.accepted_templates (network_id, subsidy_sats, difficulty, reason)
    VALUES (wanted, accept_template.subsidy_sats, accept_template.difficulty, btrim(accept_template.reason))
    RETURNING acceptance_id INTO new_id;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.accept_template(text, text, bigint, float8) IS
'Lets a network''s templates claim up to this subsidy (in the coin''s smallest unit), have as low a difficulty as '
'this one, or both, for two days; after that, jobs made meanwhile are the reference. Use it for a change of the '
'chain''s rules that the pool rejects; network_configs.difficulty_drop_max and subsidy_rise_max change the bounds '
'permanently. Returns the acceptance_id. Errors: 42704 for an unknown network, 22023 for a missing reason or '
'nothing to accept, 23514 for a value that is not above zero.';

SELECT pg_catalog.pg_extension_config_dump('chimera.accepted_templates', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.accepted_templates_acceptance_id_seq', '');
