/*
 * address.c
 *	  Addresses to output scripts, by a coin's rules.
 *
 * An address that begins with the coin's bech32 prefix and the separator '1'
 * is read as bech32.  If the coin uses cashaddr, an address that contains a
 * colon or is longer than any base58 address is read as cashaddr.  Any other
 * address is base58.
 */
#include "chain/address.h"

#include <string.h>

#include "chain/base58.h"
#include "chain/bech32.h"
#include "chain/cashaddr.h"

#define OP_0		   0x00
#define OP_1		   0x51
#define OP_DUP		   0x76
#define OP_EQUAL	   0x87
#define OP_EQUALVERIFY 0x88
#define OP_HASH160	   0xa9
#define OP_HASH256	   0xaa
#define OP_CHECKSIG	   0xac

#define HASH160_BYTES 20
#define HASH256_BYTES 32

/* BIP141, BIP341: the lengths of witness programs */
#define WITNESS_PROGRAM_MAX_BYTES 40
#define WITNESS_KEYHASH_BYTES	  20
#define WITNESS_SCRIPTHASH_BYTES  32
#define TAPROOT_KEY_BYTES		  32

/*
 * A base58 address of 21 bytes has at most 35 characters; a cashaddr of the
 * shortest hash has 42 without its prefix.
 */
#define CASHADDR_MIN_CHARS 42

static bool
refuse_address(AddressScript *out, const char *error)
{
	out->type = ADDRESS_INVALID;
	out->length = 0;
	out->error = error;
	return false;
}

static bool
accept_address(AddressScript *out, AddressType type, size_t length)
{
	out->type = type;
	out->length = length;
	out->error = NULL;
	return true;
}

/* OP_DUP OP_HASH160 <hash> OP_EQUALVERIFY OP_CHECKSIG */
static size_t
pay_to_pubkey_hash(const uint8_t hash[HASH160_BYTES], uint8_t *script)
{
	script[0] = OP_DUP;
	script[1] = OP_HASH160;
	script[2] = HASH160_BYTES;
	memcpy(script + 3, hash, HASH160_BYTES);
	script[3 + HASH160_BYTES] = OP_EQUALVERIFY;
	script[4 + HASH160_BYTES] = OP_CHECKSIG;
	return 5 + HASH160_BYTES;
}

/* BIP16: OP_HASH160 <hash> OP_EQUAL */
static size_t
pay_to_script_hash(const uint8_t hash[HASH160_BYTES], uint8_t *script)
{
	script[0] = OP_HASH160;
	script[1] = HASH160_BYTES;
	memcpy(script + 2, hash, HASH160_BYTES);
	script[2 + HASH160_BYTES] = OP_EQUAL;
	return 3 + HASH160_BYTES;
}

/* CHIP-2022-05 "P2SH32": OP_HASH256 <hash> OP_EQUAL */
static size_t
pay_to_script_hash32(const uint8_t hash[HASH256_BYTES], uint8_t *script)
{
	script[0] = OP_HASH256;
	script[1] = HASH256_BYTES;
	memcpy(script + 2, hash, HASH256_BYTES);
	script[2 + HASH256_BYTES] = OP_EQUAL;
	return 3 + HASH256_BYTES;
}

/* BIP141: OP_n <program> */
static size_t
pay_to_witness(int version, const uint8_t *program, size_t length,
			   uint8_t *script)
{
	script[0] = version == 0 ? OP_0 : (uint8_t) (OP_1 + version - 1);
	script[1] = (uint8_t) length;
	memcpy(script + 2, program, length);
	return 2 + length;
}

static bool
base58_to_script(const char *address, const AddressRules *rules,
				 AddressScript *out)
{
	uint8_t payload[1 + HASH160_BYTES];
	const uint8_t *hash = payload + 1;

	switch (base58check_decode(address, payload, sizeof(payload)))
	{
		case BASE58_BAD_CHARACTER:
			return refuse_address(out,
								  "not an address of this network: neither its "
								  "bech32 prefix nor base58 characters");
		case BASE58_BAD_LENGTH:
			return refuse_address(out, "base58 address of wrong length");
		case BASE58_BAD_CHECKSUM:
			return refuse_address(out, "base58 checksum does not match");
		case BASE58_OK:
			break;
	}

	if (payload[0] == rules->p2pkh_version)
		return accept_address(out, ADDRESS_P2PKH,
							  pay_to_pubkey_hash(hash, out->script));
	if (payload[0] == rules->p2sh_version ||
		payload[0] == rules->p2sh_version_old)
		return accept_address(out, ADDRESS_P2SH,
							  pay_to_script_hash(hash, out->script));
	return refuse_address(out, "base58 address of another network");
}

/* The type of a version 0 or 1 program; ADDRESS_INVALID for other lengths. */
static AddressType
witness_type(int version, size_t length)
{
	if (version == 1)
		return length == TAPROOT_KEY_BYTES ? ADDRESS_P2TR : ADDRESS_INVALID;
	if (length == WITNESS_KEYHASH_BYTES)
		return ADDRESS_P2WPKH;
	return length == WITNESS_SCRIPTHASH_BYTES ? ADDRESS_P2WSH : ADDRESS_INVALID;
}

static bool
bech32_to_script(const char *address, const AddressRules *rules,
				 AddressScript *out)
{
	Bech32 parts;
	Bech32Result encoding = bech32_decode(address, &parts);
	uint8_t program[WITNESS_PROGRAM_MAX_BYTES];
	AddressType type;
	size_t length;
	int version;

	if (encoding == BECH32_INVALID)
		return refuse_address(out, parts.error);
	if (strcmp(parts.hrp, rules->bech32_hrp) != 0)
		return refuse_address(out, "bech32 address of another network");
	if (parts.count == 0)
		return refuse_address(out, "bech32 address without witness version");

	version = parts.values[0];
	if (version > rules->witness_version_max)
		return refuse_address(
			out, "witness version that the coin's wallets cannot pay");
	if (encoding != (version == 0 ? BECH32 : BECH32M))
		return refuse_address(out, version == 0
									   ? "witness version 0 must be bech32"
									   : "witness version 1 must be bech32m");
	if (!bech32_to_bytes(parts.values + 1, parts.count - 1, program,
						 sizeof(program), &length))
		return refuse_address(out,
							  "witness program too long or wrongly padded");
	type = witness_type(version, length);
	if (type == ADDRESS_INVALID)
		return refuse_address(out, "witness program of wrong length");
	return accept_address(
		out, type, pay_to_witness(version, program, length, out->script));
}

/*
 * The types that may hold tokens (CHIP-2022-02 "CashTokens") have the same
 * scripts as those that may not: the bit only informs the sender's wallet.
 */
static bool
cashaddr_to_script(const char *address, const AddressRules *rules,
				   AddressScript *out)
{
	CashAddr parts;

	if (!cashaddr_decode(address, rules->cashaddr_prefix, &parts))
		return refuse_address(out, parts.error);

	switch (parts.type)
	{
		case CASHADDR_P2PKH:
		case CASHADDR_TOKEN_P2PKH:
			if (parts.length != HASH160_BYTES)
				return refuse_address(out, "cashaddr key hash of wrong length");
			return accept_address(out, ADDRESS_P2PKH,
								  pay_to_pubkey_hash(parts.hash, out->script));
		case CASHADDR_P2SH:
		case CASHADDR_TOKEN_P2SH:
			if (parts.length == HASH160_BYTES)
				return accept_address(
					out, ADDRESS_P2SH,
					pay_to_script_hash(parts.hash, out->script));
			if (parts.length == HASH256_BYTES)
				return accept_address(
					out, ADDRESS_P2SH32,
					pay_to_script_hash32(parts.hash, out->script));
			return refuse_address(out, "cashaddr script hash of wrong length");
		default:
			return refuse_address(out, "unknown cashaddr type");
	}
}

/*
 * Does the address begin with the prefix, in either case, and a separator?  An
 * empty prefix never matches: BIP173 requires at least one character, and
 * P2PKH addresses begin with the separator, too.
 */
static bool
has_bech32_prefix(const char *address, const char *hrp)
{
	if (hrp[0] == '\0')
		return false;

	for (; *hrp != '\0'; hrp++, address++)
	{
		char c = *address;

		if (c >= 'A' && c <= 'Z')
			c = (char) (c - 'A' + 'a');
		if (c != *hrp)
			return false;
	}
	return *address == '1';
}

static bool
has_prefix(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static bool
looks_like_cashaddr(const char *address)
{
	return strchr(address, ':') != NULL ||
		   strnlen(address, CASHADDR_MIN_CHARS) == CASHADDR_MIN_CHARS;
}

/*
 * Litecoin's extension block (LIP 3) has its own addresses.  Coins enter it
 * only by a peg-in, and its coinbase cannot pay them.
 */
static bool
is_mweb_address(const char *address)
{
	return has_bech32_prefix(address, "ltcmweb") ||
		   has_bech32_prefix(address, "tmweb");
}

const char *
address_type_name(AddressType type)
{
	switch (type)
	{
		case ADDRESS_P2PKH:
			return "p2pkh";
		case ADDRESS_P2SH:
			return "p2sh";
		case ADDRESS_P2SH32:
			return "p2sh32";
		case ADDRESS_P2WPKH:
			return "p2wpkh";
		case ADDRESS_P2WSH:
			return "p2wsh";
		case ADDRESS_P2TR:
			return "p2tr";
		case ADDRESS_INVALID:
			break;
	}
	return "invalid";
}

bool
address_to_script(const char *address, const AddressRules *rules,
				  AddressScript *out)
{
	if (rules->bech32_hrp != NULL &&
		has_bech32_prefix(address, rules->bech32_hrp))
		return bech32_to_script(address, rules, out);
	if (has_prefix(rules->cashaddr_prefix) && looks_like_cashaddr(address))
		return cashaddr_to_script(address, rules, out);
	if (is_mweb_address(address))
		return refuse_address(out,
							  "an MWEB address cannot be paid from a coinbase");
	return base58_to_script(address, rules, out);
}
