#include <stdlib.h>

#include "base/json_text.h"
#include "viz/export/export_spans.h"

/* OTLP/JSON (https://opentelemetry.io/docs/specs/otlp/, JSON Protobuf Encoding): ids are hexadecimal, not
 * base64; 64-bit numbers are texts; kinds are numbers. */
#define KIND_INTERNAL 1
#define KIND_SERVER   2

/* To the call that target is, from the one that put what it took. */
struct link {
	uint32_t target;
	uint32_t source; /* FDAR_SPANS_NONE: the session's root */
	uint32_t session;
	uint32_t handoff;
};

/* From when to when a span is. */
struct extent {
	uint64_t begin_ns, end_ns;
};

struct writer {
	GString *out;
	const struct fdar_spans *spans;
	GArray *links;        /* of struct link, by target */
	struct extent *roots; /* of sessions, by their number */
	guint next_link;
	gboolean first;
};

/* 16 digits that differ for each number of a kind, and from those of another recording. */
static void append_id(const struct writer *writer, guint64 kind, guint64 number)
{
	guint64 mixed = writer->spans->begin_ns +
			(kind << 40 | number) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
	mixed = (mixed ^ mixed >> 31) | 1; /* all zeros are no id */
	g_string_append_printf(writer->out, "%016" G_GINT64_MODIFIER "x", mixed);
}

enum { OF_TRACE, OF_REST, OF_ROOT, OF_CALL };

/* A trace is a connection; a request of which that is not known has one of its own. */
static void append_trace(const struct writer *writer, uint32_t session)
{
	uint32_t connection = writer->spans->sessions[session].connection;
	guint64 number = connection == FDAR_SPANS_NONE ? (guint64)session << 1
						       : (guint64)connection << 1 | 1;

	append_id(writer, OF_TRACE, number);
	append_id(writer, OF_REST, number);
}

static void append_text(GString *out, const char *key, const char *text, gboolean *first)
{
	g_string_append_printf(out,
			       "%s{\"key\":\"%s\",\"value\":{\"stringValue\":", *first ? "" : ",",
			       key);
	fdar_json_append(out, text);
	g_string_append(out, "}}");
	*first = FALSE;
}

static void append_number(GString *out, const char *key, guint64 number, gboolean *first)
{
	g_string_append_printf(out,
			       "%s{\"key\":\"%s\",\"value\":{\"intValue\":\"%" G_GUINT64_FORMAT
			       "\"}}",
			       *first ? "" : ",", key, number);
	*first = FALSE;
}

static void append_true(GString *out, const char *key, gboolean *first)
{
	g_string_append_printf(out, "%s{\"key\":\"%s\",\"value\":{\"boolValue\":true}}",
			       *first ? "" : ",", key);
	*first = FALSE;
}

/* An open object with what all spans have. */
static void begin(struct writer *writer, uint32_t session, guint64 kind, guint64 number)
{
	g_string_append(writer->out, writer->first ? "{\"traceId\":\"" : ",{\"traceId\":\"");
	append_trace(writer, session);
	g_string_append(writer->out, "\",\"spanId\":\"");
	append_id(writer, kind, number);
	g_string_append_c(writer->out, '"');
	writer->first = FALSE;
}

static void add_times(struct writer *writer, const char *name, int kind, uint64_t start_ns,
		      uint64_t end_ns)
{
	g_string_append(writer->out, ",\"name\":");
	fdar_json_append(writer->out, name);
	g_string_append_printf(writer->out,
			       ",\"kind\":%d,\"startTimeUnixNano\":\"%" G_GUINT64_FORMAT
			       "\",\"endTimeUnixNano\":\"%" G_GUINT64_FORMAT "\",\"attributes\":[",
			       kind, start_ns, end_ns);
}

/* A session is known of only within the call that took it in, or after its first: as a span it has all of its
 * calls inside. */
static struct extent *find_roots(const struct fdar_spans *spans)
{
	struct extent *roots = g_new0(struct extent, spans->session_count);

	for (uint32_t i = 0; i < spans->session_count; i++) {
		const struct fdar_span_session *session = &spans->sessions[i];

		roots[i].begin_ns = session->begin_ns;
		roots[i].end_ns = MAX(session->end_ns, session->begin_ns);
	}
	for (uint32_t i = 0; i < spans->count; i++) {
		const struct fdar_span *span = &spans->spans[i];
		struct extent *root;

		if (span->session == FDAR_SPANS_NONE)
			continue;
		root = &roots[span->session];
		root->begin_ns = MIN(root->begin_ns, span->start_ns);
		root->end_ns = MAX(root->end_ns, span->end_ns);
	}
	return roots;
}

static void add_root(struct writer *writer, uint32_t index)
{
	const struct fdar_span_session *session = &writer->spans->sessions[index];
	const struct extent *extent = &writer->roots[index];
	gboolean first = TRUE;

	begin(writer, index, OF_ROOT, index);
	add_times(writer,
		  *session->what                             ? session->what
		  : writer->spans->unit == FDAR_UNIT_REQUEST ? "request"
							     : "session",
		  KIND_SERVER, extent->begin_ns, extent->end_ns);
	append_number(writer->out, "flowdar.session", session->id, &first);
	if (*session->peer)
		append_text(writer->out, "client.address", session->peer, &first);
	if (session->state == FDAR_SESSION_UNFINISHED)
		append_true(writer->out, "flowdar.unfinished", &first);
	g_string_append(writer->out, "]}");
}

/* ---- hand-offs ---- */

static int by_target(gconstpointer a, gconstpointer b)
{
	const struct link *x = a, *y = b;

	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	return x->handoff < y->handoff ? -1 : x->handoff > y->handoff;
}

static gboolean is_of(const struct fdar_spans *spans, uint32_t span, uint32_t session)
{
	return span != FDAR_SPANS_NONE && spans->spans[span].session == session;
}

/* What the taker did with the object: the call that it took it in when that is the session's, else the
 * next one. */
static void find_links(struct writer *writer)
{
	const struct fdar_spans *spans = writer->spans;

	for (uint32_t i = 0; i < spans->handoff_count; i++) {
		const struct fdar_span_handoff *handoff = &spans->handoffs[i];
		struct link link = { .session = handoff->session, .handoff = i };

		if (handoff->session == FDAR_SPANS_NONE)
			continue;
		link.target = fdar_spans_at(spans, handoff->to, handoff->take_ns);
		if (!is_of(spans, link.target, handoff->session))
			link.target = fdar_spans_after(spans, handoff->to, handoff->take_ns);
		if (!is_of(spans, link.target, handoff->session))
			continue;
		link.source = fdar_spans_at(spans, handoff->from, handoff->put_ns);
		if (!is_of(spans, link.source, handoff->session))
			link.source = FDAR_SPANS_NONE;
		g_array_append_val(writer->links, link);
	}
	g_array_sort(writer->links, by_target);
}

static void add_link(struct writer *writer, const struct link *link)
{
	const char *queue = writer->spans->handoffs[link->handoff].queue;
	gboolean first = TRUE;

	g_string_append(writer->out, "{\"traceId\":\"");
	append_trace(writer, link->session);
	g_string_append(writer->out, "\",\"spanId\":\"");
	if (link->source == FDAR_SPANS_NONE)
		append_id(writer, OF_ROOT, link->session);
	else
		append_id(writer, OF_CALL, link->source);
	g_string_append(writer->out, "\",\"attributes\":[");
	if (*queue)
		append_text(writer->out, "flowdar.queue", queue, &first);
	g_string_append(writer->out, "]}");
}

static void add_links(struct writer *writer, uint32_t target)
{
	gboolean any = FALSE;

	while (writer->next_link < writer->links->len) {
		const struct link *link =
			&g_array_index(writer->links, struct link, writer->next_link);

		if (link->target != target)
			break;
		g_string_append(writer->out, any ? "," : ",\"links\":[");
		add_link(writer, link);
		any = TRUE;
		writer->next_link++;
	}
	if (any)
		g_string_append_c(writer->out, ']');
}

/* ---- calls ---- */

static void add_call(struct writer *writer, uint32_t index)
{
	const struct fdar_spans *spans = writer->spans;
	const struct fdar_span *span = &spans->spans[index];
	const struct fdar_span_function *function = &spans->functions[span->function];
	const struct fdar_span_thread *thread = &spans->threads[span->thread];
	uint32_t parent = span->parent;
	gboolean first = TRUE;

	while (parent != FDAR_SPANS_NONE && !is_of(spans, parent, span->session))
		parent = spans->spans[parent].parent;
	begin(writer, span->session, OF_CALL, index);
	g_string_append(writer->out, ",\"parentSpanId\":\"");
	if (parent == FDAR_SPANS_NONE)
		append_id(writer, OF_ROOT, span->session);
	else
		append_id(writer, OF_CALL, parent);
	g_string_append_c(writer->out, '"');
	add_times(writer, function->name, KIND_INTERNAL, span->start_ns, span->end_ns);
	append_text(writer->out, "code.function.name", function->name, &first);
	append_text(writer->out, "flowdar.component", function->component, &first);
	append_number(writer->out, "thread.id", thread->tid, &first);
	if (*thread->name)
		append_text(writer->out, "thread.name", thread->name, &first);
	if (span->unfinished)
		append_true(writer->out, "flowdar.unfinished", &first);
	g_string_append_c(writer->out, ']');
	add_links(writer, index);
	g_string_append_c(writer->out, '}');
}

GString *fdar_export_otlp(const struct fdar_spans *spans)
{
	struct writer writer = { .out = g_string_new("{\"resourceSpans\":[{\"resource\":{"
						     "\"attributes\":["),
				 .spans = spans,
				 .links = g_array_new(FALSE, FALSE, sizeof(struct link)),
				 .first = TRUE };
	gboolean first = TRUE;

	append_text(writer.out, "service.name", spans->program, &first);
	g_string_append(writer.out,
			"]},\"scopeSpans\":[{\"scope\":{\"name\":\"flowdar\"},\"spans\":[");
	find_links(&writer);
	writer.roots = find_roots(spans);
	for (uint32_t i = 0; i < spans->session_count; i++)
		add_root(&writer, i);
	for (uint32_t i = 0; i < spans->count; i++)
		if (spans->spans[i].session != FDAR_SPANS_NONE)
			add_call(&writer, i);
	g_string_append(writer.out, "]}]}]}\n");
	g_array_unref(writer.links);
	g_free(writer.roots);
	return writer.out;
}
