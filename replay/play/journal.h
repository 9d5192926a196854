/*
 * The journal: replay.jsonl, a line of JSON for each session that was asked for.
 *
 * Place in the house: cli/ writes one during a run from the driver's outcomes; the analysis reads
 * it (a copy of it lies in the recording) to tell clients apart by the address they came from.
 * docs/replay.md describes the fields. Every line is whole at all times, also after an interrupt.
 */
#ifndef FD_REPLAY_JOURNAL_H
#define FD_REPLAY_JOURNAL_H

#include <glib.h>
#include <stdint.h>

#include "replay/play/verdict.h"

/* What a line says of the capture it comes from; by number of the input. */
struct fd_journal_input {
	const char *label;
	const char *capture;
};

struct fd_journal;

/* Creates or truncates path. The texts in inputs must outlive the journal. NULL and error when it
 * cannot be written. */
struct fd_journal *fd_journal_open(const char *path, const struct fd_journal_input *inputs,
				   GError **error);

/* started_unix_ns: the wall-clock time of the run's beginning. Errors come up in close. */
void fd_journal_write(struct fd_journal *journal, const struct fd_outcome *outcome,
		      uint64_t started_unix_ns);

/* Frees the journal. FALSE and error when not all of it could be written. NULL is allowed. */
gboolean fd_journal_close(struct fd_journal *journal, GError **error);

#endif
