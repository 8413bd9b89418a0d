/*
 * compat.c
 *	  Differences between server versions that take more than a macro.
 */
#include "compat.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#if PG_VERSION_NUM >= 170000
#include "storage/procarray.h"
#else
#include "storage/sinvaladt.h"
#endif
#include "utils/tuplestore.h"

#if PG_VERSION_NUM >= 150000
static shmem_request_hook_type prev_request_hook = NULL;
static void (*request_memory)(void) = NULL;

static void
call_request_hooks(void)
{
	if (prev_request_hook)
		prev_request_hook();
	request_memory();
}
#endif

/* Register the function that requests shared memory; called at load time. */
void
compat_request_shared_memory(void (*request)(void))
{
#if PG_VERSION_NUM >= 150000
	request_memory = request;
	prev_request_hook = shmem_request_hook;
	shmem_request_hook = call_request_hooks;
#else
	request();
#endif
}

#if PG_VERSION_NUM < 150000
/* Prepare a set-returning function that fills a tuplestore. */
void
compat_init_materialized_srf(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext old;
	TupleDesc desc;

	if (result == NULL || !IsA(result, ReturnSetInfo) ||
		!(result->allowedModes & SFRM_Materialize))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("set-valued function called in context that "
							   "cannot accept a set")));

	old = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	result->returnMode = SFRM_Materialize;
	result->setResult = tuplestore_begin_heap(
		(result->allowedModes & SFRM_Materialize_Random) != 0, false, work_mem);
	result->setDesc = desc;
	MemoryContextSwitchTo(old);
}
#endif

TransactionId
compat_virtual_xid(VirtualTransactionId vxid)
{
	PGPROC *proc;
	TransactionId xid;

#if PG_VERSION_NUM >= 170000
	if (vxid.procNumber == INVALID_PROC_NUMBER)
		return vxid.localTransactionId;
	proc = ProcNumberGetProc(vxid.procNumber);
	if (proc == NULL)
		return InvalidTransactionId;
	xid = *(volatile TransactionId *) &proc->xid;
	return proc->vxid.lxid == vxid.localTransactionId ? xid
													  : InvalidTransactionId;
#else
	if (vxid.backendId == InvalidBackendId)
		return vxid.localTransactionId;
	proc = BackendIdGetProc(vxid.backendId);
	if (proc == NULL)
		return InvalidTransactionId;
	xid = *(volatile TransactionId *) &proc->xid;
	return proc->lxid == vxid.localTransactionId ? xid : InvalidTransactionId;
#endif
}
