/*
 * Whether two decoders say the same of a trace: every event, its texts, and what was lost.
 */
#ifndef FDAR_TESTS_CTF_COMPARE_H
#define FDAR_TESTS_CTF_COMPARE_H

#include <glib.h>

#include "pipeline/events/decoder.h"

struct compared {
	gboolean ours;    /* our decoder takes the trace; nothing was compared otherwise */
	char *refusal;    /* why it does not */
	uint64_t events;  /* that were compared */
	char *difference; /* the first one, NULL: there is none */
};

/* Reads the trace directories at or below path with our decoder and with libbabeltrace2. The caller
 * clears the result (compared_clear). */
struct compared compare_decoders(const char *path);

/* The same, but our decoder reads the traces at or below path, and libbabeltrace2 those below plain. */
struct compared compare_packed(const char *path, const char *plain);

void compared_clear(struct compared *compared);

#endif
