#include "viz/babeltrace/moments.h"

struct maker {
	const struct fdar_spans *spans;
	GArray *moments;
};

static void add(struct maker *maker, enum fdar_moment_kind kind, uint64_t time_ns, uint32_t index,
		uint32_t thread)
{
	struct fdar_moment moment = { .time_ns = time_ns,
				      .order = maker->moments->len,
				      .index = index,
				      .thread = thread,
				      .kind = (uint8_t)kind };

	/* Without a thread there is no stream that it could stand in. */
	if (thread < maker->spans->thread_count)
		g_array_append_val(maker->moments, moment);
}

static void add_sessions(struct maker *maker, const struct fdar_span_session *sessions,
			 uint32_t count, enum fdar_moment_kind kind, gboolean ends)
{
	for (uint32_t i = 0; i < count; i++)
		add(maker, kind, ends ? sessions[i].end_ns : sessions[i].begin_ns, i,
		    sessions[i].thread);
}

static void add_all_sessions(struct maker *maker, gboolean ends)
{
	const struct fdar_spans *spans = maker->spans;
	gboolean requests = spans->unit == FDAR_UNIT_REQUEST;

	/* A request lies in its session, at both ends. */
	if (requests && !ends)
		add_sessions(maker, spans->connections, spans->connection_count,
			     FDAR_MOMENT_SESSION_BEGIN, FALSE);
	add_sessions(maker, spans->sessions, spans->session_count,
		     requests ? (ends ? FDAR_MOMENT_REQUEST_END : FDAR_MOMENT_REQUEST_BEGIN)
			      : (ends ? FDAR_MOMENT_SESSION_END : FDAR_MOMENT_SESSION_BEGIN),
		     ends);
	if (requests && ends)
		add_sessions(maker, spans->connections, spans->connection_count,
			     FDAR_MOMENT_SESSION_END, TRUE);
}

/* Ends those open calls of a thread that are over at a time; the stack has indices of spans. */
static void end_calls(struct maker *maker, GArray *stack, uint64_t until_ns)
{
	while (stack->len) {
		uint32_t index = g_array_index(stack, uint32_t, stack->len - 1);
		const struct fdar_span *span = &maker->spans->spans[index];

		if (span->end_ns > until_ns)
			return;
		add(maker, FDAR_MOMENT_CALL_END, span->end_ns, index, span->thread);
		g_array_set_size(stack, stack->len - 1);
	}
}

/* Thread after thread: spans are sorted so, outer ones first. */
static void add_calls(struct maker *maker)
{
	const struct fdar_spans *spans = maker->spans;
	g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (uint32_t i = 0; i < spans->count; i++) {
		const struct fdar_span *span = &spans->spans[i];
		gboolean same = i > 0 && spans->spans[i - 1].thread == span->thread;

		end_calls(maker, stack, same ? span->start_ns : UINT64_MAX);
		add(maker, FDAR_MOMENT_CALL_BEGIN, span->start_ns, i, span->thread);
		g_array_append_val(stack, i);
	}
	end_calls(maker, stack, UINT64_MAX);
}

static void add_handoffs(struct maker *maker)
{
	for (uint32_t i = 0; i < maker->spans->handoff_count; i++) {
		const struct fdar_span_handoff *handoff = &maker->spans->handoffs[i];

		add(maker, FDAR_MOMENT_HANDOFF_PUT, handoff->put_ns, i, handoff->from);
		add(maker, FDAR_MOMENT_HANDOFF_TAKE, handoff->take_ns, i, handoff->to);
	}
}

static gint compare(gconstpointer a, gconstpointer b)
{
	const struct fdar_moment *left = a, *right = b;

	if (left->time_ns != right->time_ns)
		return left->time_ns < right->time_ns ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

GArray *fdar_moments_new(const struct fdar_spans *spans)
{
	struct maker maker = { .spans = spans,
			       .moments = g_array_new(FALSE, FALSE, sizeof(struct fdar_moment)) };

	add_all_sessions(&maker, FALSE);
	add_handoffs(&maker);
	add_calls(&maker);
	add_all_sessions(&maker, TRUE);
	g_array_sort(maker.moments, compare);
	return maker.moments;
}
