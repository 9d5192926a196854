/*
 * How many sessions a recording has, counted while it is read back: as flowdar analyze counts them, a
 * connection of which both the server's marks and the preload tell is one, and so is one that a parent gives
 * to its child.
 *
 * Place in the house: under cmd_record.c.
 */
#ifndef FDAR_CLI_RECORD_SESSIONS_SEEN_H
#define FDAR_CLI_RECORD_SESSIONS_SEEN_H

#include <glib.h>

#include "pipeline/events/event.h"

struct fdar_sessions_seen;

/* The caller frees it (fdar_sessions_seen_free). */
struct fdar_sessions_seen *fdar_sessions_seen_new(void);
void fdar_sessions_seen_free(struct fdar_sessions_seen *seen);

/* One event. Those of one thread come in the order of time. */
void fdar_sessions_seen_add(struct fdar_sessions_seen *seen, const struct fdar_event *event);

guint64 fdar_sessions_seen_count(const struct fdar_sessions_seen *seen);

#endif
