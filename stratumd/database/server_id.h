/*
 * server_id.h
 *	  The uuid by which the database knows this process.
 */
#ifndef STRATUMD_SERVER_ID_H
#define STRATUMD_SERVER_ID_H

/* A random uuid as text, the same as long as the process lives. */
extern const char *server_id(void);

#endif
