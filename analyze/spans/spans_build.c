#include "analyze/spans/spans_build.h"

#include <stdlib.h>
#include <string.h>

#include "base/intern.h"

#define WAITS_ARE_OF "libc"

/* What a function is until all binaries of the trace are known. */
struct asked {
	uint64_t value; /* address, or text id */
	uint32_t pid;
	uint8_t kind;
};

struct thread {
	uint32_t pid;
	uint32_t tid;
	uint32_t name; /* text id */
};

/* The sessions that one walk tells. */
struct listener {
	struct fdar_spans_builder *builder;
	struct fdar_walk *walk;
	GArray *sessions; /* of struct fdar_span_session */
};

struct fdar_spans_builder {
	struct fdar_spans_options options;
	struct fdar_spans_names names;
	struct listener main;
	struct listener connections; /* walk NULL: not asked for */
	GArray *spans;               /* of struct fdar_span */
	GArray *handoffs;            /* of struct fdar_span_handoff; queues by text id */
	GArray *queues;              /* of uint32_t: text id of each of these */
	struct fdar_intern function_ids;
	GArray *functions; /* of struct asked */
	struct fdar_intern thread_ids;
	GArray *threads; /* of struct thread */
	uint64_t left_out;
	uint64_t hidden_calls;
	uint64_t shortest_ns;
	uint64_t more;
	GStringChunk *kept;
};

static uint32_t thread_of(struct fdar_spans_builder *builder, uint32_t pid, uint32_t tid,
			  uint32_t name)
{
	uint32_t index = fdar_intern_add(&builder->thread_ids, pid, tid);

	if (index == builder->threads->len) {
		struct thread thread = { .pid = pid, .tid = tid };

		g_array_append_val(builder->threads, thread);
	}
	if (name)
		g_array_index(builder->threads, struct thread, index).name = name;
	return index;
}

static uint32_t function_of(struct fdar_spans_builder *builder, const struct fdar_walk_frame *frame)
{
	struct asked asked = { .value = frame->kind == FDAR_FRAME_FUNCTION ? frame->addr
									   : frame->name,
			       .pid = frame->pid,
			       .kind = frame->kind };
	uint32_t index = fdar_intern_add(&builder->function_ids, asked.value,
					 (uint64_t)asked.pid << 8 | asked.kind);

	if (index == builder->functions->len)
		g_array_append_val(builder->functions, asked);
	return index;
}

/* ---- what the walks tell ---- */

static void on_opened(void *user, struct fdar_walk_session *session)
{
	struct listener *listener = user;
	struct fdar_spans_builder *builder = listener->builder;
	struct fdar_span_session made = { .id = session->id,
					  .key = session->key,
					  .begin_ns = session->begin_ns,
					  .connection = FDAR_SPANS_NONE };

	if (listener->sessions->len >= FDAR_SPANS_SESSIONS_MAX) {
		builder->more++;
		return;
	}
	made.peer = g_string_chunk_insert_const(builder->kept, session->peer);
	made.what = g_string_chunk_insert_const(builder->kept, session->what);
	made.thread = thread_of(builder, session->pid, session->tid, 0);
	g_array_append_val(listener->sessions, made);
	session->user = GUINT_TO_POINTER(listener->sessions->len);
}

static uint32_t index_of(const struct fdar_walk_session *session)
{
	return session && session->user ? GPOINTER_TO_UINT(session->user) - 1 : FDAR_SPANS_NONE;
}

static void on_closed(void *user, struct fdar_walk_session *session)
{
	struct listener *listener = user;
	uint32_t index = index_of(session);

	if (index == FDAR_SPANS_NONE)
		return;
	struct fdar_span_session *made =
		&g_array_index(listener->sessions, struct fdar_span_session, index);
	made->end_ns = session->end_ns;
	made->state = (uint8_t)session->state;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Takes the shortest out until no more than most are left: all of equal length, or none. */
static void prune(struct fdar_spans_builder *builder, uint32_t most)
{
	GArray *spans = builder->spans;
	g_autofree uint64_t *lengths = NULL;
	uint64_t limit_ns;
	guint kept = 0;

	if (spans->len <= most)
		return;
	lengths = g_new(uint64_t, spans->len);
	for (guint i = 0; i < spans->len; i++) {
		const struct fdar_span *span = &g_array_index(spans, struct fdar_span, i);

		lengths[i] = span->end_ns - span->start_ns;
	}
	qsort(lengths, spans->len, sizeof(*lengths), by_value);
	limit_ns = lengths[spans->len - 1 - most] + 1;
	for (guint i = 0; i < spans->len; i++) {
		struct fdar_span span = g_array_index(spans, struct fdar_span, i);

		if (span.end_ns - span.start_ns >= limit_ns)
			g_array_index(spans, struct fdar_span, kept++) = span;
	}
	builder->left_out += spans->len - kept;
	builder->shortest_ns = MAX(builder->shortest_ns, limit_ns);
	g_array_set_size(spans, kept);
}

static void on_frame(void *user, const struct fdar_walk_frame *frame)
{
	struct listener *listener = user;
	struct fdar_spans_builder *builder = listener->builder;
	struct fdar_span span = { .start_ns = frame->start_ns,
				  .end_ns = MAX(frame->end_ns, frame->start_ns),
				  .id = frame->id,
				  .session = index_of(frame->session),
				  .unfinished = frame->unfinished };

	builder->left_out += frame->skipped_calls;
	/* Among those that are not in it: what it called is its caller's. */
	if (builder->names.run && frame->kind == FDAR_FRAME_FUNCTION &&
	    fdar_rules_run_hides(builder->names.run, frame->pid, frame->addr)) {
		builder->left_out++;
		builder->hidden_calls++;
		return;
	}
	if (span.end_ns - span.start_ns < builder->shortest_ns) {
		builder->left_out++;
		return;
	}
	span.thread = thread_of(builder, frame->pid, frame->tid, frame->thread_name);
	span.function = function_of(builder, frame);
	g_array_append_val(builder->spans, span);
	if (builder->spans->len >= 2 * (uint64_t)builder->options.most)
		prune(builder, builder->options.most);
}

static void on_handoff(void *user, const struct fdar_walk_handoff *handoff)
{
	struct listener *listener = user;
	struct fdar_spans_builder *builder = listener->builder;
	struct fdar_span_handoff made = { .put_ns = handoff->put_ns,
					  .take_ns = handoff->take_ns,
					  .session = index_of(handoff->session) };

	if (!handoff->from_tid || !handoff->to_tid)
		return;
	if (builder->handoffs->len >= FDAR_SPANS_HANDOFFS_MAX) {
		builder->more++;
		return;
	}
	made.from = thread_of(builder, handoff->pid, handoff->from_tid, 0);
	made.to = thread_of(builder, handoff->pid, handoff->to_tid, 0);
	g_array_append_val(builder->handoffs, made);
	g_array_append_val(builder->queues, handoff->queue);
}

/* ---- begin and end ---- */

static const struct fdar_walk_visitor all = { .session_opened = on_opened,
					      .session_closed = on_closed,
					      .frame = on_frame,
					      .handoff = on_handoff };
static const struct fdar_walk_visitor only_sessions = { .session_opened = on_opened,
							.session_closed = on_closed };

static void listen(struct listener *listener, struct fdar_spans_builder *builder,
		   const struct fdar_walk_visitor *visitor, enum fdar_unit unit)
{
	listener->builder = builder;
	listener->sessions = g_array_new(FALSE, FALSE, sizeof(struct fdar_span_session));
	listener->walk = fdar_walk_new(visitor, listener);
	fdar_walk_set_unit(listener->walk, unit);
	fdar_walk_set_texts(listener->walk, builder->names.text, builder->names.texts);
}

struct fdar_spans_builder *fdar_spans_builder_new(const struct fdar_spans_options *options,
						  const struct fdar_spans_names *names)
{
	struct fdar_spans_builder *builder = g_new0(struct fdar_spans_builder, 1);

	builder->options = *options;
	if (!builder->options.most)
		builder->options.most = FDAR_SPANS_MOST;
	builder->shortest_ns = options->shorter_ns;
	builder->names = *names;
	if (names->run) {
		builder->names.text = fdar_rules_run_text;
		builder->names.texts = names->run;
	}
	builder->spans = g_array_new(FALSE, FALSE, sizeof(struct fdar_span));
	builder->handoffs = g_array_new(FALSE, FALSE, sizeof(struct fdar_span_handoff));
	builder->queues = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	builder->functions = g_array_new(FALSE, FALSE, sizeof(struct asked));
	builder->threads = g_array_new(FALSE, FALSE, sizeof(struct thread));
	builder->kept = g_string_chunk_new(4096);
	listen(&builder->main, builder, &all, options->unit);
	if (options->unit == FDAR_UNIT_REQUEST)
		listen(&builder->connections, builder, &only_sessions, FDAR_UNIT_SESSION);
	return builder;
}

void fdar_spans_builder_feed(struct fdar_spans_builder *builder, const struct fdar_event *events,
			     size_t count)
{
	if (builder->names.run)
		events = fdar_rules_run_apply(builder->names.run, events, count, &count);
	fdar_walk_feed(builder->main.walk, events, count);
	if (builder->connections.walk)
		fdar_walk_feed(builder->connections.walk, events, count);
}

void fdar_spans_builder_free(struct fdar_spans_builder *builder)
{
	if (!builder)
		return;
	fdar_walk_free(builder->main.walk);
	g_array_unref(builder->main.sessions);
	if (builder->connections.walk) {
		fdar_walk_free(builder->connections.walk);
		g_array_unref(builder->connections.sessions);
	}
	g_array_unref(builder->spans);
	g_array_unref(builder->handoffs);
	g_array_unref(builder->queues);
	g_array_unref(builder->functions);
	g_array_unref(builder->threads);
	fdar_intern_clear(&builder->function_ids);
	fdar_intern_clear(&builder->thread_ids);
	if (builder->kept)
		g_string_chunk_free(builder->kept);
	g_free(builder);
}

static const char *keep(struct fdar_spans_builder *builder, const char *text)
{
	return g_string_chunk_insert_const(builder->kept, text);
}

static const char *text_of(struct fdar_spans_builder *builder, uint32_t name)
{
	return name ? keep(builder, builder->names.text(builder->names.texts, name)) : "";
}

static struct fdar_span_function name_one(struct fdar_spans_builder *builder,
					  const struct asked *asked, const char *program)
{
	struct fdar_span_function function = { .component = "", .kind = asked->kind };

	if (asked->kind == FDAR_FRAME_FUNCTION && builder->names.symbols) {
		const struct fdar_symbol *symbol =
			fdar_symbols_lookup(builder->names.symbols, asked->pid, asked->value);
		const char *component = symbol->component;

		if (builder->names.rules && symbol->known)
			component = fdar_rules_component(builder->names.rules, component,
							 symbol->function);
		function.name = keep(builder, symbol->function);
		function.component = keep(builder, component);
	} else if (asked->kind == FDAR_FRAME_FUNCTION) {
		char number[24];

		g_snprintf(number, sizeof(number), "0x%" G_GINT64_MODIFIER "x", asked->value);
		function.name = keep(builder, number);
	} else {
		function.name = text_of(builder, (uint32_t)asked->value);
		function.component = asked->kind == FDAR_FRAME_WAIT ? WAITS_ARE_OF : program;
	}
	return function;
}

static int by_place(const void *a, const void *b)
{
	const struct fdar_span *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void take_names(struct fdar_spans_builder *builder, struct fdar_spans *made)
{
	const struct fdar_symbols *symbols = builder->names.symbols;

	made->program =
		symbols ? keep(builder, fdar_symbols_program(symbols)) : FDAR_COMPONENT_PROGRAM;
	made->function_count = builder->functions->len;
	made->functions = g_new0(struct fdar_span_function, made->function_count);
	for (uint32_t i = 0; i < made->function_count; i++)
		made->functions[i] =
			name_one(builder, &g_array_index(builder->functions, struct asked, i),
				 made->program);
	made->thread_count = builder->threads->len;
	made->threads = g_new0(struct fdar_span_thread, made->thread_count);
	for (uint32_t i = 0; i < made->thread_count; i++) {
		const struct thread *thread = &g_array_index(builder->threads, struct thread, i);

		made->threads[i] =
			(struct fdar_span_thread){ .pid = thread->pid,
						   .tid = thread->tid,
						   .name = text_of(builder, thread->name) };
	}
	for (guint i = 0; i < builder->handoffs->len; i++)
		g_array_index(builder->handoffs, struct fdar_span_handoff, i).queue =
			text_of(builder, g_array_index(builder->queues, uint32_t, i));
}

/* The connection that a request came on: the last one of its key that had begun by then. */
static void connect(struct fdar_spans *made)
{
	struct fdar_intern keys = { 0 };
	g_autofree uint32_t *last = g_new(uint32_t, made->connection_count + 1);
	uint32_t at = 0;

	for (uint32_t i = 0; i < made->session_count; i++) {
		struct fdar_span_session *request = &made->sessions[i];

		for (; at < made->connection_count &&
		       made->connections[at].begin_ns <= request->begin_ns;
		     at++) {
			const struct fdar_span_session *connection = &made->connections[at];
			uint32_t pid = made->threads[connection->thread].pid;

			last[fdar_intern_add(&keys, connection->key, pid)] = at;
		}
		uint32_t found =
			fdar_intern_find(&keys, request->key, made->threads[request->thread].pid);
		if (found != FDAR_INTERN_NONE)
			request->connection = last[found];
	}
	fdar_intern_clear(&keys);
}

/* They nest: the one around a span is the last before it that ends no sooner, or around that. One that
 * begins where another ended is not inside it. */
static void nest(struct fdar_spans *made)
{
	for (uint32_t i = 0; i < made->count; i++) {
		struct fdar_span *span = &made->spans[i];
		uint32_t at =
			i && made->spans[i - 1].thread == span->thread ? i - 1 : FDAR_SPANS_NONE;

		while (at != FDAR_SPANS_NONE && (made->spans[at].end_ns < span->end_ns ||
						 made->spans[at].end_ns <= span->start_ns))
			at = made->spans[at].parent;
		span->parent = at;
	}
}

static gboolean is_own(const struct fdar_spans *made, const struct fdar_span *span)
{
	return strcmp(made->functions[span->function].component, FDAR_COMPONENT_OWN) == 0;
}

/* What instrumenting the server put into it is none of its functions: those that it calls are called by who
 * called it. The spans nest, and do so afterwards. */
static void drop_own(struct fdar_spans *made)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < made->count; i++) {
		const struct fdar_span *span = &made->spans[i];
		uint64_t length_ns = span->end_ns - span->start_ns;
		gboolean in_own =
			span->parent != FDAR_SPANS_NONE && is_own(made, &made->spans[span->parent]);

		/* Its own time is what is not of a function of the server's in it. */
		if (is_own(made, span)) {
			made->own_calls++;
			made->own_ns += in_own ? 0 : length_ns;
		} else if (in_own) {
			made->own_ns -= length_ns;
		}
	}
	for (uint32_t i = 0; made->own_calls && i < made->count; i++)
		if (!is_own(made, &made->spans[i]))
			made->spans[kept++] = made->spans[i];
	if (!made->own_calls)
		return;
	made->count = kept;
	nest(made);
}

static void take_span(struct fdar_spans *made, uint64_t begin_ns, uint64_t end_ns)
{
	made->begin_ns = MIN(made->begin_ns, begin_ns);
	made->end_ns = MAX(made->end_ns, end_ns);
}

/* Clocks may begin at 0. */
static void measure(struct fdar_spans *made)
{
	made->begin_ns = UINT64_MAX;
	for (uint32_t i = 0; i < made->count; i++)
		take_span(made, made->spans[i].start_ns, made->spans[i].end_ns);
	for (uint32_t i = 0; i < made->session_count; i++)
		take_span(made, made->sessions[i].begin_ns, made->sessions[i].end_ns);
	for (uint32_t i = 0; i < made->connection_count; i++)
		take_span(made, made->connections[i].begin_ns, made->connections[i].end_ns);
	for (uint32_t i = 0; i < made->handoff_count; i++)
		take_span(made, made->handoffs[i].put_ns, made->handoffs[i].take_ns);
	if (made->begin_ns > made->end_ns)
		made->begin_ns = made->end_ns;
}

/* The array's elements, which the caller owns; the array is empty afterwards. */
static gpointer steal(GArray *array, uint32_t *count)
{
	gsize length;
	gpointer data = g_array_steal(array, &length);

	*count = (uint32_t)length;
	return data;
}

struct fdar_spans *fdar_spans_builder_finish(struct fdar_spans_builder *builder)
{
	struct fdar_spans *made = g_new0(struct fdar_spans, 1);

	fdar_walk_finish(builder->main.walk);
	if (builder->connections.walk)
		fdar_walk_finish(builder->connections.walk);
	prune(builder, builder->options.most);
	take_names(builder, made);
	made->unit = builder->options.unit;
	made->left_out = builder->left_out;
	made->hidden_calls = builder->hidden_calls;
	made->shortest_ns = builder->shortest_ns;
	made->more = builder->more;
	made->spans = steal(builder->spans, &made->count);
	made->handoffs = steal(builder->handoffs, &made->handoff_count);
	made->sessions = steal(builder->main.sessions, &made->session_count);
	if (builder->connections.walk) {
		made->connections = steal(builder->connections.sessions, &made->connection_count);
		connect(made);
	}
	if (made->count)
		qsort(made->spans, made->count, sizeof(*made->spans), by_place);
	nest(made);
	drop_own(made);
	measure(made);
	made->texts = g_steal_pointer(&builder->kept);
	fdar_spans_builder_free(builder);
	return made;
}
