-- web_query.sql: the median time of seven calls of each routine, and its answer's size;
-- first of what the accountant does for them ahead.
SET client_min_messages = warning;
CREATE FUNCTION pg_temp.measure(call text, OUT ms numeric, OUT bytes int) LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
    times float8[] := '{}';
    answer text;
BEGIN
    FOR i IN 1 .. 7 LOOP
        began := clock_timestamp();
        EXECUTE 'SELECT chimera.' || call INTO answer;
        times := times || extract(epoch FROM clock_timestamp() - began)::float8 * 1000;
    END LOOP;
    ms := (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY t) FROM unnest(times) t)::numeric(9, 1);
    bytes := octet_length(answer);
END;
$$;
SELECT format('| `%s` | %s | |', call, m.ms)
FROM unnest(ARRAY['refresh_standings(network_id, ''15m'') FROM chimera.network_configs', 'refresh_standings(network_id, ''1h'') FROM chimera.network_configs',
    'refresh_standings(network_id, ''24h'') FROM chimera.network_configs', 'refresh_standings(network_id, ''7d'') FROM chimera.network_configs']) WITH ORDINALITY c (call, place)
CROSS JOIN LATERAL pg_temp.measure(call) m ORDER BY place;
SELECT format('| `%s` | %s | %s |', call, m.ms, m.bytes)
FROM unnest(ARRAY['web_pool_stats()', 'web_hashrate(range => ''24h'')', 'web_hashrate(range => ''7d'')', 'web_hashrate(range => ''30d'')',
    'web_hashrate(range => ''90d'')', 'web_hashrate(range => ''all'')', 'web_blocks()', 'web_blocks("limit" => 100)', 'web_top_miners(range => ''1h'')',
    'web_top_miners()', 'web_top_miners(range => ''7d'')', 'web_networks()', 'web_active_networks()', 'web_connect(''web'')', 'web_health()',
    'web_event(''block'', 2000)', 'web_account(''farm'')', 'web_account(''account7'')', 'web_account_hashrate(''farm'')',
    'web_account_hashrate(''farm'', range => ''7d'')', 'web_account_hashrate(''farm'', range => ''all'')',
    'web_account_hashrate(''account7'', range => ''90d'')', 'web_account_workers(''farm'')', 'web_account_workers(''farm'', "limit" => 100)',
    'web_account_balances(''farm'')', 'web_account_balances(''account7'')', 'web_account_payouts(''farm'')',
    'web_account_earnings(''farm'')', 'web_account_earnings(''farm'', range => ''all'')']) WITH ORDINALITY c (call, place)
CROSS JOIN LATERAL pg_temp.measure(call) m ORDER BY place;
