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

/* 16 moved the access to variable-length values out of postgres.h */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 18 expects this before the declaration, as C11's _Noreturn */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 16 added a parameter: whether only summarizing indexes need the tuple */
#if PG_VERSION_NUM >= 160000
#define compat_insert_index_tuples(rri, slot, estate) \
	ExecInsertIndexTuples(rri, slot, estate, false, false, NULL, NIL, false)
#else
#define compat_insert_index_tuples(rri, slot, estate) \
	ExecInsertIndexTuples(rri, slot, estate, false, false, NULL, NIL)
#endif

/* 15 provides this under another name; before, each function did it itself */
#if PG_VERSION_NUM >= 150000
#define compat_init_materialized_srf(fcinfo) InitMaterializedSRF(fcinfo, 0)
#else
extern void compat_init_materialized_srf(FunctionCallInfo fcinfo);
#endif

/* 15 requests shared memory in a hook, after all libraries are loaded */
extern void compat_request_shared_memory(void (*request)(void));

/* 15 reserves a prefix; older servers warn about undefined settings */
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
 * The transaction id of a virtual transaction, or InvalidTransactionId if it
 * has none or has ended.  A prepared transaction has no session; its virtual
 * id holds the transaction id itself.
 */
extern TransactionId compat_virtual_xid(VirtualTransactionId vxid);

/* 17 ties wait event sets to resource owners, which workers do not have */
#if PG_VERSION_NUM >= 170000
#define compat_create_wait_event_set(size) CreateWaitEventSet(NULL, size)
#else
#define compat_create_wait_event_set(size) \
	CreateWaitEventSet(CurrentMemoryContext, size)
#endif

#endif
