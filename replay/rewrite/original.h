/*
 * The original: a capture prepared for being copied many times.
 *
 * Place in the house: below amplify.c. The shapes of its packets, in order, and their bytes lie in
 * a mapped temporary file; sessions know their client and which of the client's ports is theirs.
 */
#ifndef FDAR_REPLAY_REWRITE_ORIGINAL_H
#define FDAR_REPLAY_REWRITE_ORIGINAL_H

#include <glib.h>
#include <stdint.h>

#include "replay/sessions/session.h"
#include "replay/rewrite/shape.h"

/* Ports that clients are given: 1024 to 65535. */
#define FDAR_ORIGINAL_PORTS 64512u

struct fdar_original_session {
	struct fdar_session session;
	struct fdar_endpoint client, server;
	uint32_t host; /* the client's number among those of its family, from 0 */
	uint32_t port; /* the session's number among its client's ports, from 0 */
	uint64_t first_ns, last_ns;
	uint64_t turned_at; /* private: the sides changed at this packet, 0: never */
	gboolean fixed;     /* sequence numbers must stay */
};

struct fdar_original {
	int link;            /* of the copies */
	gboolean mixed;      /* packets are of several link layers: all copies are in Ethernet */
	GArray *sessions;    /* struct fdar_original_session, by id */
	GHashTable *servers; /* set of struct fdar_endpoint, port 0 */
	uint32_t hosts[2];   /* clients: IPv4, IPv6 */
	uint32_t ports;      /* the most that any client has; set by fdar_original_assign_ports */
	const uint8_t *records; /* of its packets: a shape, its bytes, the next; see below */
	uint64_t packets;
	uint64_t epoch_ns;    /* of its first packet */
	uint64_t first_ns;    /* and its place on the time line */
	uint64_t duration_ns; /* from there to the last packet */
	struct fdar_capture_totals totals;
	uint64_t nested; /* packets of sessions that are left out: fragments of fragments */
	char *damage;
	struct fdar_spool *spool; /* private */
};

/* The bytes of a packet lie behind its shape, and the next packet's shape behind these. */
static inline const uint8_t *fdar_original_frame(const struct fdar_shape *shape)
{
	return (const uint8_t *)(shape + 1);
}

static inline const struct fdar_shape *fdar_original_next(const struct fdar_shape *shape)
{
	const uint8_t *frame = fdar_original_frame(shape);

	return (const void *)(frame + ((size_t)shape->captured + 7) / 8 * 8);
}

/* The caller owns the result. NULL and error: see fdar_sessions_load. */
struct fdar_original *fdar_original_load(const char *path, const struct fdar_load_options *options,
					 GError **error);

/* Gives each session one of its client's ports, at most limit a client: one of its own while there
 * are, then the one that has been free for longest. FALSE and error (FDAR_CAPTURE_ERROR_LIMIT) when a
 * client has more sessions at once than that. */
gboolean fdar_original_assign_ports(struct fdar_original *original, uint32_t limit, GError **error);

/* Only its packets are needed from now on. */
void fdar_original_keep_packets(struct fdar_original *original);

/* NULL is allowed. */
void fdar_original_free(struct fdar_original *original);

#endif
