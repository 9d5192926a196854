/*
 * Key logs: the secrets of TLS connections, as servers, browsers and pcapng files carry them.
 *
 * Place in the house: the bottom of replay/tls/. One line a secret: a label, the connection's client
 * random, the secret, in hexadecimal digits
 * (https://www.ietf.org/archive/id/draft-ietf-tls-keylogfile-02.html); or, as older programs write it, a session's
 * number and its secret: "RSA Session-ID:... Master-Key:...". Labels that are not needed, and
 * lines that are none, are passed over. Secrets are wiped when they are freed.
 */
#ifndef FDAR_REPLAY_TLS_KEYLOG_H
#define FDAR_REPLAY_TLS_KEYLOG_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#define FDAR_TLS_RANDOM     32u
#define FDAR_TLS_MASTER     48u
#define FDAR_TLS_SECRET_MAX 64u

struct fdar_tls_secret {
	uint8_t bytes[FDAR_TLS_SECRET_MAX];
	uint32_t size; /* 0: not known */
};

/* What is known of a connection. */
struct fdar_tls_secrets {
	struct fdar_tls_secret master;     /* until TLS 1.2 */
	struct fdar_tls_secret traffic[2]; /* TLS 1.3: of the client, of the server */
	struct fdar_tls_secret handshake;  /* of the server: for its choice of a protocol */
	struct fdar_tls_secret early;      /* the client's, before the handshake */
};

struct fdar_tls_keys;

struct fdar_tls_keys *fdar_tls_keys_new(void);

/* Adds what a text has. Gives how many lines were of use. Of two secrets of one kind and connection the
 * first is kept. */
size_t fdar_tls_keys_add(struct fdar_tls_keys *keys, const char *text, size_t size);

/* Adds a file. FALSE and error when it cannot be read, is larger than 64 MiB, or has no
 * line of use. */
gboolean fdar_tls_keys_load(struct fdar_tls_keys *keys, const char *path, GError **error);

/* Adds what others has and keys has not. */
void fdar_tls_keys_merge(struct fdar_tls_keys *keys, const struct fdar_tls_keys *others);

/* NULL when nothing is known of the connection. */
const struct fdar_tls_secrets *fdar_tls_keys_find(const struct fdar_tls_keys *keys,
						  const uint8_t random[FDAR_TLS_RANDOM]);

/* A session that connections until TLS 1.2 may resume has its master secret under a name: its number, or its ticket.
 * Of a connection that resumes one a key log need not have a line. The first of a name counts; beyond 262,144 names
 * none is kept. */
void fdar_tls_keys_name(struct fdar_tls_keys *keys, const uint8_t *name, size_t size,
			const struct fdar_tls_secret *master);

/* The secret of a name; NULL: not known. It lives as long as keys. */
const struct fdar_tls_secret *fdar_tls_keys_named(const struct fdar_tls_keys *keys,
						  const uint8_t *name, size_t size);

/* A connection turns out to have that secret: what is known of it now. */
const struct fdar_tls_secrets *fdar_tls_keys_resume(struct fdar_tls_keys *keys,
						    const uint8_t random[FDAR_TLS_RANDOM],
						    const struct fdar_tls_secret *master);

/* Connections that something is known of. */
size_t fdar_tls_keys_count(const struct fdar_tls_keys *keys);

/* NULL is allowed. */
void fdar_tls_keys_free(struct fdar_tls_keys *keys);

#endif
