-- names.sql: how miners identify themselves: addresses in all their
-- spellings, user names and passwords.
--
-- An account is named by an address, by several addresses of different coins,
-- or by a plain name. One address is one account: chimera.account_name()
-- decides its spelling, and a trigger on chimera.accounts enforces it.

-- ---------- addresses ----------

CREATE VIEW chimera.address_rules AS
    SELECT n.p2pkh_version, n.p2sh_version, n.bech32_hrp, n.p2sh_version_old, n.cashaddr_prefix,
           n.witness_version_max FROM chimera.network_configs n
    UNION
    SELECT p.p2pkh_version, p.p2sh_version, p.bech32_hrp, p.p2sh_version_old, p.cashaddr_prefix,
           p.witness_version_max FROM chimera.network_presets p;
COMMENT ON VIEW chimera.address_rules IS 'The address formats of all networks and presets';
COMMENT ON COLUMN chimera.address_rules.p2pkh_version IS 'Version byte of base58 addresses of keys';
COMMENT ON COLUMN chimera.address_rules.p2sh_version IS 'Version byte of base58 addresses of scripts';
COMMENT ON COLUMN chimera.address_rules.bech32_hrp IS 'Prefix of bech32 addresses';
COMMENT ON COLUMN chimera.address_rules.p2sh_version_old IS 'Previous version byte of base58 addresses of scripts';
COMMENT ON COLUMN chimera.address_rules.cashaddr_prefix IS 'Prefix of cashaddr addresses';
COMMENT ON COLUMN chimera.address_rules.witness_version_max IS
'Highest witness version of bech32 addresses that are paid';

-- These are in PL/pgSQL, which caches its plans: each login calls them.

CREATE FUNCTION chimera.address_scripts(address text) RETURNS bytea[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ARRAY(
        SELECT DISTINCT chimera.address_script(address_scripts.address, k.p2pkh_version, k.p2sh_version, k.bech32_hrp,
                                               k.p2sh_version_old, k.cashaddr_prefix, k.witness_version_max)
        FROM chimera.address_rules k
        WHERE chimera.address_error(address_scripts.address, k.p2pkh_version, k.p2sh_version, k.bech32_hrp, k.p2sh_version_old,
                                    k.cashaddr_prefix, k.witness_version_max) IS NULL AND address_scripts.address IS NOT NULL);
END;
$$;
COMMENT ON FUNCTION chimera.address_scripts(text) IS
'Internal: the output scripts of an address in its canonical spelling, on the networks and presets that have such '
'addresses; empty: no network has it.';

CREATE FUNCTION chimera.is_address(text text) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM chimera.address_rules k
        WHERE chimera.address_error(is_address.text, k.p2pkh_version, k.p2sh_version, k.bech32_hrp, k.p2sh_version_old,
                                    k.cashaddr_prefix, k.witness_version_max) IS NULL);
END;
$$;
COMMENT ON FUNCTION chimera.is_address(text) IS
'Internal: whether a text, which must not be NULL, is an address of any network or preset.';

CREATE FUNCTION chimera.known_address(text text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    canonical CONSTANT text := chimera.canonical_address(text);
BEGIN
    IF canonical IS NULL OR canonical !~ '^[0-9A-Za-z]{14,112}$' THEN
        RETURN NULL;
    -- base58 is case-sensitive: with another case the checksum fails
    ELSIF canonical = lower(canonical) OR canonical = upper(canonical) THEN
        RETURN CASE WHEN chimera.is_address(lower(canonical)) THEN lower(canonical)
                    WHEN chimera.is_address(canonical) THEN canonical END;
    END IF;
    RETURN CASE WHEN chimera.is_address(canonical) THEN canonical
                WHEN chimera.is_address(lower(canonical)) THEN lower(canonical) END;
END;
$$;
COMMENT ON FUNCTION chimera.known_address(text) IS
'Internal: the canonical spelling of an address of any network or preset; NULL if the text is not one.';

CREATE FUNCTION chimera.part_address(part text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN regexp_replace(part, '^.*=', '');
END;
$$;
COMMENT ON FUNCTION chimera.part_address(text) IS
'Internal: the address in a part of an account''s name, which may name its coin, as in doge=D...';

CREATE FUNCTION chimera.account_name(name text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF name !~ '[0-9A-Za-z]{14}' THEN
        RETURN name;
    ELSIF strpos(name, ',') = 0 THEN
        RETURN coalesce(chimera.known_address(name), name);
    END IF;
    RETURN coalesce((
        SELECT array_to_string(array_agg(p.spelling ORDER BY p.spelling), ',')
        FROM (SELECT DISTINCT (lower(coalesce(substring(t.part FROM '^.*='), ''))
                               || chimera.known_address(chimera.part_address(t.part))) COLLATE "C" AS spelling
              FROM regexp_split_to_table(account_name.name, ',') t (part)) p
        -- one part that is not an address makes the whole a plain name
        HAVING bool_and(p.spelling IS NOT NULL)), name);
END;
$$;
COMMENT ON FUNCTION chimera.account_name(text) IS
'How chimera.accounts spells this account name: an address in its canonical spelling; several addresses, '
'separated by commas, each in its canonical spelling and sorted; any other name unchanged.';

CREATE FUNCTION chimera.name_scripts(name text) RETURNS bytea[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF name !~ '[0-9A-Za-z]{14}' THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(
        SELECT DISTINCT s.script
        FROM regexp_split_to_table(name_scripts.name, ',') t (part)
        CROSS JOIN LATERAL unnest(chimera.address_scripts(chimera.part_address(t.part))) s (script));
END;
$$;
COMMENT ON FUNCTION chimera.name_scripts(text) IS
'Internal: the output scripts of the addresses in an account''s name; empty for a plain name.';

-- called with the rights of whoever reads chimera.payout_routes
CREATE FUNCTION chimera.combined_address(name text, network_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF strpos(name, ',') = 0 THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT chimera.part_address(t.part)
        FROM chimera.network_configs n
        CROSS JOIN LATERAL regexp_split_to_table(combined_address.name, ',') WITH ORDINALITY t (part, place)
        WHERE n.network_id = combined_address.network_id
          AND (strpos(t.part, '=') = 0 OR split_part(t.part, '=', 1) IN (lower(n.symbol), n.name))
          AND chimera.address_error(chimera.part_address(t.part), n) IS NULL
        ORDER BY strpos(t.part, '=') = 0, t.place LIMIT 1);
END;
$$;
COMMENT ON FUNCTION chimera.combined_address(text, uuid) IS
'The address of a network in an account''s name of several addresses: the one that names the coin (doge=D...), '
'else the first that is valid for it; NULL if no address is, and for a name of fewer than two.';

-- ---------- user names ----------

CREATE FUNCTION chimera.rig_name(given text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- control characters, and Unicode characters that are invisible or change the direction of the
    -- text next to them
    hidden text := chr(1) || '-' || chr(31) || chr(127);
BEGIN
    IF given ~ '^[ -~]*$' THEN
        RETURN left(btrim(given), 128);
    ELSIF getdatabaseencoding() = 'UTF8' THEN
        hidden := hidden || '-' || chr(159) || chr(8203) || '-' || chr(8207) || chr(8232) || '-' || chr(8238)
            || chr(8288) || '-' || chr(8303) || chr(65279);
    END IF;
    RETURN left(btrim(regexp_replace(coalesce(given, ''), '[' || hidden || ']', '_', 'g')), 128);
END;
$$;
COMMENT ON FUNCTION chimera.rig_name(text) IS
'A rig''s name as it is stored: without surrounding space, with "_" for each control character and each invisible '
'Unicode character, at most 128 characters.';

CREATE FUNCTION chimera.looks_like_address(name text, algorithm text) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN looks_like_address.name ~ '^[0-9A-Za-z]{24,112}$'
        -- base58's alphabet, with the character distribution of a hash: the beginning of an address
        OR (looks_like_address.name ~ '^[1-9A-HJ-NP-Za-km-z]{14,}$' AND looks_like_address.name ~ '[0-9]'
            AND looks_like_address.name ~ '[A-Z]' AND looks_like_address.name ~ '[a-z]')
        OR EXISTS (
        SELECT FROM chimera.network_configs n
        WHERE n.is_enabled AND n.algorithm = looks_like_address.algorithm
          AND (starts_with(lower(looks_like_address.name), n.bech32_hrp || '1')
               OR starts_with(lower(looks_like_address.name), n.cashaddr_prefix || ':')));
END;
$$;
COMMENT ON FUNCTION chimera.looks_like_address(text, text) IS
'Whether an account''s name is meant as an address, valid or not: 24 to 112 letters and digits, 14 or more base58 '
'characters with uppercase and lowercase letters and digits, or something after the bech32 or cashaddr prefix of '
'an enabled network of the algorithm.';

CREATE FUNCTION chimera.next_address(INOUT rest text, OUT label text, OUT address text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found text[];
BEGIN
    -- litecoin:L..., doge=D..., bitcoincash:q..., or just an address
    found := regexp_match(rest, '^[[:space:]]*([A-Za-z][0-9A-Za-z_-]{0,31})[[:space:]]*[:=]/{0,2}[[:space:]]*([0-9A-Za-z]{14,112})(?![0-9A-Za-z])(.*)$');
    address := coalesce(chimera.known_address(lower(found[1]) || ':' || found[2]), chimera.known_address(found[2]));
    label := lower(found[1]);
    IF address IS NULL THEN
        found := regexp_match(rest, '^[[:space:]]*()([0-9A-Za-z]{14,112})(?![0-9A-Za-z])(.*)$');
        address := chimera.known_address(found[2]);
        label := NULL;
    END IF;
    IF address IS NOT NULL THEN
        rest := found[3];
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.next_address(text) IS
'Internal: reads an address, and the coin before it, from the beginning of a text; returns the address in its '
'canonical spelling (NULL: the text does not begin with one), and the rest of the text.';

CREATE FUNCTION chimera.is_coin(name text) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM chimera.network_configs n WHERE is_coin.name IN (n.name, lower(n.symbol)))
        OR EXISTS (SELECT FROM chimera.network_presets p WHERE is_coin.name IN (p.name, lower(p.symbol)));
END;
$$;
COMMENT ON FUNCTION chimera.is_coin(text) IS
'Internal: whether a network or preset has this name or symbol, given in lower case.';

CREATE FUNCTION chimera.read_user_name(user_name text, OUT account text, OUT rig text, OUT is_address boolean, OUT error text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    given CONSTANT text := regexp_replace(user_name, '^[[:space:]]+|[[:space:]]+$', '', 'g');
    head CONSTANT text := substring(given FROM '^[0-9A-Za-z]+');
    step record;
    parts text[] := '{}';
BEGIN
    -- most miners have been here before
    IF substr(given, length(head) + 1, 1) IN ('', '.')
       AND EXISTS (SELECT FROM chimera.accounts a WHERE a.name = head AND a.scripts <> '{}')
    THEN
        account := head;
        rig := chimera.rig_name(substr(given, length(head) + 2));
        is_address := true;
        RETURN;
    END IF;

    step := chimera.next_address(given);
    WHILE step.address IS NOT NULL LOOP
        parts := parts || concat(CASE WHEN chimera.is_coin(step.label) THEN step.label || '=' END, step.address);
        rig := step.rest;
        EXIT WHEN cardinality(parts) = 8;
        -- a dot, or anything that is not an address, begins the rig
        step := chimera.next_address(substring(rig FROM '^[[:space:]]*[^0-9A-Za-z.[:space:]][[:space:]]*(.*)$'));
    END LOOP;
    is_address := parts <> '{}';
    IF is_address THEN
        -- a single address needs no coin name
        account := chimera.account_name(CASE cardinality(parts) WHEN 1 THEN chimera.part_address(parts[1])
                                                                ELSE array_to_string(parts, ',') END);
        rig := chimera.rig_name(regexp_replace(ltrim(rig), '^[^0-9A-Za-z]', ''));
        RETURN;
    END IF;

    account := split_part(given, '.', 1);
    rig := substr(given, length(account) + 2);
    IF account = '' OR account IS NULL THEN
        error := 'user name must be ADDRESS or ADDRESS.rig';
    ELSIF NOT EXISTS (SELECT FROM chimera.accounts a WHERE a.name = account) THEN
        -- a plain name ends at the first character that a signed-up name cannot have
        IF given ~ '^[^[:space:]./:+;,|]+@' THEN
            error := 'user name must be an address or an account''s name, not an e-mail address';
        ELSIF given !~ '^[0-9A-Za-z_-]{1,128}($|[[:space:]./:+;,|])' THEN
            error := 'user name must be ADDRESS or ADDRESS.rig';
        END IF;
        -- after a coin's name it is meant as an address, even if it is invalid
        account := coalesce(substring(given FROM '^[A-Za-z][0-9A-Za-z_-]{0,31}[:=]/{0,2}([0-9A-Za-z]{24,112})'),
                            substring(given FROM '^[0-9A-Za-z_-]+'));
        rig := regexp_replace(ltrim(substr(given, length(account) + 1)), '^[./:+;,|]', '');
    END IF;
    rig := chimera.rig_name(rig);
END;
$$;
COMMENT ON FUNCTION chimera.read_user_name(text) IS
'Parses a miner''s user name: the account, spelled as in chimera.accounts, and the rig. An address ends at the '
'first character that is neither a letter nor a digit; a coin before a single one (litecoin:L...) is dropped; '
'several addresses, separated by any character other than a dot, are one account. A plain name consists of '
'letters, digits, "_" and "-". is_address: addresses name the account. error: why the user name is not valid.';

-- ---------- passwords ----------

CREATE FUNCTION chimera.password_difficulty(given text) RETURNS float8
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT nullif(least(coalesce(nullif(m[1], '')::numeric, 0)
        * CASE lower(m[2]) WHEN 'k' THEN 1e3 WHEN 'm' THEN 1e6 WHEN 'g' THEN 1e9 WHEN 't' THEN 1e12 ELSE 1 END, 1e15), 0)::float8
    FROM regexp_match(given, '^([0-9]{1,20}(?:[.][0-9]{0,20})?(?:[eE][-+]?[0-9]{1,2})?|[.][0-9]{1,20})([kKmMgGtT]?)$') m;
$$;
COMMENT ON FUNCTION chimera.password_difficulty(text) IS
'A difficulty as miners write it, such as 512, 0.5, 1e6, 64k or 1.5M (k is a thousand); NULL for zero and for '
'anything that is not a number.';

CREATE FUNCTION chimera.read_password(password text, OUT coin text, OUT difficulty float8, OUT addresses text[], OUT complaint text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    option record;
BEGIN
    FOR option IN
        SELECT lower(m[1]) AS key, m[2] AS value
        FROM regexp_split_to_table(password, '[;,/[:space:]]+') WITH ORDINALITY t (text, place)
        CROSS JOIN LATERAL regexp_match(t.text, '^([A-Za-z][0-9A-Za-z_-]{0,31})[=:](.+)$') m
        WHERE m IS NOT NULL
        ORDER BY t.place
    LOOP
        IF option.key IN ('d', 'diff', 'difficulty', 'sd') THEN
            difficulty := coalesce(difficulty, chimera.password_difficulty(option.value));
            IF difficulty IS NULL THEN
                complaint := format('invalid difficulty in the password: "%s"', left(option.value, 40));
            END IF;
        ELSIF option.key IN ('c', 'coin') THEN
            coin := coalesce(coin, lower(option.value));
        ELSIF chimera.is_coin(option.key) THEN
            addresses := addresses || (option.key || '=' || option.value);
        END IF;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION chimera.read_password(text) IS
'The options in a miner''s password: key=value or key:value, separated by commas, semicolons, slashes or spaces; '
'keys and coins in any case. d, diff, difficulty or sd is the difficulty to start with, c or coin the coin to '
'mine, a coin''s name or symbol an address of it (returned in addresses as coin=address). Other options, such as '
'x, are ignored. complaint: what could not be parsed.';

CREATE FUNCTION chimera.add_addresses(INOUT account text, addresses text[], OUT error text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part text;
    coin text;
    spelling text;
    parts text[] := string_to_array(account, ',');
BEGIN
    FOREACH part IN ARRAY coalesce(addresses, '{}') LOOP
        coin := split_part(part, '=', 1);
        spelling := (chimera.next_address(part)).address;
        IF spelling IS NULL THEN
            error := format('"%s" in the password is not an address of any coin', left(part, 80));
            RETURN;
        END IF;
        CONTINUE WHEN spelling = ANY (SELECT chimera.part_address(p) FROM unnest(parts) p);
        parts := parts || (coin || '=' || spelling);
    END LOOP;
    account := chimera.account_name(array_to_string(parts, ','));
END;
$$;
COMMENT ON FUNCTION chimera.add_addresses(text, text[]) IS
'Internal: the account whose name has these addresses and further ones of the password (coin=address); error '
'names an invalid one.';

CREATE FUNCTION chimera.combination_error(account text, algorithm text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(
        (SELECT CASE WHEN n.name IS NULL THEN format('coin "%s" is not mined here', p.coin)
                     ELSE format('user name is not a valid address: %s: %s', n.name, chimera.network_address_error(n.name, p.address)) END
         FROM (SELECT split_part(t.part, '=', 1) AS coin, chimera.part_address(t.part) AS address
               FROM regexp_split_to_table(account, ',') t (part) WHERE strpos(t.part, '=') > 0) p
         LEFT JOIN chimera.network_configs n ON p.coin IN (n.name, lower(n.symbol)) AND n.archived_at IS NULL
         GROUP BY p.coin, p.address, n.name
         HAVING bool_and(n.name IS NULL OR chimera.network_address_error(n.name, p.address) IS NOT NULL)
         LIMIT 1),
        (SELECT format('user name has %s addresses of %s: specify the coin of each, as in %s=ADDRESS', count(*), n.name, lower(n.symbol))
         FROM chimera.network_configs n CROSS JOIN regexp_split_to_table(account, ',') t (part)
         WHERE n.is_enabled AND n.algorithm = combination_error.algorithm
           AND (strpos(t.part, '=') = 0 OR split_part(t.part, '=', 1) IN (lower(n.symbol), n.name))
           AND chimera.network_address_error(n.name, chimera.part_address(t.part)) IS NULL
         GROUP BY n.name, n.symbol
         HAVING count(*) FILTER (WHERE strpos(t.part, '=') > 0) <> 1 AND count(*) > 1
         ORDER BY n.name LIMIT 1));
$$;
COMMENT ON FUNCTION chimera.combination_error(text, text) IS
'Internal: why several addresses cannot name an account on a port of an algorithm: one is not of the coin that it '
'names, or two are of the same coin; NULL if they can.';
