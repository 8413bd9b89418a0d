-- chain.sql: hashes, targets, difficulty and addresses (extension/pow,
-- extension/chain).

CREATE FUNCTION chimera.hash(algorithm text, message bytea) RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_hash'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION chimera.hash(text, bytea) IS
'Hashes a message (a block header has 80 bytes) with the named proof-of-work algorithm. The result has 32 bytes '
'in the chain''s internal order, byte 31 the most significant. Errors: 22023 for an unknown algorithm. Sources: '
'FIPS 180-4 (sha256d), RFC 7914 (scrypt, N=1024 r=1 p=1, message as password and salt), RFC 7693 (blake2s).';

CREATE FUNCTION chimera.algorithms(OUT name text, OUT hashes_per_difficulty float8, OUT implementation text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'chimera_algorithms'
    LANGUAGE C STABLE PARALLEL SAFE ROWS 3;
COMMENT ON FUNCTION chimera.algorithms() IS
'Lists the registered algorithms, the average number of hashes per share of difficulty 1, and the implementation '
'that this server''s CPU uses.';

CREATE FUNCTION chimera.is_algorithm(algorithm text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'chimera_is_algorithm'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.is_algorithm(text) IS 'Whether an algorithm of this name is registered.';

CREATE FUNCTION chimera.difficulty(hash bytea, algorithm text) RETURNS float8
    AS 'MODULE_PATHNAME', 'chimera_difficulty'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.difficulty(bytea, text) IS
'The share difficulty that a hash or target (32 bytes, internal order) meets: the target of difficulty 1 divided '
'by it; infinity for zero. Errors: 22023 for an unknown algorithm or a length other than 32.';

CREATE FUNCTION chimera.target(nbits bigint) RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_target'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.target(bigint) IS
'The 256-bit target of a header''s compact bits, 32 bytes in internal order (byte 31 the most significant). '
'Errors: 22003 for bits that are negative, zero or over 256 bits. Source: Bitcoin Core, '
'arith_uint256::SetCompact.';

CREATE FUNCTION chimera.nbits(target bytea) RETURNS bigint
    AS 'MODULE_PATHNAME', 'chimera_nbits'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.nbits(bytea) IS
'The compact bits of a target (32 bytes, internal order), rounded down as in headers. Errors: 22023 for another '
'length. Source: Bitcoin Core, arith_uint256::GetCompact.';

CREATE FUNCTION chimera.share_target(difficulty float8, algorithm text) RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_share_target'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.share_target(float8, text) IS
'The target that a share of this difficulty must not exceed: floor(target of difficulty 1 / difficulty), exactly, '
'32 bytes in internal order. Errors: 22023 if difficulty is not finite and positive or the algorithm is unknown.';

CREATE FUNCTION chimera.expected_hashes(difficulty float8, algorithm text) RETURNS float8
    AS 'MODULE_PATHNAME', 'chimera_expected_hashes'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.expected_hashes(float8, text) IS
'The average number of hashes that shares of this total difficulty take: 2^32 per unit for sha256d and blake2s, '
'2^16 for scrypt. Divide by seconds for a hashrate. Errors: 22023 for an unknown algorithm.';

CREATE FUNCTION chimera.address_script(
    address text, p2pkh_version int, p2sh_version int, bech32_hrp text, p2sh_version_old int DEFAULT NULL,
    cashaddr_prefix text DEFAULT NULL, witness_version_max int DEFAULT 0)
    RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_address_script'
    LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION chimera.address_script(text, int, int, text, int, text, int) IS
'The output script of an address under a coin''s rules: the base58check version bytes of keys and of scripts, an '
'older version byte of scripts, the bech32 prefix and the cashaddr prefix (NULL: the coin does not have this '
'form), and the highest witness version that the coin''s wallets pay (0, or 1 with taproot; addresses of a higher '
'version are refused). NULL for a NULL address. Errors: 22023 with the reason if the address is not valid. '
'Sources: BIP 13, 141, 173, 341, 350; Bitcoin Cash''s cashaddr.md, CHIP-2022-05 (32-byte script hashes), '
'CHIP-2022-02 (token types).';

CREATE FUNCTION chimera.address_type(
    address text, p2pkh_version int, p2sh_version int, bech32_hrp text, p2sh_version_old int DEFAULT NULL,
    cashaddr_prefix text DEFAULT NULL, witness_version_max int DEFAULT 0)
    RETURNS text
    AS 'MODULE_PATHNAME', 'chimera_address_type'
    LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION chimera.address_type(text, int, int, text, int, text, int) IS
'The type of an address: p2pkh, p2sh, p2sh32 (Bitcoin Cash), p2wpkh, p2wsh or p2tr. The arguments are those of '
'address_script(). NULL for a NULL address. Errors: 22023 with the reason if the address is not valid.';

CREATE FUNCTION chimera.address_error(
    address text, p2pkh_version int, p2sh_version int, bech32_hrp text, p2sh_version_old int DEFAULT NULL,
    cashaddr_prefix text DEFAULT NULL, witness_version_max int DEFAULT 0)
    RETURNS text
    AS 'MODULE_PATHNAME', 'chimera_address_error'
    LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION chimera.address_error(text, int, int, text, int, text, int) IS
'Why an address is not valid; NULL if it is valid, and for a NULL address. The arguments are those of '
'address_script().';

CREATE FUNCTION chimera.canonical_address(address text) RETURNS text
    AS 'MODULE_PATHNAME', 'chimera_canonical_address'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.canonical_address(text) IS
'The canonical spelling of an address, whatever its coin: bech32 in lower case, cashaddr in lower case without '
'its prefix. Returns any other text unchanged.';
