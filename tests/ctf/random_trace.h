/*
 * Traces that are made up: random metadata of all that our decoder claims to understand, and events
 * that follow it. The same seed gives the same trace.
 */
#ifndef FD_TESTS_CTF_RANDOM_TRACE_H
#define FD_TESTS_CTF_RANDOM_TRACE_H

#include <glib.h>

/* Writes the trace into dir, which is made. */
void random_trace_write(const char *dir, guint32 seed);

#endif
