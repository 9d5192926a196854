/* What the events are made of, and how they are filled. */
#include "viz/babeltrace/source.h"

#include <string.h>

/* A member of an event; the same name has the same type in all of them. */
struct member {
	const char *name;
	gboolean text;
};

/* Of every event, in the common context: where it was, and for whom. */
enum common { VPID, VTID, THREAD, SESSION_ID, SESSION, REQUEST, COMMONS };

static const struct member common[COMMONS] = {
	[VPID] = { "vpid", FALSE },      [VTID] = { "vtid", FALSE },
	[THREAD] = { "thread", TRUE },   [SESSION_ID] = { "session_id", FALSE },
	[SESSION] = { "session", TRUE }, [REQUEST] = { "request", TRUE },
};

#define MEMBERS 5

static const struct {
	const char *name;
	struct member members[MEMBERS]; /* up to the first without a name */
} classes[FDAR_MOMENTS] = {
	[FDAR_MOMENT_SESSION_BEGIN] = { "session_begin", { { "key", FALSE } } },
	[FDAR_MOMENT_SESSION_END] = { "session_end",
				      { { "key", FALSE },
					{ "open_ns", FALSE },
					{ "finished", FALSE } } },
	[FDAR_MOMENT_REQUEST_BEGIN] = { "request_begin", { { "id", FALSE } } },
	[FDAR_MOMENT_REQUEST_END] = { "request_end",
				      { { "id", FALSE },
					{ "open_ns", FALSE },
					{ "finished", FALSE } } },
	[FDAR_MOMENT_CALL_BEGIN] = { "call_begin",
				     { { "id", FALSE },
				       { "name", TRUE },
				       { "component", TRUE },
				       { "kind", TRUE } } },
	[FDAR_MOMENT_CALL_END] = { "call_end",
				   { { "id", FALSE },
				     { "name", TRUE },
				     { "component", TRUE },
				     { "duration_ns", FALSE },
				     { "unfinished", FALSE } } },
	[FDAR_MOMENT_HANDOFF_PUT] = { "handoff_put", { { "id", FALSE }, { "queue", TRUE } } },
	[FDAR_MOMENT_HANDOFF_TAKE] = { "handoff_take",
				       { { "id", FALSE },
					 { "queue", TRUE },
					 { "waited_ns", FALSE } } },
};

/* ---- classes ---- */

static gboolean add_member(bt_trace_class *trace, bt_field_class *structure,
			   const struct member *member)
{
	bt_field_class *field = member->text ? bt_field_class_string_create(trace)
					     : bt_field_class_integer_unsigned_create(trace);
	gboolean fine =
		field && bt_field_class_structure_append_member(structure, member->name, field) ==
				 BT_FIELD_CLASS_STRUCTURE_APPEND_MEMBER_STATUS_OK;

	if (field)
		bt_field_class_put_ref(field);
	return fine;
}

static bt_field_class *make_structure(bt_trace_class *trace, const struct member *members,
				      gsize count)
{
	bt_field_class *structure = bt_field_class_structure_create(trace);

	for (gsize i = 0; structure && i < count && members[i].name; i++) {
		if (!add_member(trace, structure, &members[i])) {
			bt_field_class_put_ref(structure);
			return NULL;
		}
	}
	return structure;
}

static gboolean make_event_class(struct fdar_bt_source *source, bt_trace_class *trace, gsize kind)
{
	bt_event_class *event = bt_event_class_create(source->stream_class);
	bt_field_class *payload = make_structure(trace, classes[kind].members, MEMBERS);
	g_autofree char *name = g_strconcat("flowdar:", classes[kind].name, NULL);
	gboolean fine = event && payload &&
			bt_event_class_set_name(event, name) == BT_EVENT_CLASS_SET_NAME_STATUS_OK &&
			bt_event_class_set_payload_field_class(event, payload) ==
				BT_EVENT_CLASS_SET_FIELD_CLASS_STATUS_OK;

	if (payload)
		bt_field_class_put_ref(payload);
	/* The stream class has it; it lives as long as that. */
	source->events[kind] = event;
	if (event)
		bt_event_class_put_ref(event);
	return fine;
}

/* Times are since 1970, so that events of other traces of the machine can be mixed in. */
static gboolean set_clock(struct fdar_bt_source *source, bt_self_component *self)
{
	bt_clock_class *clock = bt_clock_class_create(self);
	gboolean fine =
		clock && bt_stream_class_set_default_clock_class(source->stream_class, clock) ==
				 BT_STREAM_CLASS_SET_DEFAULT_CLOCK_CLASS_STATUS_OK;

	if (clock)
		bt_clock_class_put_ref(clock);
	return fine;
}

static gboolean make_classes(struct fdar_bt_source *source, bt_trace_class *trace,
			     bt_self_component *self)
{
	bt_field_class *context = make_structure(trace, common, COMMONS);
	gboolean fine = context && set_clock(source, self) &&
			bt_stream_class_set_event_common_context_field_class(source->stream_class,
									     context) ==
				BT_STREAM_CLASS_SET_FIELD_CLASS_STATUS_OK;

	if (context)
		bt_field_class_put_ref(context);
	for (gsize kind = 0; fine && kind < FDAR_MOMENTS; kind++)
		fine = make_event_class(source, trace, kind);
	return fine;
}

static gboolean make_streams(struct fdar_bt_source *source)
{
	source->streams = g_new0(bt_stream *, source->spans->thread_count + 1);
	for (uint32_t i = 0; i < source->spans->thread_count; i++) {
		source->streams[i] = bt_stream_create(source->stream_class, source->trace);
		if (!source->streams[i])
			return FALSE;
	}
	return TRUE;
}

gboolean fdar_bt_source_classes(struct fdar_bt_source *source, bt_self_component *self)
{
	bt_trace_class *trace = bt_trace_class_create(self);
	gboolean fine;

	source->stream_class = trace ? bt_stream_class_create(trace) : NULL;
	fine = source->stream_class && make_classes(source, trace, self);
	source->trace = fine ? bt_trace_create(trace) : NULL;
	if (trace)
		bt_trace_class_put_ref(trace);
	return source->trace && make_streams(source);
}

/* ---- events ---- */

/* The members in turn: who fills them goes through them in the order of the class. */
struct filler {
	bt_field *structure;
	uint64_t at;
};

static void put_number(struct filler *filler, uint64_t value)
{
	bt_field_integer_unsigned_set_value(
		bt_field_structure_borrow_member_field_by_index(filler->structure, filler->at++),
		value);
}

/* No memory for a text leaves it empty: there is nobody to tell in the middle of an event. */
static void put_text(struct filler *filler, const char *text)
{
	bt_field *field =
		bt_field_structure_borrow_member_field_by_index(filler->structure, filler->at++);

	(void)bt_field_string_set_value(field, text ? text : "");
}

static const struct fdar_span_session *at(const struct fdar_span_session *sessions, uint32_t count,
					  uint32_t index)
{
	return index < count ? &sessions[index] : NULL;
}

/* Whose a moment is: of the unit's sessions, and of the connections that these may be requests of. */
static void find_owner(const struct fdar_spans *spans, const struct fdar_moment *moment,
		       const struct fdar_span_session **connection,
		       const struct fdar_span_session **request)
{
	gboolean requests = spans->unit == FDAR_UNIT_REQUEST;
	uint32_t index = moment->index;

	*connection = *request = NULL;
	if (moment->kind == FDAR_MOMENT_CALL_BEGIN || moment->kind == FDAR_MOMENT_CALL_END)
		index = spans->spans[index].session;
	else if (moment->kind == FDAR_MOMENT_HANDOFF_PUT ||
		 moment->kind == FDAR_MOMENT_HANDOFF_TAKE)
		index = spans->handoffs[index].session;
	else if (requests && moment->kind <= FDAR_MOMENT_SESSION_END) {
		*connection = at(spans->connections, spans->connection_count, index);
		return;
	}
	if (!requests) {
		*connection = at(spans->sessions, spans->session_count, index);
		return;
	}
	*request = at(spans->sessions, spans->session_count, index);
	if (*request)
		*connection =
			at(spans->connections, spans->connection_count, (*request)->connection);
}

static void fill_common(const struct fdar_bt_source *source, const struct fdar_moment *moment,
			bt_event *event, const struct fdar_span_session *connection,
			const struct fdar_span_session *request)
{
	struct filler filler = { bt_event_borrow_common_context_field(event), 0 };
	const struct fdar_span_thread *thread = &source->spans->threads[moment->thread];
	const struct fdar_span_session *owner = connection ? connection : request;

	put_number(&filler, thread->told_pid);
	put_number(&filler, thread->tid);
	put_text(&filler, thread->name);
	put_number(&filler, owner ? owner->id : 0);
	put_text(&filler, owner ? owner->peer : "");
	put_text(&filler, request ? request->what : "");
}

static void fill_session(struct filler *filler, const struct fdar_span_session *session,
			 gboolean request, gboolean end)
{
	put_number(filler, request ? session->id : session->key);
	if (!end)
		return;
	put_number(filler, session->end_ns - session->begin_ns);
	put_number(filler, session->state == FDAR_SESSION_FINISHED);
}

static void fill_call(struct filler *filler, const struct fdar_spans *spans,
		      const struct fdar_span *span, gboolean end)
{
	const struct fdar_span_function *function = &spans->functions[span->function];

	put_number(filler, span->id);
	put_text(filler, function->name);
	put_text(filler, function->component);
	if (!end) {
		put_text(filler, fdar_walk_kind_name(function->kind));
		return;
	}
	put_number(filler, span->end_ns - span->start_ns);
	put_number(filler, span->unfinished);
}

void fdar_bt_source_fill(const struct fdar_bt_source *source, const struct fdar_moment *moment,
			 bt_event *event)
{
	struct filler filler = { bt_event_borrow_payload_field(event), 0 };
	const struct fdar_spans *spans = source->spans;
	const struct fdar_span_session *connection, *request;
	const struct fdar_span_handoff *handoff;

	find_owner(spans, moment, &connection, &request);
	fill_common(source, moment, event, connection, request);
	switch ((enum fdar_moment_kind)moment->kind) {
	case FDAR_MOMENT_SESSION_BEGIN:
	case FDAR_MOMENT_SESSION_END:
		fill_session(&filler, connection, FALSE, moment->kind == FDAR_MOMENT_SESSION_END);
		break;
	case FDAR_MOMENT_REQUEST_BEGIN:
	case FDAR_MOMENT_REQUEST_END:
		fill_session(&filler, request, TRUE, moment->kind == FDAR_MOMENT_REQUEST_END);
		break;
	case FDAR_MOMENT_CALL_BEGIN:
	case FDAR_MOMENT_CALL_END:
		fill_call(&filler, spans, &spans->spans[moment->index],
			  moment->kind == FDAR_MOMENT_CALL_END);
		break;
	case FDAR_MOMENT_HANDOFF_PUT:
	case FDAR_MOMENT_HANDOFF_TAKE:
		handoff = &spans->handoffs[moment->index];
		put_number(&filler, moment->index + 1u);
		put_text(&filler, handoff->queue);
		if (moment->kind == FDAR_MOMENT_HANDOFF_TAKE)
			put_number(&filler, handoff->take_ns - handoff->put_ns);
		break;
	case FDAR_MOMENTS:
		break;
	}
}
