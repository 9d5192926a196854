/*
 * Cipher suites: keys out of secrets, and plaintext out of records.
 *
 * Place in the house: below tls.h, over libcrypto. TLS 1.3 (RFC 8446, 5.2, 7.1, 7.2): AES-GCM, AES-CCM,
 * ChaCha20-Poly1305. TLS 1.2 (RFC 5246, 6.2.3, 6.3): the same (RFC 5288, 6655, 7905), and AES-CBC with
 * its MAC before or (RFC 7366) behind encryption; ARIA in GCM and CBC, Camellia-CBC and 3DES-CBC; and plaintext with a MAC.
 * TLS 1.0 and 1.1 (RFC 2246, 4346): those in CBC with SHA-1, and plaintext with that or MD5. Every record is authenticated: what is not whole, or has another number, does not open.
 */
#ifndef FDAR_REPLAY_TLS_SUITE_H
#define FDAR_REPLAY_TLS_SUITE_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/tls/keylog.h"

#define FDAR_TLS_HEADER     5u
#define FDAR_TLS_RECORD_MAX (16384u + 2048u) /* RFC 5246: of what follows the header */

/* Content types of records. */
enum fdar_tls_content {
	FDAR_TLS_CHANGE_CIPHER = 20,
	FDAR_TLS_ALERT = 21,
	FDAR_TLS_HANDSHAKE = 22,
	FDAR_TLS_DATA = 23
};

struct fdar_tls_suite;

/* NULL for one that is not known. */
const struct fdar_tls_suite *fdar_tls_suite_find(uint16_t id);

/* The keys of one direction. */
struct fdar_tls_opener;

/* Of TLS 1.3, from a traffic secret. NULL when the secret does not fit the suite. */
struct fdar_tls_opener *fdar_tls_opener_new13(const struct fdar_tls_suite *suite,
					      const struct fdar_tls_secret *secret);

/* Of TLS 1.0 (version 0x0301) to 1.2, from the master secret; server: of what it sends. NULL when the version does not
 * have the suite. */
struct fdar_tls_opener *fdar_tls_opener_new12(const struct fdar_tls_suite *suite, uint16_t version,
					      const struct fdar_tls_secret *master,
					      const uint8_t client_random[FDAR_TLS_RANDOM],
					      const uint8_t server_random[FDAR_TLS_RANDOM],
					      gboolean server, gboolean encrypt_then_mac);

/* These bytes went by, as a record that is over or otherwise; bytes NULL: some were lost. TLS 1.0 opens the next record by
 * the end of what came before. opener may be NULL. */
void fdar_tls_opener_pass(struct fdar_tls_opener *opener, const uint8_t *bytes, size_t size);

/* Opens a record, header and all, as the one with that number. out has room for FDAR_TLS_RECORD_MAX
 * bytes; *type is the content's. FALSE when it is not that one, or damaged. */
gboolean fdar_tls_opener_open(struct fdar_tls_opener *opener, uint64_t number,
			      const uint8_t *record, size_t size, uint8_t *out, size_t *out_size,
			      uint8_t *type);

/* The secret that follows this one after a key update (TLS 1.3). */
void fdar_tls_secret_next(const struct fdar_tls_suite *suite, struct fdar_tls_secret *secret);

/* NULL is allowed. */
void fdar_tls_opener_free(struct fdar_tls_opener *opener);

#endif
