/*
 * replay --lockstep: its options made sense of, its files written, its end told.
 */
#ifndef FDAR_CLI_REPLAY_REPLAY_LOCKSTEP_H
#define FDAR_CLI_REPLAY_REPLAY_LOCKSTEP_H

#include <glib.h>
#include <stdio.h>

#include "cli/kit/options.h"
#include "cli/kit/table.h"
#include "cli/replay/replay_tables.h"
#include "cli/replay/replay_texts.h"
#include "cli/replay/stepper.h"
#include "replay/lockstep/lockstep.h"

struct fdar_replay_lockstep {
	gboolean on;
	const struct fdar_usage *usage;
	const struct fdar_replay_texts *texts;
	GArray *pids; /* pid_t */
	struct fdar_order *order;
	struct fdar_threads *watch;
	struct fdar_queues *queues;
	struct fdar_lockstep *run;
	struct fdar_stepper *stepper;
	FILE *steps;
	uint64_t started;
};

/* Zero it first. FALSE and error (G_OPTION_ERROR_BAD_VALUE) when an option does not go with --lockstep, or
 * goes only with it. texts must outlive it. */
gboolean fdar_replay_lockstep_read(struct fdar_replay_lockstep *lockstep,
				   const struct fdar_usage *usage,
				   const struct fdar_replay_texts *texts, GError **error);

/* Makes the order, finds the server, and gives the driver its loop. */
gboolean fdar_replay_lockstep_begin(struct fdar_replay_lockstep *lockstep,
				    const struct fdar_plan_input *input,
				    struct fdar_driver_options *driver, const volatile int *stop,
				    GError **error);

/* Closes what was written: FALSE and error when not all of it could be. */
gboolean fdar_replay_lockstep_end(struct fdar_replay_lockstep *lockstep, GError **error);

/* The summary for programs: columns of the run's row. */
#define FDAR_REPLAY_LOCKSTEP_FIGURES 10
void fdar_replay_lockstep_figures(const struct fdar_replay_lockstep *lockstep,
				  struct fdar_replay_figure figures[FDAR_REPLAY_LOCKSTEP_FIGURES]);

/* The summary for people. */
void fdar_replay_lockstep_print(const struct fdar_replay_lockstep *lockstep);

void fdar_replay_lockstep_clear(struct fdar_replay_lockstep *lockstep);

#endif
