/*
 * extranonce.h
 *	  Extranonce1 values: 4 bytes that make a session's work unique.
 *
 * The database leases them in chunks of unpredictable values, so that no two
 * sessions of any stratumd share one.  A process uses a value once and never
 * gives it back.
 */
#ifndef STRATUMD_EXTRANONCE_H
#define STRATUMD_EXTRANONCE_H

#include "session/session.h"

#define EXTRANONCE_CHUNK 1024 /* chimera.lease_extranonce1 */

typedef struct ExtranonceChunk
{
	uint32_t values[EXTRANONCE_CHUNK];
} ExtranonceChunk;

/* Take a value; false if none is left and the session has to wait. */
extern bool extranonce_take(uint32_t *value);
extern void extranonce_wait(Session *session);
extern void extranonce_stop_waiting(Session *session);

/* How many chunks to lease in addition to those under way. */
extern int extranonce_chunks_wanted(void);
extern void extranonce_chunk_asked(void);

/*
 * A chunk has come: serve is called for each waiting session, as long as
 * values last.
 */
extern void
extranonce_chunk_came(const ExtranonceChunk *chunk, SessionHook serve);
extern void extranonce_chunk_failed(void);

/* Forget the values held: others may be given the same. */
extern void extranonce_forget(void);

#endif
