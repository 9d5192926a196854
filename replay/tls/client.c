#include "replay/tls/client.h"

#include <errno.h>
#include <gio/gio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file_read.h"

/* So many connections keep their buffers of 34 KiB between two records; of more they are made each time. */
#define BUFFERED_LINKS 1024u

struct fdar_tls_client {
	SSL_CTX *context;
	BIO_METHOD *wire;
	unsigned links;       /* there are now */
	GHashTable *sessions; /* "name version" -> SSL_SESSION */
};

struct fdar_tls_link {
	SSL *ssl;
	struct fdar_tls_client *client;
	char *key; /* of its sessions in the table */
	const char *problem;
	int fd;
	gboolean asked;   /* for a certificate that there is none of */
	gboolean emptied; /* the last read of the socket had all that was there */
	gboolean at_end;  /* and the server has closed it */
};

/* ---- the socket, as libssl sees it: it tells when nothing is left to read ---- */

static int wire_read(BIO *bio, char *bytes, int size)
{
	struct fdar_tls_link *link = BIO_get_data(bio);
	ssize_t n = recv(link->fd, bytes, (size_t)size, MSG_DONTWAIT);

	BIO_clear_retry_flags(bio);
	link->emptied = n < size;
	link->at_end = n == 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	return (int)n;
}

static int wire_write(BIO *bio, const char *bytes, int size)
{
	const struct fdar_tls_link *link = BIO_get_data(bio);
	ssize_t n = send(link->fd, bytes, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(bio);
	return (int)n;
}

static long wire_control(BIO *bio, int what, long number, void *pointer)
{
	const struct fdar_tls_link *link = BIO_get_data(bio);

	(void)number;
	(void)pointer;
	if (what == BIO_CTRL_EOF)
		return link->at_end;
	return what == BIO_CTRL_FLUSH;
}

static BIO_METHOD *wire_new(void)
{
	BIO_METHOD *wire = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");

	if (wire && BIO_meth_set_read(wire, wire_read) && BIO_meth_set_write(wire, wire_write) &&
	    BIO_meth_set_ctrl(wire, wire_control))
		return wire;
	BIO_meth_free(wire);
	return NULL;
}

static gboolean set_wire(struct fdar_tls_link *link)
{
	BIO *bio = BIO_new(link->client->wire);

	if (!bio)
		return FALSE;
	BIO_set_data(bio, link);
	BIO_set_init(bio, 1);
	SSL_set_bio(link->ssl, bio, bio);
	return TRUE;
}

/* ---- clients ---- */

/* A session that may be resumed later: the last of its kind is kept. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct fdar_tls_link *link = SSL_get_app_data(ssl);

	g_hash_table_replace(link->client->sessions, g_strdup(link->key), session);
	return 1;
}

/* The server asks who we are, and we have nothing to show. */
static int on_asked(SSL *ssl, X509 **certificate, EVP_PKEY **key)
{
	struct fdar_tls_link *link = SSL_get_app_data(ssl);

	(void)certificate;
	(void)key;
	link->asked = TRUE;
	return 0;
}

/* Nobody is asked: libssl would, at the terminal. */
static int no_pass_phrase(char *phrase, int size, int writes, void *user)
{
	(void)phrase;
	(void)size;
	(void)writes;
	(void)user;
	return -1;
}

static gboolean set_certificate(SSL_CTX *context, const char *path, GError **error)
{
	int fd;

	if (!path) {
		SSL_CTX_set_client_cert_cb(context, on_asked);
		return TRUE;
	}
	fd = fdar_file_open(path, error);
	if (fd < 0)
		return FALSE;
	close(fd);
	SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(context, path) == 1 &&
	    SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM) == 1)
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		    "%s: a certificate and its key in PEM are expected, without a pass phrase",
		    path);
	ERR_clear_error();
	return FALSE;
}

static void session_free(gpointer session)
{
	SSL_SESSION_free(session);
}

struct fdar_tls_client *fdar_tls_client_new(const char *certificate, GError **error)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	BIO_METHOD *wire = wire_new();
	struct fdar_tls_client *client;

	if (!context || !wire) {
		BIO_meth_free(wire);
		SSL_CTX_free(context);
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "libssl: %s",
			    ERR_reason_error_string(ERR_get_error()));
		return NULL;
	}
	client = g_new0(struct fdar_tls_client, 1);
	client->context = context;
	client->wire = wire;
	client->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, session_free);
	/* A call for header and body of all records that are there, in place of two for each. */
	SSL_CTX_set_read_ahead(client->context, 1);
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* Old servers, and keys that are small, are played at too. */
	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(context, on_session);
	if (!set_certificate(context, certificate, error)) {
		fdar_tls_client_free(client);
		return NULL;
	}
	return client;
}

void fdar_tls_client_free(struct fdar_tls_client *client)
{
	if (!client)
		return;
	g_hash_table_unref(client->sessions);
	SSL_CTX_free(client->context);
	BIO_meth_free(client->wire);
	g_free(client);
}

static void set_alpn(SSL *ssl, const char *alpn)
{
	size_t size = alpn ? strlen(alpn) : 0;
	uint8_t wire[256];

	if (size == 0 || size > 255)
		return;
	wire[0] = (uint8_t)size;
	memcpy(wire + 1, alpn, size);
	SSL_set_alpn_protos(ssl, wire, (unsigned)size + 1);
}

struct fdar_tls_link *fdar_tls_link_new(struct fdar_tls_client *client, int fd,
					const struct fdar_tls_wish *wish)
{
	struct fdar_tls_link *link = g_new0(struct fdar_tls_link, 1);
	SSL_SESSION *session;

	link->client = client;
	link->fd = fd;
	client->links++;
	link->ssl = SSL_new(client->context);
	link->key = g_strdup_printf("%s %x", wish->name ? wish->name : "", wish->version);
	if (!link->ssl || !set_wire(link)) {
		link->problem = "out of memory";
		return link;
	}
	if (client->links <= BUFFERED_LINKS)
		SSL_clear_mode(link->ssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_set_app_data(link->ssl, link);
	SSL_set_connect_state(link->ssl);
	if (wish->version >= 0x0301 && wish->version <= 0x0304)
		SSL_set_max_proto_version(link->ssl, wish->version);
	if (wish->name && wish->name[0])
		SSL_set_tlsext_host_name(link->ssl, wish->name);
	set_alpn(link->ssl, wish->alpn);
	session = wish->resume ? g_hash_table_lookup(client->sessions, link->key) : NULL;
	if (session)
		SSL_set_session(link->ssl, session);
	return link;
}

/* What a call of libssl that did not succeed means. Its errors are taken away: there are none before a call. */
static enum fdar_tls_status judge(struct fdar_tls_link *link, int result)
{
	int code = errno;
	unsigned long problem;

	switch (SSL_get_error(link->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return FDAR_TLS_WAIT_READ;
	case SSL_ERROR_WANT_WRITE:
		return FDAR_TLS_WAIT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return FDAR_TLS_CLOSED;
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		errno = code;
		return code ? FDAR_TLS_FAILED : FDAR_TLS_CLOSED;
	default:
		problem = ERR_peek_error();
		link->problem = ERR_reason_error_string(problem);
		if (!link->problem)
			link->problem = "TLS failed";
		ERR_clear_error();
		errno = 0;
		return FDAR_TLS_FAILED;
	}
}

enum fdar_tls_status fdar_tls_link_handshake(struct fdar_tls_link *link)
{
	int result;

	if (link->problem)
		return FDAR_TLS_FAILED;
	ERR_clear_error();
	errno = 0;
	result = SSL_do_handshake(link->ssl);
	return result == 1 ? FDAR_TLS_DONE : judge(link, result);
}

enum fdar_tls_status fdar_tls_link_read(struct fdar_tls_link *link, void *bytes, size_t size,
					size_t *done)
{
	int result;

	*done = 0;
	errno = 0;
	result = SSL_read_ex(link->ssl, bytes, size, done);
	return result == 1 ? FDAR_TLS_DONE : judge(link, result);
}

enum fdar_tls_status fdar_tls_link_write(struct fdar_tls_link *link, const void *bytes, size_t size,
					 size_t *done)
{
	int result;

	*done = 0;
	errno = 0;
	result = SSL_write_ex(link->ssl, bytes, size, done);
	return result == 1 ? FDAR_TLS_DONE : judge(link, result);
}

void fdar_tls_link_end(struct fdar_tls_link *link)
{
	SSL_shutdown(link->ssl);
	ERR_clear_error();
}

gboolean fdar_tls_link_is_empty(const struct fdar_tls_link *link)
{
	return link->emptied && !SSL_has_pending(link->ssl);
}

gboolean fdar_tls_link_resumed(const struct fdar_tls_link *link)
{
	return SSL_session_reused(link->ssl) == 1;
}

gboolean fdar_tls_link_asked(const struct fdar_tls_link *link)
{
	return link->asked;
}

const char *fdar_tls_link_problem(const struct fdar_tls_link *link)
{
	return link->problem ? link->problem : "TLS failed";
}

void fdar_tls_link_free(struct fdar_tls_link *link)
{
	if (!link)
		return;
	/* What was agreed on stays of use although the connection is cut. */
	if (link->ssl)
		SSL_set_quiet_shutdown(link->ssl, 1);
	if (link->ssl && SSL_is_init_finished(link->ssl))
		SSL_shutdown(link->ssl);
	SSL_free(link->ssl);
	link->client->links--;
	g_free(link->key);
	g_free(link);
}
