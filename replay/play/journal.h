/*
 * The journal: replay.jsonl, a line of JSON for each session that was asked for.
 *
 * Place in the house: cli/ writes one during a run from the driver's outcomes; the analysis reads
 * it (a copy of it lies in the recording) to tell clients apart by the address they came from.
 * docs/replay.md describes the fields. Every line is whole at all times, also after an interrupt.
 */
#ifndef FDAR_REPLAY_PLAY_JOURNAL_H
#define FDAR_REPLAY_PLAY_JOURNAL_H

#include <glib.h>
#include <stdint.h>

#include "replay/play/result.h"

/* What a line says of the capture it comes from; by number of the input. */
struct fdar_journal_input {
	const char *label;
	const char *capture;
	const char *sha256; /* of the file, in hex; NULL: it is none */
	uint64_t bytes;     /* its size */
};

struct fdar_journal;

/* Creates or truncates path. The texts in inputs must outlive the journal. NULL and error when it
 * cannot be written. */
struct fdar_journal *fdar_journal_open(const char *path, const struct fdar_journal_input *inputs,
				       GError **error);

/* Its first line says that it was written for that recording. Before any line is. */
void fdar_journal_tell_recording(struct fdar_journal *journal, const char *name);

/* started_unix_ns: the wall-clock time of the run's beginning. Errors come up in close. */
void fdar_journal_write(struct fdar_journal *journal, const struct fdar_outcome *outcome,
			uint64_t started_unix_ns);

/* Lines are written some thousand bytes at a time: what there is is written now, whole lines. For runs that
 * last. NULL is allowed. */
void fdar_journal_flush(struct fdar_journal *journal);

/* Frees the journal. FALSE and error when not all of it could be written. NULL is allowed. */
gboolean fdar_journal_close(struct fdar_journal *journal, GError **error);

#endif
