#include "pipeline/ctf/ctf_plan.h"

#include <string.h>

#include "base/errors.h"

static gboolean fail(GError **error, const char *what)
{
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT, "metadata: %s", what);
	return FALSE;
}

/* ---- values of packets and headers ---- */

struct value_row {
	enum fdar_ctf_scope scope;
	const char *field;
	uint8_t value;
};

/* CTF 1.8, sections 5.1 and 5.2; stream_instance_id and packet_seq_num are LTTng's. */
static const struct value_row value_rows[] = {
	{ FDAR_CTF_PACKET_HEADER, "magic", FDAR_CTF_VALUE_MAGIC },
	{ FDAR_CTF_PACKET_HEADER, "stream_id", FDAR_CTF_VALUE_STREAM },
	{ FDAR_CTF_PACKET_HEADER, "stream_instance_id", FDAR_CTF_VALUE_INSTANCE },
	{ FDAR_CTF_PACKET_CONTEXT, "timestamp_begin", FDAR_CTF_VALUE_BEGIN },
	{ FDAR_CTF_PACKET_CONTEXT, "timestamp_end", FDAR_CTF_VALUE_END },
	{ FDAR_CTF_PACKET_CONTEXT, "content_size", FDAR_CTF_VALUE_CONTENT_BITS },
	{ FDAR_CTF_PACKET_CONTEXT, "packet_size", FDAR_CTF_VALUE_PACKET_BITS },
	{ FDAR_CTF_PACKET_CONTEXT, "packet_seq_num", FDAR_CTF_VALUE_SEQUENCE },
	{ FDAR_CTF_PACKET_CONTEXT, "events_discarded", FDAR_CTF_VALUE_DISCARDED },
};

struct values {
	enum fdar_ctf_scope scope;
	const struct fdar_ctf_node *nodes[FDAR_CTF_VALUES];
	uint32_t found; /* 1 << enum fdar_ctf_value */
};

static gboolean find_values(struct values *values, const struct fdar_ctf_layout *layout,
			    enum fdar_ctf_scope scope, GError **error)
{
	values->scope = scope;
	for (size_t i = 0; i < G_N_ELEMENTS(value_rows); i++) {
		const struct value_row *row = &value_rows[i];
		const struct fdar_ctf_node *node;

		node = row->scope == scope ? fdar_ctf_node_field(layout->roots[scope], row->field)
					   : NULL;
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

/* In event headers, whatever is called "id" in any structure; the last one read counts. */
static gboolean is_id(const struct fdar_ctf_node *node)
{
	return node->name && node->parent && node->parent->type->kind == FDAR_CTF_STRUCT &&
	       strcmp(node->name[0] == '_' ? node->name + 1 : node->name, "id") == 0;
}

static uint8_t value_of(const struct fdar_ctf_node *node, void *user)
{
	struct values *values = user;

	if (values->scope == FDAR_CTF_EVENT_HEADER) {
		if (!is_id(node) || node->type->kind > FDAR_CTF_ENUM)
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
			      struct fdar_ctf_position *position, uint32_t *found, GError **error)
{
	struct values values = { 0 };

	if (!find_values(&values, layout, scope, error) ||
	    !fdar_ctf_program_compile(program, layout, scope, scope, trace->big_endian, value_of,
				      &values, position, error))
		return FALSE;
	*found |= values.found;
	return TRUE;
}

/* ---- LTTng's event headers ---- */

static gboolean is_unsigned(const struct fdar_ctf_node *node, enum fdar_ctf_kind kind,
			    uint32_t size)
{
	return node && node->type->kind == kind && node->type->size == size &&
	       !node->type->is_signed && node->type->order != FDAR_CTF_BIG &&
	       node->reg == FDAR_CTF_NO_REG;
}

static gboolean has_range(const struct fdar_ctf_type *type, const char *name, uint64_t lower,
			  uint64_t upper)
{
	for (guint i = 0; i < type->labels->len; i++) {
		const struct fdar_ctf_label *label =
			&g_array_index(type->labels, struct fdar_ctf_label, i);

		if (strcmp(label->name, name) == 0)
			return label->lower == lower && label->upper == upper;
	}
	return FALSE;
}

/* A structure of an id, unless that has no bits, and a time; none of them further apart than that. */
static gboolean is_pair(const struct fdar_ctf_node *structure, const char *name, uint32_t id_bits,
			uint32_t time_bits)
{
	const struct fdar_ctf_node *time = structure->first;

	if (strcmp(structure->name, name) != 0 || structure->type->kind != FDAR_CTF_STRUCT ||
	    structure->type->align > 8 || (id_bits && structure->type->align != 8))
		return FALSE;
	if (id_bits) {
		if (!is_unsigned(time, FDAR_CTF_INTEGER, id_bits) ||
		    strcmp(time->name, "id") != 0 || time->type->clock)
			return FALSE;
		time = time->next;
	}
	return is_unsigned(time, FDAR_CTF_INTEGER, time_bits) && time->type->clock && !time->next &&
	       strcmp(time->name, "id") != 0;
}

/* The id, and the choice between a short time stamp and an id and time stamp at full length. */
static gboolean is_lttng_header(const struct fdar_ctf_node *root, uint32_t id_bits,
				uint32_t time_bits)
{
	const struct fdar_ctf_node *id = fdar_ctf_node_member(root, "id");
	const struct fdar_ctf_node *variant = fdar_ctf_node_member(root, "v");
	const struct fdar_ctf_node *brief, *extended;
	uint64_t last = (UINT64_C(1) << id_bits) - 1;

	if (!id || !variant || root->first != id || id->next != variant || variant->next ||
	    variant->type->kind != FDAR_CTF_VARIANT || variant->target != id || id->readers != 1)
		return FALSE;
	if (root->type->align != 8 || id->type->kind != FDAR_CTF_ENUM ||
	    id->type->size != id_bits || id->type->is_signed || id->type->order == FDAR_CTF_BIG ||
	    !has_range(id->type, "compact", 0, last - 1) ||
	    !has_range(id->type, "extended", last, last))
		return FALSE;
	brief = variant->first;
	extended = brief ? brief->next : NULL;
	return extended && is_pair(brief, "compact", 0, time_bits) &&
	       is_pair(extended, "extended", 32, 64) && !extended->next &&
	       (id_bits % 8 == 0 || brief->first->type->align == 1);
}

static guint fast_bits(const struct fdar_ctf_node *root, const struct fdar_ctf_trace *trace)
{
	if (!root || trace->big_endian || G_BYTE_ORDER != G_LITTLE_ENDIAN)
		return 0;
	if (is_lttng_header(root, 5, 27))
		return 5;
	return is_lttng_header(root, 16, 32) ? 16 : 0;
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

		layout->roots[FDAR_CTF_PAYLOAD] = NULL;
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
	if (!(stream->values & 1u << FDAR_CTF_VALUE_ID) && class->events->len > 1)
		return fail(error, "events that do not say of which class they are");
	return TRUE;
}

static gboolean compile_stream(struct fdar_ctf_plan *plan, struct fdar_ctf_layout *layout,
			       const struct fdar_ctf_stream_class *class,
			       struct fdar_ctf_stream_plan *stream,
			       const struct fdar_ctf_position *header_end, GError **error)
{
	const struct fdar_ctf_trace *trace = plan->trace;
	g_autofree struct fdar_ctf_layout *events =
		g_new0(struct fdar_ctf_layout, class->events->len);
	struct fdar_ctf_position context = *header_end, header = { .align = 1 };
	struct fdar_ctf_class_plan events_plan = { .big_endian = trace->big_endian };

	stream->id = class->id;
	stream->classes = g_ptr_array_new_with_free_func((GDestroyNotify)fdar_ctf_class_free);
	if (!lay_out(layout, class, events, error) ||
	    !compile_scope(&stream->packet_context, layout, FDAR_CTF_PACKET_CONTEXT, trace,
			   &context, &stream->values, error) ||
	    !compile_scope(&stream->event_header, layout, FDAR_CTF_EVENT_HEADER, trace, &header,
			   &stream->values, error))
		return FALSE;
	stream->fast_bits = fast_bits(layout->roots[FDAR_CTF_EVENT_HEADER], trace);
	events_plan.position = header;
	events_plan.host = plan->host;
	events_plan.default_pid = (uint32_t)fdar_ctf_trace_env_number(trace, "vpid", 0);
	return compile_events(stream, class, events, &events_plan, error);
}

/* ---- clocks ---- */

/* The clock that the nodes from first on show: all the same one, and in every stream or in none. */
static gboolean find_clock(const struct fdar_ctf_layout *layout, guint first, const char **clock,
			   gboolean *any, GError **error)
{
	*any = FALSE;
	for (guint i = first; i < layout->nodes->len; i++) {
		const struct fdar_ctf_node *node = g_ptr_array_index(layout->nodes, i);

		if (!node->type->clock)
			continue;
		*any = TRUE;
		if (*clock && strcmp(*clock, node->type->clock) != 0)
			return fail(error, "more than one clock");
		*clock = node->type->clock;
	}
	return TRUE;
}

static gboolean set_clock(struct fdar_ctf_plan *plan, const char *name, GError **error)
{
	for (guint i = 0; name && i < plan->trace->clocks->len; i++) {
		const struct fdar_ctf_clock *clock = g_ptr_array_index(plan->trace->clocks, i);

		if (strcmp(clock->name, name) != 0)
			continue;
		if (!fdar_ctf_time_init(&plan->time, clock->freq, clock->offset_s, clock->offset))
			return fail(error, "a clock whose offset is too far off");
		return TRUE;
	}
	return !name || fail(error, "a clock that is not declared");
}

/* ---- the whole ---- */

/* What writers of traces are known to get wrong in the times of packets; the lists are
 * babeltrace2's. */
static gboolean check_writer(struct fdar_ctf_plan *plan, GError **error)
{
	const struct fdar_ctf_trace *trace = plan->trace;
	const char *domain = fdar_ctf_trace_env_text(trace, "domain");
	const char *name = fdar_ctf_trace_env_text(trace, "tracer_name");
	int64_t major = fdar_ctf_trace_env_number(trace, "tracer_major", INT64_MAX);
	int64_t minor = fdar_ctf_trace_env_number(trace, "tracer_minor", 0);

	if (g_strcmp0(domain, "kernel") == 0 || g_strcmp0(name, "lttng-modules") == 0)
		return fail(error, "a trace of a kernel");
	if (g_strcmp0(name, "barectf") == 0)
		return fail(error, "a trace of barectf");
	plan->lttng = g_strcmp0(name, "lttng-ust") == 0;
	plan->ends_late = plan->lttng && (major < 2 || (major == 2 && minor < 11));
	return TRUE;
}

static gboolean compile_streams(struct fdar_ctf_plan *plan, struct fdar_ctf_layout *layout,
				GError **error)
{
	const GPtrArray *classes = plan->trace->streams;
	struct fdar_ctf_position header = { .align = FDAR_CTF_ALIGN_MAX };
	const char *clock = NULL;
	guint clocked = 0;

	if (!fdar_ctf_layout_set(layout, FDAR_CTF_PACKET_HEADER, plan->trace->packet_header, error))
		return FALSE;
	/* Where the header ends is known without its program, which comes last: streams may need
	 * its fields. */
	for (guint i = 0; i < classes->len; i++) {
		struct fdar_ctf_stream_plan *stream = g_new0(struct fdar_ctf_stream_plan, 1);
		struct fdar_ctf_position unknown = { .align = 1 };
		guint first = layout->nodes->len;
		gboolean any;

		g_ptr_array_add(plan->streams, stream);
		if (!compile_stream(plan, layout, g_ptr_array_index(classes, i), stream, &unknown,
				    error) ||
		    !find_clock(layout, first, &clock, &any, error))
			return FALSE;
		clocked += any != FALSE;
	}
	if (clocked && clocked != classes->len)
		return fail(error, "streams with a clock and streams without");
	if (!(plan->values & 1u << FDAR_CTF_VALUE_STREAM) && classes->len > 1 &&
	    !fdar_ctf_node_field(layout->roots[FDAR_CTF_PACKET_HEADER], "stream_id"))
		return fail(error, "packets that do not say of which stream they are");
	return compile_scope(&plan->packet_header, layout, FDAR_CTF_PACKET_HEADER, plan->trace,
			     &header, &plan->values, error) &&
	       set_clock(plan, clock, error);
}

static char *host_of(const struct fdar_ctf_trace *trace)
{
	return fdar_home_host(fdar_ctf_trace_env_text(trace, "hostname"),
			      trace->has_uuid ? trace->uuid : NULL,
			      fdar_ctf_trace_env_number(trace, "vpid", 0) != 0);
}

struct fdar_ctf_plan *fdar_ctf_plan_new(const char *text, gsize length, GError **error)
{
	struct fdar_ctf_plan *plan = g_new0(struct fdar_ctf_plan, 1);
	struct fdar_ctf_layout layout;
	gboolean ok;

	fdar_ctf_layout_init(&layout);
	plan->streams = g_ptr_array_new_with_free_func(stream_free);
	plan->trace = fdar_ctf_trace_parse(text, length, error);
	if (plan->trace)
		plan->host = host_of(plan->trace);
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
