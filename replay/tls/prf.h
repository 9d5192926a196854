/*
 * Key derivation: what keys are made of, out of a connection's secrets.
 *
 * Place in the house: below suite.h, over libcrypto. The pseudo-random functions of TLS 1.0 and 1.1
 * (RFC 2246 and 4346, 5: MD5 and SHA-1, each over half of the secret) and of TLS 1.2 (RFC 5246, 5), for
 * the key block (6.3 of each); HKDF-Expand-Label of TLS 1.3 (RFC 8446, 7.1).
 */
#ifndef FDAR_REPLAY_TLS_PRF_H
#define FDAR_REPLAY_TLS_PRF_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/tls/keylog.h"

/* By its size in bytes: 16 is MD5, 20 SHA-1, 48 SHA-384, others SHA-256. */
const EVP_MD *fdar_tls_digest(uint32_t size);

/* HKDF-Expand-Label without a context, of at most a hash's length. hash: its bytes; label: at most 26. */
void fdar_tls_expand(uint32_t hash, const struct fdar_tls_secret *secret, const char *label,
		     uint8_t *out, uint32_t size);

/* The key block of a master secret (FDAR_TLS_MASTER bytes). version: 0x0301 is TLS 1.0; hash: its bytes,
 * from TLS 1.2 on. FALSE: libcrypto does not have what it takes, as MD5 where FIPS 140 is the rule. */
gboolean fdar_tls_key_block(uint16_t version, uint32_t hash, const struct fdar_tls_secret *master,
			    const uint8_t client_random[FDAR_TLS_RANDOM],
			    const uint8_t server_random[FDAR_TLS_RANDOM], uint8_t *out,
			    size_t size);

#endif
