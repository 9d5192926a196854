/*
 * What speaks against a recording: what it says of itself, and what is not as it was written.
 *
 * Place in the house: source.h asks when it opens a path, and adds what reading has found
 * (fdar_source_doubts); analyze/ and diff lower their confidence by it, and every command says it
 * first. A doubt is a kind, for programs, and a line of text, for people.
 *
 * What is looked at costs nothing that can be measured: recording.json, the manifest, the size of every
 * file, and the check sums of small files (what metadata and symbols say decides what everything else
 * means). fdar_doubts_check reads every byte.
 */
#ifndef FDAR_PIPELINE_RECORDING_DOUBTS_H
#define FDAR_PIPELINE_RECORDING_DOUBTS_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/recording/manifest.h"
#include "pipeline/recording/recording.h"

enum fdar_doubt_kind {
	FDAR_DOUBT_UNFINISHED, /* the recorder did not come to its end */
	FDAR_DOUBT_LOST,       /* so much was lost, as the tracer and the recorder counted */
	FDAR_DOUBT_MISSING,    /* what was written is not there, and nobody says why */
	FDAR_DOUBT_DAMAGED,    /* something is missing, or is not as it was written */
	FDAR_DOUBT_FOREIGN,    /* something is in it that was not written with it */
	FDAR_DOUBT_WARNED,     /* the recorder warned of something else, or a reader */
	FDAR_DOUBT_RULES,      /* much of what a rules file tells of it is doubtful */
	FDAR_DOUBT_KINDS
};

struct fdar_doubt {
	enum fdar_doubt_kind kind;
	char *text; /* a line, without the recording's path */
};

#define FDAR_DOUBTS_MAX         64 /* then a line says that there are more */
#define FDAR_DOUBTS_SMALL_BYTES (4u << 20)
#define FDAR_DOUBTS_SUMS_BYTES  (16u << 20) /* of small files, all together */

/* "unfinished", "lost", "missing", "damaged", "foreign", "warned", "rules" */
const char *fdar_doubt_kind_name(enum fdar_doubt_kind kind);

/* An empty list of struct fdar_doubt, which it owns. */
GPtrArray *fdar_doubts_new(void);

/* Takes over text. One that is there already is not added again; one of a kind of which there is none yet is added in any
 * case. */
void fdar_doubts_add(GPtrArray *doubts, enum fdar_doubt_kind kind, char *text);

/* Adds copies of those that are not there already. */
void fdar_doubts_add_all(GPtrArray *doubts, const GPtrArray *more);

gboolean fdar_doubts_any(const GPtrArray *doubts, enum fdar_doubt_kind kind);

/* What a recording knows of itself; all of it is empty for a plain trace. */
struct fdar_recording_state {
	gboolean is_recording;           /* there is a recording.json, or a manifest */
	gboolean has_info;               /* info is recording.json's, and of this recording */
	struct fdar_recording_info info; /* else empty but for the name, where that is known */
	struct fdar_manifest *manifest;  /* NULL: there is none */
	GPtrArray *doubts;
};

/* Looks at the recording or trace in dir. state must be empty, and is cleared by the caller. FALSE and
 * error when it must not be read: a later flowdar wrote it. */
gboolean fdar_recording_state_load(const char *dir, struct fdar_recording_state *state,
				   GError **error);

/* Adds what a reader found who has read all: so many events and calls, in a whole trace; and in each
 * stream of it (struct fdar_recording_stream), empty when that is not known. */
void fdar_recording_state_compare(struct fdar_recording_state *state, uint64_t events,
				  uint64_t calls, const GArray *streams);

void fdar_recording_state_clear(struct fdar_recording_state *state);

/* Reads every file and adds what is not as the manifest says; without one it checks nothing. Gives how
 * many files and bytes were found good. */
struct fdar_recording_checked {
	guint files;
	uint64_t bytes;
};
void fdar_recording_state_check(struct fdar_recording_state *state, const char *dir,
				struct fdar_recording_checked *checked);

#endif
