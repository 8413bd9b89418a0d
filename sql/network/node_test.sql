-- node_test.sql: trying out a network's nodes and wallet (extension/template/node_test.c).

CREATE FUNCTION chimera.test_network(network text, OUT node_id int, OUT check_name text, OUT ok boolean, OUT message text,
    OUT duration_ms float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'chimera_test_network'
    LANGUAGE C VOLATILE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION chimera.test_network(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.test_network(text) TO chimera_admin;
COMMENT ON FUNCTION chimera.test_network(text) IS
'Asks a network''s nodes and its wallet, enabled or not, what the pool asks of them. A row a check: for each node connect, chain, sync, peers and template; for the wallet''s endpoint (the first node where there is none of its own) wallet and address, which a network without payouts and without a wallet of its own does not need. What hangs on a call that failed was not tried. Each call may take chimera.node_timeout; the statement can be cancelled at any time. Errors: 42704 for an unknown network.';
