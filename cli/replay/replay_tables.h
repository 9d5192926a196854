/*
 * The tables of replay's and mirror's summary.
 */
#ifndef FDAR_CLI_REPLAY_REPLAY_TABLES_H
#define FDAR_CLI_REPLAY_REPLAY_TABLES_H

#include <glib.h>

#include "cli/kit/table.h"
#include "replay/play/driver.h"
#include "replay/sessions/session.h"

/* A figure of the whole run that only some runs have. */
struct fdar_replay_figure {
	const char *key;
	uint64_t value;
};

/* What a summary is about: the run, and of each of the driver's inputs its label and what came of its
 * capture. Inputs of one label are put together. */
struct fdar_replay_run {
	const struct fdar_driver *driver;
	const char *const *labels;
	const struct fdar_capture_totals *const *captures;
	size_t count;
	const struct fdar_replay_figure *figures; /* the last columns for programs; may be NULL */
	size_t figure_count;
};

/* Everything in one row a label, for programs. */
void fdar_replay_print_wide(const struct fdar_replay_run *run, enum fdar_format format);

/* Verdicts for people: those that nobody got are left out. */
void fdar_replay_print_verdicts(const struct fdar_replay_run *run);

/* Quantiles by label and measure, and our own lag. */
void fdar_replay_print_latencies(const struct fdar_replay_run *run);

#endif
