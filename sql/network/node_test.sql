-- node_test.sql: testing a network's nodes and wallet
-- (extension/template/node_test.c).

CREATE FUNCTION chimera.test_network(network text, OUT node_id int, OUT check_name text, OUT ok boolean, OUT message text,
    OUT duration_ms float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'chimera_test_network'
    LANGUAGE C VOLATILE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION chimera.test_network(text) IS
'Tests a network''s nodes and its wallet, whether it is enabled or not. Returns one row per check: connect, chain, '
'sync, peers and template for each node; wallet and address for the wallet (the first node''s, unless the network '
'has its own), which a network without payouts and without a wallet of its own does not need. Checks that depend '
'on a failed call are skipped. Each call may take up to chimera.node_timeout; the statement can be cancelled at '
'any time. Errors: 42704 for an unknown network.';
