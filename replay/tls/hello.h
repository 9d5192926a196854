/*
 * Hellos: what the first messages of a TLS handshake tell.
 *
 * Place in the house: below tls.h. Reads ClientHello and ServerHello (RFC 5246, 7.4.1; RFC 8446,
 * 4.1), with the extensions for server name, protocol, version and encrypt-then-MAC.
 */
#ifndef FDAR_REPLAY_TLS_HELLO_H
#define FDAR_REPLAY_TLS_HELLO_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/tls/keylog.h"

#define FDAR_TLS_NAME_MAX 256u
#define FDAR_TLS_ALPN_MAX 64u

#define FDAR_TLS_CLIENT_HELLO 1u
#define FDAR_TLS_SERVER_HELLO 2u
#define FDAR_TLS_NEW_TICKET   4u
#define FDAR_TLS_EARLY_END    5u
#define FDAR_TLS_EXTENSIONS   8u  /* of TLS 1.3's server, encrypted */
#define FDAR_TLS_HELLO_DONE   14u /* until TLS 1.2: of a server that resumes nothing */
#define FDAR_TLS_KEY_UPDATE   24u

struct fdar_tls_hello {
	uint8_t random[FDAR_TLS_RANDOM];
	uint16_t version; /* 0x0303 is TLS 1.2, 0x0304 is TLS 1.3 */
	uint16_t suite;   /* ServerHello: what was chosen */
	gboolean encrypt_then_mac;
	gboolean resumes;       /* ClientHello: by a ticket or a pre-shared key */
	const uint8_t *session; /* its number: a part of the message */
	const uint8_t *ticket;  /* ClientHello: likewise; NULL for none */
	size_t session_size, ticket_size;
	char name[FDAR_TLS_NAME_MAX]; /* ClientHello: the server's; empty for none. ASCII */
	char alpn[FDAR_TLS_ALPN_MAX]; /* the first that is offered, or what was chosen */
};

/* Reads a handshake message behind its header of type and length. FALSE when it is malformed. */
gboolean fdar_tls_hello_read(uint8_t type, const uint8_t *bytes, size_t size,
			     struct fdar_tls_hello *hello);

/* The protocol that the server has chosen, of the encrypted extensions: into hello->alpn. */
void fdar_tls_extensions_read(const uint8_t *bytes, size_t size, struct fdar_tls_hello *hello);

/* The ticket in a server's message of TLS 1.2 that gives one: a part of the message. NULL: none. */
const uint8_t *fdar_tls_ticket_read(const uint8_t *bytes, size_t size, size_t *ticket_size);

/* "TLS 1.3"; "TLS" for what is not known. */
const char *fdar_tls_version_text(uint16_t version);

/* Whether bytes at the beginning of what a client sends are those of a TLS record with a ClientHello,
 * as far as there are any. */
gboolean fdar_tls_begins(const uint8_t *bytes, size_t size);

/* So many bytes of both ways may come in plain before a connection turns to TLS. */
#define FDAR_TLS_PLAIN_MAX ((uint64_t)16 * 1024)

/* Whether a client that has spoken in plain turns to TLS with these bytes, behind STARTTLS, CONNECT or
 * PostgreSQL's SSLRequest: the header of a record that is filled by a ClientHello. */
gboolean fdar_tls_starts(const uint8_t *bytes, size_t size);

#endif
