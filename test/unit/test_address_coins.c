/*
 * test_address_coins.c
 *	  Addresses that only some coins have: Litecoin's old and MWEB ones, Bitcoin
 *	  Cash's cashaddr (bitcoincashorg, spec/cashaddr.md), and addresses of
 *	  further coins as their wallets and explorers show them.
 */
#include "address.h"

static const AddressRules bitcoin = {0, 5, "bc", -1, NULL, 1};
static const AddressRules litecoin = {48, 50, "ltc", 5, NULL, 1};
static const AddressRules litecoin_test = {111, 58, "tltc", 196, NULL, 1};
static const AddressRules dogecoin = {30, 22, NULL, -1, NULL, 0};
static const AddressRules dogecoin_test = {113, 196, NULL, -1, NULL, 0};
static const AddressRules digibyte = {30, 63, "dgb", 5, NULL, 0};
static const AddressRules namecoin = {52, 13, "nc", -1, NULL, 0};
static const AddressRules bitcoin_cash = {0, 5, NULL, -1, "bitcoincash", 0};
static const AddressRules bitcoin_cash_test = {111, 196,	   NULL,
											   -1,	"bchtest", 0};

/* before "M...", Litecoin's wallets wrote "3..." */
TEST(the_old_p2sh_version_has_the_same_script)
{
	static const Vector vectors[] = {
		{"3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC", &litecoin, ADDRESS_P2SH,
		 "a91476a04053bda0a88bda5177b86a15c3b29f55987387"},
		{"QTGpkUGtzRTuZuEGanQ2uqTi2dZzCurjd6", &litecoin_test, ADDRESS_P2SH,
		 "a91449292a251cf93cbc21a554e6e536e760186a30d087"},
		{"2N2JD6wb56AfK4tfmM6PwdVmoYk2dCKf4Br", &litecoin_test, ADDRESS_P2SH,
		 "a9146349a418fc4578d10a372b54b45c280cc8c4382f87"},
	};

	assert_all_accepted(vectors, lengthof(vectors));
	assert_refused("QTGpkUGtzRTuZuEGanQ2uqTi2dZzCurjd6", &litecoin);
	assert_refused("MHrYRxAiMNBTku3eoDHwhA1LQGDjUStZW2", &bitcoin);
}

TEST(addresses_of_other_coins_have_their_scripts)
{
	static const Vector vectors[] = {
		{"tltc1qs3ym3gltz2uaw8ttrhg779w6k39x2yn5yytnttvhvkpzcxmh6vuqeswq3q",
		 &litecoin_test, ADDRESS_P2WSH,
		 "00208449b8a3eb12b9d71d6b1dd1ef15dab44a651274211735ad9765822c1b77d33"
		 "8"},
		{"DEgDVFa2DoW1533dxeDVdTxQFhMzs1pMke", &dogecoin, ADDRESS_P2PKH,
		 "76a914689bd3b0152163202d03f3504b1c6f890aa73bf788ac"},
		{"ADNbM5fBujCRBW1vqezNeAWmnsLp19ki3n", &dogecoin, ADDRESS_P2SH,
		 "a914e5a893130698f6d880200f7e230bc066fae24ec187"},
		{"nsSfZttkEy2ZkujJUmQvKdjsTVRXSAwSvm", &dogecoin_test, ADDRESS_P2PKH,
		 "76a914ff092d99d653f768ac558ef90a947de2fd5a840488ac"},
		{"DBxwAPhdnNsht2reoZzmu5wiV4S8hzgoms", &digibyte, ADDRESS_P2PKH,
		 "76a9144adce4b1ea83ddcac13fc63b3b9049bcd30eba9388ac"},
		{"Sfbt8PhCtE9tAaSD4rZhnB1BT1w8iDnWBt", &digibyte, ADDRESS_P2SH,
		 "a914c8d3fced4b68016686bb213c70152bfd83fe672b87"},
		{"dgb1qnjf7e2a5ezft480kxzmhgg66pnzqk0aawxa06u", &digibyte,
		 ADDRESS_P2WPKH, "00149c93ecabb4c892ba9df630b774235a0cc40b3fbd"},
		{"N4HYFWGfVV5baz1vJQ9BueaeP4g5gipKKG", &namecoin, ADDRESS_P2PKH,
		 "76a914549252d9b4a50280ddf873f668c28156ca7b169d88ac"},
		{"6Fx5jVAN9MirDjMbikRJGe2M6Fy4SEUPeC", &namecoin, ADDRESS_P2SH,
		 "a914111111111111111111111111111111111111111187"},
		{"nc1q2ml905jv7gx0d8z5f7kl23af0vtrjk4j0llmwr", &namecoin,
		 ADDRESS_P2WPKH, "001456fe57d24cf20cf69c544fadf547a97b16395ab2"},
	};

	assert_all_accepted(vectors, lengthof(vectors));
}

/* "Examples of Address Translation": the same scripts in both formats */
TEST(cashaddr_has_the_script_of_its_base58_twin)
{
	static const char *const twins[][2] = {
		{"1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu",
		 "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"},
		{"1KXrWXciRDZUpQwQmuM1DbwsKDLYAYsVLR",
		 "bitcoincash:qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy"},
		{"16w1D5WRVKJuZUsSRzdLp9w3YGcgoxDXb",
		 "bitcoincash:qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r"},
		{"3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC",
		 "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq"},
		{"3LDsS579y7sruadqu11beEJoTjdFiFCdX4",
		 "bitcoincash:pr95sy3j9xwd2ap32xkykttr4cvcu7as4yc93ky28e"},
		{"31nwvkZwyPdgzjBJZXfDmSWsC4ZLKpYyUw",
		 "bitcoincash:pqq3728yw0y47sqn6l2na30mcw6zm78dzq5ucqzc37"},
	};

	for (size_t i = 0; i < lengthof(twins); i++)
	{
		AddressScript base58;
		AddressScript cashaddr;

		assert_true(address_to_script(twins[i][0], &bitcoin_cash, &base58));
		assert_true(address_to_script(twins[i][1], &bitcoin_cash, &cashaddr));
		assert_int_equal(base58.type, cashaddr.type);
		assert_int_equal(base58.length, cashaddr.length);
		assert_memory_equal(base58.script, cashaddr.script, base58.length);
		assert_refused(twins[i][1], &bitcoin);
		assert_refused(twins[i][1], &bitcoin_cash_test);
	}
}

TEST(cashaddr_needs_no_prefix_and_no_small_letters)
{
	static const char *const script =
		"76a91476a04053bda0a88bda5177b86a15c3b29f55987388ac";

	assert_accepted("qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", &bitcoin_cash,
					ADDRESS_P2PKH, script);
	assert_accepted("QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A", &bitcoin_cash,
					ADDRESS_P2PKH, script);
	assert_accepted("BITCOINCASH:QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A",
					&bitcoin_cash, ADDRESS_P2PKH, script);
	assert_accepted("bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t",
					&bitcoin_cash_test, ADDRESS_P2SH,
					"a914f5bf48b397dae70be82b3cca4793f8eb2b6cdac987");
}

/* CHIP-2022-05 and CHIP-2022-02; the hashes are the specification's */
TEST(cashaddr_of_long_scripts_and_tokens_have_their_scripts)
{
	static const Vector vectors[] = {
		{"bchtest:"
		 "pvch8mmxy0rtfrlarg7ucrxxfzds5pamg73h7370aa87d80gyhqxq7fqng6m6",
		 &bitcoin_cash_test, ADDRESS_P2SH32,
		 "aa203173ef6623c6b48ffd1a3dcc0cc6489b0a07bb47a37f47cfef4fe69de825c06"
		 "087"},
		{"zr6m7j9njldwwzlg9v7v53unlr4jkmx6eycnjehshe", &bitcoin_cash,
		 ADDRESS_P2PKH, "76a914f5bf48b397dae70be82b3cca4793f8eb2b6cdac988ac"},
		{"rr6m7j9njldwwzlg9v7v53unlr4jkmx6ey0k0ksnvy", &bitcoin_cash,
		 ADDRESS_P2SH, "a914f5bf48b397dae70be82b3cca4793f8eb2b6cdac987"},
		{"rvch8mmxy0rtfrlarg7ucrxxfzds5pamg73h7370aa87d80gyhqxq0advfghr",
		 &bitcoin_cash, ADDRESS_P2SH32,
		 "aa203173ef6623c6b48ffd1a3dcc0cc6489b0a07bb47a37f47cfef4fe69de825c06"
		 "087"},
	};

	assert_all_accepted(vectors, lengthof(vectors));
}

TEST(cashaddr_without_a_script_is_refused_by_name)
{
	assert_error("0r6m7j9njldwwzlg9v7v53unlr4jkmx6eyar7qa8u4", &bitcoin_cash,
				 "unknown cashaddr type");
	assert_error(
		"bitcoincash:qvch8mmxy0rtfrlarg7ucrxxfzds5pamg73h7370aa87d80gyhqxq5nleg"
		"ake",
		&bitcoin_cash, "cashaddr key hash of wrong length");
	assert_error("p9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h28vjyq4re",
				 &bitcoin_cash, "cashaddr script hash of wrong length");
	/* a witness address is not a cashaddr, although Bitcoin's is as long */
	assert_error("bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv", &bitcoin_cash,
				 "invalid character in cashaddr");
}

/* Litecoin Core, src/wallet/test/scriptpubkeyman_tests.cpp */
TEST(mweb_addresses_are_refused_by_name)
{
	static const char *const error =
		"an MWEB address cannot be paid from a coinbase";

	assert_error("ltcmweb1qq20e2arnhvxw97katjkmsd35agw3capxjkrkh7dk8d30rczm8ypx"
				 "uq329nwh2t"
				 "wmchhqn3jqh7ua4ps539f6aazh79jy76urqht4qa59ts3at6gf",
				 &litecoin, error);
	assert_error("LTCMWEB1QQ", &litecoin, error);
	assert_error("tmweb1qq", &litecoin_test, error);
}

TEST(forms_have_names)
{
	assert_string_equal(address_type_name(ADDRESS_P2PKH), "p2pkh");
	assert_string_equal(address_type_name(ADDRESS_P2SH), "p2sh");
	assert_string_equal(address_type_name(ADDRESS_P2SH32), "p2sh32");
	assert_string_equal(address_type_name(ADDRESS_P2WPKH), "p2wpkh");
	assert_string_equal(address_type_name(ADDRESS_P2WSH), "p2wsh");
	assert_string_equal(address_type_name(ADDRESS_P2TR), "p2tr");
	assert_string_equal(address_type_name(ADDRESS_INVALID), "invalid");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_old_p2sh_version_has_the_same_script),
		cmocka_unit_test(addresses_of_other_coins_have_their_scripts),
		cmocka_unit_test(cashaddr_has_the_script_of_its_base58_twin),
		cmocka_unit_test(cashaddr_needs_no_prefix_and_no_small_letters),
		cmocka_unit_test(
			cashaddr_of_long_scripts_and_tokens_have_their_scripts),
		cmocka_unit_test(cashaddr_without_a_script_is_refused_by_name),
		cmocka_unit_test(mweb_addresses_are_refused_by_name),
		cmocka_unit_test(forms_have_names),
	};

	return cmocka_run_group_tests_name("address_coins", tests, NULL, NULL);
}
