/*
 * The captures of a replay: what CAPTURE and --mix name, loaded.
 */
#ifndef FD_CLI_REPLAY_INPUTS_H
#define FD_CLI_REPLAY_INPUTS_H

#include <glib.h>
#include <stdint.h>

#include "cli/kit/options.h"
#include "replay/play/journal.h"
#include "replay/play/plan.h"
#include "replay/sessions/session.h"

struct fd_replay_inputs {
	struct fd_sessions **sessions; /* all arrays have count entries and are owned */
	struct fd_scripts **scripts;
	struct fd_plan_input *plan;
	struct fd_journal_input *names;
	char **paths; /* what names point to */
	char **labels;
	size_t count;
};

/* Adds "FILE" or, with keys allowed, "FILE:key=value,...": label, clones and repeat. What is not
 * given is taken from the other arguments; label NULL is the file's name without its ending. Does
 * not open the file. FALSE and error (G_OPTION_ERROR). */
gboolean fd_replay_inputs_add(struct fd_replay_inputs *inputs, const char *text, gboolean keys,
			      const char *label, uint32_t clones, uint64_t rounds, GError **error);

/* Loads them all; damage is told on stderr, and how far it has got when that is a terminal. */
gboolean fd_replay_inputs_load(struct fd_replay_inputs *inputs, const struct fd_usage *usage,
			       const struct fd_load_options *options, const volatile int *stop,
			       GError **error);

void fd_replay_inputs_clear(struct fd_replay_inputs *inputs);

#endif
