/*
 * network.c
 *	  Reads a network's settings, nodes and credentials for the workers.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "spi/spi_transaction.h"
#include "node/network.h"

static const char network_query[] =
	"SELECT n.name, n.algorithm, n.genesis_hash, n.template_rules,"
	" n.version_mask, n.coinbase_tag, n.confirmations_needed, n.pool_address,"
	" n.p2pkh_version, n.p2sh_version, n.bech32_hrp, n.template_algorithm,"
	" n.template_max_age_s, n.symbol, n.p2sh_version_old, n.cashaddr_prefix,"
	" n.witness_version_max"
	" FROM chimera.network_configs n"
	" WHERE n.network_id = $1";

static const char nodes_query[] =
	"SELECT e.rpc_url, c.rpc_user, c.rpc_password, c.rpc_cookie_file,"
	" e.node_id, e.kind = 'wallet'"
	" FROM chimera.network_nodes e"
	" LEFT JOIN chimera.network_credentials c USING (node_id)"
	" WHERE e.network_id = $1 ORDER BY e.kind, e.priority";

/* The columns of network_query, counted from 1. */
enum
{
	COLUMN_NAME = 1,
	COLUMN_ALGORITHM,
	COLUMN_GENESIS_HASH,
	COLUMN_TEMPLATE_RULES,
	COLUMN_VERSION_MASK,
	COLUMN_COINBASE_TAG,
	COLUMN_CONFIRMATIONS,
	COLUMN_POOL_ADDRESS,
	COLUMN_P2PKH_VERSION,
	COLUMN_P2SH_VERSION,
	COLUMN_BECH32_HRP,
	COLUMN_TEMPLATE_ALGORITHM,
	COLUMN_TEMPLATE_MAX_AGE,
	COLUMN_SYMBOL,
	COLUMN_P2SH_VERSION_OLD,
	COLUMN_CASHADDR_PREFIX,
	COLUMN_WITNESS_VERSION_MAX
};

static char *
get_text(int column)
{
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);
}

static Datum
get_datum(int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column,
						 isnull);
}

static int
get_version_byte(int column)
{
	bool isnull;
	Datum value = get_datum(column, &isnull);

	return isnull ? -1 : DatumGetInt16(value);
}

static void
read_rules(Network *network)
{
	bool isnull;
	ArrayType *array =
		DatumGetArrayTypeP(get_datum(COLUMN_TEMPLATE_RULES, &isnull));
	Datum *rules;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &rules, NULL,
					  &network->template_rules_count);
	network->template_rules =
		palloc(sizeof(char *) * Max(network->template_rules_count, 1));
	for (int i = 0; i < network->template_rules_count; i++)
		network->template_rules[i] = TextDatumGetCString(rules[i]);
}

static void
read_row(Network *network)
{
	AddressRules *rules = &network->address_rules;
	bool isnull;

	network->name = get_text(COLUMN_NAME);
	network->symbol = get_text(COLUMN_SYMBOL);
	network->algorithm = get_text(COLUMN_ALGORITHM);
	network->genesis_hash = get_text(COLUMN_GENESIS_HASH);
	network->version_mask =
		(uint32) DatumGetInt64(get_datum(COLUMN_VERSION_MASK, &isnull));
	network->coinbase_tag = get_text(COLUMN_COINBASE_TAG);
	network->confirmations_needed =
		DatumGetInt32(get_datum(COLUMN_CONFIRMATIONS, &isnull));
	read_rules(network);
	network->template_algorithm = get_text(COLUMN_TEMPLATE_ALGORITHM);
	network->template_max_age_s =
		DatumGetInt32(get_datum(COLUMN_TEMPLATE_MAX_AGE, &isnull));
	network->pool_address = get_text(COLUMN_POOL_ADDRESS);

	rules->p2pkh_version = get_version_byte(COLUMN_P2PKH_VERSION);
	rules->p2sh_version = get_version_byte(COLUMN_P2SH_VERSION);
	rules->bech32_hrp = get_text(COLUMN_BECH32_HRP);
	rules->p2sh_version_old = get_version_byte(COLUMN_P2SH_VERSION_OLD);
	rules->cashaddr_prefix = get_text(COLUMN_CASHADDR_PREFIX);
	rules->witness_version_max =
		DatumGetInt32(get_datum(COLUMN_WITNESS_VERSION_MAX, &isnull));
	/* a CHECK constraint has accepted it */
	if (!address_to_script(network->pool_address, rules, &network->pool_script))
		elog(ERROR, "pool address of network \"%s\" is not valid: %s",
			 network->name, network->pool_script.error);
}

static void
read_nodes(Network *network)
{
	TupleDesc desc = SPI_tuptable->tupdesc;
	uint64 count = SPI_processed;

	network->nodes = palloc0(sizeof(NodeAddress) * Max(count, 1));
	for (uint64 i = 0; i < count; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];
		bool isnull;
		NodeAddress address = {
			.url = SPI_getvalue(row, desc, 1),
			.user = SPI_getvalue(row, desc, 2),
			.password = SPI_getvalue(row, desc, 3),
			.cookie_file = SPI_getvalue(row, desc, 4),
			.node_id = DatumGetInt32(SPI_getbinval(row, desc, 5, &isnull)),
		};

		if (DatumGetBool(SPI_getbinval(row, desc, 6, &isnull)))
		{
			network->wallet = palloc(sizeof(NodeAddress));
			*network->wallet = address;
		}
		else
			network->nodes[network->node_count++] = address;
	}
}

static void
select_of(const char *query, const pg_uuid_t *network_id)
{
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(network_id)};

	if (SPI_execute_with_args(query, 1, types, values, NULL, true, 0) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not read the network");
}

Network *
network_load(const pg_uuid_t *network_id, MemoryContext context)
{
	MemoryContext spi = CurrentMemoryContext;
	Network *network;

	select_of(network_query, network_id);
	if (SPI_processed != 1)
		return NULL;

	/* SPI switches to its own context in each query */
	MemoryContextSwitchTo(context);
	network = palloc0(sizeof(Network));
	network->network_id = *network_id;
	read_row(network);
	select_of(nodes_query, network_id);
	MemoryContextSwitchTo(context);
	read_nodes(network);
	MemoryContextSwitchTo(spi);
	return network;
}

Network *
network_read(const pg_uuid_t *network_id)
{
	MemoryContext caller = spi_transaction_begin("reading the network");
	Network *network = network_load(network_id, caller);

	spi_transaction_commit(caller);
	return network;
}
