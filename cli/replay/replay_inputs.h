/*
 * The captures of a replay: what CAPTURE and --mix name, loaded.
 */
#ifndef FDAR_CLI_REPLAY_REPLAY_INPUTS_H
#define FDAR_CLI_REPLAY_REPLAY_INPUTS_H

#include <glib.h>
#include <stdint.h>

#include "cli/kit/options.h"
#include "replay/play/journal.h"
#include "replay/play/plan.h"
#include "replay/sessions/session.h"

struct fdar_replay_inputs {
	struct fdar_sessions **sessions; /* all arrays have count entries and are owned */
	struct fdar_scripts **scripts;
	struct fdar_plan_input *plan;
	struct fdar_journal_input *names;
	char **paths; /* what names point to */
	char **labels;
	char **sums; /* in hex; NULL: not summed, or no file */
	size_t count;
	gboolean half_open; /* play what was never established */
};

/* Adds "FILE" or, with keys allowed, "FILE:key=value,...": label, clones and repeat. What is not
 * given is taken from the other arguments; label NULL is the file's name without its ending. Does
 * not open the file. FALSE and error (G_OPTION_ERROR). */
gboolean fdar_replay_inputs_add(struct fdar_replay_inputs *inputs, const char *text, gboolean keys,
				const char *label, uint32_t clones, uint64_t rounds,
				GError **error);

/* Loads them all; damage is told on stderr, and how far it has got when that is a terminal. */
gboolean fdar_replay_inputs_load(struct fdar_replay_inputs *inputs, const struct fdar_usage *usage,
				 const struct fdar_load_options *options, const volatile int *stop,
				 GError **error);

/* Size and SHA-256 of each capture's file for the journal; what is no file, or goes away, has none. FALSE when it was
 * stopped. */
gboolean fdar_replay_inputs_sum(struct fdar_replay_inputs *inputs, const volatile int *stop);

void fdar_replay_inputs_clear(struct fdar_replay_inputs *inputs);

#endif
