/*
 * What reading along a TLS connection (tls.c) and opening its records (tls_open.c) share.
 *
 * Private to tls.h's implementation.
 */
#ifndef FDAR_REPLAY_TLS_TLS_PRIVATE_H
#define FDAR_REPLAY_TLS_TLS_PRIVATE_H

#include "replay/tls/suite.h"
#include "replay/tls/tls.h"

/* One way of a connection. */
struct fdar_tls_direction {
	GByteArray *records;   /* from a record's header on */
	GByteArray *handshake; /* messages, until the hello is whole */
	/* early: of the client's early data; the server's, of its handshake. */
	struct fdar_tls_opener *opener, *early;
	struct fdar_tls_secret secret; /* TLS 1.3: in use */
	uint64_t number, early_number; /* of the next record */
	uint64_t skip;                 /* bytes that belong to a record which is not whole */
	uint64_t unsure;               /* how many records may have been lost before the next */
	uint64_t vain;                 /* bytes that may still be decrypted in vain */
	unsigned keys;                 /* until TLS 1.2: which hellos' keys it has, from 1 */
	gboolean early_over; /* the client's early data came to its end, so it was taken */
	gboolean searching;  /* for the header of a record */
	gboolean protected; /* until TLS 1.2: has changed to its keys; TLS 1.3: its keys have opened one */
	gboolean garbled; /* no records any more */
};

struct fdar_tls {
	struct fdar_tls_keys *keys;
	const struct fdar_tls_ops *ops;
	void *user;
	struct fdar_tls_info info;
	struct fdar_tls_direction directions[2];
	const struct fdar_tls_secrets *secrets;
	const struct fdar_tls_suite *suite;
	uint8_t randoms[2][FDAR_TLS_RANDOM];
	/* Until TLS 1.2, of the session that the client offers to resume. */
	const struct fdar_tls_secret *offered; /* NULL: not known */
	uint8_t session[FDAR_TLS_RANDOM];      /* its number */
	size_t session_size;
	gboolean encrypt_then_mac;
	unsigned
		hellos; /* of the server, with which keys may change: renegotiation has more than one */
	uint8_t plain[FDAR_TLS_RECORD_MAX];
};

/* Open a record under keys, of TLS 1.3, and until 1.2: into tls->plain, so many bytes of that type. FALSE when it did
 * not open. */
gboolean fdar_tls_open13(struct fdar_tls *tls, unsigned way, const uint8_t *record, size_t size,
			 size_t *made, uint8_t *type);
gboolean fdar_tls_open12(struct fdar_tls *tls, unsigned way, const uint8_t *record, size_t size,
			 size_t *made, uint8_t *type);

/* Until TLS 1.2: from here on the direction is under the keys that were agreed on. */
void fdar_tls_change_keys(struct fdar_tls *tls, unsigned way);

#endif
