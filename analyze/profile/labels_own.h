/*
 * A recording's own journal, and whether another's may be meant.
 *
 * Place in the house: over labels.h; who has a recording and was given no file of labels asks here.
 */
#ifndef FDAR_ANALYZE_PROFILE_LABELS_OWN_H
#define FDAR_ANALYZE_PROFILE_LABELS_OWN_H

#include "analyze/profile/labels.h"

/* A recording's own journal, of the sessions of its time. NULL: it has none, or error. */
struct fdar_labels *fdar_labels_of_recording(const char *recording, GError **error);

/* That some of the own journal's sessions were left out, for the first lines of whoever shows the others; NULL: none. The
 * caller frees it. */
char *fdar_labels_left_out(const struct fdar_labels *labels);

/* That labels from path are of sessions which were all played at another time than the recording was made; NULL:
 * nothing speaks against them. The caller frees it. */
char *fdar_labels_doubt(const struct fdar_labels *labels, const char *path, const char *recording);

#endif
