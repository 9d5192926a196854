/*
 * What is known of a cipher suite: the list of them (suite_list.c), and opening records by it (suite.c).
 *
 * Private to suite.h's implementation.
 */
#ifndef FDAR_REPLAY_TLS_SUITE_PRIVATE_H
#define FDAR_REPLAY_TLS_SUITE_PRIVATE_H

#include "replay/tls/suite.h"

/* ARIA is in GCM or CBC; Camellia and DES, three times, in CBC. */
enum fdar_tls_kind { GCM, ARIA, CCM, CCM8, CHACHA, CBC, CAMELLIA, DES3, ARIA_CBC, PLAIN };

struct fdar_tls_suite {
	uint16_t id;
	uint8_t kind; /* enum fdar_tls_kind */
	uint8_t key;  /* bytes */
	uint8_t mac;  /* CBC, plain: bytes of the MAC, and of its key */
	uint8_t hash; /* of the key derivation: 32 is SHA-256, 48 SHA-384 */
};

#endif
