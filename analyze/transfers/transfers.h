/*
 * Transfers: what was read from and written to each session's connection, in order.
 *
 * Place in the house: a reader of pipeline/source through a walk, of recordings made with --io; with
 * --bytes N it has the first N bytes of each. cli/ makes a capture of them.
 *
 * A transfer is one call: its result says how many bytes it moved, and a bytes event that follows it on
 * its thread has the first of them. Memory grows with open sessions.
 */
#ifndef FDAR_ANALYZE_TRANSFERS_TRANSFERS_H
#define FDAR_ANALYZE_TRANSFERS_TRANSFERS_H

#include <glib.h>
#include <stdint.h>

#include "analyze/profile/profile_read.h"

struct fdar_transfer_session {
	uint64_t id; /* of struct fdar_walk_session */
	uint64_t begin_ns;
	uint64_t end_ns; /* once it is told as closed */
	const char *peer;
	gboolean finished; /* its end was seen */
	gboolean datagrams;
	void *user; /* the visitor's; NULL when it is opened */
};

struct fdar_transfer {
	uint64_t time_ns; /* when the call had returned */
	gboolean read;    /* by the server, from the client */
	const uint8_t *data;
	uint32_t data_len; /* captured */
	uint64_t bytes;    /* moved: at least as many */
};

/* Who is told, in order for each session; across sessions in that of the trace, near enough. FALSE stops
 * the reading: then what is open is told as closed, and no more. */
struct fdar_transfer_visitor {
	gboolean (*opened)(void *user, struct fdar_transfer_session *session);
	gboolean (*moved)(void *user, struct fdar_transfer_session *session,
			  const struct fdar_transfer *transfer);
	gboolean (*closed)(void *user, struct fdar_transfer_session *session);
};

struct fdar_transfers_summary {
	uint64_t sessions;
	uint64_t transfers;
	uint64_t bytes;
	uint64_t captured; /* of these bytes */
};

/* path as for fdar_source_open. FALSE and error when nothing could be read, progress said so
 * (G_IO_ERROR_CANCELLED), or the visitor did; then error is not set. warnings may be NULL. */
gboolean fdar_transfers_read(const char *path, const struct fdar_transfer_visitor *visitor,
			     void *user, fdar_profile_progress_fn progress, void *progress_user,
			     struct fdar_transfers_summary *summary, GPtrArray *warnings,
			     GError **error);

/* The same of events that are at hand, for tests. */
void fdar_transfers_of(const struct fdar_event *events, size_t count, fdar_text_fn text,
		       const void *texts, const struct fdar_transfer_visitor *visitor, void *user,
		       struct fdar_transfers_summary *summary);

#endif
