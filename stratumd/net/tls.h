/*
 * tls.h
 *	  The certificate that listeners with TLS show.
 */
#ifndef STRATUMD_TLS_H
#define STRATUMD_TLS_H

#include <stdbool.h>

/*
 * Read the certificate and its key; NULLs: there is none, and listeners with
 * TLS can't be opened.  False, told in the log, when they can't be used.
 */
extern bool tls_start(const char *certificate_file, const char *key_file);

/*
 * Read the files anew.  When they can't be used, the log tells and the former
 * certificate stays.  Connections keep what they began with.
 */
extern void tls_reload(void);
extern bool tls_is_ready(void);

/* TLS as a server on a non-blocking socket; only when it is ready. */
extern struct ssl_st *tls_accept(int fd);

#endif
