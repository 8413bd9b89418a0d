/*
 * template_demands.c
 *	  Meets a template's demands on the block, or refuses the template.
 *
 * Many coins require more of a block than BIP 22, and say so in their own
 * members: outputs that pay others (masternodes, funds, stakers), a payload of
 * the coinbase, rules that the miner must know.  A block that omits one is
 * worthless.  So known demands are met, byte for byte, and any member that
 * looks like a demand and is not known is an error: no job is better than a
 * worthless one.
 *
 * The known outputs:
 *
 * - "masternode" and "superblock" of Dash's family, {payee, script, amount} or
 *   an array of these, and "coinbasetxn": {"minerfund", "stakingrewards"} of
 *   eCash: coinbasevalue includes them.
 * - "znode" of Firo, and "coinbasedevreward", {scriptpubkey, value}, of
 *   Freecash and others: they are paid in addition to coinbasevalue.
 */
#include "postgres.h"

#include "chain/hex.h"
#include "job/template_demands.h"

/* how deep an unknown member is examined */
#define SCAN_DEPTH_MAX 8

/* of a node's names, in a message */
#define NAME_MAX_CHARS 40

typedef struct DemandReader
{
	json_t *json;
	const Network *network;
	BlockTemplate *template;
	uint64 cost;	   /* of the outputs included in coinbasevalue */
	const char *error; /* the first one */
} DemandReader;

static void pg_attribute_printf(2, 3)
	refuse_demand(DemandReader *reader, const char *format, ...)
{
	char what[160];
	va_list args;

	if (reader->error)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	reader->error = psprintf(UNMET_DEMAND "%s", what);
}

bool
is_unmet_demand(const char *error)
{
	return strncmp(error, UNMET_DEMAND, strlen(UNMET_DEMAND)) == 0;
}

/* A member's name, made printable. */
static char *
printable_name(const char *name)
{
	char *copy = node_printable(name);

	if (strlen(copy) > NAME_MAX_CHARS)
		copy[NAME_MAX_CHARS] = '\0';
	return copy;
}

static bool
is_one_of(const char *name, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (pg_strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

/* ---------- outputs ---------- */

static void
add_output(DemandReader *reader, uint64 value, const uint8 *script,
		   size_t length)
{
	BlockTemplate *template = reader->template;

	if (length > OUTPUT_SCRIPT_MAX_BYTES ||
		template->output_count == REQUIRED_OUTPUTS_MAX)
	{
		refuse_demand(reader,
					  "more or longer outputs than the pool can create");
		return;
	}
	template->outputs_length += coinbase_output(
		value, script, length, template->outputs + template->outputs_length);
	template->output_count++;
}

/* Add an output of an amount and a script in hex; skip one of zero. */
static void
read_output(DemandReader *reader, const char *name, json_t *amount,
			json_t *script, bool is_on_top)
{
	uint8 bytes[OUTPUT_SCRIPT_MAX_BYTES];
	size_t digits = json_string_length(script);
	json_int_t value = json_integer_value(amount);

	if (json_is_integer(amount) && value == 0)
		return;
	if (!json_is_integer(amount) || value < 0 || digits == 0 ||
		digits / 2 > sizeof(bytes) ||
		!hex_to_bytes(json_string_value(script), digits, bytes, digits / 2))
	{
		refuse_demand(reader, "a payment by \"%s\" that is not understood",
					  name);
		return;
	}
	if (!is_on_top)
		reader->cost += Min((uint64) value, PG_INT64_MAX);
	if (reader->cost > reader->template->coinbase_value)
		refuse_demand(reader, "payments that exceed its coinbase value");
	add_output(reader, (uint64) value, bytes, digits / 2);
}

/* Read an optional member that is {script, amount}, or an array of these. */
static void
read_payees(DemandReader *reader, const char *name, bool is_on_top)
{
	json_t *member = json_object_get(reader->json, name);
	char started[64];
	size_t i;
	json_t *payee;

	snprintf(started, sizeof(started), "%s_payments_started", name);
	if (json_is_false(json_object_get(reader->json, started)) ||
		(json_is_object(member) && json_object_size(member) == 0))
		return;
	if (json_is_object(member))
		read_output(reader, name, json_object_get(member, "amount"),
					json_object_get(member, "script"), is_on_top);
	json_array_foreach(member, i, payee)
		read_output(reader, name, json_object_get(payee, "amount"),
					json_object_get(payee, "script"), is_on_top);
}

static void
read_dev_reward(DemandReader *reader)
{
	json_t *reward = json_object_get(reader->json, "coinbasedevreward");

	if (json_is_object(reward) && json_object_size(reward) > 0)
		read_output(reader, "coinbasedevreward",
					json_object_get(reward, "value"),
					json_object_get(reward, "scriptpubkey"), true);
}

/* Pay one of several addresses: the first that the network's rules accept. */
static void
read_miner_fund(DemandReader *reader, json_t *fund)
{
	json_t *minimum = json_object_get(fund, "minimumvalue");
	json_t *addresses = json_object_get(fund, "addresses");
	size_t i;
	json_t *address;

	if (json_array_size(addresses) == 0 ||
		(json_is_integer(minimum) && json_integer_value(minimum) == 0))
		return;
	json_array_foreach(addresses, i, address)
	{
		AddressScript script;
		char hex[2 * ADDRESS_SCRIPT_MAX_BYTES + 1];
		json_t *text;

		if (!json_is_string(address) ||
			!address_to_script(json_string_value(address),
							   &reader->network->address_rules, &script))
			continue;
		bytes_to_hex(script.script, script.length, hex);
		hex[2 * script.length] = '\0';
		text = json_string(hex);
		read_output(reader, "minerfund", minimum, text, false);
		json_decref(text);
		return;
	}
	refuse_demand(reader, "a payment to a miner fund, but the network supports "
						  "none of its addresses");
}

/* ---------- what is not known ---------- */

static bool
is_amount(const char *name, json_t *value)
{
	size_t length = strlen(name);

	return json_is_number(value) && json_number_value(value) > 0 &&
		   ((length >= 6 && pg_strcasecmp(name + length - 6, "amount") == 0) ||
			(length >= 5 && pg_strcasecmp(name + length - 5, "value") == 0));
}

/* Does it state a payment, without being marked as optional? */
static bool
pays_somebody(json_t *value, int depth)
{
	static const char *const payees[] = {
		"payee",	 "script",		 "scriptpubkey", "address",
		"addresses", "payoutscript", "outputscript", "outputs",
		"recipient", "recipients",
	};
	bool has_payee = false;
	bool has_amount = false;
	const char *name;
	size_t i;
	json_t *member;

	if (depth == SCAN_DEPTH_MAX ||
		json_is_false(json_object_get(value, "enforced")))
		return false;
	json_array_foreach(
		value, i, member) if (pays_somebody(member, depth + 1)) return true;
	json_object_foreach(value, name, member)
	{
		if (pays_somebody(member, depth + 1))
			return true;
		has_payee |= is_one_of(name, payees, lengthof(payees));
		has_amount |= is_amount(name, member);
	}
	return has_payee && has_amount;
}

static bool
has_text(json_t *value)
{
	return json_string_length(value) > 0;
}

/* Check a member that is neither known nor apparently harmless. */
static void
check_member(DemandReader *reader, const char *name, json_t *value)
{
	static const char *const known[] = {
		"transactions", "coinbaseaux", "coinbasevalue",		"coinbasetxn",
		"masternode",	"superblock",  "coinbasedevreward", "znode",
	};
	size_t length = strlen(name);

	if (is_one_of(name, known, lengthof(known)))
		return;
	if (is_amount(name, value) || pays_somebody(value, 0))
		refuse_demand(reader,
					  "a payment by \"%s\", which the pool does not know",
					  printable_name(name));
	if (length >= 7 && pg_strcasecmp(name + length - 7, "payload") == 0 &&
		has_text(value))
		refuse_demand(reader, "a \"%s\", which the pool cannot create",
					  printable_name(name));
}

static void
check_members(DemandReader *reader)
{
	const char *name;
	json_t *value;

	json_object_foreach(reader->json, name, value)
		check_member(reader, name, value);
}

/* Check a coinbasetxn next to coinbasevalue: hints, or (BIP 22) a demand. */
static void
check_coinbase_transaction(DemandReader *reader)
{
	json_t *transaction = json_object_get(reader->json, "coinbasetxn");
	const char *name;
	json_t *value;

	if (json_is_true(json_object_get(transaction, "required")))
		refuse_demand(reader, "its own coinbase transaction");
	json_object_foreach(transaction, name, value)
	{
		json_t *script =
			json_object_get(json_object_get(value, "payoutscript"), "hex");

		if (strcmp(name, "minerfund") == 0)
			read_miner_fund(reader, value);
		else if (strcmp(name, "stakingrewards") == 0 &&
				 json_object_size(value) > 0)
			read_output(reader, name, json_object_get(value, "minimumvalue"),
						script, false);
		else if (pays_somebody(value, 0))
			refuse_demand(reader,
						  "a payment by \"%s\", which the pool does not know",
						  printable_name(name));
	}
}

/* BIP 9: the block's creator must know a rule with a "!". */
static void
check_rules(DemandReader *reader)
{
	static const char *const known[] = {"segwit", "mweb"};
	size_t i;
	json_t *rule;

	json_array_foreach(json_object_get(reader->json, "rules"), i, rule)
	{
		const char *name = json_string_value(rule);

		if (name && name[0] == '!' &&
			!is_one_of(name + 1, known, lengthof(known)) &&
			!is_one_of(name + 1,
					   (const char *const *) reader->network->template_rules,
					   reader->network->template_rules_count))
			refuse_demand(reader, "rule \"%s\", which the pool does not know",
						  printable_name(name + 1));
	}
}

/* Check the demands of BIP 9, 22, 23 and 325 and of eCash on a solution. */
static void
check_solution(DemandReader *reader)
{
	json_t *range = json_object_get(reader->json, "noncerange");
	json_t *bits = json_object_get(reader->json, "vbrequired");

	if (has_text(json_object_get(reader->json, "signet_challenge")))
		refuse_demand(reader, "a signet signature");
	if (has_text(json_object_get(reader->json, "workid")))
		refuse_demand(reader, "a workid in each submission");
	if (has_text(range) &&
		strcmp(json_string_value(range), "00000000ffffffff") != 0)
		refuse_demand(reader, "a restricted nonce range");
	if ((uint32) json_integer_value(bits) &
		(~reader->template->version | reader->network->version_mask))
		refuse_demand(reader, "version bits that its version does not have or "
							  "that miners may roll");
	if (json_is_object(json_object_get(reader->json, "rtt")))
		refuse_demand(reader, "a target that changes each second (rtt)");
}

const char *
template_demands(json_t *json, const Network *network, BlockTemplate *template)
{
	DemandReader reader = {
		.json = json, .network = network, .template = template};

	check_rules(&reader);
	check_solution(&reader);
	read_payees(&reader, "masternode", false);
	read_payees(&reader, "superblock", false);
	read_payees(&reader, "znode", true);
	read_dev_reward(&reader);
	check_coinbase_transaction(&reader);
	check_members(&reader);
	if (reader.error == NULL)
		template->coinbase_value -= reader.cost;
	return reader.error;
}
