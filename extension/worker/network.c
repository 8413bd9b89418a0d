/*
 * network.c
 *	  Reads network_configs and network_credentials for the workers.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "transaction.h"
#include "worker/network.h"

static const char network_query[] =
	"SELECT n.name, n.algorithm, n.genesis_hash, n.template_rules,"
	" n.version_mask, n.coinbase_tag, n.confirmations_needed, n.rpc_url,"
	" c.rpc_user, c.rpc_password, c.rpc_cookie_file, n.pool_address,"
	" n.p2pkh_version, n.p2sh_version, n.bech32_hrp"
	" FROM chimera.network_configs n"
	" LEFT JOIN chimera.network_credentials c USING (network_id)"
	" WHERE n.network_id = $1";

/* The columns above, counted from 1. */
enum
{
	COLUMN_NAME = 1,
	COLUMN_ALGORITHM,
	COLUMN_GENESIS_HASH,
	COLUMN_TEMPLATE_RULES,
	COLUMN_VERSION_MASK,
	COLUMN_COINBASE_TAG,
	COLUMN_CONFIRMATIONS,
	COLUMN_RPC_URL,
	COLUMN_RPC_USER,
	COLUMN_RPC_PASSWORD,
	COLUMN_RPC_COOKIE_FILE,
	COLUMN_POOL_ADDRESS,
	COLUMN_P2PKH_VERSION,
	COLUMN_P2SH_VERSION,
	COLUMN_BECH32_HRP
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
	AddressRules rules;
	bool isnull;

	network->name = get_text(COLUMN_NAME);
	network->algorithm = get_text(COLUMN_ALGORITHM);
	network->genesis_hash = get_text(COLUMN_GENESIS_HASH);
	network->version_mask =
		(uint32) DatumGetInt64(get_datum(COLUMN_VERSION_MASK, &isnull));
	network->coinbase_tag = get_text(COLUMN_COINBASE_TAG);
	network->confirmations_needed =
		DatumGetInt32(get_datum(COLUMN_CONFIRMATIONS, &isnull));
	network->node.url = get_text(COLUMN_RPC_URL);
	network->node.user = get_text(COLUMN_RPC_USER);
	network->node.password = get_text(COLUMN_RPC_PASSWORD);
	network->node.cookie_file = get_text(COLUMN_RPC_COOKIE_FILE);
	read_rules(network);

	rules.p2pkh_version = get_version_byte(COLUMN_P2PKH_VERSION);
	rules.p2sh_version = get_version_byte(COLUMN_P2SH_VERSION);
	rules.bech32_hrp = get_text(COLUMN_BECH32_HRP);
	/* a CHECK has accepted it */
	if (!address_to_script(get_text(COLUMN_POOL_ADDRESS), &rules,
						   &network->pool_script))
		elog(ERROR, "pool address of network \"%s\" is not valid: %s",
			 network->name, network->pool_script.error);
}

Network *
network_read(const pg_uuid_t *network_id)
{
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(network_id)};
	Network *network = NULL;
	MemoryContext caller = transaction_begin("reading the network");

	if (SPI_execute_with_args(network_query, 1, types, values, NULL, true, 1) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not read the network");

	if (SPI_processed == 1)
	{
		MemoryContext old = MemoryContextSwitchTo(caller);

		network = palloc0(sizeof(Network));
		network->network_id = *network_id;
		read_row(network);
		MemoryContextSwitchTo(old);
	}
	transaction_commit(caller);
	return network;
}
