/*
 * Where events are missing in a recording: which stream, from when to when, how many.
 *
 * Place in the house: inside pipeline/, under the recorder. It is read from the notes of the packed
 * streams (packed.h), a fraction of their bytes; nothing is unpacked.
 */
#ifndef FD_PIPELINE_RECORD_LOSSES_H
#define FD_PIPELINE_RECORD_LOSSES_H

#include "pipeline/recording.h"

/* The losses of all streams below trace, by time, at most FD_RECORDING_LOSSES_MAX; NULL when there is
 * none. What cannot be read is passed over. The caller frees it (g_array_unref). */
GArray *fd_record_losses(const char *trace);

#endif
