#include <stdlib.h>

#include "viz/export/export_spans.h"
#include "viz/export/proto.h"

/*
 * perfetto.protos.Trace of github.com/google/perfetto. The fields used here: Trace: packet 1;
 * TracePacket: timestamp 8, trusted_packet_sequence_id 10, track_event 11, interned_data 12,
 * sequence_flags 13, track_descriptor 60; InternedData: event_categories 1, event_names 2 (iid 1, name 2);
 * TrackDescriptor: uuid 1, name 2, process 3 (pid 1, process_name 6), thread 4 (pid 1, tid 2,
 * thread_name 5), parent_uuid 5; TrackEvent: category_iids 3, type 9, name_iid 10, track_uuid 11,
 * name 23, flow_ids 47 and terminating_flow_ids 48 (fixed64).
 * tests/e2e/perfetto.proto has the same for protoc.
 */
enum {
	PACKET_TIME = 8,
	PACKET_SEQUENCE = 10,
	PACKET_EVENT = 11,
	PACKET_INTERNED = 12,
	PACKET_FLAGS = 13,
	PACKET_TRACK = 60
};
enum { TRACK_UUID = 1, TRACK_NAME = 2, TRACK_PROCESS = 3, TRACK_THREAD = 4, TRACK_PARENT = 5 };
enum {
	EVENT_CATEGORY = 3,
	EVENT_TYPE = 9,
	EVENT_NAME_ID = 10,
	EVENT_TRACK = 11,
	EVENT_NAME = 23,
	EVENT_FLOW = 47,
	EVENT_FLOW_END = 48
};
enum { TYPE_BEGIN = 1, TYPE_END = 2, TYPE_INSTANT = 3 };

#define SEQUENCE     1u
#define FLAG_CLEARED 1u /* what was interned before is void: of the first packet */
#define FLAG_NEEDS   2u /* uses what was interned */

struct writer {
	GByteArray *out;
	const struct fdar_spans *spans;
	guint64 seed; /* so that tracks of two files that are opened together differ */
};

/* The number-th thing of a kind: what splitmix64 makes of it. */
static guint64 uuid(const struct writer *writer, guint64 kind, guint64 number)
{
	guint64 mixed =
		writer->seed + (kind << 40 | number) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
	return (mixed ^ mixed >> 31) | 1; /* 0 is the track of the whole trace */
}

enum { OF_PROCESS, OF_THREAD, OF_SESSIONS, OF_SESSION, OF_WORK, OF_FLOW };

static void put_packet(struct writer *writer, GByteArray *packet, unsigned flags)
{
	fdar_proto_number(packet, PACKET_SEQUENCE, SEQUENCE);
	fdar_proto_number(packet, PACKET_FLAGS, flags);
	fdar_proto_message(writer->out, 1, packet);
}

static void put_interned(GByteArray *data, unsigned field, guint64 id, const char *name)
{
	GByteArray *one = g_byte_array_new();

	fdar_proto_number(one, 1, id);
	fdar_proto_text(one, 2, name);
	fdar_proto_message(data, field, one);
}

/* Names of functions are those of their index + 1; so are categories, the binaries they are in. */
static void put_names(struct writer *writer)
{
	GByteArray *packet = g_byte_array_new(), *data = g_byte_array_new();

	for (uint32_t i = 0; i < writer->spans->function_count; i++) {
		put_interned(data, 1, i + 1, writer->spans->functions[i].component);
		put_interned(data, 2, i + 1, writer->spans->functions[i].name);
	}
	fdar_proto_message(packet, PACKET_INTERNED, data);
	put_packet(writer, packet, FLAG_CLEARED);
}

/* ---- tracks ---- */

/* Takes more, the rest of the descriptor; NULL: none. parent 0: none. */
static void put_track(struct writer *writer, guint64 id, guint64 parent, const char *name,
		      unsigned field, GByteArray *more)
{
	GByteArray *packet = g_byte_array_new(), *track = g_byte_array_new();

	fdar_proto_number(track, TRACK_UUID, id);
	if (parent)
		fdar_proto_number(track, TRACK_PARENT, parent);
	if (name)
		fdar_proto_text(track, TRACK_NAME, name);
	if (more)
		fdar_proto_message(track, field, more);
	fdar_proto_message(packet, PACKET_TRACK, track);
	put_packet(writer, packet, FLAG_NEEDS);
}

static void put_process_name(const struct writer *writer, GByteArray *process,
			     const struct fdar_span_thread *thread)
{
	g_autofree char *name = fdar_spans_process_name(writer->spans, thread);

	fdar_proto_text(process, 6, name);
}

static void put_threads(struct writer *writer)
{
	g_autoptr(GHashTable) told = g_hash_table_new(NULL, NULL);

	for (uint32_t i = 0; i < writer->spans->thread_count; i++) {
		const struct fdar_span_thread *thread = &writer->spans->threads[i];
		GByteArray *more = g_byte_array_new();

		if (g_hash_table_add(told, GUINT_TO_POINTER(thread->pid))) {
			fdar_proto_number(more, 1, fdar_spans_pid(thread));
			put_process_name(writer, more, thread);
			put_track(writer, uuid(writer, OF_PROCESS, thread->pid), 0, NULL,
				  TRACK_PROCESS, more);
			more = g_byte_array_new();
		}
		fdar_proto_number(more, 1, fdar_spans_pid(thread));
		fdar_proto_number(more, 2, thread->tid);
		if (*thread->name)
			fdar_proto_text(more, 5, thread->name);
		put_track(writer, uuid(writer, OF_THREAD, i), uuid(writer, OF_PROCESS, thread->pid),
			  NULL, TRACK_THREAD, more);
	}
}

static char *session_name(const struct fdar_span_session *session)
{
	return g_strdup_printf("session %" G_GUINT64_FORMAT "%s%s", session->id,
			       *session->peer ? " " : "", session->peer);
}

/* ---- events ---- */

/* name NULL: function says it, FDAR_SPANS_NONE: nobody. */
static void put_event(struct writer *writer, guint64 track, unsigned type, uint64_t time_ns,
		      uint32_t function, const char *name, unsigned flow_field, guint64 flow)
{
	GByteArray *packet = g_byte_array_new(), *event = g_byte_array_new();

	fdar_proto_number(packet, PACKET_TIME, time_ns);
	fdar_proto_number(event, EVENT_TYPE, type);
	fdar_proto_number(event, EVENT_TRACK, track);
	if (name) {
		fdar_proto_text(event, EVENT_NAME, name);
	} else if (function != FDAR_SPANS_NONE) {
		fdar_proto_number(event, EVENT_CATEGORY, function + 1);
		fdar_proto_number(event, EVENT_NAME_ID, function + 1);
	}
	if (flow_field)
		fdar_proto_fixed64(event, flow_field, flow);
	fdar_proto_message(packet, PACKET_EVENT, event);
	put_packet(writer, packet, FLAG_NEEDS);
}

/* The spans that indices says, which nest, as begins and ends in the order of time. */
static void put_nested(struct writer *writer, guint64 track, const uint32_t *indices,
		       uint32_t count)
{
	g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(uint64_t));

	for (uint32_t i = 0; i <= count; i++) {
		const struct fdar_span *span = i < count ? &writer->spans->spans[indices[i]] : NULL;

		while (open->len) {
			uint64_t end_ns = g_array_index(open, uint64_t, open->len - 1);

			if (span && end_ns > span->start_ns)
				break;
			put_event(writer, track, TYPE_END, end_ns, FDAR_SPANS_NONE, NULL, 0, 0);
			g_array_set_size(open, open->len - 1);
		}
		if (!span)
			break;
		put_event(writer, track, TYPE_BEGIN, span->start_ns, span->function, NULL, 0, 0);
		g_array_append_val(open, span->end_ns);
	}
}

static void put_thread_spans(struct writer *writer, uint32_t *indices)
{
	const struct fdar_spans *spans = writer->spans;
	uint32_t from = 0;

	for (uint32_t i = 0; i < spans->count; i++)
		indices[i] = i;
	for (uint32_t to = 1; to <= spans->count; to++) {
		if (to < spans->count && spans->spans[to].thread == spans->spans[from].thread)
			continue;
		put_nested(writer, uuid(writer, OF_THREAD, spans->spans[from].thread),
			   indices + from, to - from);
		from = to;
	}
}

static void put_session(struct writer *writer, const struct fdar_span_session *session)
{
	guint64 track = uuid(writer, OF_SESSION, session->id);
	g_autofree char *name = session_name(session);

	put_track(writer, track, uuid(writer, OF_SESSIONS, 0), name, 0, NULL);
	put_event(writer, track, TYPE_BEGIN, session->begin_ns, FDAR_SPANS_NONE,
		  *session->what ? session->what : name, 0, 0);
	put_event(writer, track, TYPE_END, session->end_ns, FDAR_SPANS_NONE, NULL, 0, 0);
}

/* The spans of one session on one thread, on a track below the session's. */
static void put_work(struct writer *writer, const uint32_t *indices, uint32_t count, guint64 number)
{
	const struct fdar_span *span = &writer->spans->spans[indices[0]];
	const struct fdar_span_thread *thread = &writer->spans->threads[span->thread];
	const struct fdar_span_session *session = &writer->spans->sessions[span->session];
	g_autofree char *name =
		g_strdup_printf("%s%s%u", thread->name, *thread->name ? " " : "", thread->tid);
	guint64 track = uuid(writer, OF_WORK, number);

	put_track(writer, track, uuid(writer, OF_SESSION, session->id), name, 0, NULL);
	put_nested(writer, track, indices, count);
}

static int by_session(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct fdar_spans *spans = user;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	uint32_t left = spans->spans[x].session, right = spans->spans[y].session;

	if (left != right)
		return left < right ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Spans are by thread and time already; FDAR_SPANS_NONE comes last, and is no session. */
static void put_sessions(struct writer *writer, uint32_t *indices)
{
	const struct fdar_spans *spans = writer->spans;
	uint32_t from = 0;

	if (!spans->session_count)
		return;
	put_track(writer, uuid(writer, OF_SESSIONS, 0), 0, "sessions", 0, NULL);
	for (uint32_t i = 0; i < spans->session_count; i++)
		put_session(writer, &spans->sessions[i]);
	g_qsort_with_data(indices, (gint)spans->count, sizeof(*indices), by_session,
			  (gpointer)spans);
	for (uint32_t to = 1; to <= spans->count; to++) {
		const struct fdar_span *first = &spans->spans[indices[from]];

		if (first->session == FDAR_SPANS_NONE)
			break;
		if (to < spans->count && spans->spans[indices[to]].session == first->session &&
		    spans->spans[indices[to]].thread == first->thread)
			continue;
		put_work(writer, indices + from, to - from, from);
		from = to;
	}
}

static void put_handoffs(struct writer *writer)
{
	for (uint32_t i = 0; i < writer->spans->handoff_count; i++) {
		const struct fdar_span_handoff *handoff = &writer->spans->handoffs[i];
		const char *queue = *handoff->queue ? handoff->queue : "hand-off";
		g_autofree char *put = g_strconcat("put ", queue, NULL);
		g_autofree char *take = g_strconcat("take ", queue, NULL);

		put_event(writer, uuid(writer, OF_THREAD, handoff->from), TYPE_INSTANT,
			  handoff->put_ns, FDAR_SPANS_NONE, put, EVENT_FLOW,
			  uuid(writer, OF_FLOW, i));
		put_event(writer, uuid(writer, OF_THREAD, handoff->to), TYPE_INSTANT,
			  handoff->take_ns, FDAR_SPANS_NONE, take, EVENT_FLOW_END,
			  uuid(writer, OF_FLOW, i));
	}
}

GByteArray *fdar_export_perfetto(const struct fdar_spans *spans)
{
	struct writer writer = { .out = g_byte_array_new(),
				 .spans = spans,
				 .seed = spans->begin_ns };
	g_autofree uint32_t *indices = g_new(uint32_t, spans->count + 1);

	put_names(&writer);
	put_threads(&writer);
	put_thread_spans(&writer, indices);
	put_sessions(&writer, indices);
	put_handoffs(&writer);
	return writer.out;
}
