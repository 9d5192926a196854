/*
 * A trace's metadata, compiled: how its packets and events are read.
 *
 * Place in the house: inside pipeline/, between the metadata and ctf_stream.h. One plan serves all
 * stream files of a trace, and does not change while they are read, but for what events prepare in
 * their class. What the decoder does not do is refused here: traces of CTF 1.8 of a kernel or of
 * writers whose packets are known to lie, which are libbabeltrace2's, and streams of two clocks.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_PLAN_H
#define FDAR_PIPELINE_CTF_CTF_PLAN_H

#include <glib.h>

#include "pipeline/ctf/ctf_class.h"
#include "pipeline/ctf/ctf_time.h"
#include "pipeline/metadata/ctf_trace.h"

#define FDAR_CTF_DIRECT_IDS 4096u /* ids of event classes that are found by index */

struct fdar_ctf_stream_plan {
	uint64_t id;
	struct fdar_ctf_program packet_context;
	struct fdar_ctf_program event_header;
	guint fast_bits; /* of the id in an event header that LTTng writes: 5 or 16; 0: it
			     * is another header */
	uint32_t values; /* 1 << enum fdar_ctf_value: what these two deliver */
	uint8_t bits[FDAR_CTF_VALUES]; /* of the fields that deliver the values of packets */
	struct fdar_ctf_time time;     /* freq is 0: the stream has no times */
	GPtrArray *classes;            /* struct fdar_ctf_class *, by id */
	struct fdar_ctf_class **by_id; /* those with an id below FDAR_CTF_DIRECT_IDS */
	const struct fdar_ctf_fast *
		*fast; /* short forms of those that can be used by now, or NULL */
	guint ids;     /* length of by_id and fast */
};

struct fdar_ctf_plan {
	struct fdar_ctf_trace *trace; /* owned */
	char *host;                   /* home.h */
	uint32_t session;             /* home.h */
	guint recording;              /* of which of several it is; 0: there is one */
	struct fdar_ctf_program packet_header;
	uint32_t values;    /* 1 << enum fdar_ctf_value: what packet_header delivers */
	gboolean lttng;     /* a packet's end may be missing (lttng-crash) */
	gboolean ends_late; /* a packet's end may be before its last event (old LTTng) */
	GPtrArray *streams; /* struct fdar_ctf_stream_plan * */
	const struct fdar_event_maps *maps; /* events that are wanted besides; NULL: none */
};

/* Compiles the metadata's text. The caller frees the result (fdar_ctf_plan_free). NULL and error
 * (FDAR_SOURCE_ERROR_FORMAT) when something is not understood. */
struct fdar_ctf_plan *fdar_ctf_plan_new(const char *text, gsize length, GError **error);

/* The same, where fields of other events are wanted; maps may be NULL, and must outlive the plan. */
struct fdar_ctf_plan *fdar_ctf_plan_new_for(const char *text, gsize length,
					    const struct fdar_event_maps *maps, GError **error);

/* Of which of several recordings the trace is (0: there is one), and whether it is a home by itself (home.h).
 * To be called before anything is read by the plan. */
void fdar_ctf_plan_set_home(struct fdar_ctf_plan *plan, guint recording, gboolean apart);

/* NULL is allowed. */
void fdar_ctf_plan_free(struct fdar_ctf_plan *plan);

/* Lets the short form of the class be used, if it has one; it must have been prepared. */
void fdar_ctf_plan_use_fast(const struct fdar_ctf_stream_plan *stream,
			    const struct fdar_ctf_class *class);

/* NULL when there is no such stream class, or event class. */
const struct fdar_ctf_stream_plan *fdar_ctf_plan_stream(const struct fdar_ctf_plan *plan,
							uint64_t id);
struct fdar_ctf_class *fdar_ctf_plan_class(const struct fdar_ctf_stream_plan *stream, uint64_t id);

#endif
