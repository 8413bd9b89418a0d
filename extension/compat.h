/*
 * compat.h
 *	  Differences between PostgreSQL 14 and 18, in one place.
 */
#ifndef CHIMERA_COMPAT_H
#define CHIMERA_COMPAT_H

#include "postgres.h"

#include "catalog/partition.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/guc.h"

/* 16 took the access to variable-length values out of postgres.h */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 18 puts this before the declaration, as C11's _Noreturn */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 16 added the question whether only summarizing indexes need the tuple */
#if PG_VERSION_NUM >= 160000
#define compat_insert_index_tuples(rri, slot, estate) \
	ExecInsertIndexTuples(rri, slot, estate, false, false, NULL, NIL, false)
#else
#define compat_insert_index_tuples(rri, slot, estate) \
	ExecInsertIndexTuples(rri, slot, estate, false, false, NULL, NIL)
#endif

/* 15 has this under another name; older ones leave it to the function */
#if PG_VERSION_NUM >= 150000
#define compat_init_materialized_srf(fcinfo) InitMaterializedSRF(fcinfo, 0)
#else
extern void compat_init_materialized_srf(FunctionCallInfo fcinfo);
#endif

/* 15 asks for shared memory by a hook, after all libraries are loaded */
extern void compat_request_shared_memory(void (*request)(void));

/* 15 reserves a prefix; older ones warn of settings that nobody defined */
#if PG_VERSION_NUM >= 150000
#define compat_reserve_settings(prefix) MarkGUCPrefixReserved(prefix)
#else
#define compat_reserve_settings(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

/* 17 moved the virtual transaction id into a struct of its own */
#if PG_VERSION_NUM >= 170000
#define compat_my_lxid() (MyProc->vxid.lxid)
#else
#define compat_my_lxid() (MyProc->lxid)
#endif

/*
 * The transaction id of a virtual transaction: invalid when it has none or has
 * ended.  What was prepared has no session; its id stands in the other's place.
 */
extern TransactionId compat_virtual_xid(VirtualTransactionId vxid);

/* 17 ties wait event sets to resource owners, of which workers have none */
#if PG_VERSION_NUM >= 170000
#define compat_create_wait_event_set(size) CreateWaitEventSet(NULL, size)
#else
#define compat_create_wait_event_set(size) \
	CreateWaitEventSet(CurrentMemoryContext, size)
#endif

#endif
