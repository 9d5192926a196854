/*
 * The client side of TLS over a socket that does not block.
 *
 * Place in the house: beside tls.h, over libssl; replay/play/ plays through it. Certificates are not
 * looked at: whom to play at is the user's word, and the server's key is none of a replay's business.
 */
#ifndef FDAR_REPLAY_TLS_CLIENT_H
#define FDAR_REPLAY_TLS_CLIENT_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/* What all connections have in common: the sessions that can be resumed. For one thread. */
struct fdar_tls_client;

/* certificate: a PEM file with what clients show of themselves, and its key without a pass phrase; NULL: nothing. NULL and error when that cannot
 * be read, or libssl fails. */
struct fdar_tls_client *fdar_tls_client_new(const char *certificate, GError **error);
void fdar_tls_client_free(struct fdar_tls_client *client);

/* What the captured client asked for. */
struct fdar_tls_wish {
	const char *name; /* of the server; empty or NULL: none is sent */
	const char *alpn; /* the protocol to offer; empty or NULL: none */
	uint16_t version; /* the highest to offer, 0x0303 or 0x0304; 0: whatever libssl has */
	gboolean resume;  /* a session of the same name and version, when there is one */
};

enum fdar_tls_status {
	FDAR_TLS_DONE,
	FDAR_TLS_WAIT_READ, /* for the socket */
	FDAR_TLS_WAIT_WRITE,
	FDAR_TLS_CLOSED, /* by the other side */
	FDAR_TLS_FAILED  /* the protocol, or the socket: errno is set, or 0 */
};

struct fdar_tls_link;

/* A connection over a connected socket, which stays the caller's. client must outlive it. */
struct fdar_tls_link *fdar_tls_link_new(struct fdar_tls_client *client, int fd,
					const struct fdar_tls_wish *wish);

/* Goes on with the handshake: DONE when it is over. */
enum fdar_tls_status fdar_tls_link_handshake(struct fdar_tls_link *link);

/* *done bytes were read or written; more than none with DONE. */
enum fdar_tls_status fdar_tls_link_read(struct fdar_tls_link *link, void *bytes, size_t size,
					size_t *done);
enum fdar_tls_status fdar_tls_link_write(struct fdar_tls_link *link, const void *bytes, size_t size,
					 size_t *done);

/* After a read that was done: the socket had no more, and nothing of what it had is left. What comes later is an event
 * of the socket. */
gboolean fdar_tls_link_is_empty(const struct fdar_tls_link *link);

/* Says that no more will be sent. */
void fdar_tls_link_end(struct fdar_tls_link *link);

/* Whether it has resumed a session. */
gboolean fdar_tls_link_resumed(const struct fdar_tls_link *link);

/* Whether the server asked for a certificate, and there is none. */
gboolean fdar_tls_link_asked(const struct fdar_tls_link *link);

/* Why it failed, a static text: "tlsv1 alert no application protocol". */
const char *fdar_tls_link_problem(const struct fdar_tls_link *link);

/* NULL is allowed. */
void fdar_tls_link_free(struct fdar_tls_link *link);

#endif
