/*
 * Where events are missing: a list of streams and spans of time.
 *
 * Place in the house: inside pipeline/; the list is that of recording.h (fdar_recording_losses_new), and
 * source.h shows it.
 */
#ifndef FDAR_PIPELINE_RECORDING_LOSSES_H
#define FDAR_PIPELINE_RECORDING_LOSSES_H

#include <glib.h>
#include <stdint.h>

/* Adds events that are missing in the stream file path between two points of time (since the Unix
 * epoch). Goes on with what was added last when that is of the same stream and ends there. When there
 * are FDAR_RECORDING_LOSSES_MAX already, the one with the fewest events goes. */
void fdar_losses_add(GArray *losses, const char *path, uint64_t begin_ns, uint64_t end_ns,
		     uint64_t events);

/* By begin, and by name at the same time. */
void fdar_losses_sort(GArray *losses);

#endif
