/*
 * Traces that are made up: random metadata of all that our decoder claims to understand, and events
 * that follow it. The same seed gives the same trace.
 */
#ifndef FDAR_TESTS_CTF_RANDOM_TRACE_H
#define FDAR_TESTS_CTF_RANDOM_TRACE_H

#include <glib.h>

/* Writes the trace into dir, which is made. With calls there may be calls events in it, whose data is
 * as random as everything else. */
void random_trace_write(const char *dir, guint32 seed, gboolean calls);

/* The same trace twice: with the metadata of CTF 1.8 in dir, and that of CTF 2 in dir2. */
void random_trace_write_pair(const char *dir, const char *dir2, guint32 seed);

#endif
