/*
 * tls.h
 *	  The certificate of the listeners with TLS.
 */
#ifndef STRATUMD_TLS_H
#define STRATUMD_TLS_H

#include <stdbool.h>

/*
 * Read the certificate and its key.  With NULLs, TLS is not available and
 * listeners with TLS cannot be opened.  False, after logging why, if the files
 * cannot be used.
 */
extern bool tls_start(const char *certificate_file, const char *key_file);

/*
 * Read the files again.  If they cannot be used, the previous certificate
 * stays in use, and the log says why.  Open connections are not affected.
 */
extern void tls_reload(void);
extern bool tls_is_ready(void);

/* The server side of TLS on a non-blocking socket; only when it is ready. */
extern struct ssl_st *tls_accept(int fd);

#endif
