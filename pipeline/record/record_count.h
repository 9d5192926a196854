/*
 * Reading a recording back: how much is in it, and whose it is.
 *
 * Place in the house: inside pipeline/, under the recorder. Also the proof that it can be read.
 */
#ifndef FDAR_PIPELINE_RECORD_RECORD_COUNT_H
#define FDAR_PIPELINE_RECORD_RECORD_COUNT_H

#include <glib.h>

#include "pipeline/server/control.h"
#include "pipeline/record/record.h"
#include "pipeline/source/source.h"

/* When a process was heard of. A number may have been several processes', one after the other. */
struct fdar_record_span {
	guint32 pid;
	uint64_t first_ns, last_ns;
};

struct fdar_record_count {
	struct fdar_source_summary summary; /* damage is not valid: */
	char *damage;                       /* NULL: none */
	uint64_t said;     /* events that the server itself said: all but modules and others */
	uint64_t sessions; /* of it: begins of sessions */
	GArray *strangers; /* guint32 pids, ascending, whose events are in there; NULL: none */
	GArray *losses;    /* struct fdar_recording_loss; NULL: none */
	GArray *streams;   /* struct fdar_recording_stream; NULL: nothing was read */
	GArray *processes; /* struct fdar_control_process: what was found of each that is ours */
	GArray *spans;     /* struct fdar_record_span, of the same */
};

/* Told some times a second, with the events so far. */
typedef void (*fdar_record_counting_fn)(uint64_t events, void *user);

/* Reads dir to its end. name: how this recording's processes call themselves. Each of them says so when
 * it begins; so one that has not is a stranger, unless nobody ever has, if there were other recorders at
 * the same time (others), or if all that was written is there (whole, and nothing was lost): a process
 * that ended before we saw it, or its recorder, has told nobody. events and told may be NULL, both get user. FALSE and error when nothing can be read. */
gboolean fdar_record_count(const char *dir, const char *name, gboolean others, gboolean whole,
			   fdar_record_events_fn events, void *events_user,
			   fdar_record_counting_fn told, void *told_user,
			   struct fdar_record_count *count, GError **error);

/* Frees what the fields own. */
void fdar_record_count_clear(struct fdar_record_count *count);

#endif
