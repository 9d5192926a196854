/*
 * What stands over a sequence diagram: sentences about one story or two.
 */
#ifndef FDAR_CLI_SEQUENCE_SEQUENCE_WORDS_H
#define FDAR_CLI_SEQUENCE_SEQUENCE_WORDS_H

#include "analyze/diff/diff.h"
#include "analyze/story/story_pick.h"
#include "analyze/story/story_tell.h"
#include "cli/sequence/sequence_options.h"

/* "attack.rec · httpd -X": the recording's name and, where it says so, what was run. The caller
 * frees the result. */
char *fdar_sequence_source(const char *path);

/* What costs most in the one session (request, thread) that is shown. The caller frees the result. */
char *fdar_sequence_heading(const struct fdar_story_set *set,
			    const struct fdar_sequence_request *request);

/* Which session it is of how many. The caller frees the result. */
char *fdar_sequence_which(const struct fdar_sequence_request *request, const char *focus,
			  const struct fdar_story_picked *picked);

/* How many sessions were compared, and how sure the verdict is. The caller frees the result. */
char *fdar_sequence_compared(const struct fdar_diff *diff);

#endif
