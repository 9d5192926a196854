/*
 * Strangers: processes whose events are in a trace and do not belong to its recording, which are left out.
 *
 * Place in the house: private to pipeline/source/. recording.json lists them; and a process says itself which
 * recording it belongs to, which wins: its id may have been that of a stranger before, or the other way
 * round. In a folder of several recordings each has its own list.
 */
#ifndef FDAR_PIPELINE_SOURCE_STRANGERS_H
#define FDAR_PIPELINE_SOURCE_STRANGERS_H

#include "pipeline/events/whose.h"
#include "pipeline/recording/recording.h"
#include "pipeline/recording/shares.h"

struct fdar_strangers {
	const char *name;                 /* of the recording; NULL: it has none */
	const struct fdar_shares *shares; /* of a folder of several; NULL: it is none */
	GHashTable *numbers;              /* of processes (whose.h) */
	GHashTable *judged; /* with shares: of processes that were looked up in the lists */
};

/* info and shares must outlive it. To be cleared. */
void fdar_strangers_init(struct fdar_strangers *strangers, const struct fdar_recording_info *info,
			 const struct fdar_shares *shares);

void fdar_strangers_clear(struct fdar_strangers *strangers);

/* Whether batches must be looked at that hold nothing special. */
gboolean fdar_strangers_matter(const struct fdar_strangers *strangers);

/* Takes the strangers' events out of the batch, whose processes are numbered, and adds how many they were to
 * left_out; gives how many are left. */
size_t fdar_strangers_leave_out(struct fdar_strangers *strangers, const struct fdar_whose *whose,
				const struct fdar_texts *texts, struct fdar_event *batch, size_t n,
				uint64_t *left_out);

/* guint32, by number; the caller owns it. */
GArray *fdar_strangers_list(const struct fdar_strangers *strangers);

#endif
