/*
 * An attempt: a part of the capture, written and run once. Internal to a reduction (reducing.h).
 */
#ifndef FDAR_CLI_REDUCE_ATTEMPT_H
#define FDAR_CLI_REDUCE_ATTEMPT_H

#include "cli/reduce/reducing.h"

/* Tells how it stands. */
void fdar_reducing_show(struct fdar_reducing *reducing);

/* A name in the directory of temporary files. The caller frees it. */
char *fdar_reducing_file(const struct fdar_reducing *reducing, const char *name);

/* Adds the parts of another list, to which what they point to still belongs. */
void fdar_reducing_add(struct fdar_part_list *list, const struct fdar_part_list *other);

/* What a set of units is, in the step at hand; the list is new. */
void fdar_reducing_fill(const struct fdar_reducing *reducing, const struct fdar_try *set,
			struct fdar_part_list *list);

gboolean fdar_reducing_write(const struct fdar_reducing *reducing,
			     const struct fdar_part_list *list, const char *path, GError **error);

/* A question, for whoever asks it several times in a row. The caller frees it. */
GBytes *fdar_reducing_question(const char *name, const struct fdar_try *asked);

/* One run: figure and answer. FALSE and error when it came to nothing. With jobs as many runs of the question are made at
 * once, so that all are made under the same load, and the others answer when it comes again, next of all; then only. */
gboolean fdar_reducing_run_once(struct fdar_reducing *reducing, const struct fdar_trial_play *play,
				GBytes *question, enum fdar_answer *answer, double *figure,
				struct fdar_trial *trial, GError **error);

/* Whether such an answer is still to be given. */
gboolean fdar_reducing_has_more(const struct fdar_reducing *reducing);

/* Forgets what is still to be given. */
void fdar_reducing_drop_round(struct fdar_reducing *reducing);

#endif
