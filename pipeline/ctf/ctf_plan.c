#include "pipeline/ctf/ctf_plan.h"

#include <string.h>

#include "base/errors.h"
#include "pipeline/ctf/ctf_header.h"
#include "pipeline/ctf2/ctf2.h"
#include "pipeline/metadata/ctf_metadata.h"

static gboolean fail(GError **error, const char *what)
{
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT, "metadata: %s", what);
	return FALSE;
}

/* ---- values of packets and headers ---- */

struct value_row {
	enum fdar_ctf_scope scope;
	const char *field;
	uint32_t role; /* enum fdar_ctf_role */
	uint8_t value;
};

/* By name: CTF 1.8, sections 5.1 and 5.2; stream_instance_id and packet_seq_num are LTTng's. By role:
 * CTF2-SPEC-2.0, sections 5.6.1 and 5.8.1. */
static const struct value_row value_rows[] = {
	{ FDAR_CTF_PACKET_HEADER, "magic", FDAR_CTF_ROLE_MAGIC, FDAR_CTF_VALUE_MAGIC },
	{ FDAR_CTF_PACKET_HEADER, "stream_id", FDAR_CTF_ROLE_STREAM_CLASS, FDAR_CTF_VALUE_STREAM },
	{ FDAR_CTF_PACKET_HEADER, "stream_instance_id", FDAR_CTF_ROLE_STREAM,
	  FDAR_CTF_VALUE_INSTANCE },
	{ FDAR_CTF_PACKET_CONTEXT, "timestamp_begin", FDAR_CTF_ROLE_TIME, FDAR_CTF_VALUE_BEGIN },
	{ FDAR_CTF_PACKET_CONTEXT, "timestamp_end", FDAR_CTF_ROLE_END_TIME, FDAR_CTF_VALUE_END },
	{ FDAR_CTF_PACKET_CONTEXT, "content_size", FDAR_CTF_ROLE_CONTENT_BITS,
	  FDAR_CTF_VALUE_CONTENT_BITS },
	{ FDAR_CTF_PACKET_CONTEXT, "packet_size", FDAR_CTF_ROLE_PACKET_BITS,
	  FDAR_CTF_VALUE_PACKET_BITS },
	{ FDAR_CTF_PACKET_CONTEXT, "packet_seq_num", FDAR_CTF_ROLE_SEQUENCE,
	  FDAR_CTF_VALUE_SEQUENCE },
	{ FDAR_CTF_PACKET_CONTEXT, "events_discarded", FDAR_CTF_ROLE_DISCARDED,
	  FDAR_CTF_VALUE_DISCARDED },
};

struct values {
	enum fdar_ctf_scope scope;
	gboolean by_roles;
	const struct fdar_ctf_node *nodes[FDAR_CTF_VALUES];
	uint32_t found; /* 1 << enum fdar_ctf_value */
};

/* The member of the root with the row's name or role, the first one. */
static const struct fdar_ctf_node *find_row(const struct values *values,
					    const struct fdar_ctf_node *root,
					    const struct value_row *row)
{
	if (!values->by_roles)
		return fdar_ctf_node_field(root, row->field);
	for (const struct fdar_ctf_node *node = root ? root->first : NULL; node;
	     node = node->next) {
		if (node->type->roles & row->role)
			return node;
	}
	return NULL;
}

static gboolean find_values(struct values *values, const struct fdar_ctf_layout *layout,
			    enum fdar_ctf_scope scope, GError **error)
{
	values->scope = scope;
	for (size_t i = 0; i < G_N_ELEMENTS(value_rows); i++) {
		const struct value_row *row = &value_rows[i];
		const struct fdar_ctf_node *node;

		if (row->scope != scope)
			continue;
		node = find_row(values, layout->roots[scope], row);
		if (!node)
			continue;
		if (fdar_ctf_node_type(node) != FDAR_TYPE_UNSIGNED ||
		    (row->value == FDAR_CTF_VALUE_MAGIC && node->type->size != 32))
			return fail(error, "a field of the packets is no unsigned integer");
		values->nodes[row->value] = node;
		values->found |= 1u << row->value;
	}
	return TRUE;
}

/* In event headers, whatever says so, or is called "id" in any structure; the last one read counts. */
static gboolean is_id(const struct values *values, const struct fdar_ctf_node *node)
{
	if (fdar_ctf_node_type(node) != FDAR_TYPE_UNSIGNED &&
	    fdar_ctf_node_type(node) != FDAR_TYPE_SIGNED)
		return FALSE;
	if (values->by_roles)
		return (node->type->roles & FDAR_CTF_ROLE_EVENT_CLASS) != 0;
	return node->name && node->parent && node->parent->type->kind == FDAR_CTF_STRUCT &&
	       strcmp(node->name[0] == '_' ? node->name + 1 : node->name, "id") == 0;
}

static uint8_t value_of(const struct fdar_ctf_node *node, void *user)
{
	struct values *values = user;

	if (values->scope == FDAR_CTF_EVENT_HEADER) {
		if (!is_id(values, node))
			return FDAR_CTF_NO_VALUE;
		values->found |= 1u << FDAR_CTF_VALUE_ID;
		return FDAR_CTF_VALUE_ID;
	}
	for (uint8_t value = FDAR_CTF_VALUE_MAGIC; value < FDAR_CTF_VALUES; value++) {
		if (values->nodes[value] == node)
			return value;
	}
	return FDAR_CTF_NO_VALUE;
}

static gboolean compile_scope(struct fdar_ctf_program *program,
			      const struct fdar_ctf_layout *layout, enum fdar_ctf_scope scope,
			      const struct fdar_ctf_trace *trace,
			      struct fdar_ctf_position *position, struct values *values,
			      GError **error)
{
	values->by_roles = trace->major > 1;
	return find_values(values, layout, scope, error) &&
	       fdar_ctf_program_compile(program, layout, scope, scope, trace->big_endian, value_of,
					values, position, error);
}

static void note_bits(struct fdar_ctf_stream_plan *stream, const struct values *values)
{
	for (unsigned value = 0; value < FDAR_CTF_VALUES; value++) {
		const struct fdar_ctf_node *node = values->nodes[value];

		if (node)
			stream->bits[value] = node->type->kind == FDAR_CTF_LEB128
						      ? 64
						      : (uint8_t)node->type->size;
	}
}

/* ---- streams ---- */

static void stream_free(void *data)
{
	struct fdar_ctf_stream_plan *stream = data;

	fdar_ctf_program_clear(&stream->packet_context);
	fdar_ctf_program_clear(&stream->event_header);
	g_ptr_array_unref(stream->classes);
	g_free(stream->by_id);
	g_free(stream->fast);
	g_free(stream);
}

/* Ids are LTTng's own counting, from 0, so a table by id is as long as there are events; a trace whose
 * ids are large (they may be any 64-bit number) is found by search instead. */
static void index_ids(struct fdar_ctf_stream_plan *stream)
{
	for (guint i = 0; i < stream->classes->len; i++) {
		const struct fdar_ctf_class *class = g_ptr_array_index(stream->classes, i);

		if (class->id < FDAR_CTF_DIRECT_IDS)
			stream->ids = (guint) class->id + 1;
	}
	stream->by_id = g_new0(struct fdar_ctf_class *, stream->ids);
	stream->fast = g_new0(const struct fdar_ctf_fast *, stream->ids);
	for (guint i = 0; i < stream->classes->len; i++) {
		struct fdar_ctf_class *class = g_ptr_array_index(stream->classes, i);

		if (class->id < stream->ids)
			stream->by_id[class->id] = class;
	}
}

/* All layouts first: a program must know which of its fields the later ones need. */
static gboolean lay_out(struct fdar_ctf_layout *layout, const struct fdar_ctf_stream_class *class,
			struct fdar_ctf_layout *events, GError **error)
{
	if (!fdar_ctf_layout_set(layout, FDAR_CTF_PACKET_CONTEXT, class->packet_context, error) ||
	    !fdar_ctf_layout_set(layout, FDAR_CTF_EVENT_HEADER, class->event_header, error) ||
	    !fdar_ctf_layout_set(layout, FDAR_CTF_COMMON_CONTEXT, class->event_context, error))
		return FALSE;
	for (guint i = 0; i < class->events->len; i++) {
		const struct fdar_ctf_event_class *event = g_ptr_array_index(class->events, i);

		fdar_ctf_layout_next_event(layout);
		if (!fdar_ctf_layout_set(layout, FDAR_CTF_OWN_CONTEXT, event->context, error) ||
		    !fdar_ctf_layout_set(layout, FDAR_CTF_PAYLOAD, event->payload, error))
			return FALSE;
		events[i] = *layout;
	}
	return TRUE;
}

static gboolean compile_events(struct fdar_ctf_stream_plan *stream,
			       const struct fdar_ctf_stream_class *class,
			       const struct fdar_ctf_layout *events,
			       const struct fdar_ctf_class_plan *plan, GError **error)
{
	for (guint i = 0; i < class->events->len; i++) {
		struct fdar_ctf_class *event =
			fdar_ctf_class_new(g_ptr_array_index(class->events, i), &events[i], plan,
					   error);

		if (!event)
			return FALSE;
		g_ptr_array_add(stream->classes, event);
	}
	index_ids(stream);
	return TRUE;
}

/* The packet's context and the events' header. */
static gboolean compile_heads(struct fdar_ctf_stream_plan *stream,
			      const struct fdar_ctf_layout *layout,
			      const struct fdar_ctf_trace *trace, struct fdar_ctf_position *header,
			      GError **error)
{
	struct fdar_ctf_position context = *header;
	struct values values = { 0 }, ids = { 0 };

	if (!compile_scope(&stream->packet_context, layout, FDAR_CTF_PACKET_CONTEXT, trace,
			   &context, &values, error) ||
	    !compile_scope(&stream->event_header, layout, FDAR_CTF_EVENT_HEADER, trace, header,
			   &ids, error))
		return FALSE;
	note_bits(stream, &values);
	stream->values = values.found | ids.found;
	stream->fast_bits = fdar_ctf_header_bits(layout->roots[FDAR_CTF_EVENT_HEADER], trace);
	return TRUE;
}

static gboolean compile_stream(struct fdar_ctf_plan *plan, struct fdar_ctf_layout *layout,
			       const struct fdar_ctf_stream_class *class,
			       struct fdar_ctf_stream_plan *stream, GError **error)
{
	const struct fdar_ctf_trace *trace = plan->trace;
	g_autofree struct fdar_ctf_layout *events =
		g_new0(struct fdar_ctf_layout, class->events->len);
	struct fdar_ctf_class_plan events_plan = { .big_endian = trace->big_endian };

	stream->id = class->id;
	stream->classes = g_ptr_array_new_with_free_func((GDestroyNotify)fdar_ctf_class_free);
	events_plan.position = fdar_ctf_position_unknown(trace);
	events_plan.maps = plan->maps;
	events_plan.host = plan->host;
	events_plan.session = plan->session;
	events_plan.default_pid = (uint32_t)fdar_ctf_trace_env_number(trace, "vpid", 0);
	if (!lay_out(layout, class, events, error) ||
	    !compile_heads(stream, layout, trace, &events_plan.position, error))
		return FALSE;
	/* CTF 2 has a word for that: they are of class 0. */
	if (!(stream->values & 1u << FDAR_CTF_VALUE_ID) && class->events->len > 1 &&
	    trace->major == 1)
		return fail(error, "events that do not say of which class they are");
	return compile_events(stream, class, events, &events_plan, error);
}

/* ---- clocks ---- */

/* The clock that the nodes from first on show: all the same one, or NULL when there is none. */
static gboolean find_clock(const struct fdar_ctf_layout *layout, guint first,
			   const struct fdar_ctf_stream_class *class, const char **clock,
			   GError **error)
{
	*clock = NULL;
	for (guint i = first; i < layout->nodes->len; i++) {
		const struct fdar_ctf_node *node = g_ptr_array_index(layout->nodes, i);
		const char *name = node->type->clock;

		if (name && !*name)
			name = class->clock;
		if (!name)
			continue;
		if (*clock && strcmp(*clock, name) != 0)
			return fail(error, "a stream with more than one clock");
		*clock = name;
	}
	return TRUE;
}

static gboolean set_clock(const struct fdar_ctf_plan *plan, struct fdar_ctf_stream_plan *stream,
			  const char *name, GError **error)
{
	for (guint i = 0; name && i < plan->trace->clocks->len; i++) {
		const struct fdar_ctf_clock *clock = g_ptr_array_index(plan->trace->clocks, i);

		if (strcmp(clock->name, name) != 0)
			continue;
		if (!fdar_ctf_time_init(&stream->time, clock->freq, clock->offset_s, clock->offset))
			return fail(error, "a clock whose offset is too far off");
		return TRUE;
	}
	return !name || fail(error, "a clock that is not declared");
}

/* ---- the whole ---- */

/* What writers of traces are known to get wrong in the times of packets; the lists are
 * babeltrace2's, which reads those of CTF 1.8. */
static gboolean check_writer(struct fdar_ctf_plan *plan, GError **error)
{
	const struct fdar_ctf_trace *trace = plan->trace;
	const char *domain = fdar_ctf_trace_env_text(trace, "domain");
	const char *name = fdar_ctf_trace_env_text(trace, "tracer_name");
	int64_t major = fdar_ctf_trace_env_number(trace, "tracer_major", INT64_MAX);
	int64_t minor = fdar_ctf_trace_env_number(trace, "tracer_minor", 0);
	gboolean kernel = g_strcmp0(domain, "kernel") == 0 || g_strcmp0(name, "lttng-modules") == 0;

	if (kernel && trace->major == 1)
		return fail(error, "a trace of a kernel");
	if (g_strcmp0(name, "barectf") == 0 && trace->major == 1)
		return fail(error, "a trace of barectf");
	plan->lttng = kernel || g_strcmp0(name, "lttng-ust") == 0;
	plan->ends_late = plan->lttng && (major < 2 || (major == 2 && minor < 11));
	return TRUE;
}

static gboolean add_stream(struct fdar_ctf_plan *plan, struct fdar_ctf_layout *layout,
			   const struct fdar_ctf_stream_class *class, GError **error)
{
	struct fdar_ctf_stream_plan *stream = g_new0(struct fdar_ctf_stream_plan, 1);
	guint first = layout->nodes->len;
	const char *clock = NULL;

	g_ptr_array_add(plan->streams, stream);
	return compile_stream(plan, layout, class, stream, error) &&
	       find_clock(layout, first, class, &clock, error) &&
	       set_clock(plan, stream, clock, error);
}

static gboolean compile_streams(struct fdar_ctf_plan *plan, struct fdar_ctf_layout *layout,
				GError **error)
{
	const struct fdar_ctf_trace *trace = plan->trace;
	struct fdar_ctf_position header = fdar_ctf_position_unknown(trace);
	struct values values = { 0 };

	header.align = FDAR_CTF_ALIGN_MAX;
	if (!fdar_ctf_layout_set(layout, FDAR_CTF_PACKET_HEADER, trace->packet_header, error))
		return FALSE;
	/* Where the header ends is known without its program, which comes last: streams may need
	 * its fields. */
	for (guint i = 0; i < trace->streams->len; i++) {
		if (!add_stream(plan, layout, g_ptr_array_index(trace->streams, i), error))
			return FALSE;
	}
	if (!compile_scope(&plan->packet_header, layout, FDAR_CTF_PACKET_HEADER, trace, &header,
			   &values, error))
		return FALSE;
	plan->values = values.found;
	if (!(plan->values & 1u << FDAR_CTF_VALUE_STREAM) && trace->streams->len > 1 &&
	    trace->major == 1)
		return fail(error, "packets that do not say of which stream they are");
	return TRUE;
}

/* The first byte tells the languages of metadata apart: CTF 2's is a sequence of JSON texts. */
static struct fdar_ctf_trace *parse(const char *text, gsize length, GError **error)
{
	if (fdar_ctf_metadata_is_json(text, length))
		return fdar_ctf2_parse(text, length, error);
	return fdar_ctf_trace_parse(text, length, error);
}

static char *host_of(const struct fdar_ctf_trace *trace, guint recording, gboolean apart)
{
	const struct fdar_home_told told = { .hostname = fdar_ctf_trace_env_text(trace, "hostname"),
					     .clock = fdar_ctf_trace_clock_uuid(trace),
					     .uuid = trace->has_uuid ? trace->uuid : NULL,
					     .recording = recording,
					     .alone = fdar_ctf_trace_env_number(trace, "vpid", 0) !=
						      0,
					     .apart = apart };

	return fdar_home_host(&told);
}

/* LTTng's sessions go by their names: those of one daemon differ in it. */
static uint32_t session_of(const struct fdar_ctf_trace *trace)
{
	const char *name = fdar_ctf_trace_env_text(trace, "trace_name");

	return name && fdar_ctf_trace_env_text(trace, "tracer_buffering_scheme") ? g_str_hash(name)
										 : 0;
}

void fdar_ctf_plan_set_home(struct fdar_ctf_plan *plan, guint recording, gboolean apart)
{
	plan->recording = recording;
	g_free(plan->host);
	plan->host = host_of(plan->trace, recording, apart);
	for (guint i = 0; i < plan->streams->len; i++) {
		const struct fdar_ctf_stream_plan *stream = g_ptr_array_index(plan->streams, i);

		for (guint j = 0; j < stream->classes->len; j++)
			((struct fdar_ctf_class *)g_ptr_array_index(stream->classes, j))->host =
				plan->host;
	}
}

struct fdar_ctf_plan *fdar_ctf_plan_new(const char *text, gsize length, GError **error)
{
	return fdar_ctf_plan_new_for(text, length, NULL, error);
}

struct fdar_ctf_plan *fdar_ctf_plan_new_for(const char *text, gsize length,
					    const struct fdar_event_maps *maps, GError **error)
{
	struct fdar_ctf_plan *plan = g_new0(struct fdar_ctf_plan, 1);
	struct fdar_ctf_layout layout;
	gboolean ok;

	plan->maps = maps;
	fdar_ctf_layout_init(&layout);
	plan->streams = g_ptr_array_new_with_free_func(stream_free);
	plan->trace = parse(text, length, error);
	if (plan->trace) {
		plan->host = host_of(plan->trace, 0, FALSE);
		plan->session = session_of(plan->trace);
	}
	ok = plan->trace && check_writer(plan, error) && compile_streams(plan, &layout, error);
	fdar_ctf_layout_clear(&layout);
	if (ok)
		return plan;
	fdar_ctf_plan_free(plan);
	return NULL;
}

void fdar_ctf_plan_free(struct fdar_ctf_plan *plan)
{
	if (!plan)
		return;
	g_ptr_array_unref(plan->streams);
	fdar_ctf_program_clear(&plan->packet_header);
	fdar_ctf_trace_free(plan->trace);
	g_free(plan->host);
	g_free(plan);
}

const struct fdar_ctf_stream_plan *fdar_ctf_plan_stream(const struct fdar_ctf_plan *plan,
							uint64_t id)
{
	for (guint i = 0; i < plan->streams->len; i++) {
		const struct fdar_ctf_stream_plan *stream = g_ptr_array_index(plan->streams, i);

		if (stream->id == id)
			return stream;
	}
	return NULL;
}

struct fdar_ctf_class *fdar_ctf_plan_class(const struct fdar_ctf_stream_plan *stream, uint64_t id)
{
	guint low = 0, high = stream->classes->len;

	if (id < stream->ids)
		return stream->by_id[id];
	while (low < high) {
		guint middle = low + (high - low) / 2;
		struct fdar_ctf_class *class = g_ptr_array_index(stream->classes, middle);

		if (class->id == id)
			return class;
		if (class->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void fdar_ctf_plan_use_fast(const struct fdar_ctf_stream_plan *stream,
			    const struct fdar_ctf_class *class)
{
	if (class->has_fast && class->id < stream->ids)
		stream->fast[class->id] = &class->fast;
}
