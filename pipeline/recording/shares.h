/*
 * A folder that holds several recordings: which trace is of which, and whose processes are not its own.
 *
 * Place in the house: source.h asks when it opens a path that is no recording itself; decoders give each
 * recording's processes homes of their own (home.h), so that the lists of each can be kept to.
 * Recordings that were made at the same time hold each other's events: LTTng gives both the events of all.
 */
#ifndef FDAR_PIPELINE_RECORDING_SHARES_H
#define FDAR_PIPELINE_RECORDING_SHARES_H

#include <glib.h>

struct fdar_shares;

/* traces: char *, below the folder. NULL: not two of them are of recordings. The caller frees the result. */
struct fdar_shares *fdar_shares_new(const GPtrArray *traces);

/* NULL is allowed. */
void fdar_shares_free(struct fdar_shares *shares);

/* The number of the recording that the trace is of, from 1 on; 0: of none. shares may be NULL. */
guint fdar_shares_find(const struct fdar_shares *shares, const char *trace);

/* What its processes call themselves (recording.h, name); NULL: not known, or the number is 0. */
const char *fdar_shares_name(const struct fdar_shares *shares, guint number);

/* Whether the recording says that the process of that id is none of its own. */
gboolean fdar_shares_is_stranger(const struct fdar_shares *shares, guint number, guint32 pid);

#endif
