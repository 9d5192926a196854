/*
 * Packs a trace as the recorder does (pipeline/packed/packed.h): for tests and benchmarks of reading.
 */
#ifndef FDAR_TESTS_CTF_PACK_H
#define FDAR_TESTS_CTF_PACK_H

#include <glib.h>

struct pack_options {
	int level;       /* of zstd; 0: its default */
	gboolean plain;  /* packets never in columns */
	unsigned stride; /* of all packets; 0: as it fits */
};

/* Packs every stream file of the trace in folder, and removes it. A file whose packets make no sense
 * stays. Gives how many were packed. */
guint pack_trace(const char *folder, const struct pack_options *options);

/* The same for all traces at or below path. */
guint pack_traces(const char *path, const struct pack_options *options);

#endif
