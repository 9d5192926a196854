/* Sequence diagrams: what is drawn of a story, and that it is the same bytes each time.
 *
 * The pictures under tests/golden/sequence are compared byte for byte; GOLDEN_UPDATE=1 writes what
 * came out as the new expectation: look at it before it is kept. */
#include <glib.h>
#include <string.h>

#include "tests/unit/kit/story_fixture.h"
#include "viz/sequence/sequence.h"
#include "viz/svg/svg.h"

static char *render(const struct fdar_sequence *sequence,
		    const struct fdar_sequence_options *options)
{
	static const struct fdar_sequence_options standard;
	g_autoptr(fdar_scene) scene = fdar_sequence_scene(sequence, options ? options : &standard);
	GString *svg = fdar_svg_render(scene);

	return g_string_free(svg, FALSE);
}

static char *render_one(struct fixture *f)
{
	struct fdar_sequence sequence = { .sides = { { .story = &f->story,
						       .source = "a.rec · httpd -X" } },
					  .side_count = 1,
					  .heading = "What one session did",
					  .subheading = "the worst of 100 sessions" };

	return render(&sequence, NULL);
}

static char *render_pair(const char *const *warnings)
{
	struct fixture base, subject;
	struct fdar_story_row rows[64];
	struct fdar_sequence sequence = {
		.sides = { { .story = &base.story,
			     .role = "baseline",
			     .source = "usual.rec · httpd -X" },
			   { .story = &subject.story,
			     .role = "subject",
			     .source = "attack.rec · httpd -X" } },
		.side_count = 2,
		.rows = rows,
		.heading = "ap_regexec (httpd) runs 412x longer: 206 ms against 500 us, 98 % of "
			   "the added "
			   "time",
		.subheading = "100 sessions of the baseline against 100 of the subject · "
			      "confidence: high",
		.warnings = warnings,
	};

	fixture_baseline(&base);
	fixture_subject(&subject);
	sequence.row_count = fixture_rows(rows);
	return render(&sequence, NULL);
}

/* The element with that id, up to its end. The caller frees the result; NULL: there is none. */
static char *element(const char *svg, const char *id)
{
	g_autofree char *start = g_strdup_printf("<g id=\"%s\">", id);
	const char *found = strstr(svg, start);
	const char *end = found ? strstr(found, "</g>") : NULL;

	return end ? g_strndup(found, (gsize)(end - found)) : NULL;
}

static void assert_element(const char *svg, const char *id, const char *has)
{
	g_autofree char *got = element(svg, id);

	g_assert_nonnull(got);
	if (has && !strstr(got, has)) {
		g_test_message("%s: no %s in %s", id, has, got);
		g_test_fail();
	}
}

static void assert_no_element(const char *svg, const char *id)
{
	g_autofree char *got = element(svg, id);

	g_assert_null(got);
}

static void assert_golden(const char *name, const char *svg)
{
	g_autofree char *path =
		g_build_filename(TEST_SOURCE_DIR, "tests", "golden", "sequence", name, NULL);
	g_autofree char *expected = NULL;

	if (g_getenv("GOLDEN_UPDATE")) {
		g_assert_true(g_file_set_contents(path, svg, -1, NULL));
		return;
	}
	g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
	if (strcmp(expected, svg) != 0) {
		size_t at = 0;

		while (expected[at] == svg[at])
			at++;
		g_test_message("%s differs from byte %zu on:\n%.200s\nexpected:\n%.200s", name, at,
			       svg + at, expected + at);
		g_test_fail();
	}
}

static void test_golden_pair(void)
{
	static const char *const warnings[] = {
		"attack.rec: the tracer discarded 1204 events (1.3 % of all): calls are missing",
		NULL
	};
	g_autofree char *svg = render_pair(warnings);

	assert_golden("pair.svg", svg);
}

static void test_golden_single(void)
{
	struct fixture f;
	g_autofree char *svg = NULL;

	fixture_baseline(&f);
	svg = render_one(&f);
	assert_golden("single.svg", svg);
}

static void test_golden_unfinished(void)
{
	struct fixture f;
	g_autofree char *svg = NULL;

	fixture_loris(&f);
	svg = render_one(&f);
	assert_golden("unfinished.svg", svg);
}

static void test_deterministic(void)
{
	g_autofree char *first = render_pair(NULL);

	for (int i = 0; i < 5; i++) {
		/* the heap lies elsewhere each time */
		g_autofree char *ballast = g_malloc((gsize)(i + 1) * 10007);
		g_autofree char *again = NULL;

		ballast[0] = 0;
		again = render_pair(NULL);
		g_assert_cmpstr(again, ==, first);
	}
}

/* A dot for each half millisecond, up to four; then their number, and from some hundred on the time. */
static void test_dots(void)
{
	static const struct {
		uint64_t us;
		unsigned dots;
		const char *number;
	} cases[] = {
		{ 0, 0, NULL },      { 249, 0, NULL },     { 250, 1, NULL },
		{ 500, 1, NULL },    { 749, 1, NULL },     { 2000, 4, NULL },
		{ 2249, 4, NULL },   { 2250, 1, ">5<" },   { 100000, 1, ">200<" },
		{ 100500, 1, NULL }, { 6170000, 1, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fixture f;
		g_autofree char *svg = NULL;

		memset(&f, 0, sizeof(f));
		fixture_lane(&f, "main", "server", 0);
		fixture_step(&f, 0, FDAR_STORY_CALL, 0, "serve", 0, cases[i].us, 1);
		fixture_link(&f);
		f.story.peer = "";
		svg = render_one(&f);
		for (unsigned dot = 1; dot <= 5; dot++) {
			g_autofree char *id = g_strdup_printf("a-step-0-dot%u", dot);

			(dot <= cases[i].dots) ? assert_element(svg, id, "<circle")
					       : assert_no_element(svg, id);
		}
		cases[i].number ? assert_element(svg, "a-step-0-dots", cases[i].number)
				: assert_no_element(svg, "a-step-0-dots");
	}
}

static void test_dot_options(void)
{
	struct fixture f;
	struct fdar_sequence sequence = { .sides = { { .story = &f.story } }, .side_count = 1 };
	struct fdar_sequence_options options = { .dot_unit_ns = 100 * FIX_US, .dots = 10 };
	g_autofree char *svg = NULL;

	fixture_baseline(&f);
	svg = render(&sequence, &options);
	assert_element(svg, "legend-running-text", "100 µs running");
	assert_element(svg, "legend-many-text", "more than 10 dots");
	assert_element(svg, "a-step-6-dot6", "<circle");
	assert_no_element(svg, "a-step-6-dot7");
}

static void test_pair(void)
{
	g_autofree char *svg = render_pair(NULL);

	assert_element(svg, "b-step-12-ratio", ">410×<");
	assert_element(svg, "b-step-12-time", ">206 ms<");
	assert_no_element(svg, "b-step-12-dots"); /* 412 of them */
	assert_element(svg, "b-step-14-ratio", ">new<");
	assert_element(svg, "a-step-14-ratio", ">gone<");
	assert_no_element(svg, "a-step-15-ratio"); /* its caller says it */
	assert_element(svg, "b-step-2-ratio", ">160×<");
	assert_no_element(svg, "b-step-4-ratio"); /* as long as in the baseline */
	assert_element(svg, "b-step-14-recursion", "calls itself 1.20 M×, 23 deep");
	assert_element(svg, "b-handoff-2", "0x7f55d0c91300");
	assert_element(svg, "b-handoff-2", "18.4 ms in the queue");
	assert_element(svg, "a-hidden-0", "41 small calls");
	assert_no_element(svg, "b-hidden-0");
	assert_element(svg, "b-call-12", fdar_color_hex(FDAR_COLOR_ALARM, FDAR_THEME_LIGHT));
	assert_element(svg, "b-call-11", fdar_color_hex(FDAR_COLOR_ARROW, FDAR_THEME_LIGHT));
	assert_element(svg, "a-return-7", "stroke-dasharray");
	assert_element(svg, "a-note-9", ">target: /index.html<");
	assert_element(svg, "b-note-9", "<title>target: /?q=aaaaaaaa");
	assert_no_element(svg, "b-step-9-time");
}

/* The culprit and its outermost caller: all others between them are silent. */
static void test_badges(void)
{
	g_autofree char *svg = render_pair(NULL);
	g_autofree char *filled =
		g_strdup_printf("fill=\"%s\"",
				fdar_color_hex(FDAR_COLOR_ALARM_FILL, FDAR_THEME_LIGHT));
	g_autofree char *edged =
		g_strdup_printf("stroke=\"%s\"",
				fdar_color_hex(FDAR_COLOR_ALARM_FILL, FDAR_THEME_LIGHT));

	assert_element(svg, "b-step-12-ratio", filled);
	assert_element(svg, "b-step-3-ratio", edged);
	assert_element(svg, "b-step-3-ratio", ">99×<");
	assert_no_element(svg, "b-step-5-ratio");
	assert_no_element(svg, "b-step-10-ratio");
	assert_no_element(svg, "b-step-11-ratio");
	assert_no_element(svg, "b-step-13-ratio");
}

/* The same call at another place says so on both sides, and is measured all the same. */
static void test_moved(void)
{
	struct fixture base, subject;
	struct fdar_story_row rows[] = {
		{ { 0, 0 } }, { { 1, FDAR_STORY_NONE } }, { { 2, 1 } }, { { FDAR_STORY_NONE, 2 } }
	};
	struct fdar_sequence sequence = { .sides = { { .story = &base.story },
						     { .story = &subject.story } },
					  .side_count = 2,
					  .rows = rows,
					  .row_count = G_N_ELEMENTS(rows) };
	g_autofree char *svg = NULL;

	for (unsigned s = 0; s < 2; s++) {
		struct fixture *f = s ? &subject : &base;

		memset(f, 0, sizeof(*f));
		fixture_lane(f, "main", "server", 0);
		fixture_step(f, 0, FDAR_STORY_CALL, 0, "serve", 0, s ? 90000 : 3000, 1);
		fixture_step(f, 1, FDAR_STORY_CALL, 0, s ? "send" : "log", 1, 1000, 1);
		fixture_step(f, 1, FDAR_STORY_CALL, 0, s ? "log" : "send", 9, s ? 50000 : 1000, 1);
		fixture_link(f);
		f->steps[s ? 2 : 1].beside = FDAR_STORY_MOVED;
		f->steps[s ? 2 : 1].moved = s ? 1 : 2;
		f->story.peer = "";
		f->story.duration_ns = f->steps[0].duration_ns;
	}
	svg = render(&sequence, NULL);
	assert_element(svg, "a-step-1-ratio", ">moved<");
	assert_element(svg, "b-step-2-ratio", ">moved, 50×<");
	assert_element(svg, "legend-moved-text", "at another place on the other side");
}

/* A column of a review: 900 points, names in full below where they were cut. */
static void test_narrow(void)
{
	static const struct fdar_sequence_options options = { .narrow = TRUE };
	struct fixture base, subject;
	struct fdar_story_row rows[64];
	struct fdar_sequence sequence = { .sides = { { .story = &base.story },
						     { .story = &subject.story } },
					  .side_count = 2,
					  .rows = rows };
	g_autoptr(fdar_scene) scene = NULL;
	g_autofree char *svg = NULL;

	fixture_baseline(&base);
	fixture_subject(&subject);
	subject.steps[5].elided = 2;
	sequence.row_count = fixture_rows(rows);
	scene = fdar_sequence_scene(&sequence, &options);
	svg = render(&sequence, &options);
	g_assert_cmpfloat(scene->width, <=, FDAR_SEQUENCE_REVIEW + 0.01);
	assert_element(svg, "cut-names-0", "Names in full: ");
	assert_element(svg, "legend-elided-text", "callers between are left out");
	assert_element(svg, "b-call-5", ">… ap");
	assert_element(svg, "b-call-5", "called through 2 functions not shown");
	assert_no_element(svg, "b-at-0");
}

/* The legend explains what is there, nothing else. */
static void test_legend(void)
{
	struct fixture f;
	g_autofree char *pair = render_pair(NULL);
	g_autofree char *plain = NULL;

	memset(&f, 0, sizeof(f));
	fixture_lane(&f, "main", "server", 0);
	fixture_step(&f, 0, FDAR_STORY_CALL, 0, "serve", 0, 700, 1);
	fixture_link(&f);
	f.story.peer = "";
	plain = render_one(&f);
	assert_element(plain, "legend-running-text", "500 µs running");
	assert_no_element(plain, "legend-waiting-text");
	assert_no_element(plain, "legend-many-text");
	assert_no_element(plain, "legend-ratio-text");
	assert_no_element(plain, "legend-handoff-text");
	assert_no_element(plain, "legend-open-text");
	assert_element(pair, "legend-waiting-text", NULL);
	assert_element(pair, "legend-time-text", "more than 200 dots: the time");
	assert_element(pair, "legend-ratio-text", NULL);
	assert_element(pair, "legend-handoff-text", NULL);
	assert_no_element(pair, "legend-open-text");
}

/* Rows of a pair stand at the same height. */
static void test_rows_line_up(void)
{
	g_autofree char *svg = render_pair(NULL);
	static const char *const pairs[][2] = { { "a-call-3", "b-call-3" },
						{ "a-call-12", "b-call-12" } };

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		const char *y[2];
		g_autofree char *a = element(svg, pairs[i][0]);
		g_autofree char *b = element(svg, pairs[i][1]);

		y[0] = strstr(strstr(a, "<text"), " y=");
		y[1] = strstr(strstr(b, "<text"), " y=");
		g_assert_true(strncmp(y[0], y[1], 12) == 0);
	}
}

static void test_unfinished(void)
{
	struct fixture f;
	g_autofree char *svg = NULL;

	fixture_loris(&f);
	svg = render_one(&f);
	assert_element(svg, "a-bar-7", "stroke-dasharray");
	assert_element(svg, "a-call-7", "stroke-dasharray");
	assert_no_element(svg, "a-return-7");
	assert_element(svg, "a-step-7-time", "unfinished after 12.3 s");
	assert_element(svg, "a-step-6-time", ">12.3 s<"); /* only the innermost one says it */
	assert_element(svg, "a-cut-0", "still open, after 12.3 s");
	assert_no_element(svg, "a-end-0");
}

static void test_idle(void)
{
	struct fixture f;
	g_autofree char *svg = NULL;

	fixture_events(&f);
	svg = render_one(&f);
	assert_element(svg, "a-idle-2", "<rect");
	assert_element(svg, "a-word-2", "idle: no thread works for the session");
	assert_element(svg, "a-step-2-count", ">×300<");
	assert_element(svg, "a-step-2-time", ">3.00 s<");
	assert_no_element(svg, "a-step-2-dots"); /* 6,000 */
	assert_element(svg, "a-step-6-time", "unfinished after 9.00 s");
	assert_golden("events.svg", svg);
}

/* The number behind an element's first " NAME=\"". */
static double number_of(const char *svg, const char *id, const char *name)
{
	g_autofree char *got = element(svg, id);
	g_autofree char *start = g_strdup_printf(" %s=\"", name);
	const char *found = got ? strstr(got, start) : NULL;

	g_assert_nonnull(found);
	return g_ascii_strtod(found + strlen(start), NULL);
}

/* The word of a loop that no function calls stands in its frame, whichever lane runs it. */
static void test_loop_word(void)
{
	struct fixture f;
	g_autofree char *svg = NULL;
	double left, word;

	memset(&f, 0, sizeof(f));
	fixture_lane(&f, "redis-server", "redis-server", 0);
	fixture_lane(&f, "io_thd_1", "redis-server", 1);
	fixture_step(&f, 0, FDAR_STORY_CALL, 0, "acceptTcpHandler", 0, 45, 1);
	fixture_step(&f, 0, FDAR_STORY_LOOP, 1, "", 400, 3000, 5);
	fixture_step(&f, 1, FDAR_STORY_CALL, 1, "writeToClient", 400, 3000, 5);
	fixture_link(&f);
	f.story.peer = "";
	svg = render_one(&f);
	left = number_of(svg, "a-loop-1", "x");
	word = number_of(svg, "a-word-1", "x");
	g_assert_cmpfloat(word, >, left);
	g_assert_cmpfloat(word, <, left + number_of(svg, "a-loop-1", "width"));
}

/* Of a loop of which nothing but a note is shown the frame is around that; it had no width. */
static void test_loop_of_notes(void)
{
	struct fixture f;
	g_autofree char *svg = NULL;
	double left, right, note;

	memset(&f, 0, sizeof(f));
	fixture_lane(&f, "redis-server", "redis-server", 0);
	fixture_step(&f, 0, FDAR_STORY_CALL, 0, "acceptTcpHandler", 0, 45, 1);
	fixture_step(&f, 0, FDAR_STORY_LOOP, 0, "", 400, 3000, 5);
	fixture_step(&f, 1, FDAR_STORY_NOTE, 0, "request", 400, 0, 5);
	fixture_link(&f);
	f.story.steps[2].text = "SET";
	f.story.peer = "";
	svg = render_one(&f);
	left = number_of(svg, "a-loop-1", "x");
	right = left + number_of(svg, "a-loop-1", "width");
	note = number_of(svg, "a-note-2", "x");
	g_assert_cmpfloat(note, >, left);
	g_assert_cmpfloat(note + number_of(svg, "a-note-2", "width"), <, right);
}

static void test_waiting_is_hollow(void)
{
	struct fixture f;
	g_autofree char *svg = NULL;
	g_autofree char *running =
		g_strdup_printf("fill=\"%s\"", fdar_color_hex(FDAR_COLOR_DOT, FDAR_THEME_LIGHT));
	g_autofree char *waiting =
		g_strdup_printf("stroke=\"%s\"", fdar_color_hex(FDAR_COLOR_DOT, FDAR_THEME_LIGHT));

	fixture_baseline(&f);
	svg = render_one(&f);
	assert_element(svg, "a-step-8-dot1", waiting); /* recv */
	assert_element(svg, "a-step-12-dot1", running);
}

static void test_never_taken(void)
{
	struct fixture f;
	g_autofree char *svg = NULL;

	fixture_baseline(&f);
	f.steps[2].lane_to = FDAR_STORY_NONE;
	f.steps[2].unfinished = 1;
	svg = render_one(&f);
	assert_element(svg, "a-handoff-2", "never taken");
	assert_element(svg, "a-handoff-2", "stroke-dasharray");
}

static void test_hostile(void)
{
	struct fixture f;
	g_autofree char *svg = NULL;
	g_autoptr(GMarkupParseContext) context = NULL;
	static const GMarkupParser parser;
	g_autoptr(GError) error = NULL;
	g_autofree char *long_name = g_strnfill(100000, 'x');

	fixture_baseline(&f);
	f.story.peer = "\xff<&>\"'";
	f.lanes[1].thread = "<script>alert(1)</script>";
	f.lanes[2].component = "\x02]]>\\N";
	f.steps[3].name = long_name;
	f.steps[4].name = "a&b<c>\\l\xc3";
	f.steps[2].name = "q\"<\x1b";
	svg = render_one(&f);
	context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
	g_assert_true(g_markup_parse_context_parse(context, svg, -1, &error));
	g_assert_true(g_markup_parse_context_end_parse(context, &error));
	g_assert_no_error(error);
	g_assert_null(strstr(svg, "<script"));
	assert_element(svg, "a-call-3", "x…x");
	assert_element(svg, "a-call-4", "a&amp;b&lt;c&gt;\\l");
}

static void test_empty(void)
{
	struct fixture f;
	g_autofree char *svg = NULL;

	memset(&f, 0, sizeof(f));
	fixture_link(&f);
	f.story.peer = "";
	svg = render_one(&f);
	assert_element(svg, "a-session-0", "session of an unknown client");
}

/* Ten thousand messages in one picture. */
static void test_large(void)
{
	enum { STEPS = 10000, LANES = 10 };
	struct fdar_story_lane lanes[LANES];
	g_autofree struct fdar_story_step *steps = g_new0(struct fdar_story_step, STEPS);
	struct fdar_story story = { .lanes = lanes,
				    .steps = steps,
				    .lane_count = LANES,
				    .step_count = STEPS,
				    .peer = "p",
				    .duration_ns = STEPS * (uint64_t)FIX_US };
	struct fdar_sequence sequence = { .sides = { { .story = &story } }, .side_count = 1 };
	gint64 began = g_get_monotonic_time();
	g_autofree char *svg = NULL;

	for (uint32_t i = 0; i < LANES; i++)
		lanes[i] = (struct fdar_story_lane){ "thread", "component", 1, i / 3, NULL };
	for (uint32_t i = 0; i < STEPS; i++) {
		uint32_t depth = i % 8;

		steps[i] = (struct fdar_story_step){ .name = "some_function_name",
						     .lane = (i * 7) % LANES,
						     .lane_to = FDAR_STORY_NONE,
						     .depth = depth,
						     .parent = depth ? i - 1 : FDAR_STORY_NONE,
						     .end = i - depth + 8,
						     .count = 1,
						     .start_ns = i * (uint64_t)FIX_US,
						     .duration_ns = (i % 5000) * (uint64_t)FIX_US };
	}
	svg = render(&sequence, NULL);
	g_test_message("10,000 messages: %.2f s, %zu bytes",
		       (double)(g_get_monotonic_time() - began) / 1e6, strlen(svg));
	assert_element(svg, "a-call-9999", "some_function_name");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sequence/golden/pair", test_golden_pair);
	g_test_add_func("/sequence/golden/single", test_golden_single);
	g_test_add_func("/sequence/golden/unfinished", test_golden_unfinished);
	g_test_add_func("/sequence/deterministic", test_deterministic);
	g_test_add_func("/sequence/dots", test_dots);
	g_test_add_func("/sequence/dot-options", test_dot_options);
	g_test_add_func("/sequence/pair", test_pair);
	g_test_add_func("/sequence/badges", test_badges);
	g_test_add_func("/sequence/moved", test_moved);
	g_test_add_func("/sequence/narrow", test_narrow);
	g_test_add_func("/sequence/legend", test_legend);
	g_test_add_func("/sequence/rows-line-up", test_rows_line_up);
	g_test_add_func("/sequence/unfinished", test_unfinished);
	g_test_add_func("/sequence/golden/idle", test_idle);
	g_test_add_func("/sequence/loop-word", test_loop_word);
	g_test_add_func("/sequence/loop-of-notes", test_loop_of_notes);
	g_test_add_func("/sequence/waiting-is-hollow", test_waiting_is_hollow);
	g_test_add_func("/sequence/never-taken", test_never_taken);
	g_test_add_func("/sequence/hostile", test_hostile);
	g_test_add_func("/sequence/empty", test_empty);
	g_test_add_func("/sequence/large", test_large);
	return g_test_run();
}
