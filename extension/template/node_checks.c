/*
 * node_checks.c
 *	  Checks a node's responses: whether the pool may use it.
 *
 * The workers' choice of a node (node_choice.c) and chimera.test_network
 * (node_test.c) use the same checks.
 */
#include "postgres.h"

#include "byte_order.h"
#include "chain/hex.h"
#include "job/template_demands.h"
#include "template/node_checks.h"

/* a node may have headers of a block or two that it has not validated yet */
#define HEADERS_AHEAD_MAX 2

/* by how much a branch with more work counts as ahead, however high it is */
#define BRANCH_AHEAD 2

json_t *
template_request(const Network *network, const char *longpollid)
{
	json_t *rules = json_array();
	json_t *request;

	for (int i = 0; i < network->template_rules_count; i++)
		json_array_append_new(rules, json_string(network->template_rules[i]));
	/*
	 * BIP 22's list of what the client supports. btcd's family returns a
	 * coinbasetxn, or an error, to a client that names that and not
	 * coinbasevalue.
	 */
	request =
		json_pack("[{s:o, s:[s, s], s:s*}]", "rules", rules, "capabilities",
				  "coinbasevalue", "longpoll", "longpollid", longpollid);
	if (network->template_algorithm)
		json_array_append_new(request,
							  json_string(network->template_algorithm));
	return request;
}

const char *
check_chain(const NodeCall *call, const Network *network)
{
	const char *genesis;

	if (node_call_outcome(call) != NODE_OK)
		return pstrdup(node_call_error(call));
	genesis = json_string_value(node_call_result(call));
	if (genesis && strcmp(genesis, network->genesis_hash) == 0)
		return NULL;
	return psprintf("the node is on another chain: its block 0 is %.64s",
					genesis ? node_printable(genesis) : "no hash");
}

/* Copy a member that is 64 hexadecimal digits; set to empty if it is not. */
static void
read_digits(json_t *info, const char *name, char digits[NODE_HASH_DIGITS + 1])
{
	const char *value = json_string_value(json_object_get(info, name));
	uint8 bytes[NODE_HASH_DIGITS / 2];

	digits[0] = '\0';
	if (value && hex_to_bytes(value, strlen(value), bytes, sizeof(bytes)))
		strlcpy(digits, value, NODE_HASH_DIGITS + 1);
}

/* A member that is a height; -1 if it is not. */
static int64
read_height(json_t *info, const char *name)
{
	json_t *value = json_object_get(info, name);
	json_int_t height = json_is_integer(value) ? json_integer_value(value) : -1;

	return height >= 0 && height <= PG_INT32_MAX ? height : -1;
}

const char *
check_sync(const NodeCall *call, NodeTip *tip)
{
	json_t *info;
	int64 blocks;
	int64 headers;

	memset(tip, 0, sizeof(NodeTip));
	if (node_call_outcome(call) == NODE_RPC_ERROR &&
		node_call_error_code(call) == NODE_ERROR_METHOD_NOT_FOUND)
		return NULL;
	if (node_call_outcome(call) != NODE_OK)
		return pstrdup(node_call_error(call));

	info = node_call_result(call);
	blocks = read_height(info, "blocks");
	headers = read_height(info, "headers");
	if (blocks < 0)
		return NULL;
	tip->known = true;
	tip->height = blocks;
	read_digits(info, "bestblockhash", tip->hash);
	read_digits(info, "chainwork", tip->work);

	if (headers - blocks > HEADERS_AHEAD_MAX)
		return psprintf("the node is not synced: it has %lld of %lld blocks",
						(long long) blocks, (long long) headers);
	if (json_is_true(json_object_get(info, "initialblockdownload")))
		return "the node is not synced: it is in its initial block download";
	return NULL;
}

const char *
check_template(const NodeCall *call, const Network *network, const NodeTip *tip,
			   BlockTemplate **template)
{
	const char *error;
	uint8 hash[32];

	*template = NULL;
	if (node_call_outcome(call) != NODE_OK)
		return pstrdup(node_call_error(call));
	*template = template_parse(node_call_result(call), &error);
	if (*template == NULL)
		return error;
	error = template_demands(node_call_result(call), network, *template);
	if (error)
	{
		*template = NULL;
		return error;
	}
	if (tip->hash[0] == '\0')
		return NULL;
	hex_to_bytes(tip->hash, NODE_HASH_DIGITS, hash, sizeof(hash));
	reverse32(hash, hash);
	if (memcmp(hash, (*template)->prevhash, 32) != 0)
		return "the node's template does not build upon its own best block";
	return NULL;
}

int64
tip_ahead(const NodeTip *a, const NodeTip *b)
{
	int64 blocks = a->height - b->height;

	if (!a->known || !b->known)
		return 0;
	if (a->work[0] == '\0' || b->work[0] == '\0')
		return Max(blocks, 0);

	/* both have leading zeros, so text compares as the numbers do */
	if (pg_strcasecmp(a->work, b->work) <= 0)
		return 0;
	return blocks >= 0 ? Max(blocks, 1) : BRANCH_AHEAD;
}
