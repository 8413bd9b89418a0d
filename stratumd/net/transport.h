/*
 * transport.h
 *	  A connection's bytes, in the clear or by TLS.
 *
 * wire_read and wire_send are read(2) and writev(2) for both: -1 with errno
 * EAGAIN means later, 0 read is the end.  What TLS waits for may be the other
 * direction: the flags tell the session which events it needs.
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
#define WIRE_RECORD_SIZE (16 * 1024)

typedef struct Wire
{
	int fd;
	struct ssl_st *tls;	   /* NULL: in the clear */
	bool read_wants_write; /* to read on, the socket must be writable */
	bool send_wants_read;  /* to send on, something must be read first */
	bool is_broken;		   /* TLS has failed: nothing more is said by it */
} Wire;

/* With TLS the handshake is made by the reads that follow. */
extern void wire_open(Wire *wire, int fd, bool by_tls);
extern ssize_t wire_read(Wire *wire, void *data, size_t size);
extern ssize_t wire_send(Wire *wire, const struct iovec *vectors, int count);

/* We send no more; the peer still may. */
extern void wire_end_sending(Wire *wire);
extern void wire_close(Wire *wire);

#endif
