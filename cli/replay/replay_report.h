/*
 * What replay and mirror show: a live line while they run, and the summary at the end.
 */
#ifndef FDAR_CLI_REPLAY_REPLAY_REPORT_H
#define FDAR_CLI_REPLAY_REPLAY_REPORT_H

#include <glib.h>

#include "cli/replay/replay_tables.h"
#include "cli/kit/table.h"
#include "replay/play/driver.h"

/* Collects why sessions were not ok. */
struct fdar_replay_reasons;

struct fdar_replay_reasons *fdar_replay_reasons_new(void);
void fdar_replay_reasons_free(struct fdar_replay_reasons *reasons);
void fdar_replay_reasons_add(struct fdar_replay_reasons *reasons,
			     const struct fdar_outcome *outcome);

/* The live line, on stderr when that is a terminal: for fdar_driver_options.progress. more is put at
 * its end, and may be NULL. */
void fdar_replay_show_progress(const struct fdar_driver_progress *progress, const char *more);

/* Takes the live line away. */
void fdar_replay_clear_progress(void);

/* Prints verdicts and latencies by label on stdout, and what of the captures was left out: a row a
 * label for JSON and CSV; for people, two tables and a few lines. Labels that are equal are put
 * together. */
void fdar_replay_print_summary(const struct fdar_replay_run *run,
			       const struct fdar_replay_reasons *reasons, enum fdar_format format);

#endif
