/*
 * Where events are missing: a list of streams and spans of time.
 *
 * Place in the house: inside pipeline/; the list is that of recording.h (fd_recording_losses_new), and
 * source.h shows it.
 */
#ifndef FD_PIPELINE_LOSSES_H
#define FD_PIPELINE_LOSSES_H

#include <glib.h>
#include <stdint.h>

/* Adds events that are missing in the stream file path between two points of time (since the Unix
 * epoch). Goes on with what was added last when that is of the same stream and ends there. When there
 * are FD_RECORDING_LOSSES_MAX already, the one with the fewest events goes. */
void fd_losses_add(GArray *losses, const char *path, uint64_t begin_ns, uint64_t end_ns,
		   uint64_t events);

/* By begin, and by name at the same time. */
void fd_losses_sort(GArray *losses);

#endif
