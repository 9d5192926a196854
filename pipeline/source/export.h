/*
 * A recording as a plain CTF trace, which babeltrace2 and Trace Compass read.
 *
 * Place in the house: inside pipeline/, on packed_read.h and trace_find.h; `flowdar export` is the only
 * user. Packed streams are unpacked byte for byte, everything else is copied: metadata, streams that
 * are not packed, and LTTng's indexes of these. A damaged packed stream is there up to the damage.
 * The result appears whole or not at all: it is made under another name beside it.
 */
#ifndef FDAR_PIPELINE_SOURCE_EXPORT_H
#define FDAR_PIPELINE_SOURCE_EXPORT_H

#include <glib.h>
#include <stdint.h>

/* Told now and then; of total_bytes, which are about what will be written, so many are. FALSE: stop. */
typedef gboolean (*fdar_export_progress_fn)(guint64 done_bytes, guint64 total_bytes, void *user);

struct fdar_export {
	guint traces;          /* folders with metadata */
	guint files;           /* stream files written */
	guint packed;          /* of these: that were packed */
	uint64_t bytes;        /* of stream files, written */
	uint64_t packed_bytes; /* that the packed ones take */
	uint64_t dropped;      /* events that the recorder dropped: gaps in the packets' numbers */
	uint64_t dropped_ends; /* of these: behind the last packet, where no gap tells */
	guint damaged;         /* stream files that end before they should */
	char *damage;          /* the first one, and why; NULL: none */
};

/* Exports the recording or trace at path to out, which must not exist or be an empty directory. FALSE
 * and error when there is no trace (FDAR_SOURCE_ERROR), out cannot be (G_IO_ERROR), or progress said to
 * stop (G_IO_ERROR_CANCELLED): then there is nothing new at out or beside it. The result is to be
 * cleared in any case. progress may be NULL. */
gboolean fdar_export_ctf(const char *path, const char *out, fdar_export_progress_fn progress,
			 void *user, struct fdar_export *result, GError **error);

/* Frees what the fields own. */
void fdar_export_clear(struct fdar_export *result);

#endif
