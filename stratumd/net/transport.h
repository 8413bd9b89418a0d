/*
 * transport.h
 *	  A connection's bytes, in the clear or by TLS.
 *
 * transport_read and transport_send are read(2) and writev(2) for both: -1 with
 *errno EAGAIN means later, 0 read is the end.  What TLS waits for may be the
 *other direction: the flags tell the session which events it needs.
 */
#ifndef STRATUMD_TRANSPORT_H
#define STRATUMD_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/*
 * A read of as much takes a whole TLS record, so that nothing that has come
 * is kept where the event loop can't see it.
 */
#define TRANSPORT_RECORD_SIZE (16 * 1024)

typedef struct Transport
{
	int fd;
	struct ssl_st *tls;	   /* NULL: in the clear */
	bool read_wants_write; /* to read on, the socket must be writable */
	bool send_wants_read;  /* to send on, something must be read first */
	bool is_broken;		   /* TLS has failed: nothing more is said by it */
} Transport;

/* With TLS the handshake is made by the reads that follow. */
extern void transport_open(Transport *wire, int fd, bool by_tls);
extern ssize_t transport_read(Transport *wire, void *data, size_t size);
extern ssize_t
transport_send(Transport *wire, const struct iovec *vectors, int count);

/* We send no more; the peer still may. */
extern void transport_end_sending(Transport *wire);
extern void transport_close(Transport *wire);

#endif
