/*
 * node_test.c
 *	  chimera.test_network: makes all calls to a network's nodes and wallet
 *	  that the pool will make, and returns the results.
 *
 * It runs in the caller's backend and honours its statement_timeout and
 * cancellation at once (rpc.c waits with the latch).  A check that fails is a
 * row, never an ERROR. jansson allocates in the function's memory context
 * while it runs, so an ERROR (such as a cancellation) leaks nothing; other
 * users of jansson in this backend get their allocators back.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "compat.h"
#include "job/job.h"
#include "job/template_bounds.h"
#include "node/rpc.h"
#include "settings.h"
#include "node/network.h"
#include "template/node_checks.h"

#define TEST_COLUMNS 5

/* "Requested wallet does not exist or is not loaded" and its relatives */
#define NODE_ERROR_NO_WALLET (-18)

typedef struct NodeTest
{
	const Network *network;
	bool needs_wallet; /* the network has payouts, or a wallet of its own */
	NodeLoop *loop;
	ReturnSetInfo *result;
	const NodeAddress *address; /* of the node being tested */
	NodeClient *client;
	bool reached;	/* the node has responded to its first call */
	NodeTip tip;	/* of the node being tested */
	NodeCall *call; /* the last one; freed by the next */
} NodeTest;

typedef struct Finding
{
	bool ok;
	const char *message;
} Finding;

typedef Finding (*Check)(NodeTest *test);

static Finding
good_finding(const char *message)
{
	return (Finding){true, message};
}

static Finding
bad_finding(const char *message)
{
	return (Finding){false, message};
}

/* ---------- calling ---------- */

static const NodeCall *
call_node(NodeTest *test, const char *method, json_t *params)
{
	if (test->call)
		node_call_free(test->call);
	test->call = NULL;
	test->call =
		node_call(test->client, method, params, chimera_node_timeout_ms);
	return test->call;
}

static bool
call_succeeded(const NodeCall *call)
{
	return node_call_outcome(call) == NODE_OK;
}

static bool
is_unknown_method(const NodeCall *call)
{
	return node_call_outcome(call) == NODE_RPC_ERROR &&
		   node_call_error_code(call) == NODE_ERROR_METHOD_NOT_FOUND;
}

static Finding
failed_call(const NodeCall *call)
{
	return bad_finding(pstrdup(node_call_error(call)));
}

/* ---------- a node's checks ---------- */

static Finding
test_connect(NodeTest *test)
{
	const NodeCall *call = call_node(test, "getblockcount", json_array());

	if (!call_succeeded(call))
		return failed_call(call);
	if (!json_is_integer(node_call_result(call)))
		return bad_finding("the node's block count is not a number");
	test->reached = true;
	return good_finding(
		psprintf("the node responds; its height is %lld",
				 (long long) json_integer_value(node_call_result(call))));
}

static Finding
test_chain(NodeTest *test)
{
	const char *error = check_chain(
		call_node(test, "getblockhash", json_pack("[i]", 0)), test->network);

	return error ? bad_finding(error)
				 : good_finding("block 0 is the network's genesis block");
}

static Finding
test_sync(NodeTest *test)
{
	const char *error = check_sync(
		call_node(test, "getblockchaininfo", json_array()), &test->tip);

	if (error)
		return bad_finding(error);
	if (!test->tip.known)
		return good_finding("the node does not report whether it is synced");
	return good_finding("the node is synced");
}

static Finding
test_peers(NodeTest *test)
{
	const NodeCall *call = call_node(test, "getconnectioncount", json_array());
	json_int_t peers;

	if (is_unknown_method(call))
		return good_finding("the node does not report its peers");
	if (!call_succeeded(call))
		return failed_call(call);
	peers = json_integer_value(node_call_result(call));
	if (peers <= 0)
		return bad_finding("the node has no peers");
	return good_finding(
		psprintf("%lld %s", (long long) peers, peers == 1 ? "peer" : "peers"));
}

/* Do the template bounds allow it? */
static const char *
judge_template(const Network *network, const BlockTemplate *template)
{
	MemoryContext context = CurrentMemoryContext;
	const char *error;

	SPI_connect();
	error = template_bounds_error(network, template, context);
	SPI_finish();
	return error;
}

static Finding
test_template(NodeTest *test)
{
	static const NodeTip any_tip = {0};
	const NodeCall *call = call_node(test, "getblocktemplate",
									 template_request(test->network, NULL));
	BlockTemplate *template;
	const char *error =
		check_template(call, test->network, &any_tip, &template);
	Job job = {0};

	if (error == NULL)
		error = judge_template(test->network, template);
	if (error == NULL)
		error = job_build(test->network, template, &job);
	if (error)
		return bad_finding(error);
	return good_finding(psprintf("a block of height %u with %d transactions",
								 template->height,
								 template->transaction_count));
}

/* ---------- the wallet's checks ---------- */

/* No wallet, which is a problem only if payouts need one. */
static Finding
no_wallet(const NodeTest *test, const char *reason)
{
	if (!test->needs_wallet)
		return good_finding(psprintf("no wallet, and the network does not need "
									 "one, because it has no payouts (%s)",
									 reason));
	return bad_finding(psprintf("no wallet: %s", reason));
}

static Finding
test_wallet(NodeTest *test)
{
	const NodeCall *call = call_node(test, "getwalletinfo", json_array());
	const char *name;
	bool locked;
	json_t *until;

	/* an error is a response too: validateaddress may still work */
	test->reached = node_call_outcome(call) == NODE_OK ||
					node_call_outcome(call) == NODE_RPC_ERROR;
	if (is_unknown_method(call))
		return no_wallet(test, "the node does not support wallet calls");
	if (node_call_outcome(call) == NODE_RPC_ERROR &&
		node_call_error_code(call) <= NODE_ERROR_NO_WALLET)
		return no_wallet(test, node_call_error(call));
	if (!call_succeeded(call))
		return failed_call(call);
	name = json_string_value(
		json_object_get(node_call_result(call), "walletname"));
	name = name ? node_printable(name) : "";
	until = json_object_get(node_call_result(call), "unlocked_until");
	locked = json_is_integer(until) && json_integer_value(until) == 0;

	call = call_node(test, "getbalance", json_array());
	if (!call_succeeded(call))
		return failed_call(call);
	if (!json_is_number(node_call_result(call)))
		return bad_finding("the wallet's balance is not a number");
	return good_finding(psprintf("wallet \"%s\" has %.8f %s%s", name,
								 json_number_value(node_call_result(call)),
								 test->network->symbol,
								 locked ? "; it is locked" : ""));
}

/* Does the wallet have the address's key? 1, 0, or -1 if unknown. */
static int
wallet_owns(NodeTest *test, const char *address)
{
	const NodeCall *call =
		call_node(test, "getaddressinfo", json_pack("[s]", address));
	json_t *mine;

	if (!call_succeeded(call))
		return -1;
	mine = json_object_get(node_call_result(call), "ismine");
	return json_is_boolean(mine) ? json_is_true(mine) : -1;
}

static Finding
test_address(NodeTest *test)
{
	const char *address = test->network->pool_address;
	const NodeCall *call =
		call_node(test, "validateaddress", json_pack("[s]", address));
	bool known = !is_unknown_method(call);

	if (known && !call_succeeded(call))
		return failed_call(call);
	if (known &&
		!json_is_true(json_object_get(node_call_result(call), "isvalid")))
		return bad_finding(
			psprintf("the node does not accept %s as an address", address));

	switch (wallet_owns(test, address))
	{
		case 1:
			return good_finding(psprintf("%s belongs to the wallet", address));
		case 0:
			if (!test->needs_wallet)
				return good_finding(
					psprintf("%s is valid; the node's wallet does not "
							 "have its key, and the network has no "
							 "payouts",
							 address));
			return bad_finding(
				psprintf("%s is valid, but does not belong to the wallet: "
						 "rewards could not be paid out",
						 address));
		default:
			return good_finding(psprintf(
				"%s is valid; no wallet reports whether it has the key",
				address));
	}
}

/* ---------- rows ---------- */

static void
put_row(NodeTest *test, const char *name, Finding finding, double duration_ms)
{
	Datum values[TEST_COLUMNS];
	bool nulls[TEST_COLUMNS] = {false};

	values[0] = Int32GetDatum(test->address->node_id);
	values[1] = CStringGetTextDatum(name);
	values[2] = BoolGetDatum(finding.ok);
	values[3] = CStringGetTextDatum(finding.message);
	values[4] = Float8GetDatum(duration_ms);
	tuplestore_putvalues(test->result->setResult, test->result->setDesc, values,
						 nulls);
}

static void
run_check(NodeTest *test, const char *name, Check check)
{
	instr_time start;
	instr_time duration;
	Finding finding;

	INSTR_TIME_SET_CURRENT(start);
	finding = check(test);
	INSTR_TIME_SET_CURRENT(duration);
	INSTR_TIME_SUBTRACT(duration, start);
	put_row(test, name, finding, INSTR_TIME_GET_MILLISEC(duration));
}

/* The first check shows whether the node can be reached at all. */
static void
test_endpoint(NodeTest *test, const NodeAddress *address,
			  const char *const *names, const Check *checks, int count)
{
	test->address = address;
	test->client = node_create(test->loop, address);
	test->reached = false;
	memset(&test->tip, 0, sizeof(NodeTip));
	for (int i = 0; i < count; i++)
		if (i == 0 || test->reached)
			run_check(test, names[i], checks[i]);
		else
			put_row(test, names[i], bad_finding("not tried"), 0);

	if (test->call)
		node_call_free(test->call);
	test->call = NULL;
	node_destroy(test->client);
}

static void
test_all(NodeTest *test)
{
	static const char *const node_names[] = {"connect", "chain", "sync",
											 "peers", "template"};
	static const Check node_checks[] = {test_connect, test_chain, test_sync,
										test_peers, test_template};
	static const char *const wallet_names[] = {"wallet", "address"};
	static const Check wallet_checks[] = {test_wallet, test_address};
	const Network *network = test->network;
	const NodeAddress *wallet = network->wallet;

	for (int i = 0; i < network->node_count; i++)
		test_endpoint(test, &network->nodes[i], node_names, node_checks,
					  lengthof(node_checks));
	if (wallet == NULL && network->node_count > 0)
		wallet = &network->nodes[0];
	if (wallet)
		test_endpoint(test, wallet, wallet_names, wallet_checks,
					  lengthof(wallet_checks));
}

/* ---------- the function ---------- */

PG_FUNCTION_INFO_V1(chimera_test_network);

/* Read the network, and whether its payouts need a wallet. */
static void
read_network(NodeTest *test, Datum name, MemoryContext context)
{
	Oid types[] = {TEXTOID};
	Datum values[] = {name};
	pg_uuid_t network_id;
	bool isnull;

	SPI_connect();
	if (SPI_execute_with_args(
			"SELECT i, chimera.needs_payer(i) FROM chimera.network_id($1) i", 1,
			types, values, NULL, true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not find the network");
	network_id = *DatumGetUUIDP(SPI_getbinval(
		SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	test->needs_wallet = DatumGetBool(SPI_getbinval(
		SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	test->network = network_load(&network_id, context);
	if (test->network && test->network->wallet)
		test->needs_wallet = true;
	SPI_finish();
}

Datum
chimera_test_network(PG_FUNCTION_ARGS)
{
	NodeTest test = {0};
	MemoryContext context;
	MemoryContext old;
	JsonAllocators before;

	compat_init_materialized_srf(fcinfo);
	test.result = (ReturnSetInfo *) fcinfo->resultinfo;
	context = AllocSetContextCreate(
		CurrentMemoryContext, "chimera network test", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	read_network(&test, PG_GETARG_DATUM(0), context);
	if (test.network == NULL)
		return (Datum) 0;
	test.loop = node_loop_create(context);

	before = node_borrow_palloc_for_json();
	PG_TRY();
	{
		test_all(&test);
	}
	PG_FINALLY();
	{
		node_return_json_allocators(before);
	}
	PG_END_TRY();

	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return (Datum) 0;
}
