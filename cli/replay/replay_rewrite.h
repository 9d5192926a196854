/*
 * What `flowdar replay --rewrite` does: rules read, handed to the driver, and what came of them told.
 *
 * Place in the house: under cmd_replay.c, over replay/edit/.
 */
#ifndef FDAR_CLI_REPLAY_REPLAY_REWRITE_H
#define FDAR_CLI_REPLAY_REPLAY_REWRITE_H

#include <glib.h>

#include "cli/kit/table.h"
#include "replay/edit/edit.h"
#include "replay/play/dialogue.h"

struct fdar_replay_rewrite {
	struct fdar_edit_rules *rules; /* NULL: nothing is rewritten */
	struct fdar_edit *edit;        /* of the run */
};

/* Reads the rules, where path is not NULL. wait and its word are what messages wait for. FALSE and error:
 * they cannot be read, or need answers that are not waited for. */
gboolean fdar_replay_rewrite_read(struct fdar_replay_rewrite *rewrite, const char *path,
				  enum fdar_pace_wait wait, const char *word, GError **error);

/* For a run's driver; NULL when there are no rules. It is the rewrite's. */
struct fdar_edit *fdar_replay_rewrite_begin(struct fdar_replay_rewrite *rewrite, guint64 seed);

/* A line, on stderr where standard output is for programs. */
void fdar_replay_rewrite_print(const struct fdar_replay_rewrite *rewrite, enum fdar_format format);

void fdar_replay_rewrite_clear(struct fdar_replay_rewrite *rewrite);

#endif
