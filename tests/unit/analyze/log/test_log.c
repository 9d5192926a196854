/* The call log: folded and unfolded again it is the same; what is folded, and what stays out. */
#include <string.h>

#include "analyze/log/log.h"
#include "tests/unit/kit/event_script.h"

/* Every call in the order of its entry: depth and function; and the sum of all times. */
struct heard {
	GString *calls;
	unsigned lines, notes;
	uint64_t total_ns;
};

static void hear_call(struct heard *heard, const struct fdar_log_item *item, unsigned depth)
{
	g_string_append_printf(heard->calls, "%u:%" G_GINT64_MODIFIER "x ", depth, item->addr);
}

static void hear_once(struct heard *heard, const struct fdar_log_item *item, unsigned depth);

static void hear_item(struct heard *heard, const struct fdar_log_item *item, unsigned depth)
{
	for (uint64_t i = 0; i < item->count; i++)
		hear_once(heard, item, depth);
}

/* Functions that call each other: level by level, the first again after the last. What is in the last is in the
 * innermost call. */
static unsigned hear_turn(struct heard *heard, const struct fdar_log_item **item, unsigned depth)
{
	const struct fdar_log_item *first = *item;

	for (uint64_t i = 0; i < first->deep; i++) {
		*item = first;
		for (unsigned level = 0; level < first->turn; level++) {
			if (level)
				*item = g_ptr_array_index((*item)->below, 0);
			g_assert_cmpuint((*item)->deep, ==, first->deep);
			hear_call(heard, *item, depth++);
		}
	}
	return depth;
}

static void hear_once(struct heard *heard, const struct fdar_log_item *item, unsigned depth)
{
	unsigned inner = depth + (item->kind == FDAR_LOG_BLOCK ? 0 : 1);

	if (item->kind == FDAR_LOG_NOTE || item->kind == FDAR_LOG_BYTES)
		heard->notes++;
	gboolean in_turn = item->turn > 0;

	if (in_turn)
		inner = hear_turn(heard, &item, depth);
	for (uint64_t i = 0; !in_turn && item->kind == FDAR_LOG_CALL && i < item->deep; i++) {
		hear_call(heard, item, depth + (unsigned)i);
		inner = depth + (unsigned)i + 1;
	}
	for (guint i = 0; item->below && i < item->below->len; i++)
		hear_item(heard, g_ptr_array_index(item->below, i), inner);
}

static void on_item(void *user, const struct fdar_log_item *item, unsigned depth)
{
	struct heard *heard = user;

	heard->lines++;
	heard->total_ns += item->total_ns;
	hear_item(heard, item, depth);
}

static void on_enter(void *user, const struct fdar_log_item *item, unsigned depth)
{
	hear_call(user, item, depth);
}

static void on_leave(void *user, const struct fdar_log_item *item, unsigned depth)
{
	struct heard *heard = user;

	(void)depth;
	heard->total_ns += item->total_ns;
}

static const struct fdar_log_visitor visitor = { on_item, on_enter, on_leave, NULL };

static struct heard log_of(const struct fdar_event *events, size_t count,
			   const struct fdar_log_options *options)
{
	struct heard heard = { .calls = g_string_new(NULL) };
	g_autoptr(fdar_log_builder) builder = fdar_log_builder_new(options, &visitor, &heard);

	fdar_walk_feed(fdar_log_builder_walk(builder), events, count);
	fdar_log_builder_finish(builder);
	return heard;
}

static void add(GArray *events, enum fdar_event_kind kind, uint64_t function, uint64_t time_ns)
{
	struct fdar_event event = {
		.time_ns = time_ns, .pid = 1, .tid = 1, .fd = -1, .data = "", .kind = (uint8_t)kind
	};

	event.func.function = function;
	g_array_append_val(events, event);
}

static void check_same(const GArray *events)
{
	const struct fdar_log_options folded = { 0 }, unfolded = { .unfolded = TRUE };
	const struct fdar_event *first = (const struct fdar_event *)(const void *)events->data;
	struct heard a = log_of(first, events->len, &folded);
	struct heard b = log_of(first, events->len, &unfolded);

	g_assert_cmpstr(a.calls->str, ==, b.calls->str);
	g_assert_cmpuint(a.lines, <=, b.lines);
	g_string_free(a.calls, TRUE);
	g_string_free(b.calls, TRUE);
}

static void add_call(GArray *events, GRand *rand, unsigned depth, uint64_t *now, int functions)
{
	uint64_t function = 0x1000u * (1u + (unsigned)g_rand_int_range(rand, 0, functions));
	int below = depth < 6 ? g_rand_int_range(rand, -2, 5) : 0;

	add(events, FDAR_EVENT_FUNC_ENTRY, function, *now += 10);
	for (int i = 0; i < below; i++)
		add_call(events, rand, depth + 1, now, functions);
	*now += g_rand_int_range(rand, 0, 40) == 0 ? 1000000 : 10;
	add(events, FDAR_EVENT_FUNC_EXIT, function, *now);
}

/* Calls of few functions that are mostly alone in each other. */
static void add_chain(GArray *events, GRand *rand, unsigned depth, uint64_t *now,
		      unsigned functions)
{
	uint64_t function = 0x1000u * (1u + depth % functions);

	if (g_rand_int_range(rand, 0, 12) == 0)
		function = 0x1000u * (1u + (unsigned)g_rand_int_range(rand, 0, 4));
	add(events, FDAR_EVENT_FUNC_ENTRY, function, *now += 10);
	for (int i = g_rand_int_range(rand, 0, 15) ? 1 : 2; depth < 40 && i > 0; i--)
		add_chain(events, rand, i == 2 ? 40 : depth + 1, now, functions);
	add(events, FDAR_EVENT_FUNC_EXIT, function, *now += 10);
}

static void test_turns_unfold(void)
{
	for (guint32 seed = 0; seed < 300; seed++) {
		g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
		g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct fdar_event));
		uint64_t now = 1000;

		for (int i = 0; i < 20; i++)
			add_chain(events, rand, 0, &now, 1 + seed % 5);
		check_same(events);
	}
}

static void test_unfolds(void)
{
	for (guint32 seed = 0; seed < 200; seed++) {
		g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
		g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct fdar_event));
		uint64_t now = 1000;
		int functions = 1 + (int)(seed % 4), open = (int)(seed % 3);

		for (int i = 0; i < open; i++)
			add(events, FDAR_EVENT_FUNC_ENTRY, 0x100000u + (unsigned)i, now += 5);
		for (int i = 0; i < 50 + (int)seed * 4; i++)
			add_call(events, rand, 0, &now, functions);
		check_same(events);
	}
}

/* Deeper than is held, by functions that call each other. */
static void test_deep(void)
{
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct fdar_event));
	const struct fdar_log_options folded = { 0 };
	uint64_t now = 1000;
	struct heard heard;

	for (unsigned i = 0; i < 20000; i++)
		add(events, FDAR_EVENT_FUNC_ENTRY, i % 2 ? 0x1000 : 0x2000, now++);
	for (unsigned i = 20000; i-- > 0;)
		add(events, FDAR_EVENT_FUNC_EXIT, i % 2 ? 0x1000 : 0x2000, now++);
	heard = log_of((const struct fdar_event *)(const void *)events->data, events->len, &folded);
	unsigned calls = 0;
	for (const char *at = heard.calls->str; *at; at++)
		calls += *at == ' ';
	g_assert_cmpuint(calls, ==, 20000);
	g_string_free(heard.calls, TRUE);
}

static gboolean is_own(void *user, uint32_t pid, uint64_t addr)
{
	(void)user;
	(void)pid;
	return addr == 0x9000;
}

/* A function of our own with more in it than is held: it is told by nobody, and counted, as one with little. */
static void test_hidden_pieces(void)
{
	const struct fdar_log_options unfolded = { .unfolded = TRUE };

	for (unsigned calls = 2; calls <= 2000; calls += 1998) {
		g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct fdar_event));
		struct heard heard = { .calls = g_string_new(NULL) };
		g_autoptr(fdar_log_builder) builder =
			fdar_log_builder_new(&unfolded, &visitor, &heard);
		uint64_t now = 1000, own_ns;
		unsigned told = 0;

		fdar_log_builder_hide(builder, is_own, NULL);
		add(events, FDAR_EVENT_FUNC_ENTRY, 0x1000, now++);
		/* Inside a session it is known at once whose a call is. */
		add(events, FDAR_EVENT_SESSION_BEGIN, 7, now++);
		add(events, FDAR_EVENT_FUNC_ENTRY, 0x9000, now++);
		for (unsigned i = 0; i < calls; i++) {
			add(events, FDAR_EVENT_FUNC_ENTRY, 0x2000, now++);
			add(events, FDAR_EVENT_FUNC_EXIT, 0x2000, now++);
		}
		add(events, FDAR_EVENT_FUNC_EXIT, 0x9000, now++);
		add(events, FDAR_EVENT_SESSION_END, 7, now++);
		add(events, FDAR_EVENT_FUNC_EXIT, 0x1000, now++);
		fdar_walk_feed(fdar_log_builder_walk(builder),
			       (const struct fdar_event *)(const void *)events->data, events->len);
		fdar_log_builder_finish(builder);
		for (const char *at = heard.calls->str; *at; at++)
			told += *at == ' ';
		g_assert_cmpuint(told, ==, calls + 1);
		g_assert_cmpuint(fdar_log_builder_hidden(builder, &own_ns), ==, 1);
		g_assert_cmpuint(own_ns, >, 0);
		g_string_free(heard.calls, TRUE);
	}
}

/* lines: outermost ones. */
static void check_script(const char *text, const struct fdar_log_options *options, unsigned lines,
			 unsigned notes)
{
	struct script *script = script_new(text);
	struct heard heard = log_of((const struct fdar_event *)(const void *)script->events->data,
				    script->events->len, options);

	g_assert_cmpuint(heard.lines, ==, lines);
	g_assert_cmpuint(heard.notes, ==, notes);
	g_string_free(heard.calls, TRUE);
	script_free(script);
}

/* Of the outermost item, and how deep it is. */
struct turn {
	unsigned turn;
	uint64_t deep;
};

static void on_turn(void *user, const struct fdar_log_item *item, unsigned depth)
{
	(void)depth;
	*(struct turn *)user = (struct turn){ item->turn, item->deep };
}

static void check_turn(const char *text, unsigned turn, uint64_t deep)
{
	static const struct fdar_log_visitor turns = { on_turn, NULL, NULL, NULL };
	const struct fdar_log_options folded = { 0 };
	struct script *script = script_new(text);
	struct turn found = { 0 };
	g_autoptr(fdar_log_builder) builder = fdar_log_builder_new(&folded, &turns, &found);

	fdar_walk_feed(fdar_log_builder_walk(builder),
		       (const struct fdar_event *)(const void *)script->events->data,
		       script->events->len);
	fdar_log_builder_finish(builder);
	g_assert_cmpuint(found.turn, ==, turn);
	g_assert_cmpuint(found.deep, ==, deep);
	check_same(script->events);
	script_free(script);
}

static void test_folds(void)
{
	const struct fdar_log_options folded = { 0 };

	/* Equal ones, turns of two, and recursion. */
	check_script("A 1 +f 2 -f 3 +f 4 -f 5 +f 6 -f", &folded, 1, 0);
	check_script("A 1 +f 2 -f 3 +g 4 -g 5 +f 6 -f 7 +g 8 -g 9 +f 10 -f 11 +g 12 -g", &folded, 1,
		     0);
	check_script("A 1 +f 2 +f 3 +f 4 -f 5 -f 6 -f", &folded, 1, 0);
	/* Functions that call each other, with another one in the last, and one around them. */
	check_turn("A 1 +f 2 +g 3 +f 4 +g 5 +f 6 +g 7 -g 8 -f 9 -g 10 -f 11 -g 12 -f", 2, 3);
	check_turn("A 1 +g 2 +f 3 +g 4 +f 5 +g 6 +h 7 -h 8 -g 9 -f 10 -g 11 -f 12 -g", 0, 1);
	check_turn("A 1 +f 2 +g 3 +h 4 +f 5 +g 6 +h 7 +i 8 -i 9 -h 10 -g 11 -f 12 -h 13 -g 14 -f",
		   3, 2);
	/* Not where one does something else besides. */
	check_turn("A 1 +f 2 +g 3 +i 4 -i 5 +f 6 +g 7 -g 8 -f 9 -g 10 -f", 0, 1);
	/* The fifth took a second. */
	check_script("A 1 +f 2 -f 3 +f 4 -f 5 +f 6 -f 7 +f 8 -f 9 +f 1000000009 -f", &folded, 2, 0);
	/* Not what has another note in it. */
	check_script("A 1 +f 2 note:k:a 3 -f 4 +f 5 note:k:a 6 -f 7 +f 8 note:k:b 9 -f", &folded, 2,
		     3);
}

static void test_session(void)
{
	const struct fdar_log_options one = { .one_session = TRUE, .key = 2 };
	const struct fdar_log_options client = { .one_session = TRUE, .peer = "10.0.0.2" };
	const struct fdar_log_options nobody = { .one_session = TRUE, .peer = "10.0.0" };
	static const char text[] = "A 1 +loop 2 begin:1:10.0.0.1:5 3 +f 4 -f 5 end:1 "
				   "6 begin:2:10.0.0.2:99:6 7 +f 8 -f 9 +g 10 -g 11 end:2 12 -loop";

	check_script(text, &one, 2, 0);
	check_script(text, &nobody, 0, 0);
	check_script(text, &client, 2, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/unfolds", test_unfolds);
	g_test_add_func("/log/turns-unfold", test_turns_unfold);
	g_test_add_func("/log/deep", test_deep);
	g_test_add_func("/log/hidden-pieces", test_hidden_pieces);
	g_test_add_func("/log/folds", test_folds);
	g_test_add_func("/log/session", test_session);
	return g_test_run();
}
