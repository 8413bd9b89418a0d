/*
 * transport.c
 *	  Reads and sends a connection's bytes, with TLS or without.
 */
#include "net/transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tls.h"

void
transport_open(Transport *wire, int fd, bool by_tls)
{
	memset(wire, 0, sizeof(*wire));
	wire->fd = fd;
	if (by_tls)
		wire->tls = tls_accept(fd);
}

/* ---------- by TLS ---------- */

/* Report a failed call of OpenSSL the way read(2) and write(2) do. */
static ssize_t
tell_failure(Transport *wire, int result)
{
	int error = SSL_get_error(wire->tls, result);

	if (error == SSL_ERROR_ZERO_RETURN)
		return 0;
	if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
	{
		wire->is_broken = true;
		errno = EPROTO;
		return -1;
	}
	errno = EAGAIN;
	return -1;
}

static ssize_t
read_tls(Transport *wire, void *data, size_t size)
{
	int got;

	/* OpenSSL would take another connection's error for this one's */
	ERR_clear_error();
	got = SSL_read(wire->tls, data, (int) size);
	wire->read_wants_write = got <= 0 && SSL_want_write(wire->tls);
	if (got > 0)
		return got;
	return tell_failure(wire, got);
}

/*
 * Send one record of all that is queued: copying is cheaper than a record for
 * each piece.  After EAGAIN, OpenSSL requires a call with the same bytes or
 * more, which the head of a queue has.
 */
static ssize_t
send_tls(Transport *wire, const struct iovec *vectors, int count)
{
	static char record[TRANSPORT_RECORD_SIZE];
	size_t length = 0;
	int sent;

	for (int i = 0; i < count && length < sizeof(record); i++)
	{
		size_t part = vectors[i].iov_len;

		if (part > sizeof(record) - length)
			part = sizeof(record) - length;
		memcpy(record + length, vectors[i].iov_base, part);
		length += part;
	}
	ERR_clear_error();
	sent = SSL_write(wire->tls, record, (int) length);
	wire->send_wants_read = sent <= 0 && SSL_want_read(wire->tls);
	if (sent > 0)
		return sent;
	if (tell_failure(wire, sent) == 0)
		errno = EPIPE;
	return -1;
}

/* ---------- both ---------- */

ssize_t
transport_read(Transport *wire, void *data, size_t size)
{
	if (wire->tls)
		return read_tls(wire, data, size);
	return read(wire->fd, data, size);
}

ssize_t
transport_send(Transport *wire, const struct iovec *vectors, int count)
{
	if (wire->tls)
		return send_tls(wire, vectors, count);
	return writev(wire->fd, vectors, count);
}

/* Send close_notify if the handshake has finished. */
static void
say_end(Transport *wire)
{
	if (wire->tls == NULL || wire->is_broken ||
		!SSL_is_init_finished(wire->tls))
		return;
	ERR_clear_error();
	if (SSL_shutdown(wire->tls) < 0)
		wire->is_broken = true;
}

void
transport_end_sending(Transport *wire)
{
	say_end(wire);
	shutdown(wire->fd, SHUT_WR);
}

void
transport_close(Transport *wire)
{
	say_end(wire);
	SSL_free(wire->tls);
	wire->tls = NULL;
	close(wire->fd);
	wire->fd = -1;
}
