/*
 * test_cashaddr.c
 *	  Cashaddr on the vectors of its specification (bitcoincashorg,
 *	  spec/cashaddr.md) and on what the specification forbids.
 */
#include "unit.h"

#include "chain/cashaddr.h"

static const char bitcoincash[] = "bitcoincash";

static const char hash_20[] = "f5bf48b397dae70be82b3cca4793f8eb2b6cdac9";
static const char hash_24[] =
	"7adbf6c17084bc86c1706827b41a56f5ca32865925e946ea";
static const char hash_28[] =
	"3a84f9cf51aae98a3bb3a78bf16a6183790b18719126325bfc0c075b";
static const char hash_32[] =
	"3173ef6623c6b48ffd1a3dcc0cc6489b0a07bb47a37f47cfef4fe69de825"
	"c060";
static const char hash_40[] =
	"c07138323e00fa4fc122d3b85b9628ea810b3f381706385e289b0b256311"
	"97d194b5c238beb136fb";
static const char hash_48[] =
	"e361ca9a7f99107c17a622e047e3745d3e19cf804ed63c5c40c6ba763696"
	"b98241223d8ce62ad48d863f4cb18c930e4c";
static const char hash_56[] =
	"d9fa7c4c6ef56dc4ff423baae6d495dbff663d034a72d1dc7d52cbfe7d1e"
	"6858f9d523ac0a7a5c34077638e4dd1a701bd017842789982041";
static const char hash_64[] =
	"d0f346310d5513d9e01e299978624ba883e6bda8f4c60883c10f28c2967e"
	"67ec77ecc7eeeaeafc6da89fad72d11ac961e164678b868aeeec5f2c1da0"
	"8884175b";

static void
assert_decoded(const char *address, const char *prefix, int type,
			   const char *hash)
{
	CashAddr out;

	assert_true(cashaddr_decode(address, prefix, &out));
	assert_int_equal(out.type, type);
	assert_int_equal(out.length, strlen(hash) / 2);
	assert_bytes_are(out.hash, hash);
	assert_null(out.error);
}

static void
assert_error(const char *address, const char *error)
{
	CashAddr out;

	assert_false(cashaddr_decode(address, bitcoincash, &out));
	assert_string_equal(out.error, error);
}

/* "Larger Test Vectors", with the types they really have */
TEST(addresses_of_the_specification_have_their_hashes)
{
	static const struct
	{
		const char *prefix;
		const char *address;
		int type;
		const char *hash;
	} vectors[] = {
		{"bitcoincash",
		 "bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2", 0, hash_20},
		{"bchtest", "bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t", 1,
		 hash_20},
		{"pref", "pref:pr6m7j9njldwwzlg9v7v53unlr4jkmx6ey65nvtks5", 1, hash_20},
		{"prefix", "prefix:0r6m7j9njldwwzlg9v7v53unlr4jkmx6ey3qnjwsrf", 15,
		 hash_20},
		{"bitcoincash",
		 "bitcoincash:q9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2ws4mr9g0", 0,
		 hash_24},
		{"bchtest", "bchtest:p9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2u94tsynr",
		 1, hash_24},
		{"pref", "pref:p9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2khlwwk5v", 1,
		 hash_24},
		{"prefix", "prefix:09adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2p29kc2lp",
		 15, hash_24},
		{"bitcoincash",
		 "bitcoincash:qgagf7w02x4wnz3mkwnchut2vxphjzccwxgjvvjmlsxqwkcw"
		 "59jxxuz",
		 0, hash_28},
		{"bchtest",
		 "bchtest:pgagf7w02x4wnz3mkwnchut2vxphjzccwxgjvvjmlsxqwkcvs7md"
		 "7wt",
		 1, hash_28},
		{"pref", "pref:pgagf7w02x4wnz3mkwnchut2vxphjzccwxgjvvjmlsxqwkcrsr6gzkn",
		 1, hash_28},
		{"prefix",
		 "prefix:0gagf7w02x4wnz3mkwnchut2vxphjzccwxgjvvjmlsxqwkc5djw8s"
		 "9g",
		 15, hash_28},
		{"bitcoincash",
		 "bitcoincash:qvch8mmxy0rtfrlarg7ucrxxfzds5pamg73h7370aa87d80g"
		 "yhqxq5nlegake",
		 0, hash_32},
		{"bchtest",
		 "bchtest:pvch8mmxy0rtfrlarg7ucrxxfzds5pamg73h7370aa87d80gyhqx"
		 "q7fqng6m6",
		 1, hash_32},
		{"pref",
		 "pref:pvch8mmxy0rtfrlarg7ucrxxfzds5pamg73h7370aa87d80gyhqxq4k"
		 "9m7qf9",
		 1, hash_32},
		{"prefix",
		 "prefix:0vch8mmxy0rtfrlarg7ucrxxfzds5pamg73h7370aa87d80gyhqxq"
		 "sh6jgp6w",
		 15, hash_32},
		{"bitcoincash",
		 "bitcoincash:qnq8zwpj8cq05n7pytfmskuk9r4gzzel8qtsvwz79zdskftr"
		 "zxtar994cgutavfklv39gr3uvz",
		 0, hash_40},
		{"bchtest",
		 "bchtest:pnq8zwpj8cq05n7pytfmskuk9r4gzzel8qtsvwz79zdskftrzxta"
		 "r994cgutavfklvmgm6ynej",
		 1, hash_40},
		{"pref",
		 "pref:pnq8zwpj8cq05n7pytfmskuk9r4gzzel8qtsvwz79zdskftrzxtar99"
		 "4cgutavfklv0vx5z0w3",
		 1, hash_40},
		{"prefix",
		 "prefix:0nq8zwpj8cq05n7pytfmskuk9r4gzzel8qtsvwz79zdskftrzxtar"
		 "994cgutavfklvwsvctzqy",
		 15, hash_40},
		{"bitcoincash",
		 "bitcoincash:qh3krj5607v3qlqh5c3wq3lrw3wnuxw0sp8dv0zugrrt5a3k"
		 "j6ucysfz8kxwv2k53krr7n933jfsunqex2w82sl",
		 0, hash_48},
		{"bchtest",
		 "bchtest:ph3krj5607v3qlqh5c3wq3lrw3wnuxw0sp8dv0zugrrt5a3kj6uc"
		 "ysfz8kxwv2k53krr7n933jfsunqnzf7mt6x",
		 1, hash_48},
		{"pref",
		 "pref:ph3krj5607v3qlqh5c3wq3lrw3wnuxw0sp8dv0zugrrt5a3kj6ucysf"
		 "z8kxwv2k53krr7n933jfsunqjntdfcwg",
		 1, hash_48},
		{"prefix",
		 "prefix:0h3krj5607v3qlqh5c3wq3lrw3wnuxw0sp8dv0zugrrt5a3kj6ucy"
		 "sfz8kxwv2k53krr7n933jfsunqakcssnmn",
		 15, hash_48},
		{"bitcoincash",
		 "bitcoincash:qmvl5lzvdm6km38lgga64ek5jhdl7e3aqd9895wu04fvhlna"
		 "re5937w4ywkq57juxsrhvw8ym5d8qx7sz7zz0zvcypqscw8jd03f",
		 0, hash_56},
		{"bchtest",
		 "bchtest:pmvl5lzvdm6km38lgga64ek5jhdl7e3aqd9895wu04fvhlnare59"
		 "37w4ywkq57juxsrhvw8ym5d8qx7sz7zz0zvcypqs6kgdsg2g",
		 1, hash_56},
		{"pref",
		 "pref:pmvl5lzvdm6km38lgga64ek5jhdl7e3aqd9895wu04fvhlnare5937w"
		 "4ywkq57juxsrhvw8ym5d8qx7sz7zz0zvcypqsammyqffl",
		 1, hash_56},
		{"prefix",
		 "prefix:0mvl5lzvdm6km38lgga64ek5jhdl7e3aqd9895wu04fvhlnare593"
		 "7w4ywkq57juxsrhvw8ym5d8qx7sz7zz0zvcypqsgjrqpnw8",
		 15, hash_56},
		{"bitcoincash",
		 "bitcoincash:qlg0x333p4238k0qrc5ej7rzfw5g8e4a4r6vvzyrcy8j3s5k"
		 "0en7calvclhw46hudk5flttj6ydvjc0pv3nchp52amk97tqa5zygg96mtky5"
		 "sv5w",
		 0, hash_64},
		{"bchtest",
		 "bchtest:plg0x333p4238k0qrc5ej7rzfw5g8e4a4r6vvzyrcy8j3s5k0en7"
		 "calvclhw46hudk5flttj6ydvjc0pv3nchp52amk97tqa5zygg96mc773cwez",
		 1, hash_64},
		{"pref",
		 "pref:plg0x333p4238k0qrc5ej7rzfw5g8e4a4r6vvzyrcy8j3s5k0en7cal"
		 "vclhw46hudk5flttj6ydvjc0pv3nchp52amk97tqa5zygg96mg7pj3lh8",
		 1, hash_64},
		{"prefix",
		 "prefix:0lg0x333p4238k0qrc5ej7rzfw5g8e4a4r6vvzyrcy8j3s5k0en7c"
		 "alvclhw46hudk5flttj6ydvjc0pv3nchp52amk97tqa5zygg96ms92w6845",
		 15, hash_64},
	};

	for (size_t i = 0; i < lengthof(vectors); i++)
	{
		const char *payload = strchr(vectors[i].address, ':') + 1;

		assert_decoded(vectors[i].address, vectors[i].prefix, vectors[i].type,
					   vectors[i].hash);
		assert_decoded(payload, vectors[i].prefix, vectors[i].type,
					   vectors[i].hash);
	}
}

TEST(capitals_are_the_same_address)
{
	assert_decoded("BITCOINCASH:QR6M7J9NJLDWWZLG9V7V53UNLR4JKMX6EYLEP8EKG2",
				   bitcoincash, CASHADDR_P2PKH, hash_20);
	assert_decoded("QR6M7J9NJLDWWZLG9V7V53UNLR4JKMX6EYLEP8EKG2", bitcoincash,
				   CASHADDR_P2PKH, hash_20);
}

TEST(mixed_case_is_refused)
{
	static const char *const error = "cashaddr in mixed case";

	assert_error("bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekG2",
				 error);
	assert_error("BITCOINCASH:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2",
				 error);
}

TEST(another_prefix_is_refused)
{
	static const char *const error = "cashaddr of another network";

	assert_error("bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t", error);
	assert_error("bitcoincas:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2",
				 error);
	assert_error("bitcoincashs:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2",
				 error);
	assert_error(":qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2", error);
	/* without it, the checksum decides */
	assert_error("pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t",
				 "cashaddr checksum does not match");
}

TEST(every_single_error_is_found)
{
	static const char good[] = "qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2";
	static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	char bad[sizeof(good)];
	CashAddr out;

	for (size_t i = 0; i < strlen(good); i++)
		for (const char *c = charset; *c != '\0'; c++)
		{
			memcpy(bad, good, sizeof(good));
			bad[i] = *c;
			assert_int_equal(cashaddr_decode(bad, bitcoincash, &out),
							 *c == good[i]);
		}
}

/* addresses with good checksums, made for this test */
TEST(what_the_specification_forbids_is_refused_by_name)
{
	assert_error("sr6m7j9njldwwzlg9v7v53unlr4jkmx6eywm5pj0xl",
				 "unknown cashaddr version");
	assert_error("qr6m7j9njldwwzlg9v7v53unlr4jkmx6cu4alf0e",
				 "cashaddr hash of wrong length");
	assert_error("q06m7j9njldwwzlg9v7v53unlr4jkmx6eywmwgs9x2",
				 "cashaddr hash of wrong length");
	assert_error("qr6m7j9njldwwzlg9v7v53unlr4jkmx6e9v6cvq4mt",
				 "cashaddr wrongly padded");
	assert_error("a5a8yrhz", "unknown cashaddr version");
	assert_error(
		"qlg0x333p4238k0qrc5ej7rzfw5g8e4a4r6vvzyrcy8j3s5k0en7calvclhw46hudk5flt"
		"tj6ydvjc0pv3nchp52amk97tqa5zygg96mqqdf2lywl7",
		"cashaddr too long");
}

TEST(what_is_no_cashaddr_is_refused_by_name)
{
	assert_error("", "cashaddr too short");
	assert_error("bitcoincash:", "cashaddr too short");
	assert_error("bitcoincash:q", "cashaddr too short");
	assert_error("bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekgb",
				 "invalid character in cashaddr");
	assert_error("bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4:jkmx6eylep8ekg2",
				 "invalid character in cashaddr");
	assert_error("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu",
				 "cashaddr in mixed case");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_the_specification_have_their_hashes),
		cmocka_unit_test(capitals_are_the_same_address),
		cmocka_unit_test(mixed_case_is_refused),
		cmocka_unit_test(another_prefix_is_refused),
		cmocka_unit_test(every_single_error_is_found),
		cmocka_unit_test(what_the_specification_forbids_is_refused_by_name),
		cmocka_unit_test(what_is_no_cashaddr_is_refused_by_name),
	};

	return cmocka_run_group_tests_name("cashaddr", tests, NULL, NULL);
}
