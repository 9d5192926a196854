/*
 * What replay and mirror show: a live line while they run, and the summary at the end.
 */
#ifndef FD_CLI_REPLAY_REPORT_H
#define FD_CLI_REPLAY_REPORT_H

#include <glib.h>

#include "cli/kit/table.h"
#include "replay/play/driver.h"

/* Collects why sessions were not ok. */
struct fd_replay_reasons;

struct fd_replay_reasons *fd_replay_reasons_new(void);
void fd_replay_reasons_free(struct fd_replay_reasons *reasons);
void fd_replay_reasons_add(struct fd_replay_reasons *reasons, const struct fd_outcome *outcome);

/* The live line, on stderr when that is a terminal: for fd_driver_options.progress. more is put at
 * its end, and may be NULL. */
void fd_replay_show_progress(const struct fd_driver_progress *progress, const char *more);

/* Takes the live line away. */
void fd_replay_clear_progress(void);

/* Prints verdicts and latencies by label on stdout: a row a label for JSON and CSV; for people, two
 * tables and a few lines. Labels that are equal are put together. */
void fd_replay_print_summary(const struct fd_driver *driver, const char *const *labels,
			     size_t count, const struct fd_replay_reasons *reasons,
			     enum fd_format format);

#endif
