/*
 * extranonce.c
 *	  Extranonce1 values: 4 bytes that make a session's work unique.
 */
#include "session/extranonce.h"

#define MAX_CHUNKS	   64	/* held at once */
#define CHUNKS_AT_ONCE 8	/* asked for at once */
#define WANTED		   1024 /* values to hold in reserve */

static ExtranonceChunk chunks[MAX_CHUNKS];
static int chunk_count = 0;
static int used = 0; /* values taken from chunks[0] */
static int asked = 0;
static int waiting_count = 0;
static TAILQ_HEAD(, Session) waiting = TAILQ_HEAD_INITIALIZER(waiting);

bool
extranonce_take(uint32_t *value)
{
	if (chunk_count == 0)
		return false;

	*value = chunks[0].values[used++];
	if (used == EXTRANONCE_CHUNK)
	{
		chunks[0] = chunks[--chunk_count];
		used = 0;
	}
	return true;
}

void
extranonce_wait(Session *session)
{
	session->is_waiting = true;
	TAILQ_INSERT_TAIL(&waiting, session, waiting_link);
	waiting_count++;
}

void
extranonce_stop_waiting(Session *session)
{
	if (!session->is_waiting)
		return;
	session->is_waiting = false;
	TAILQ_REMOVE(&waiting, session, waiting_link);
	waiting_count--;
}

int
extranonce_chunks_wanted(void)
{
	int have = (chunk_count + asked) * EXTRANONCE_CHUNK - used;
	int missing = waiting_count + WANTED - have;
	int chunks_missing = (missing + EXTRANONCE_CHUNK - 1) / EXTRANONCE_CHUNK;

	if (chunks_missing > CHUNKS_AT_ONCE - asked)
		chunks_missing = CHUNKS_AT_ONCE - asked;
	if (chunk_count + asked + chunks_missing > MAX_CHUNKS)
		chunks_missing = MAX_CHUNKS - chunk_count - asked;
	return chunks_missing > 0 ? chunks_missing : 0;
}

void
extranonce_chunk_asked(void)
{
	asked++;
}

void
extranonce_chunk_failed(void)
{
	asked--;
}

void
extranonce_forget(void)
{
	chunk_count = 0;
	used = 0;
}

void
extranonce_chunk_came(const ExtranonceChunk *chunk, SessionHook serve)
{
	Session *session;

	asked--;
	chunks[chunk_count++] = *chunk;
	while (chunk_count > 0 && (session = TAILQ_FIRST(&waiting)) != NULL)
	{
		extranonce_stop_waiting(session);
		serve(session);
	}
}
