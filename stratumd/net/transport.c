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
transport_open(Transport *transport, int fd, bool uses_tls)
{
	memset(transport, 0, sizeof(*transport));
	transport->fd = fd;
	if (uses_tls)
		transport->tls = tls_accept(fd);
}

/* ---------- by TLS ---------- */

/* Report a failed call of OpenSSL the way read(2) and write(2) do. */
static ssize_t
set_errno(Transport *transport, int result)
{
	int error = SSL_get_error(transport->tls, result);

	if (error == SSL_ERROR_ZERO_RETURN)
		return 0;
	if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
	{
		transport->is_broken = true;
		errno = EPROTO;
		return -1;
	}
	errno = EAGAIN;
	return -1;
}

static ssize_t
read_tls(Transport *transport, void *data, size_t size)
{
	int got;

	/* OpenSSL would take another connection's error for this one's */
	ERR_clear_error();
	got = SSL_read(transport->tls, data, (int) size);
	transport->read_wants_write = got <= 0 && SSL_want_write(transport->tls);
	if (got > 0)
		return got;
	return set_errno(transport, got);
}

/*
 * Send one record of all that is queued: copying is cheaper than a record for
 * each piece.  After EAGAIN, OpenSSL requires a call with the same bytes or
 * more, which the head of a queue has.
 */
static ssize_t
send_tls(Transport *transport, const struct iovec *vectors, int count)
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
	sent = SSL_write(transport->tls, record, (int) length);
	transport->send_wants_read = sent <= 0 && SSL_want_read(transport->tls);
	if (sent > 0)
		return sent;
	if (set_errno(transport, sent) == 0)
		errno = EPIPE;
	return -1;
}

/* ---------- both ---------- */

ssize_t
transport_read(Transport *transport, void *data, size_t size)
{
	if (transport->tls)
		return read_tls(transport, data, size);
	return read(transport->fd, data, size);
}

ssize_t
transport_send(Transport *transport, const struct iovec *vectors, int count)
{
	if (transport->tls)
		return send_tls(transport, vectors, count);
	return writev(transport->fd, vectors, count);
}

/* Send close_notify if the handshake has finished. */
static void
send_close_notify(Transport *transport)
{
	if (transport->tls == NULL || transport->is_broken ||
		!SSL_is_init_finished(transport->tls))
		return;
	ERR_clear_error();
	if (SSL_shutdown(transport->tls) < 0)
		transport->is_broken = true;
}

void
transport_end_sending(Transport *transport)
{
	send_close_notify(transport);
	shutdown(transport->fd, SHUT_WR);
}

void
transport_close(Transport *transport)
{
	send_close_notify(transport);
	SSL_free(transport->tls);
	transport->tls = NULL;
	close(transport->fd);
	transport->fd = -1;
}
