/*
 * transport.h
 *	  Reads and sends a connection's bytes, with TLS or without.
 *
 * transport_read and transport_send behave like read(2) and writev(2) in both
 * cases: -1 with errno EAGAIN means later, 0 read is the end.  TLS may wait
 * for the other direction: the flags tell the session which events it needs.
 */
#ifndef STRATUMD_TRANSPORT_H
#define STRATUMD_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/*
 * A read of this size takes a whole TLS record, so that OpenSSL keeps no bytes
 * where the event loop cannot see them.
 */
#define TRANSPORT_RECORD_SIZE (16 * 1024)

typedef struct Transport
{
	int fd;
	struct ssl_st *tls;	   /* NULL: no TLS */
	bool read_wants_write; /* to read on, the socket must be writable */
	bool send_wants_read;  /* to send on, something must be read first */
	bool is_broken;		   /* TLS has failed and must not be used */
} Transport;

/* With TLS, the reads that follow make the handshake. */
extern void transport_open(Transport *transport, int fd, bool uses_tls);
extern ssize_t transport_read(Transport *transport, void *data, size_t size);
extern ssize_t
transport_send(Transport *transport, const struct iovec *vectors, int count);

/* End sending; the peer may still send. */
extern void transport_end_sending(Transport *transport);
extern void transport_close(Transport *transport);

#endif
