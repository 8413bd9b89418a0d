/*
 * chain_functions.c
 *	  SQL functions over pow/ and chain/: hashing, targets, difficulty,
 *	  addresses.
 *
 * Declared in sql/core/chain.sql, which describes arguments and errors.  These
 * functions work in any backend, whether or not the library is preloaded.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "chain/address.h"
#include "chain/bech32.h"
#include "chain/cashaddr.h"
#include "chain/target.h"
#include "compat.h"
#include "pow/pow.h"

#define HASH_BYTES 32

PG_FUNCTION_INFO_V1(chimera_hash);
PG_FUNCTION_INFO_V1(chimera_algorithms);
PG_FUNCTION_INFO_V1(chimera_is_algorithm);
PG_FUNCTION_INFO_V1(chimera_difficulty);
PG_FUNCTION_INFO_V1(chimera_target);
PG_FUNCTION_INFO_V1(chimera_nbits);
PG_FUNCTION_INFO_V1(chimera_share_target);
PG_FUNCTION_INFO_V1(chimera_expected_hashes);
PG_FUNCTION_INFO_V1(chimera_address_script);
PG_FUNCTION_INFO_V1(chimera_address_type);
PG_FUNCTION_INFO_V1(chimera_address_error);
PG_FUNCTION_INFO_V1(chimera_canonical_address);

static const PowAlgorithm *
get_algorithm(text *name)
{
	char *string = text_to_cstring(name);
	const PowAlgorithm *algorithm = pow_find(string);

	if (algorithm == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("algorithm \"%s\" is not registered", string),
			 errhint("chimera.algorithms() lists the registered algorithms.")));
	return algorithm;
}

/* A hash or target given as 32 bytes in internal order. */
static Uint256
get_uint256(bytea *value)
{
	if (VARSIZE_ANY_EXHDR(value) != HASH_BYTES)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a hash or target must have %d bytes, not %d",
							   HASH_BYTES, (int) VARSIZE_ANY_EXHDR(value))));
	return uint256_from_le((const uint8 *) VARDATA_ANY(value));
}

static bytea *
make_hash(const uint8 bytes[HASH_BYTES])
{
	bytea *value = palloc(VARHDRSZ + HASH_BYTES);

	SET_VARSIZE(value, VARHDRSZ + HASH_BYTES);
	memcpy(VARDATA(value), bytes, HASH_BYTES);
	return value;
}

static bytea *
make_target(const Uint256 *target)
{
	uint8 bytes[HASH_BYTES];

	uint256_to_le(target, bytes);
	return make_hash(bytes);
}

Datum
chimera_hash(PG_FUNCTION_ARGS)
{
	const PowAlgorithm *algorithm = get_algorithm(PG_GETARG_TEXT_PP(0));
	bytea *message = PG_GETARG_BYTEA_PP(1);
	uint8 hash[HASH_BYTES];

	algorithm->hash((const uint8 *) VARDATA_ANY(message),
					VARSIZE_ANY_EXHDR(message), hash);
	PG_RETURN_BYTEA_P(make_hash(hash));
}

Datum
chimera_algorithms(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const PowAlgorithm *algorithm;

	compat_init_materialized_srf(fcinfo);
	for (size_t i = 0; (algorithm = pow_at(i)) != NULL; i++)
	{
		Datum values[3];
		bool nulls[3] = {false};

		values[0] = CStringGetTextDatum(algorithm->name);
		values[1] = Float8GetDatum(ldexp(1, algorithm->difficulty1_bits));
		values[2] = CStringGetTextDatum(algorithm->implementation());
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
chimera_is_algorithm(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(pow_find(text_to_cstring(PG_GETARG_TEXT_PP(0))) != NULL);
}

Datum
chimera_difficulty(PG_FUNCTION_ARGS)
{
	Uint256 hash = get_uint256(PG_GETARG_BYTEA_PP(0));
	const PowAlgorithm *algorithm = get_algorithm(PG_GETARG_TEXT_PP(1));

	PG_RETURN_FLOAT8(difficulty_of(&hash, algorithm->difficulty1_bits));
}

Datum
chimera_target(PG_FUNCTION_ARGS)
{
	int64 nbits = PG_GETARG_INT64(0);
	Uint256 target;

	if (nbits < 0 || nbits > PG_UINT32_MAX ||
		!target_from_nbits((uint32) nbits, &target))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("compact bits " INT64_FORMAT
						" do not encode a target between 1 and 2^256 - 1",
						nbits)));
	PG_RETURN_BYTEA_P(make_target(&target));
}

Datum
chimera_nbits(PG_FUNCTION_ARGS)
{
	Uint256 target = get_uint256(PG_GETARG_BYTEA_PP(0));

	PG_RETURN_INT64((int64) target_to_nbits(&target));
}

Datum
chimera_share_target(PG_FUNCTION_ARGS)
{
	double difficulty = PG_GETARG_FLOAT8(0);
	const PowAlgorithm *algorithm = get_algorithm(PG_GETARG_TEXT_PP(1));
	Uint256 target;

	if (!isfinite(difficulty) || difficulty <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("share difficulty must be finite and positive")));
	target_from_difficulty(difficulty, algorithm->difficulty1_bits, &target);
	PG_RETURN_BYTEA_P(make_target(&target));
}

Datum
chimera_expected_hashes(PG_FUNCTION_ARGS)
{
	double difficulty = PG_GETARG_FLOAT8(0);
	const PowAlgorithm *algorithm = get_algorithm(PG_GETARG_TEXT_PP(1));

	PG_RETURN_FLOAT8(ldexp(difficulty, algorithm->difficulty1_bits));
}

static int
get_version_byte(FunctionCallInfo fcinfo, int argument)
{
	int version;

	if (PG_ARGISNULL(argument))
		return -1;
	version = PG_GETARG_INT32(argument);
	if (version < 0 || version > 255)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("address version must be between 0 and 255, not %d",
						version)));
	return version;
}

static char *
get_text(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument)
			   ? NULL
			   : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

/*
 * Read the address in argument 0 by the rules in the other arguments.  The
 * functions are not STRICT, because a rule may be NULL; the caller checks that
 * the address is not.
 */
static bool
read_address(FunctionCallInfo fcinfo, AddressScript *script)
{
	AddressRules rules = {
		.p2pkh_version = get_version_byte(fcinfo, 1),
		.p2sh_version = get_version_byte(fcinfo, 2),
		.bech32_hrp = get_text(fcinfo, 3),
		.p2sh_version_old = get_version_byte(fcinfo, 4),
		.cashaddr_prefix = get_text(fcinfo, 5),
		.witness_version_max = PG_ARGISNULL(6) ? 0 : PG_GETARG_INT32(6),
	};

	return address_to_script(get_text(fcinfo, 0), &rules, script);
}

static void
require_address(FunctionCallInfo fcinfo, AddressScript *script)
{
	if (!read_address(fcinfo, script))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid address \"%s\": %s",
							   get_text(fcinfo, 0), script->error)));
}

Datum
chimera_address_script(PG_FUNCTION_ARGS)
{
	AddressScript script;
	bytea *result;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	require_address(fcinfo, &script);
	result = palloc(VARHDRSZ + script.length);
	SET_VARSIZE(result, VARHDRSZ + script.length);
	memcpy(VARDATA(result), script.script, script.length);
	PG_RETURN_BYTEA_P(result);
}

Datum
chimera_address_type(PG_FUNCTION_ARGS)
{
	AddressScript script;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	require_address(fcinfo, &script);
	PG_RETURN_TEXT_P(cstring_to_text(address_type_name(script.type)));
}

Datum
chimera_address_error(PG_FUNCTION_ARGS)
{
	AddressScript script;

	if (PG_ARGISNULL(0) || read_address(fcinfo, &script))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(script.error));
}

/* Skip the prefix of a cashaddr address; NULL if the address has no prefix. */
static const char *
without_cashaddr_prefix(const char *address)
{
	const char *colon = strchr(address, ':');
	CashAddr parts;

	if (colon == NULL || colon == address ||
		!cashaddr_decode(address, pnstrdup(address, colon - address), &parts))
		return NULL;
	return colon + 1;
}

/*
 * Both forms are case-insensitive, and their checksum rules out any other
 * text.
 */
Datum
chimera_canonical_address(PG_FUNCTION_ARGS)
{
	text *given = PG_GETARG_TEXT_PP(0);
	char *address = text_to_cstring(given);
	const char *bare;
	Bech32 parts;

	for (char *c = address; *c != '\0'; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	if (bech32_decode(address, &parts) != BECH32_INVALID)
		PG_RETURN_TEXT_P(cstring_to_text(address));
	bare = without_cashaddr_prefix(address);
	if (bare)
		PG_RETURN_TEXT_P(cstring_to_text(bare));
	PG_RETURN_TEXT_P(given);
}
