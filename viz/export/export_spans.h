/*
 * Time lines for other programs: Chrome's trace JSON, Perfetto's protobuf, OpenTelemetry's traces.
 *
 * Place in the house: beside export_tree.h; writes spans (analyze/spans), in which each call is one.
 * Times are whole nanoseconds, so nesting stays as it was. A call of 0 ns is nothing that these programs
 * can show, and one of them loses what comes after it: whoever reads the spans leaves them out
 * (shorter_ns of 1). What importers do with these files is in docs/exports.md.
 */
#ifndef FDAR_VIZ_EXPORT_EXPORT_SPANS_H
#define FDAR_VIZ_EXPORT_EXPORT_SPANS_H

#include <glib.h>

#include "analyze/spans/spans.h"

/* The Trace Event Format (chrome://tracing, ui.perfetto.dev, speedscope): a complete event ("X") a call,
 * microseconds since the earliest, exact when rounded to nanoseconds; sessions are asynchronous events, hand-offs
 * flows, of which each end lies in a call: where none is open, one of 1 ns is made. The caller frees
 * the result (g_string_free). */
GString *fdar_export_chrome(const struct fdar_spans *spans);

/* perfetto.protos.Trace: a track for each thread, and under "sessions" one for each session with one
 * below for each thread that worked for it. Hand-offs are instants with a flow. The caller frees the
 * result (g_byte_array_unref). */
GByteArray *fdar_export_perfetto(const struct fdar_spans *spans);

/* TracesData of OpenTelemetry in JSON, on one line: a trace for each session, its requests (or, where
 * spans are of sessions, itself) as root spans, calls below them. Calls of no session are not in it. A
 * call that began with an object that another thread had put is linked to the call that put it. The caller frees the
 * result. */
GString *fdar_export_otlp(const struct fdar_spans *spans);

#endif
