/*
 * The metadata of CTF 2: a sequence of JSON texts, as the same tree that TSDL gives (ctf_trace.h).
 *
 * Place in the house: inside pipeline/, beside the parser of TSDL and under ctf_plan.h, which does
 * not care which of them it was. The format is CTF2-SPEC-2.0 (diamon.org/ctf): LTTng writes it since
 * 2.15, by default, with the same bytes in the streams as before. What its last draft called
 * otherwise is understood too: enumerations of their own, locations that are arrays, "uuid" of
 * classes, "default-clock-class-name"; traces that babeltrace's and Trace Compass' tests have are
 * written so. Attributes say nothing about how streams are read; extensions do, and none is known.
 *
 * The text is hostile: json-glib reads it, whose recursion is bounded before (json_depth.h), and so
 * is that of types within types.
 */
#ifndef FDAR_PIPELINE_CTF2_CTF2_H
#define FDAR_PIPELINE_CTF2_CTF2_H

#include <glib.h>

#include "pipeline/metadata/ctf_trace.h"

/* Reads the text. The caller frees the result (fdar_ctf_trace_free). NULL and error
 * (FDAR_SOURCE_ERROR_FORMAT): the message gives the byte at which the fragment starts, and what was
 * expected, or which part of CTF 2 it is that is not understood. */
struct fdar_ctf_trace *fdar_ctf2_parse(const char *text, gsize length, GError **error);

/* How much of the text are whole fragments: where the last one begins unless it can be read. */
gsize fdar_ctf2_whole(const char *text, gsize length);

#endif
