/*
 * scrypt_lanes.h
 *	  scryptROMix of several blocks at once, one block a 32-bit vector lane.
 *
 * Included by the file of each instruction set, after it has defined
 *
 *	LANES			blocks at once, a multiple of 4
 *	LANES_TARGET	the function attribute that enables the instructions
 *	Vector			LANES words
 *	vector_zero(), vector_add(a, b), vector_xor(a, b), vector_rotate(v, bits)
 *	vector_unpack_low32(a, b), ..._high32, ..._low64, ..._high64
 *					the usual interleaving inside each 128-bit part
 *	vector_load_parts(rows, word)
 *					part q is four words of rows[4 * q], from 'word' on
 *	vector_store_parts(rows, word, v)
 *					its inverse
 *
 * Salsa20 then needs no shuffles, and its four quarter-rounds run side by side.
 * The price is paid at the scratch memory: each lane reads at an index of its
 * own, so blocks lie there whole, two cache lines each, and are transposed on
 * the way in and out.  Left interleaved, each would touch a line for every
 * word or two.
 */

#define LANES_INLINE static inline __attribute__((always_inline)) LANES_TARGET

/* gcc -O2 would keep these loops, and with them the vectors in memory */
#define UNROLL _Pragma("GCC unroll 16")

#define QUARTER_STEP(a, b, c, bits) \
	a = vector_xor(a, vector_rotate(vector_add(b, c), bits))

/* RFC 7914, 3: a quarter-round of Salsa20 */
#define QUARTER_ROUND(a, b, c, d)  \
	do                             \
	{                              \
		QUARTER_STEP(b, a, d, 7);  \
		QUARTER_STEP(c, b, a, 9);  \
		QUARTER_STEP(d, c, b, 13); \
		QUARTER_STEP(a, d, c, 18); \
	} while (0)

/* b = Salsa20/8(b ^ with) */
LANES_INLINE void
xor_salsa20_8(Vector b[16], const Vector with[16])
{
	Vector x[16];

	UNROLL
	for (int i = 0; i < 16; i++)
		x[i] = b[i] = vector_xor(b[i], with[i]);

	for (int round = 0; round < 8; round += 2)
	{
		/* columns */
		QUARTER_ROUND(x[0], x[4], x[8], x[12]);
		QUARTER_ROUND(x[5], x[9], x[13], x[1]);
		QUARTER_ROUND(x[10], x[14], x[2], x[6]);
		QUARTER_ROUND(x[15], x[3], x[7], x[11]);
		/* rows */
		QUARTER_ROUND(x[0], x[1], x[2], x[3]);
		QUARTER_ROUND(x[5], x[6], x[7], x[4]);
		QUARTER_ROUND(x[10], x[11], x[8], x[9]);
		QUARTER_ROUND(x[15], x[12], x[13], x[14]);
	}

	UNROLL
	for (int i = 0; i < 16; i++)
		b[i] = vector_add(b[i], x[i]);
}

/* RFC 7914, 4: scryptBlockMix with r = 1 */
LANES_INLINE void
block_mix(Vector x[SCRYPT_BLOCK_WORDS])
{
	xor_salsa20_8(x, x + 16);
	xor_salsa20_8(x + 16, x);
}

/* Transpose the 4 x 4 words in each 128-bit part: its own inverse. */
LANES_INLINE void
transpose(Vector v[4])
{
	Vector a = vector_unpack_low32(v[0], v[1]);
	Vector b = vector_unpack_low32(v[2], v[3]);
	Vector c = vector_unpack_high32(v[0], v[1]);
	Vector d = vector_unpack_high32(v[2], v[3]);

	v[0] = vector_unpack_low64(a, b);
	v[1] = vector_unpack_high64(a, b);
	v[2] = vector_unpack_low64(c, d);
	v[3] = vector_unpack_high64(c, d);
}

/* Store each lane to its row. */
LANES_INLINE void
store_rows(const Vector x[SCRYPT_BLOCK_WORDS], uint32_t *const rows[LANES])
{
	for (int word = 0; word < SCRYPT_BLOCK_WORDS; word += 4)
	{
		Vector v[4] = {x[word], x[word + 1], x[word + 2], x[word + 3]};

		transpose(v);
		vector_store_parts(rows, word, v[0]);
		vector_store_parts(rows + 1, word, v[1]);
		vector_store_parts(rows + 2, word, v[2]);
		vector_store_parts(rows + 3, word, v[3]);
	}
}

/* XOR each lane with its row. */
LANES_INLINE void
xor_rows(Vector x[SCRYPT_BLOCK_WORDS], uint32_t *const rows[LANES])
{
	for (int word = 0; word < SCRYPT_BLOCK_WORDS; word += 4)
	{
		Vector v[4] = {vector_load_parts(rows, word),
					   vector_load_parts(rows + 1, word),
					   vector_load_parts(rows + 2, word),
					   vector_load_parts(rows + 3, word)};

		transpose(v);
		x[word] = vector_xor(x[word], v[0]);
		x[word + 1] = vector_xor(x[word + 1], v[1]);
		x[word + 2] = vector_xor(x[word + 2], v[2]);
		x[word + 3] = vector_xor(x[word + 3], v[3]);
	}
}

/* The scratch memory holds the lanes' blocks of one index side by side. */
LANES_INLINE uint32_t *
scratch_row(uint32_t *scratch, uint32_t index, int lane)
{
	return scratch + ((size_t) index * LANES + lane) * SCRYPT_BLOCK_WORDS;
}

/* RFC 7914, 5: scryptROMix with r = 1 */
LANES_TARGET static void
romix(uint32_t (*blocks)[SCRYPT_BLOCK_WORDS], uint32_t *scratch, uint32_t n)
{
	Vector x[SCRYPT_BLOCK_WORDS];
	uint32_t *rows[LANES];
	uint32_t indexes[LANES];

	/* the lanes start as zero ^ blocks */
	for (int word = 0; word < SCRYPT_BLOCK_WORDS; word++)
		x[word] = vector_zero();
	for (int lane = 0; lane < LANES; lane++)
		rows[lane] = blocks[lane];
	xor_rows(x, rows);

	for (uint32_t i = 0; i < n; i++)
	{
		for (int lane = 0; lane < LANES; lane++)
			rows[lane] = scratch_row(scratch, i, lane);
		store_rows(x, rows);
		block_mix(x);
	}

	/* Integerify: the first word of the second half, modulo n */
	for (uint32_t i = 0; i < n; i++)
	{
		memcpy(indexes, &x[16], sizeof(indexes));
		for (int lane = 0; lane < LANES; lane++)
			rows[lane] = scratch_row(scratch, indexes[lane] & (n - 1), lane);
		xor_rows(x, rows);
		block_mix(x);
	}

	for (int lane = 0; lane < LANES; lane++)
		rows[lane] = blocks[lane];
	store_rows(x, rows);
}
