/*
 * extranonce.h
 *	  Extranonce1 values: 4 bytes that make a session's work its own.
 *
 * The database leases them in chunks, so that no two sessions of any stratumd
 * share one, and none that can be foretold.  A value is used once in a process
 * and never given back.
 */
#ifndef STRATUMD_EXTRANONCE_H
#define STRATUMD_EXTRANONCE_H

#include "session/session.h"

#define EXTRANONCE_CHUNK 1024 /* chimera.lease_extranonce1 */

typedef struct ExtranonceChunk
{
	uint32_t values[EXTRANONCE_CHUNK];
} ExtranonceChunk;

/* Take a value; false when there is none, and the session has to wait. */
extern bool extranonce_take(uint32_t *value);
extern void extranonce_wait(Session *session);
extern void extranonce_stop_waiting(Session *session);

/* How many chunks to lease beyond those that are on their way. */
extern int extranonce_chunks_wanted(void);
extern void extranonce_chunk_asked(void);

/* A chunk has come; each session that waits and can be served is handed on. */
extern void
extranonce_chunk_came(const ExtranonceChunk *chunk, SessionHook serve);
extern void extranonce_chunk_failed(void);

/* Give none of what is held any more: others may be given the same. */
extern void extranonce_forget(void);

#endif
