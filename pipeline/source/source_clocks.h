/*
 * Reads a trace of several hosts once, to see how far their clocks are apart.
 *
 * Place in the house: source.c asks when it has opened a path. The work is that of pipeline/clocks.
 */
#ifndef FDAR_PIPELINE_SOURCE_SOURCE_CLOCKS_H
#define FDAR_PIPELINE_SOURCE_SOURCE_CLOCKS_H

#include <glib.h>

#include "pipeline/events/event.h"

struct fdar_source;

/* A source that has been opened with times as they are, and source.h's functions to read it with. */
struct fdar_source_clocks_input {
	struct fdar_source *source;
	gssize (*read)(struct fdar_source *source, struct fdar_event *batch, size_t capacity,
		       GError **error);
	const char *(*host)(const struct fdar_source *source, uint16_t home);
	const char *(*text)(const struct fdar_source *source, uint32_t name);
};

/* hosts: those of the decoder (decoder.h). What is found is added to doubts, and returned: struct fdar_clock_shift,
 * NULL where times stay as they are. The caller unrefs it. What cannot be read is told to whoever reads the source for
 * himself. */
GArray *fdar_source_clocks_find(const struct fdar_source_clocks_input *input, GPtrArray *hosts,
				GPtrArray *doubts);

/* Whether the hosts go by more than one clock. */
gboolean fdar_source_clocks_several(GPtrArray *hosts);

#endif
