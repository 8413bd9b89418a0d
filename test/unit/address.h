/*
 * address.h
 *	  What the tests of addresses share.
 */
#ifndef CHIMERA_TEST_ADDRESS_H
#define CHIMERA_TEST_ADDRESS_H

#include "unit.h"

#include "chain/address.h"

typedef struct Vector
{
	const char *address;
	const AddressRules *rules;
	AddressType type;
	const char *script;
} Vector;

static inline void
assert_accepted(const char *address, const AddressRules *rules,
				AddressType type, const char *script)
{
	AddressScript out;

	assert_true(address_to_script(address, rules, &out));
	assert_int_equal(out.type, type);
	assert_int_equal(out.length, strlen(script) / 2);
	assert_bytes_are(out.script, script);
	assert_null(out.error);
}

static inline void
assert_refused(const char *address, const AddressRules *rules)
{
	AddressScript out;

	assert_false(address_to_script(address, rules, &out));
	assert_int_equal(out.type, ADDRESS_INVALID);
	assert_int_equal(out.length, 0);
	assert_true(strlen(out.error) > 0);
}

static inline void
assert_error(const char *address, const AddressRules *rules, const char *error)
{
	AddressScript out;

	assert_false(address_to_script(address, rules, &out));
	assert_string_equal(out.error, error);
}

static inline void
assert_all_accepted(const Vector *vectors, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_accepted(vectors[i].address, vectors[i].rules, vectors[i].type,
						vectors[i].script);
}

#endif
