/*
 * What split tells of a session that is TLS: read along while the packets are written.
 *
 * Place in the house: below split.c, over replay/tls/. With the secrets of the connection the plaintext
 * is counted and digested; it is written nowhere.
 */
#ifndef FDAR_REPLAY_SPLIT_SPLIT_TLS_H
#define FDAR_REPLAY_SPLIT_SPLIT_TLS_H

#include <glib.h>
#include <stdint.h>

#include "replay/sessions/assembler.h"
#include "replay/split/sum.h"
#include "replay/tls/tls.h"

/* What is known in the end. */
struct fdar_split_tls {
	struct fdar_tls_info info;
	uint64_t bytes[2];     /* of plaintext, by enum fdar_way */
	uint8_t digest[2][32]; /* SHA-256 of it */
	const char *
		upgrade; /* by which request it turned to TLS (upgrade.h); NULL: none that is known */
};

/* What a session has said in plain so far. */
struct fdar_split_plain {
	uint64_t bytes;      /* both ways */
	const char *upgrade; /* the client's last message was this request; NULL: it was none */
};

struct fdar_split_tls_reader;

/* Something arrived: NULL when TLS does not begin with it, and then it is part of what was said in plain. keys
 * may be NULL; it and sums must outlive the reader. Then feed it. */
struct fdar_split_tls_reader *fdar_split_tls_begin(const struct fdar_arrival *arrival,
						   struct fdar_split_plain *plain,
						   struct fdar_tls_keys *keys,
						   const struct fdar_sums *sums);

void fdar_split_tls_feed(struct fdar_split_tls_reader *reader, const struct fdar_arrival *arrival);

/* Frees the reader. NULL when it was no TLS after all; else the caller frees the result (g_free). */
struct fdar_split_tls *fdar_split_tls_end(struct fdar_split_tls_reader *reader);

#endif
