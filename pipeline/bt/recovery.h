/*
 * What can still be read of traces that a decoder refuses as a whole because of a part.
 *
 * Place in the house: inside pipeline/, used by the sandboxed decoder after a refusal. libbabeltrace2
 * does not open a trace in which one stream file is cut short. So a shadow of the trace is made in
 * the folder for temporary files: links to the sound files, and of each damaged one a copy up to
 * the last packet before the damage (packets start with CTF's magic number and the trace's UUID,
 * which is where they are found again). What is sound is asked of the decoder, file by file.
 */
#ifndef FDAR_PIPELINE_BT_RECOVERY_H
#define FDAR_PIPELINE_BT_RECOVERY_H

#include <glib.h>

#include "base/workplace.h"

#define FDAR_RECOVERY_FILES_MAX 1024 /* stream files that are tried */

/* Whether the decoder opens the one trace. FALSE and error: FDAR_SOURCE_ERROR_EMPTY when it has no
 * stream, STUCK when it is not worth to be asked again of any part of the trace, another domain when
 * nobody wants to know any more, any other when it is refused. */
typedef gboolean (*fdar_recovery_probe_fn)(const char *trace, void *user, GError **error);

struct fdar_recovery {
	GPtrArray *traces;           /* char *: what can be opened, sound traces and shadows */
	char *damage;                /* one line: what is left out and why; NULL: nothing */
	struct fdar_workplace place; /* of the shadows, if there are any */
};

/* Looks for the damage in the traces (char *). The caller frees the result (fdar_recovery_free), which
 * takes the shadows away. NULL and error when nothing can be opened: the first refusal. */
struct fdar_recovery *fdar_recovery_new(const GPtrArray *traces, fdar_recovery_probe_fn probe,
					void *user, GError **error);

/* NULL is allowed. */
void fdar_recovery_free(struct fdar_recovery *recovery);

#endif
