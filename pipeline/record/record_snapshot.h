/*
 * The flight recorder: what the buffers hold, written when somebody asks or a session takes too long.
 *
 * Place in the house: inside pipeline/, under record.c; with options->tracing.snapshot only. LTTng keeps the
 * last events in its buffers, newest over oldest, and nobody reads them: that costs the server what
 * recording costs, and nothing else. A snapshot is LTTng's copy of the buffers (it takes some
 * milliseconds; the server goes on), made in memory, then drained to the disk: a recording of its own,
 * output/1, output/2, ...
 *
 * The trigger needs to see sessions while they go on: a second tracing session takes their begins and
 * ends alone, is cut into chunks once a second, and these are read and thrown away.
 */
#ifndef FDAR_PIPELINE_RECORD_RECORD_SNAPSHOT_H
#define FDAR_PIPELINE_RECORD_RECORD_SNAPSHOT_H

#include <glib.h>

#include "pipeline/recording/recording.h"

struct fdar_run;
struct fdar_snapshots;

/* Before the server starts. NULL and error when the trigger cannot be watched. */
struct fdar_snapshots *fdar_snapshots_new(struct fdar_run *run, GError **error);

/* To be called some times a second: writes a snapshot if there is a reason. FALSE and error when one
 * could not be written. */
gboolean fdar_snapshots_look(struct fdar_snapshots *snapshots, GError **error);

/* The last one, while the tracing session still is there: why is its reason. */
gboolean fdar_snapshots_take(struct fdar_snapshots *snapshots, const char *why, GError **error);

/* How many there are, and what is in the last one: the caller owns what info then has. */
unsigned fdar_snapshots_count(const struct fdar_snapshots *snapshots);
void fdar_snapshots_steal_info(struct fdar_snapshots *snapshots, struct fdar_recording_info *info);

/* Tells what has been warned of since the last one, and is in none: how the recording ended. */
void fdar_snapshots_tell_rest(const struct fdar_snapshots *snapshots);

/* NULL is allowed. */
void fdar_snapshots_free(struct fdar_snapshots *snapshots);

#endif
