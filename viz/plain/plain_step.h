/*
 * What is said of a step, whatever the form.
 *
 * Private to viz/plain/.
 */
#ifndef FDAR_VIZ_PLAIN_PLAIN_STEP_H
#define FDAR_VIZ_PLAIN_PLAIN_STEP_H

#include "viz/sequence/sequence.h"

/* The dots of a time: "●●●", of more than options say "● 412"; hollow ones where most of it was waiting;
 * "" for less than half a dot. The caller frees it, as all below. */
char *plain_dots(const struct fdar_sequence_options *options, const struct fdar_story_step *step);

/* "18×", "new", "gone", "moved", or "" where there is nothing to say. A missing side is NULL. */
char *plain_ratio(const struct fdar_story_step *base, const struct fdar_story_step *subject);

/* "12.3 ms", or "unfinished after 12.3 ms". */
char *plain_time(const struct fdar_story_step *step);

/* When it began: "12.3 ms", "0", or "(12.3 ms)" before a row above (struct fdar_story_step, back). */
char *plain_after(const struct fdar_story_step *step);

/* "calls itself 4,092×, 20 deep"; NULL when it does not. */
char *plain_recursion(const struct fdar_story_step *step);

/* "3.17 ms, finished, 6,188 calls" */
char *plain_session(const struct fdar_story *story);

/* The step of the first side that stands on a row with one of the last; NULL: none, or one side only. */
const struct fdar_story_step *plain_partner(const struct fdar_sequence *sequence, uint32_t row);

/* What the step's caller is, through loops; FDAR_STORY_NONE at the top. */
uint32_t plain_caller(const struct fdar_story *story, uint32_t step);

/* The rows: of two sides the sequence's, of one side its steps. */
uint32_t plain_row_count(const struct fdar_sequence *sequence);
struct fdar_story_row plain_row(const struct fdar_sequence *sequence, uint32_t row);

#endif
