/*
 * children.c
 *	  The jobs of its children that a parent's job carries (merged mining).
 *
 * A child that cannot be carried is left out; nothing of the parent waits for
 * it or fails with it.  chimera.health names those that are left out.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"

#include "chain/auxpow.h"
#include "job/children.h"
#include "spi/spi_query.h"
#include "spi/spi_transaction.h"

/* the upper half of versions with signals (BIP 9), which is not a chain id */
#define SIGNALS_ID 0x2000

static uint64
add_hash(uint64 seed, const void *data, size_t length)
{
	return hash_bytes_extended(data, (int) length, seed);
}

void
children_read(const pg_uuid_t *parent_id, Children *children)
{
	static SPIPlanPtr plan = NULL;
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(parent_id)};

	memset(children, 0, sizeof(Children));
	spi_keep_plan(&plan,
				  "SELECT network_id, job_id, chain_id, prevhash, hash"
				  " FROM chimera.jobs_to_carry($1)",
				  1, types);
	if (SPI_execute_plan(plan, values, NULL, false, CHILDREN_MAX) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not read the jobs of children");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		SpiRow row = spi_row(i);
		Child *child = &children->items[i];
		AuxLeaf *leaf = &children->leaves[i];
		bytea *prevhash = DatumGetByteaPP(row_datum(row, 4));
		bytea *hash = DatumGetByteaPP(row_datum(row, 5));

		child->network_id = *DatumGetUUIDP(row_datum(row, 1));
		child->job_id = row_int64(row, 2);
		leaf->chain_id = (uint32) row_int64(row, 3);
		memcpy(leaf->hash, VARDATA_ANY(hash), 32);
		children->tips = add_hash(children->tips, &child->network_id, UUID_LEN);
		children->tips = add_hash(children->tips, VARDATA_ANY(prevhash), 32);
		children->count++;
	}
	SPI_freetuptable(SPI_tuptable);
}

/*
 * A parent whose version has the child's chain id in its upper half proves no
 * work for it: the version's own bits must differ from the id, or one that
 * could become equal must not be rolled.  Bits of the mask are zero in the
 * version: those that the template sets are not rolled.
 */
static bool
keep_id_apart(uint32 chain_id, uint32 version, uint32 mask, uint32 *fixed_bits)
{
	uint32 wanted = chain_id << 16;
	uint32 rolled = mask & ~*fixed_bits & 0xffff0000u;
	uint32 kept = wanted & rolled;

	if (((version ^ wanted) & ~rolled & 0xffff0000u) != 0)
		return true;
	/* the lowest bit that a miner would have to set */
	*fixed_bits |= kept & -kept;
	return kept != 0;
}

static bool
is_carried_already(const Children *children, int count, uint32 chain_id)
{
	for (int i = 0; i < count; i++)
		if (children->leaves[i].chain_id == chain_id)
			return true;
	return false;
}

void
children_place(Children *children, uint32 version, uint32 version_mask)
{
	uint32 mask = version_mask & ~version;
	int count = 0;

	children->fixed_bits = AUX_VERSION_BIT;
	for (int i = 0; i < children->count; i++)
	{
		uint32 chain_id = children->leaves[i].chain_id;

		if (chain_id == 0 || chain_id == SIGNALS_ID ||
			(version & AUX_VERSION_BIT) ||
			is_carried_already(children, count, chain_id) ||
			!keep_id_apart(chain_id, version, mask, &children->fixed_bits))
			continue;
		children->items[count] = children->items[i];
		children->leaves[count++] = children->leaves[i];
		children->jobs =
			add_hash(children->jobs, &children->items[i].job_id, sizeof(int64));
	}
	children->count = count;
	if (count == 0)
		children->fixed_bits = 0;
	(void) aux_tree_build(&children->tree, children->leaves, (size_t) count, 0);
}

int64
children_store(const Children *children)
{
	static SPIPlanPtr plan = NULL;
	Oid types[] = {INT8OID, UUIDOID, INT8OID, INT8OID, BYTEAOID};
	SpiQuery number = {
		.text = "SELECT nextval('chimera.carried_jobs_tree_id_seq')"};
	size_t length = (size_t) children->tree.height * 32;
	int64 tree_id = 0;

	spi_query_int64(&number, &tree_id);
	spi_keep_plan(&plan,
				  "INSERT INTO chimera.carried_jobs"
				  " (tree_id, network_id, job_id, slot, branch)"
				  " VALUES ($1, $2, $3, $4, $5)",
				  lengthof(types), types);
	for (int i = 0; i < children->count; i++)
	{
		const Child *child = &children->items[i];
		uint8 branch[AUX_TREE_HEIGHT_MAX][32];
		bytea *value = palloc(VARHDRSZ + length);
		Datum values[] = {
			Int64GetDatum(tree_id),
			UUIDPGetDatum(&child->network_id),
			Int64GetDatum(child->job_id),
			Int64GetDatum(children->leaves[i].slot),
			PointerGetDatum(value),
		};

		aux_tree_branch(&children->tree, children->leaves[i].slot, branch);
		SET_VARSIZE(value, VARHDRSZ + length);
		memcpy(VARDATA(value), branch, length);
		if (SPI_execute_plan(plan, values, NULL, false, 0) != SPI_OK_INSERT)
			elog(ERROR, "could not store a carried job");
	}
	return tree_id;
}

uint64
children_tips(const pg_uuid_t *parent_id)
{
	MemoryContext caller = spi_transaction_begin("looking at children's tips");
	Children children;

	children_read(parent_id, &children);
	spi_transaction_commit(caller);
	return children.tips;
}

int
parents_read(const pg_uuid_t *network_id, pg_uuid_t **parents)
{
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(network_id)};
	MemoryContext caller = spi_transaction_begin("reading a network's parents");
	int count;

	if (SPI_execute_with_args("SELECT parent_id FROM chimera.merged_networks"
							  " WHERE network_id = $1 AND unmerged_at IS NULL",
							  1, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read a network's parents");
	count = (int) SPI_processed;
	*parents = MemoryContextAlloc(caller, sizeof(pg_uuid_t) * Max(count, 1));
	for (int i = 0; i < count; i++)
		(*parents)[i] = *DatumGetUUIDP(row_datum(spi_row(i), 1));
	spi_transaction_commit(caller);
	return count;
}
