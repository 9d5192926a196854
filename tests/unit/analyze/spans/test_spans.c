/* Spans: which are kept, what is around what, whose they are. */
#include <string.h>

#include "analyze/spans/spans_build.h"
#include "tests/unit/kit/event_script.h"

static struct fdar_spans *spans_of(struct script *script, const struct fdar_spans_options *options)
{
	struct fdar_spans_builder *builder =
		fdar_spans_builder_new(options, &(struct fdar_spans_names){ .text = script_name,
									    .texts = script });

	fdar_spans_builder_feed(builder, script_events(script), script->events->len);
	return fdar_spans_builder_finish(builder);
}

/* "function start..end parent session" a line. */
static char *show(const struct script *script, const struct fdar_spans *spans)
{
	GString *out = g_string_new(NULL);

	for (uint32_t i = 0; i < spans->count; i++) {
		const struct fdar_span *span = &spans->spans[i];
		const struct fdar_span_function *function = &spans->functions[span->function];
		const char *name = function->name;

		if (function->kind == FDAR_FRAME_FUNCTION)
			name = script_function(script, g_ascii_strtoull(name, NULL, 16));
		g_string_append_printf(out,
				       "%s@%c %" G_GUINT64_FORMAT "..%" G_GUINT64_FORMAT " in %d",
				       name, (char)spans->threads[span->thread].tid, span->start_ns,
				       span->end_ns, (int)span->parent);
		if (span->session != FDAR_SPANS_NONE)
			g_string_append_printf(out, " of %s", spans->sessions[span->session].peer);
		g_string_append(out, span->unfinished ? " open\n" : "\n");
	}
	return g_string_free(out, FALSE);
}

static const char server[] = "A 10 +loop 15 wait:ACCEPT:accept 19 w:5 20 begin:1:c:5 21 +accepted "
			     "30 put:1:q 40 -accepted 41 "
			     "suspend:1 90 -loop\n"
			     "B 15 +work 50 take:1:q 55 +serve 55 +parse 60 -parse 60 +parse "
			     "70 -parse 70 -serve 75 end:1 100 +idle\n";

static void test_nesting(void)
{
	const struct fdar_spans_options options = { 0 };
	g_autoptr(script_auto) script = script_new(server);
	g_autoptr(fdar_spans) spans = spans_of(script, &options);
	g_autofree char *text = show(script, spans);
	const struct fdar_span_handoff *handoff = spans->handoffs;

	g_assert_cmpstr(text, ==,
			"loop@A 10..90 in -1\n"
			"accept@A 15..19 in 0\n"
			"accepted@A 21..40 in 0 of c\n"
			"work@B 15..100 in -1 open\n"
			"serve@B 55..70 in 3 of c\n"
			"parse@B 55..60 in 4 of c\n"
			"parse@B 60..70 in 4 of c\n"
			"idle@B 100..100 in -1 open\n");
	g_assert_cmpuint(spans->begin_ns, ==, 10);
	g_assert_cmpuint(spans->end_ns, ==, 100);
	g_assert_cmpuint(spans->left_out, ==, 0);
	g_assert_cmpuint(spans->handoff_count, ==, 1);
	g_assert_cmpstr(handoff->queue, ==, "q");
	g_assert_cmpuint(handoff->session, ==, 0);
	g_assert_cmpuint(fdar_spans_at(spans, handoff->from, handoff->put_ns), ==, 2);
	g_assert_cmpuint(fdar_spans_at(spans, handoff->to, handoff->take_ns), ==, 3);
	g_assert_cmpuint(fdar_spans_after(spans, handoff->to, handoff->take_ns), ==, 4);
}

/* The end is not inside; before the first, and between, nothing is open. */
static void test_at(void)
{
	const struct fdar_spans_options options = { 0 };
	g_autoptr(script_auto) script = script_new("A 10 +f 20 -f 30 +g 32 +h 34 -h 40 -g\n");
	g_autoptr(fdar_spans) spans = spans_of(script, &options);

	g_assert_cmpuint(fdar_spans_at(spans, 0, 9), ==, FDAR_SPANS_NONE);
	g_assert_cmpuint(fdar_spans_at(spans, 0, 10), ==, 0);
	g_assert_cmpuint(fdar_spans_at(spans, 0, 20), ==, FDAR_SPANS_NONE);
	g_assert_cmpuint(fdar_spans_at(spans, 0, 33), ==, 2);
	g_assert_cmpuint(fdar_spans_at(spans, 0, 34), ==, 1);
	g_assert_cmpuint(fdar_spans_at(spans, 0, 40), ==, FDAR_SPANS_NONE);
	g_assert_cmpuint(fdar_spans_after(spans, 0, 32), ==, FDAR_SPANS_NONE);
}

/* The longest stay, with all that is around them; what went is counted. */
static void test_limits(void)
{
	struct fdar_spans_options options = { .most = 3 };
	g_autoptr(script_auto) script =
		script_new("A 0 +a 1 +b 2 -b 3 +c 5 -c 6 +d 9 -d 20 -a 21 +e 22 -e 23 +f 30 -f\n");
	g_autoptr(fdar_spans) few = spans_of(script, &options);
	g_autofree char *text = show(script, few);

	g_assert_cmpstr(text, ==,
			"a@A 0..20 in -1\n"
			"d@A 6..9 in 0\n"
			"f@A 23..30 in -1\n");
	g_assert_cmpuint(few->left_out, ==, 3);
	g_assert_cmpuint(few->shortest_ns, ==, 3);
	g_assert_cmpuint(few->begin_ns, ==, 0); /* a clock that begins there */
	options = (struct fdar_spans_options){ .shorter_ns = 2 };
	g_autoptr(fdar_spans) long_ones = spans_of(script, &options);
	g_assert_cmpuint(long_ones->count, ==, 4);
	g_assert_cmpuint(long_ones->left_out, ==, 2);
}

/* Requests know the connection that they came on, also when its key is used again. */
static void test_requests(void)
{
	const struct fdar_spans_options options = { .unit = FDAR_UNIT_REQUEST };
	g_autoptr(script_auto) script = script_new(
		"A 1 begin:7:first:4 2 req:7:/a 3 +f 4 -f 5 done:7 6 req:7:/b 7 done:7 "
		"8 end:7 10 begin:7:second:4 11 req:7:/c 12 +f 13 -f 14 done:7 15 end:7\n");
	g_autoptr(fdar_spans) spans = spans_of(script, &options);

	g_assert_cmpuint(spans->session_count, ==, 3);
	g_assert_cmpuint(spans->connection_count, ==, 2);
	g_assert_cmpuint(spans->sessions[0].connection, ==, 0);
	g_assert_cmpuint(spans->sessions[1].connection, ==, 0);
	g_assert_cmpuint(spans->sessions[2].connection, ==, 1);
	g_assert_cmpstr(spans->sessions[2].what, ==, "/c");
	g_assert_cmpstr(spans->connections[1].peer, ==, "second");
	g_assert_cmpuint(spans->spans[1].session, ==, 2);
}

/* A trace without anything in it is no reason to fall over. */
static void test_empty(void)
{
	const struct fdar_spans_options options = { 0 };
	g_autoptr(script_auto) script = script_new("");
	g_autoptr(fdar_spans) spans = spans_of(script, &options);

	g_assert_cmpuint(spans->count, ==, 0);
	g_assert_cmpuint(fdar_spans_at(spans, 0, 5), ==, FDAR_SPANS_NONE);
	fdar_spans_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/spans/nesting", test_nesting);
	g_test_add_func("/spans/at", test_at);
	g_test_add_func("/spans/limits", test_limits);
	g_test_add_func("/spans/requests", test_requests);
	g_test_add_func("/spans/empty", test_empty);
	return g_test_run();
}
