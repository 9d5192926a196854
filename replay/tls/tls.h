/*
 * TLS: what a captured connection is, and with its secrets what was said in it.
 *
 * Place in the house: the top of replay/tls/; sessions are fed to it, both ways in the order in which
 * the capture saw them. TLS 1.0 to 1.3, with the secrets of a key log (keylog.h).
 *
 * Of TLS 1.3 the traffic secrets suffice: where they begin to be used is found by trying. A record
 * that the capture lost costs itself and not what comes behind it: the next record is found by its
 * header and opens with one of the following numbers, or after a key update that was lost. Without
 * the client's first message nothing can be told, since the secrets are found by its random number.
 *
 * Memory: a record each way (16 KiB) and the handshake's messages (at most 128 KiB each way).
 */
#ifndef FDAR_REPLAY_TLS_TLS_H
#define FDAR_REPLAY_TLS_TLS_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/tls/hello.h"
#include "replay/tls/keylog.h"

/* What is known of a connection. */
struct fdar_tls_info {
	gboolean is_tls;   /* a ClientHello was seen */
	gboolean has_keys; /* there are secrets for it */
	uint16_t version;  /* what was chosen; until then what the client offers at most */
	uint16_t suite;    /* 0 until it was chosen */
	gboolean resumes;  /* the client offers to resume */
	char name[FDAR_TLS_NAME_MAX];
	char alpn[FDAR_TLS_ALPN_MAX];
	gboolean alpn_offered; /* alpn is what the client offers first: the choice is not known */
	uint64_t opened;       /* records with content that were decrypted */
	uint64_t lost;         /* records that were not, although there are secrets */
};

/* Ways are 0, the client's, and 1. */
struct fdar_tls_ops {
	void (*data)(void *user, unsigned way, const uint8_t *bytes, size_t size);
	/* Some content is missing, of about that size. */
	void (*missing)(void *user, unsigned way, size_t size);
	/* The way's sender has said that it will send no more. */
	void (*ended)(void *user, unsigned way);
	/* All content of the client so far was early, and the server did not take it: it was never heard. */
	void (*refused)(void *user);
};

struct fdar_tls;

/* keys may be NULL: then only info comes out. ops and keys must outlive the result. Sessions that may be resumed are
 * noted in keys, for connections that begin later. */
struct fdar_tls *fdar_tls_new(struct fdar_tls_keys *keys, const struct fdar_tls_ops *ops,
			      void *user);

void fdar_tls_feed(struct fdar_tls *tls, unsigned way, const uint8_t *bytes, size_t size);

/* So many bytes of that way are not in the capture. */
void fdar_tls_gap(struct fdar_tls *tls, unsigned way, uint64_t size);

const struct fdar_tls_info *fdar_tls_info(const struct fdar_tls *tls);

/* "TLS 1.3, example.org, h2", or "offers h2". The caller frees it. */
char *fdar_tls_info_text(const struct fdar_tls_info *info);

/* NULL is allowed. */
void fdar_tls_free(struct fdar_tls *tls);

#endif
