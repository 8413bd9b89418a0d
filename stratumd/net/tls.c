/*
 * tls.c
 *	  The certificate of the listeners with TLS.
 *
 * A certificate is an SSL_CTX here.  A new one replaces the previous one once
 * it is read without an error; the previous one is freed with its last
 * connection.
 *
 * Sessions are not resumed: few miners ask for it, and whoever has the
 * tickets' key could decrypt recorded connections for as long as the process
 * lives.
 */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "log.h"
#include "memory.h"

static const char *certificate_path;
static const char *key_path;
static SSL_CTX *current;

/* Keys with a passphrase are rejected: nobody could type it. */
static int
no_passphrase(char *buffer, int size, int is_writing, void *data)
{
	(void) buffer;
	(void) size;
	(void) is_writing;
	(void) data;
	return -1;
}

static void
set_up_context(SSL_CTX *context)
{
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION |
									 SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
									 SSL_OP_CIPHER_SERVER_PREFERENCE |
									 /*
									  * lines have ends of their own, and many
									  * miners just close
									  */
									 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_num_tickets(context, 0);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	/* an idle connection keeps no buffers; see send_tls about the others */
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS |
								  SSL_MODE_ENABLE_PARTIAL_WRITE |
								  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_default_passwd_cb(context, no_passphrase);
}

/* Log which file failed, and OpenSSL's reason. */
static void
log_file_error(const char *what, const char *path)
{
	unsigned long error = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(error);

	log_error("could not load TLS %s \"%s\": %s", what, path,
			  reason ? reason : "unknown error");
}

static bool
load_files(SSL_CTX *context)
{
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(context, certificate_path) != 1)
	{
		log_file_error("certificate", certificate_path);
		return false;
	}
	/* this also finds a key that does not match the certificate */
	if (SSL_CTX_use_PrivateKey_file(context, key_path, SSL_FILETYPE_PEM) != 1)
	{
		log_file_error("key", key_path);
		return false;
	}
	return true;
}

static bool
load_certificate(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (context == NULL)
	{
		log_error("could not create a TLS context");
		return false;
	}
	set_up_context(context);
	if (!load_files(context))
	{
		SSL_CTX_free(context);
		return false;
	}
	SSL_CTX_free(current);
	current = context;
	return true;
}

bool
tls_start(const char *certificate_file, const char *key_file)
{
	certificate_path = certificate_file;
	key_path = key_file;
	return certificate_file == NULL || load_certificate();
}

void
tls_reload(void)
{
	if (certificate_path == NULL)
		log_info("no TLS certificate to reload");
	else if (load_certificate())
		log_info("TLS certificate reloaded");
	else
		log_warning("the previous TLS certificate stays in use");
}

bool
tls_is_ready(void)
{
	return current != NULL;
}

struct ssl_st *
tls_accept(int fd)
{
	SSL *tls = SSL_new(current);

	if (tls == NULL || SSL_set_fd(tls, fd) != 1)
		memory_exhausted();
	SSL_set_accept_state(tls);
	return tls;
}
