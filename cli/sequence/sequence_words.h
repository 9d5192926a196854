/*
 * What stands over a sequence diagram: sentences about one story or two.
 */
#ifndef FD_CLI_SEQUENCE_WORDS_H
#define FD_CLI_SEQUENCE_WORDS_H

#include "analyze/diff/diff.h"
#include "analyze/story/story_pick.h"
#include "analyze/story/story_tell.h"

/* "attack.rec · httpd -X": the recording's name and, where it says so, what was run. The caller
 * frees the result. */
char *fd_sequence_source(const char *path);

/* What costs most in the one session that is shown. The caller frees the result. */
char *fd_sequence_heading(const struct fd_story_set *set);

/* Which session it is of how many. The caller frees the result. */
char *fd_sequence_which(enum fd_story_pick pick, const char *focus,
			const struct fd_story_picked *picked);

/* How many sessions were compared, and how sure the verdict is. The caller frees the result. */
char *fd_sequence_compared(const struct fd_diff *diff);

#endif
