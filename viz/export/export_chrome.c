#include <string.h>

#include "base/json_text.h"
#include "viz/export/export_spans.h"

/* Trace Event Format: names, categories and texts are JSON texts, pid and tid numbers (speedscope refuses
 * others). No args on calls: speedscope makes them part of the function's name. */

/*
 * Readers add ts and dur up as doubles. Of two calls that end in the same nanosecond the inner one can end
 * later by that, and one that ends where the next begins can end after it: speedscope then leaves the outer
 * one open until the end of the thread. So such a call ends a little early, by STEPS thousandths of its
 * nanosecond, inner ones by more; whoever rounds to nanoseconds does not see it.
 */
#define STEPS      4u
#define LEVELS_MAX 120u /* that end together; further in all end together: 120 * 4 < 500 */

static void append_time(GString *out, const char *key, uint64_t ns)
{
	g_string_append_printf(out, ",\"%s\":%" G_GUINT64_FORMAT ".%03u", key, ns / 1000,
			       (unsigned)(ns % 1000));
}

/* The members that all events have but their time; the object stays open. */
static void begin(GString *out, const struct fdar_spans *spans, const char *phase, const char *name,
		  uint32_t thread)
{
	g_string_append_printf(out, "%s\n{\"ph\":\"%s\",\"name\":",
			       out->str[out->len - 1] == '[' ? "" : ",", phase);
	fdar_json_append(out, name);
	g_string_append_printf(out, ",\"pid\":%u,\"tid\":%u",
			       fdar_spans_pid(&spans->threads[thread]), spans->threads[thread].tid);
}

static void add_time(GString *out, const struct fdar_spans *spans, uint64_t time_ns)
{
	append_time(out, "ts", time_ns - spans->begin_ns);
}

static void add_process_name(GString *out, const struct fdar_spans *spans,
			     const struct fdar_span_thread *thread)
{
	g_autofree char *name = fdar_spans_process_name(spans, thread);

	fdar_json_append(out, name);
}

static void add_names(GString *out, const struct fdar_spans *spans)
{
	g_autoptr(GHashTable) named = g_hash_table_new(NULL, NULL);

	for (uint32_t i = 0; i < spans->thread_count; i++) {
		const struct fdar_span_thread *thread = &spans->threads[i];

		if (g_hash_table_add(named, GUINT_TO_POINTER(thread->pid))) {
			begin(out, spans, "M", "process_name", i);
			g_string_append(out, ",\"args\":{\"name\":");
			add_process_name(out, spans, thread);
			g_string_append(out, "}}");
		}
		if (!*thread->name)
			continue;
		begin(out, spans, "M", "thread_name", i);
		g_string_append(out, ",\"args\":{\"name\":");
		fdar_json_append(out, thread->name);
		g_string_append(out, "}}");
	}
}

/* How early the call ends, in steps. early: of those before it. */
static uint8_t early_of(const struct fdar_spans *spans, uint32_t index, const uint8_t *early)
{
	const struct fdar_span *span = &spans->spans[index];
	uint32_t next;

	if (span->parent != FDAR_SPANS_NONE && spans->spans[span->parent].end_ns == span->end_ns)
		return (uint8_t)MIN(early[span->parent] + 1u, LEVELS_MAX);
	next = fdar_spans_after(spans, span->thread, span->end_ns - 1);
	return next != FDAR_SPANS_NONE && spans->spans[next].start_ns == span->end_ns;
}

static void append_duration(GString *out, uint64_t ns, unsigned early)
{
	if (!early) {
		append_time(out, "dur", ns);
		return;
	}
	append_time(out, "dur", ns - 1);
	g_string_append_printf(out, "%03u", 1000 - early * STEPS);
}

static void add_calls(GString *out, const struct fdar_spans *spans)
{
	g_autofree uint8_t *early = g_new(uint8_t, spans->count + 1);

	for (uint32_t i = 0; i < spans->count; i++) {
		const struct fdar_span *span = &spans->spans[i];
		const struct fdar_span_function *function = &spans->functions[span->function];

		begin(out, spans, "X", function->name, span->thread);
		if (span->session == FDAR_SPANS_NONE)
			g_string_append(out, ",\"cat\":\"server\"");
		else
			g_string_append_printf(out, ",\"cat\":\"session %" G_GUINT64_FORMAT "\"",
					       spans->sessions[span->session].id);
		add_time(out, spans, span->start_ns);
		early[i] = early_of(spans, i, early);
		append_duration(out, span->end_ns - span->start_ns, early[i]);
		g_string_append_c(out, '}');
	}
}

static void add_sessions(GString *out, const struct fdar_spans *spans)
{
	for (uint32_t i = 0; i < spans->session_count; i++) {
		const struct fdar_span_session *session = &spans->sessions[i];
		g_autofree char *name =
			g_strdup_printf("session %" G_GUINT64_FORMAT "%s%s", session->id,
					*session->peer ? " " : "", session->peer);

		for (unsigned end = 0; end < 2; end++) {
			begin(out, spans, end ? "e" : "b", name, session->thread);
			g_string_append_printf(out,
					       ",\"cat\":\"session\",\"id\":\"%" G_GUINT64_FORMAT
					       "\"",
					       session->id);
			add_time(out, spans, end ? session->end_ns : session->begin_ns);
			g_string_append_c(out, '}');
		}
	}
}

/* One end of an arrow: it is drawn from the call that is open there, so one has to be. */
static void add_end(GString *out, const struct fdar_spans *spans, uint32_t index, gboolean taken)
{
	const struct fdar_span_handoff *handoff = &spans->handoffs[index];
	uint32_t thread = taken ? handoff->to : handoff->from;
	uint64_t time_ns = taken ? handoff->take_ns : handoff->put_ns;
	const char *queue = *handoff->queue ? handoff->queue : "hand-off";

	if (fdar_spans_at(spans, thread, time_ns) == FDAR_SPANS_NONE) {
		g_autofree char *name = g_strconcat(taken ? "take " : "put ", queue, NULL);

		begin(out, spans, "X", name, thread);
		g_string_append(out, ",\"cat\":\"hand-off\"");
		add_time(out, spans, time_ns);
		g_string_append(out, ",\"dur\":0.001}");
	}
	begin(out, spans, taken ? "f" : "s", queue, thread);
	g_string_append_printf(out, "%s,\"cat\":\"hand-off\",\"id\":%u",
			       taken ? ",\"bp\":\"e\"" : "", index + 1);
	add_time(out, spans, time_ns);
	g_string_append_c(out, '}');
}

GString *fdar_export_chrome(const struct fdar_spans *spans)
{
	GString *out = g_string_new("{\"displayTimeUnit\":\"ns\",\"otherData\":{");

	g_string_append_printf(out,
			       "\"exporter\":\"flowdar\",\"begin_ns\":\"%" G_GUINT64_FORMAT
			       "\",\"left_out\":\"%" G_GUINT64_FORMAT "\"},\n\"traceEvents\":[",
			       spans->begin_ns, spans->left_out);
	add_names(out, spans);
	add_calls(out, spans);
	add_sessions(out, spans);
	for (uint32_t i = 0; i < spans->handoff_count; i++) {
		add_end(out, spans, i, FALSE);
		add_end(out, spans, i, TRUE);
	}
	g_string_append(out, "\n]}\n");
	return out;
}
