/*
 * Which CTF traces there are below a directory.
 *
 * Place in the house: between a path that the user gave and the decoders. A CTF trace is a
 * directory with a file "metadata"; what LTTng leaves holds several: one a user id and word size,
 * one a process, one a rotation chunk.
 */
#ifndef FDAR_PIPELINE_RECORDING_TRACE_FIND_H
#define FDAR_PIPELINE_RECORDING_TRACE_FIND_H

#include <glib.h>

#define FDAR_TRACE_FIND_DEPTH 12   /* folders below the path given */
#define FDAR_TRACE_FIND_MAX   4096 /* traces */

/* The trace directories at or below path, sorted: path itself alone when it is one. Links to
 * folders are followed only as path itself. The caller frees the result (g_ptr_array_unref); its
 * elements are char *. NULL and error (FDAR_SOURCE_ERROR) when path does not exist, is a file, or
 * holds no trace; the message names the path and what was expected. What is in the metadata is the
 * decoders' to say. */
GPtrArray *fdar_trace_find(const char *path, GError **error);

#endif
