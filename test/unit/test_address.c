/*
 * test_address.c
 *	  Addresses to output scripts: BIP173, BIP350, and the address lists of
 *	  Bitcoin Core and Litecoin Core (src/test/data/key_io_valid.json and
 *	  key_io_invalid.json).
 */
#include "address.h"

static const AddressRules bitcoin = {0, 5, "bc", -1, NULL, 1};
static const AddressRules bitcoin_test = {111, 196, "tb", -1, NULL, 1};
static const AddressRules bitcoin_regtest = {111, 196, "bcrt", -1, NULL, 1};
static const AddressRules litecoin = {48, 50, "ltc", 5, NULL, 1};
static const AddressRules dogecoin = {30, 22, NULL, -1, NULL, 0};

/* BIP350, "Test vectors for v0-v16 native segregated witness addresses" */
TEST(valid_addresses_of_bip350_have_their_scripts)
{
	static const Vector vectors[] = {
		{"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", &bitcoin, ADDRESS_P2WPKH,
		 "0014751e76e8199196d454941c45d1b3a323f1433bd6"},
		{"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
		 &bitcoin_test, ADDRESS_P2WSH,
		 "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c632960490326"
		 "2"},
		{"tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
		 &bitcoin_test, ADDRESS_P2WSH,
		 "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e8643"
		 "3"},
		{"tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
		 &bitcoin_test, ADDRESS_P2TR,
		 "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e8643"
		 "3"},
		{"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
		 &bitcoin, ADDRESS_P2TR,
		 "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f8179"
		 "8"},
	};

	for (size_t i = 0; i < lengthof(vectors); i++)
		assert_accepted(vectors[i].address, vectors[i].rules, vectors[i].type,
						vectors[i].script);
}

/* BIP350, the same section */
TEST(invalid_addresses_of_bip350_are_refused)
{
	static const char *const addresses[] = {
		"tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut",
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
		"tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
		"BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
		"tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47",
		"bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
		"BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
		"bc1pw5dgrnzv",
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav"
		"253zgeav",
		"BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
		"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
		"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
		"bc1gmk9yu",
	};

	for (size_t i = 0; i < lengthof(addresses); i++)
	{
		assert_refused(addresses[i], &bitcoin);
		assert_refused(addresses[i], &bitcoin_test);
	}
}

/*
 * Well-formed, and wallets do not pay them: BIP350's and Bitcoin Core's, on
 * Litecoin what MWEB pegs in by, and what only looks like taproot.
 */
TEST(witness_versions_that_wallets_do_not_pay_are_refused)
{
	static const AddressRules no_taproot = {0, 5, "bc", -1, NULL, 0};
	static const char *const version =
		"witness version that the coin's wallets cannot pay";
	static const char *const length = "witness program of wrong length";

	assert_error("BC1SW50QGDZ25J", &bitcoin, version);
	assert_error("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", &bitcoin, version);
	assert_error("bc1z2rksukkjr8", &bitcoin, version);
	assert_error("tb1rgv5m6uvdk3kc7qsuz0c79v88ycr5w4wa", &bitcoin_test,
				 version);
	assert_error(
		"ltc1z0fa857n60fa857n60fa857n60fa857n60fa857n60fa857n60faq0enhzm",
		&litecoin, version);
	assert_error(
		"ltc1f0fa857n60fa857n60fa857n60fa857n60fa857n60fa857n60faqfw8ejk",
		&litecoin, version);
	assert_error("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj"
				 "0",
				 &no_taproot, version);
	assert_error("bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary"
				 "0c5xw7kt5nd6y",
				 &bitcoin, length);
	assert_error("ltc1p0fa857n60fa857n60fa857n60fa857n6ly7csf", &litecoin,
				 length);
	assert_error("bc1pfeessrawgf", &bitcoin, length);
}

/* BIP173, as BIP350 changes it: from version 1 on its checksum is not */
TEST(bech32_of_version_1_is_refused_by_name)
{
	assert_error("bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary"
				 "0c5xw7k7grplx",
				 &bitcoin, "witness version 1 must be bech32m");
}

/* BIP173, "Test vectors" */
TEST(invalid_addresses_of_bip173_are_refused)
{
	static const char *const addresses[] = {
		"tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty",
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
		"BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2",
		"bc1rw5uspcuh",
		"bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7k"
		"w5rljs90",
		"BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
		"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7",
		"bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du",
		"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3pjxtptv",
		"bc1gmk9yu",
	};

	for (size_t i = 0; i < lengthof(addresses); i++)
	{
		assert_refused(addresses[i], &bitcoin);
		assert_refused(addresses[i], &bitcoin_test);
	}
}

/* Bitcoin Core, key_io_valid.json */
TEST(valid_addresses_of_bitcoin_core_have_their_scripts)
{
	static const Vector vectors[] = {
		{"1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo", &bitcoin, ADDRESS_P2PKH,
		 "76a914a31c06bd463e3923bc1aadbde48b16976c08071788ac"},
		{"36j4NfKv6Akva9amjWrLG6MuSQym1GuEmm", &bitcoin, ADDRESS_P2SH,
		 "a914373b819a068f32b7a6b38b6b38729647cfde01c287"},
		{"mzK2FFDEhxqHcmrJw1ysqFkVyhUULo45hZ", &bitcoin_test, ADDRESS_P2PKH,
		 "76a914ce28b26c57472737f5c3561a1761185bd8589a4388ac"},
		{"2NC2hEhe28ULKAJkW5MjZ3jtTMJdvXmByvK", &bitcoin_test, ADDRESS_P2SH,
		 "a914ce0bba75891ff9ec60148d4bd4a09ee2dc5c933187"},
		{"n4fajahJrAuKbN7uNsKjLjQkz9Qn5ewJXQ", &bitcoin_regtest, ADDRESS_P2PKH,
		 "76a914fdeca3b08e38af53d7c4c60e3ad208ce5066441088ac"},
		{"2MxFajLApXpYk4VodBSZSt7rw8y4ryABkfA", &bitcoin_regtest, ADDRESS_P2SH,
		 "a91436e9f191e0b75036a77f65e2eaa4752443233fbe87"},
		{"bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv", &bitcoin, ADDRESS_P2WPKH,
		 "00146100fc6343edc8c874496cb2f5bbfec88ea9b77c"},
		{"tb1qcrh3yqn4nlleplcez2yndq2ry8h9ncg3qh7n54", &bitcoin_test,
		 ADDRESS_P2WPKH, "0014c0ef1202759fff90ff19128936814321ee59e111"},
		{"bcrt1qdavt4j2sd7dlhqsavtnfxvzppw6k7qy97tmnu9", &bitcoin_regtest,
		 ADDRESS_P2WPKH, "00146f58bac9506f9bfb821d62e69330410bb56f0085"},
	};

	for (size_t i = 0; i < lengthof(vectors); i++)
		assert_accepted(vectors[i].address, vectors[i].rules, vectors[i].type,
						vectors[i].script);
}

/* Bitcoin Core, key_io_invalid.json: no network takes these */
TEST(invalid_addresses_of_bitcoin_core_are_refused_everywhere)
{
	static const AddressRules *const networks[] = {&bitcoin, &bitcoin_test,
												   &bitcoin_regtest};
	static const char *const addresses[] = {
		"",
		"x",
		"1GAdfviErV2Ew95FPtZyikz2qGP3gyCB6Hyu94sedAkPpA523m3fQwps9YKUZkKgQck"
		"GPKhRsFR",
		"37G2kMDLpmWVhimxRdzwNfE8JFvWXnJYnVcXeeGrek2qumdJuK7XArcVVpRtLLjRra3"
		"t64BEPF2",
		"8iVk9nLM3nYwRuwypjy9NK5rsuZH7BbrQRZ1pgcQmvMnjAgRXD",
		"cPTVQ1hbo4qdoysf6Jx5GthqucNmdfqt6J2pZRFeXv8Ep7Kmjqud",
		"tc1qeul5g2xfkvdkrhcfmdursv73ad64jnkjl9c40f",
		"tb13hty4qmumlwpp6chxjvcyzza4duqgtmxw3xhm3u9ahj4nyhtwz8eq7ynrj4",
		"bcrt1r2qxpwuge",
		"bc10uexgzna2dpfk0vjt35srz6a27ps6m0l89jweznt83n2sqn2fx4hvn9ym5af8wut3"
		"4sfrqhk3",
		"tb1qum6uh0pt4q253qaf520929737v63w5gf",
		"bcrt1q888ryfgxpvl0k7vum8zpyar2u2sexvdhkf38ue37yknmqq0ycrwpl3w48y",
		"bc1qdsuzmn04k2z8vryw8l4dj8m5ygqgnne5n",
		"bcrt1qzwmyj0z924g7fzs5yvnrkc43y76RVyr2lh5t4r",
		"bc1qpu6d26mrulzetu4jqhd7rsunv9aqru26f5c4j8",
		"bc1p702xksx4z3uqf0u2phllxkfe5cgu0adxptqs0uelx0tqt8e885sqryes2l",
		"tb1z7gmh0v6pc30z4xum76lmw8w86yswrlmw",
		"bcrt1sjsrw6nun4h502cr97xmnyyuhkr22q0s6efrgtu",
		"2UVPFpGYnLHJezFzjUo42our6PMEoozzRdM",
		"2MygHQjE1U33q3LSC53p69YqFjP8PihumJAF",
		"KzNbAQ4mexfAxa6RKBzHQqfoTycaeWpv2p",
		"2jDPrDfAKihCGPbPD9ztY8TswAia4V8Bc6vx",
		"TB1QFDFM763VXVSUNZHQLPWC0Q8FG5LJX6ZN",
		"bc1gmk9yu",
		"tb1ly0q7p",
		"AZEah8d1EK362okRBS66e8SvdtYkrE8tsX",
		"2NDNP7GY59tTJPZTpbkprhM9SR99Nn5rUs7",
	};

	for (size_t i = 0; i < lengthof(addresses); i++)
		for (size_t j = 0; j < lengthof(networks); j++)
			assert_refused(addresses[i], networks[j]);
}

/* Litecoin Core, key_io_valid.json */
TEST(valid_addresses_of_litecoin_core_have_their_scripts)
{
	assert_accepted("LT2KVaAy1ppRuxRgrS5RNU3vBsy7RibPeA", &litecoin,
					ADDRESS_P2PKH,
					"76a914558dbca7118cd5894502767c7b2ffc21a22f54db88ac");
	assert_accepted("MHrYRxAiMNBTku3eoDHwhA1LQGDjUStZW2", &litecoin,
					ADDRESS_P2SH,
					"a9146d328a5b2a20d943a641c8d29b6cc3c2d2df85d387");
}

TEST(addresses_of_another_network_are_refused_by_name)
{
	assert_error("LT2KVaAy1ppRuxRgrS5RNU3vBsy7RibPeA", &bitcoin,
				 "base58 address of another network");
	assert_error("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", &litecoin,
				 "base58 address of another network");
	assert_refused("bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv", &litecoin);
	assert_refused("bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv", &dogecoin);
	/* nor does a prefix's beginning or continuation do */
	assert_refused("bcrt1qdavt4j2sd7dlhqsavtnfxvzppw6k7qy97tmnu9", &bitcoin);
	assert_refused("bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv",
				   &bitcoin_regtest);
}

TEST(witness_addresses_are_the_same_in_capitals)
{
	assert_accepted("BC1QVYQ0CC6RAHYVSAZFDJE0TWL7EZ82NDMUAC2LHV", &bitcoin,
					ADDRESS_P2WPKH,
					"00146100fc6343edc8c874496cb2f5bbfec88ea9b77c");
	assert_refused("Bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv", &bitcoin);
}

TEST(a_kind_that_the_coin_has_not_is_refused)
{
	AddressRules none = {-1, -1, NULL, -1, NULL, 1};

	assert_refused("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", &none);
	assert_refused("36j4NfKv6Akva9amjWrLG6MuSQym1GuEmm", &none);
	assert_refused("bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv", &none);
	/* version 255 is not -1 */
	assert_refused("2mcBqHib6PMCtsVceJfehFQ42bKS4EyETmf", &none);
}

TEST(an_empty_prefix_is_none)
{
	AddressRules rules = {0, 5, "", -1, "", 1};

	assert_accepted("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", &rules, ADDRESS_P2PKH,
					"76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac");
}

TEST(every_refusal_says_why)
{
	assert_error("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", &bitcoin,
				 "base58 checksum does not match");
	assert_error("1A1zP1eP5QGefi2DMPTfTL5SLmv7Div", &bitcoin,
				 "base58 address of wrong length");
	assert_error("not an address", &bitcoin,
				 "not an address of this network: neither its bech32 prefix "
				 "nor base58 characters");
	assert_error("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", &bitcoin,
				 "bech32 checksum does not match");
	assert_error("bc1gmk9yu", &bitcoin,
				 "bech32 address without witness version");
	assert_error("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", &bitcoin,
				 "witness version 0 must be bech32");
	assert_error(
		"BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
		&bitcoin, "witness version that the coin's wallets cannot pay");
	assert_error("bc1pw5dgrnzv", &bitcoin, "witness program of wrong length");
	assert_error("BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", &bitcoin,
				 "witness program of wrong length");
	assert_error(
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
		&bitcoin, "witness program too long or wrongly padded");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_addresses_of_bip350_have_their_scripts),
		cmocka_unit_test(invalid_addresses_of_bip350_are_refused),
		cmocka_unit_test(witness_versions_that_wallets_do_not_pay_are_refused),
		cmocka_unit_test(bech32_of_version_1_is_refused_by_name),
		cmocka_unit_test(invalid_addresses_of_bip173_are_refused),
		cmocka_unit_test(valid_addresses_of_bitcoin_core_have_their_scripts),
		cmocka_unit_test(
			invalid_addresses_of_bitcoin_core_are_refused_everywhere),
		cmocka_unit_test(valid_addresses_of_litecoin_core_have_their_scripts),
		cmocka_unit_test(addresses_of_another_network_are_refused_by_name),
		cmocka_unit_test(witness_addresses_are_the_same_in_capitals),
		cmocka_unit_test(a_kind_that_the_coin_has_not_is_refused),
		cmocka_unit_test(an_empty_prefix_is_none),
		cmocka_unit_test(every_refusal_says_why),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
