/*
 * A trace's metadata, compiled: how its packets and events are read.
 *
 * Place in the house: inside pipeline/, between the metadata and ctf_stream.h. One plan serves all
 * stream files of a trace, and does not change while they are read, but for what events prepare in
 * their class. What the decoder does not do is refused here: traces of a kernel, of more than one
 * clock, or of writers whose packets are known to lie.
 */
#ifndef FD_PIPELINE_CTF_PLAN_H
#define FD_PIPELINE_CTF_PLAN_H

#include <glib.h>

#include "pipeline/ctf/ctf_class.h"
#include "pipeline/ctf/ctf_time.h"
#include "pipeline/metadata/ctf_trace.h"

#define FD_CTF_DIRECT_IDS 4096u /* ids of event classes that are found by index */

struct fd_ctf_stream_plan {
	uint64_t id;
	struct fd_ctf_program packet_context;
	struct fd_ctf_program event_header;
	guint fast_bits;    /* of the id in an event header that LTTng writes: 5 or 16; 0: it
			     * is another header */
	uint32_t values;    /* 1 << enum fd_ctf_value: what these two deliver */
	GPtrArray *classes; /* struct fd_ctf_class *, by id */
	struct fd_ctf_class **by_id;     /* those with an id below FD_CTF_DIRECT_IDS */
	const struct fd_ctf_fast **fast; /* short forms of those that can be used by now, or NULL */
	guint ids;                       /* length of by_id and fast */
};

struct fd_ctf_plan {
	struct fd_ctf_trace *trace; /* owned */
	struct fd_ctf_program packet_header;
	uint32_t values; /* 1 << enum fd_ctf_value: what packet_header delivers */
	struct fd_ctf_time time;
	gboolean lttng;     /* a packet's end may be missing (lttng-crash) */
	gboolean ends_late; /* a packet's end may be before its last event (old LTTng) */
	GPtrArray *streams; /* struct fd_ctf_stream_plan * */
};

/* Compiles the metadata's text. The caller frees the result (fd_ctf_plan_free). NULL and error
 * (FD_SOURCE_ERROR_FORMAT) when something is not understood. */
struct fd_ctf_plan *fd_ctf_plan_new(const char *text, gsize length, GError **error);

/* NULL is allowed. */
void fd_ctf_plan_free(struct fd_ctf_plan *plan);

/* Lets the short form of the class be used, if it has one; it must have been prepared. */
void fd_ctf_plan_use_fast(const struct fd_ctf_stream_plan *stream,
			  const struct fd_ctf_class *class);

/* NULL when there is no such stream class, or event class. */
const struct fd_ctf_stream_plan *fd_ctf_plan_stream(const struct fd_ctf_plan *plan, uint64_t id);
struct fd_ctf_class *fd_ctf_plan_class(const struct fd_ctf_stream_plan *stream, uint64_t id);

#endif
