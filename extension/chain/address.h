/*
 * address.h
 *	  Addresses to output scripts: base58check (P2PKH, P2SH), bech32 (BIP173),
 *	  bech32m (BIP350) and cashaddr.
 */
#ifndef CHIMERA_ADDRESS_H
#define CHIMERA_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* the longest of these scripts: OP_HASH256, a push of 32 bytes, OP_EQUAL */
#define ADDRESS_SCRIPT_MAX_BYTES 35

typedef enum AddressType
{
	ADDRESS_INVALID = 0,
	ADDRESS_P2PKH,
	ADDRESS_P2SH,
	ADDRESS_P2SH32, /* Bitcoin Cash: a script by its 32-byte hash */
	ADDRESS_P2WPKH,
	ADDRESS_P2WSH,
	ADDRESS_P2TR,
} AddressType;

typedef struct AddressRules
{
	int p2pkh_version;		/* 0..255, or -1 if the coin has none */
	int p2sh_version;		/* 0..255, or -1 */
	const char *bech32_hrp; /* lower case; NULL or "" for none */

	/*
	 * Litecoin and others replaced Bitcoin's P2SH version with their own after
	 * their wallets had written Bitcoin's for years: it is still accepted.
	 */
	int p2sh_version_old;		 /* 0..255, or -1 */
	const char *cashaddr_prefix; /* lower case; NULL or "" for none */

	/*
	 * The highest witness version that the coin's wallets pay: 0, or 1 if the
	 * coin has taproot.  An output of a higher version may be spendable by
	 * anybody, or have a meaning of its own, as MWEB's peg-in does.
	 */
	int witness_version_max;
} AddressRules;

typedef struct AddressScript
{
	AddressType type;
	uint8_t script[ADDRESS_SCRIPT_MAX_BYTES];
	size_t length;
	const char *error; /* why it was refused: static English text */
} AddressScript;

/* The form's name: "p2pkh", "p2sh", ...; static text. */
extern const char *address_type_name(AddressType type);

/* True and a script, or false and an error. */
extern bool address_to_script(const char *address, const AddressRules *rules,
							  AddressScript *out);

#endif
