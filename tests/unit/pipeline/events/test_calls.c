/* Calls events taken apart: every record, depths that do not fit, batches of every size, and data
 * that is cut, random or built to do harm. */
#include <string.h>

#include "pipeline/events/calls.h"
#include "tests/unit/kit/calls_script.h"

#define NOW UINT64_C(1000000) /* time of the events, unless told */
#define PID 7
#define TID 8

/* ---- helpers ---- */

/* All of the event with that data, taken capacity at a time. */
static GArray *take_all(struct fdar_calls *calls, uint64_t time_ns, const void *data, guint length,
			size_t capacity)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct fdar_event));
	/* Exactly as long, so that a sanitizer sees what is behind. */
	g_autofree char *copy = g_memdup2(data, MAX(length, 1));
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, capacity);
	struct fdar_event event = {
		.time_ns = time_ns, .data = copy, .data_len = length, .pid = PID, .tid = TID
	};
	size_t n;

	fdar_calls_begin(calls, &event);
	do {
		n = fdar_calls_take(calls, batch, capacity);
		g_assert_cmpuint(n, <=, capacity);
		g_array_append_vals(all, batch, (guint)n);
	} while (n == capacity);
	g_assert_cmpuint(fdar_calls_take(calls, batch, capacity), ==, 0);
	return all;
}

static const char *const kind_names[FDAR_EVENT_KINDS] = {
	[FDAR_EVENT_FUNC_ENTRY] = "entry",     [FDAR_EVENT_FUNC_EXIT] = "exit",
	[FDAR_EVENT_FUNC_SKIPPED] = "skipped", [FDAR_EVENT_FUNC_UNWOUND] = "unwound",
	[FDAR_EVENT_FUNC_LOST] = "lost",       [FDAR_EVENT_FUNC_CALL] = "call",
};

/* "entry 100 @5; exit 100 @9" and so on; what all events have in common is looked at here. */
static char *tell(const GArray *events)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < events->len; i++) {
		const struct fdar_event *event = &g_array_index(events, struct fdar_event, i);

		g_assert_cmpuint(event->pid, ==, PID);
		g_assert_cmpuint(event->tid, ==, TID);
		g_assert_cmpint(event->fd, ==, -1);
		g_assert_cmpuint(event->name, ==, 0);
		g_assert_cmpstr(event->data, ==, "");
		g_assert_cmpuint(event->data_len, ==, 0);
		g_assert_nonnull(kind_names[event->kind]);
		g_string_append_printf(text, "%s%s %" G_GUINT64_FORMAT, i ? "; " : "",
				       kind_names[event->kind], event->addr);
		if (event->addr2)
			g_string_append_printf(text, " of %" G_GUINT64_FORMAT " ns", event->addr2);
		g_string_append_printf(text, " @%" G_GUINT64_FORMAT, event->time_ns);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void assert_told_at(struct fdar_calls *calls, const struct calls_script *script,
			   uint64_t time_ns, const char *expected)
{
	g_autoptr(GArray) events =
		take_all(calls, time_ns, script->bytes->data, script->bytes->len, 100);
	g_autofree char *told = tell(events);

	g_assert_cmpstr(told, ==, expected);
}

static void assert_told(struct fdar_calls *calls, const struct calls_script *script,
			const char *expected)
{
	assert_told_at(calls, script, NOW, expected);
}

/* ---- what records say ---- */

static void test_records(void)
{
	struct fdar_calls *calls = fdar_calls_new(NULL);
	struct calls_script script = { 0 };

	calls_script_begin(&script, 0, 1000);
	calls_script_enter(&script, 5, 4096);
	calls_script_call(&script, 30, 100, 7);
	calls_script_call(&script, 31, 5000, 300);
	calls_script_call_over(&script, 1, 5001, 20, 12, 9);
	calls_script_skipped(&script, 2, 3, 1);
	calls_script_count(&script, FDAR_CALLS_LOST, 0, 77);
	calls_script_exit(&script, 4);
	assert_told(calls, &script,
		    "entry 4096 @999005; entry 100 @999035; exit 100 @999042; entry 5000 @999073; "
		    "exit 5000 @999373; entry 5001 @999374; skipped 12 of 9 ns @999394; "
		    "exit 5001 @999394; skipped 3 of 1 ns @999396; lost 77 @999396; "
		    "exit 4096 @999400");
	g_assert_cmpuint(fdar_calls_count(calls), ==, 4);
	g_assert_cmpuint(fdar_calls_broken(calls), ==, 0);
	calls_script_clear(&script);
	fdar_calls_free(calls);
}

/* As one event, where it was asked for. */
static void test_joined(void)
{
	struct fdar_calls *calls = fdar_calls_new(NULL);
	struct calls_script script = { 0 };

	fdar_calls_join(calls);
	calls_script_begin(&script, 0, 1000);
	calls_script_enter(&script, 5, 4096);
	calls_script_call(&script, 30, 100, 7);
	calls_script_call_over(&script, 1, 5001, 20, 12, 9);
	calls_script_call(&script, 3, 101, 5000);
	calls_script_exit(&script, 4);
	assert_told(calls, &script,
		    "entry 4096 @999005; call 100 of 7 ns @999035; entry 5001 @999043; "
		    "skipped 12 of 9 ns @999063; exit 5001 @999063; call 101 of 934 ns @999066; "
		    "exit 4096 @1000000");
	g_assert_cmpuint(fdar_calls_count(calls), ==, 4);
	calls_script_clear(&script);
	fdar_calls_free(calls);
}

/* Every width of number, in every place, and addresses from one end to the other. */
static void test_numbers(void)
{
	struct fdar_calls *calls = fdar_calls_new(NULL);
	struct calls_script script = { 0 };

	for (unsigned bits = 0; bits <= 64; bits++) {
		uint64_t value = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
		uint64_t end = UINT64_C(1) << 63;
		g_autoptr(GArray) events = NULL;

		calls_script_begin(&script, 0, end);
		calls_script_enter(&script, value / 4, value);
		calls_script_enter(&script, 0, ~value);
		calls_script_count(&script, FDAR_CALLS_LOST, 0, value);
		calls_script_exit(&script, 0);
		calls_script_exit(&script, 0);
		events = take_all(calls, end, script.bytes->data, script.bytes->len, 100);
		g_assert_cmpuint(events->len, ==, 5);
		for (guint i = 0; i < 5; i++) {
			const struct fdar_event *event =
				&g_array_index(events, struct fdar_event, i);
			uint64_t addr = i == 1 || i == 3 ? ~value : value;

			g_assert_cmpuint(event->addr, ==, addr);
			g_assert_cmpuint(event->time_ns, ==, value / 4);
		}
		fdar_calls_end_thread(calls, PID, TID);
	}
	g_assert_cmpuint(fdar_calls_broken(calls), ==, 0);
	calls_script_clear(&script);
	fdar_calls_free(calls);
}

/* What is open at the end of one event is closed by the next. */
static void test_open_across_events(void)
{
	struct fdar_calls *calls = fdar_calls_new(NULL);
	struct calls_script script = { 0 };

	calls_script_begin(&script, 0, 10);
	calls_script_open(&script, 0, 1, 500000);
	calls_script_open(&script, 0, 2, 400000);
	calls_script_enter(&script, 3, 3);
	assert_told(calls, &script, "entry 1 @499990; entry 2 @599990; entry 3 @999993");
	calls_script_begin(&script, 3, 0);
	calls_script_exit(&script, 0);
	calls_script_exit(&script, 0);
	assert_told_at(calls, &script, NOW + 50, "exit 3 @1000050; exit 2 @1000050");
	calls_script_begin(&script, 1, 0);
	calls_script_count(&script, FDAR_CALLS_UNWOUND, 0, 1);
	calls_script_exit(&script, 0);
	assert_told_at(calls, &script, NOW + 60, "unwound 1 @1000060");
	calls_script_clear(&script);
	fdar_calls_free(calls);
}

/* ---- depths ---- */

/* The header knows of fewer: an event that closed them is missing. */
static void test_too_many_open(void)
{
	struct fdar_calls *calls = fdar_calls_new(NULL);
	struct calls_script script = { 0 };

	calls_script_begin(&script, 0, 100);
	for (uint64_t addr = 1; addr <= 5; addr++)
		calls_script_enter(&script, 0, addr);
	assert_told(calls, &script,
		    "entry 1 @999900; entry 2 @999900; entry 3 @999900; entry 4 @999900; "
		    "entry 5 @999900");
	calls_script_begin(&script, 2, 20);
	calls_script_exit(&script, 5);
	assert_told_at(calls, &script, NOW + 100, "unwound 3 @1000080; exit 2 @1000085");
	calls_script_clear(&script);
	fdar_calls_free(calls);
}

/* It knows of more: those never began, and their exits close nothing. */
static void test_too_few_open(void)
{
	struct fdar_calls *calls = fdar_calls_new(NULL);
	struct calls_script script = { 0 };

	calls_script_begin(&script, 0, 100);
	calls_script_enter(&script, 0, 1);
	assert_told(calls, &script, "entry 1 @999900");
	calls_script_begin(&script, 4, 100);
	calls_script_exit(&script, 1);
	calls_script_enter(&script, 1, 9);
	calls_script_exit(&script, 1);
	calls_script_exit(&script, 1);
	calls_script_exit(&script, 1);
	calls_script_exit(&script, 1);
	calls_script_exit(&script, 1);
	assert_told_at(calls, &script, NOW + 100,
		       "entry 9 @1000002; exit 9 @1000003; exit 1 @1000006");
	calls_script_begin(&script, 3, 0);
	calls_script_enter(&script, 0, 5);
	calls_script_count(&script, FDAR_CALLS_UNWOUND, 0, 3);
	calls_script_exit(&script, 0);
	assert_told_at(calls, &script, NOW + 200, "entry 5 @1000200; unwound 1 @1000200");
	calls_script_clear(&script);
	fdar_calls_free(calls);
}

static void test_threads_apart(void)
{
	struct fdar_calls *calls = fdar_calls_new(NULL);
	struct calls_script script = { 0 };
	struct fdar_event batch[8];
	struct fdar_event event = { .time_ns = NOW, .pid = PID };

	for (uint32_t tid = 1; tid <= 3; tid++) {
		calls_script_begin(&script, 0, 0);
		calls_script_enter(&script, 0, tid * 100);
		event.tid = tid;
		event.data = (const char *)script.bytes->data;
		event.data_len = script.bytes->len;
		fdar_calls_begin(calls, &event);
		g_assert_cmpuint(fdar_calls_take(calls, batch, 8), ==, 1);
	}
	fdar_calls_end_thread(calls, PID, 2);
	fdar_calls_end_thread(calls, PID, 99);
	for (uint32_t tid = 1; tid <= 3; tid++) {
		calls_script_begin(&script, tid == 2 ? 0 : 1, 0);
		calls_script_exit(&script, 0);
		event.tid = tid;
		event.data = (const char *)script.bytes->data;
		event.data_len = script.bytes->len;
		fdar_calls_begin(calls, &event);
		g_assert_cmpuint(fdar_calls_take(calls, batch, 8), ==, tid != 2);
		g_assert_cmpuint(batch[0].tid, ==, tid == 2 ? 1 : tid);
		g_assert_cmpuint(batch[0].addr, ==, tid == 2 ? 100 : tid * 100);
	}
	calls_script_clear(&script);
	fdar_calls_free(calls);
}

/* ---- times ---- */

static void test_times_are_bounded(void)
{
	struct fdar_calls *calls = fdar_calls_new(NULL);
	struct calls_script script = { 0 };

	calls_script_begin(&script, 0, NOW * 5);
	calls_script_call(&script, 5, 1, 6);
	assert_told(calls, &script, "entry 1 @5; exit 1 @11");
	/* Base before the thread's last call. */
	calls_script_begin(&script, 0, NOW);
	calls_script_call(&script, 0, 2, UINT64_MAX);
	assert_told(calls, &script, "entry 2 @11; exit 2 @1000000");
	calls_script_begin(&script, 0, 0);
	calls_script_call(&script, UINT64_MAX, 3, UINT64_MAX);
	calls_script_call(&script, 1, 4, 1);
	assert_told_at(calls, &script, NOW + 7,
		       "entry 3 @1000007; exit 3 @1000007; entry 4 @1000007; exit 4 @1000007");
	/* An event before the last one, an OPEN in the middle and one before the last call. */
	calls_script_begin(&script, 0, 0);
	calls_script_open(&script, 0, 5, NOW);
	calls_script_open(&script, 0, 6, 2 * NOW);
	calls_script_enter(&script, 1, 7);
	calls_script_open(&script, 1, 8, NOW);
	assert_told_at(calls, &script, NOW,
		       "entry 5 @1000007; entry 6 @1000007; entry 7 @1000007; entry 8 @1000007");
	calls_script_clear(&script);
	fdar_calls_free(calls);
}

/* ---- batches, cuts, and what is random ---- */

/* Random records; depth is that of the thread, before and after. */
static void write_random(struct calls_script *script, GRand *rand, uint64_t *depth)
{
	guint records = (guint)g_rand_int_range(rand, 0, 60);

	calls_script_begin(script, *depth, (uint64_t)g_rand_int_range(rand, 0, 5000));
	for (guint i = 0; i < records; i++) {
		uint64_t dt = (uint64_t)g_rand_int_range(rand, 0, 60);
		uint64_t addr = g_rand_int(rand), some = (uint64_t)g_rand_int_range(rand, 0, 400);
		enum fdar_calls_op op = (enum fdar_calls_op)g_rand_int_range(rand, 0, 8);

		if (op == FDAR_CALLS_ENTER)
			calls_script_enter(script, dt, addr);
		else if (op == FDAR_CALLS_CALL)
			calls_script_call(script, dt, addr, some);
		else if (op == FDAR_CALLS_CALL_OVER)
			calls_script_call_over(script, dt, addr, some, some + 1, some);
		else if (op == FDAR_CALLS_OPEN)
			calls_script_open(script, dt, addr, some);
		else if (op == FDAR_CALLS_SKIPPED)
			calls_script_skipped(script, dt, some, dt);
		else if (op == FDAR_CALLS_LOST)
			calls_script_count(script, op, dt, some);
		else if (*depth && op == FDAR_CALLS_EXIT)
			calls_script_exit(script, dt);
		else if (*depth)
			calls_script_count(script, op, dt, 1);
		*depth += op == FDAR_CALLS_ENTER || op == FDAR_CALLS_OPEN;
		*depth -= *depth && (op == FDAR_CALLS_EXIT || op == FDAR_CALLS_UNWOUND);
	}
}

/* However small the batches, the same events. */
static void test_capacities(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);
	struct calls_script script = { 0 };
	struct fdar_calls *all[8];
	uint64_t depth = 0;

	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		all[i] = fdar_calls_new(NULL);
	for (guint round = 0; round < 300; round++) {
		g_autofree char *expected = NULL;

		if (round % 10 == 9)
			depth = (uint64_t)g_rand_int_range(rand, 0, 12);
		write_random(&script, rand, &depth);
		for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
			g_autoptr(GArray) events = take_all(all[i], NOW * round, script.bytes->data,
							    script.bytes->len, i ? i : 1000);
			g_autofree char *told = tell(events);

			if (!i)
				expected = g_steal_pointer(&told);
			else
				g_assert_cmpstr(told, ==, expected);
		}
	}
	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		fdar_calls_free(all[i]);
	calls_script_clear(&script);
}

/* Cut anywhere: what is before, and at most one LOST that says that something is missing. */
static void test_truncated(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(2);
	struct calls_script script = { 0 };

	for (guint round = 0; round < 20; round++) {
		g_autofree char *whole = NULL;
		uint64_t depth = 0;

		write_random(&script, rand, &depth);
		for (guint length = script.bytes->len + 1; length-- > 0;) {
			struct fdar_calls *calls = fdar_calls_new(NULL);
			g_autoptr(GArray) events =
				take_all(calls, NOW, script.bytes->data, length, 5);
			g_autofree char *told = NULL;

			g_assert_cmpuint(fdar_calls_broken(calls), <=, 1);
			if (fdar_calls_broken(calls)) {
				const struct fdar_event *last =
					&g_array_index(events, struct fdar_event, events->len - 1);

				g_assert_cmpuint(last->kind, ==, FDAR_EVENT_FUNC_LOST);
				g_assert_cmpuint(last->addr, ==, 1);
				g_array_set_size(events, events->len - 1);
			}
			told = tell(events);
			if (!whole)
				whole = g_steal_pointer(&told);
			else
				g_assert_true(g_str_has_prefix(whole, told));
			fdar_calls_free(calls);
		}
	}
	calls_script_clear(&script);
}

/* What holds whatever is in the data. */
static void assert_sane(const GArray *events, uint64_t *last_ns, uint64_t *open, uint64_t time_ns)
{
	for (guint i = 0; i < events->len; i++) {
		const struct fdar_event *event = &g_array_index(events, struct fdar_event, i);

		g_assert_cmpuint(event->time_ns, >=, *last_ns);
		g_assert_cmpuint(event->time_ns, <=, MAX(*last_ns, time_ns));
		*last_ns = event->time_ns;
		if (event->kind == FDAR_EVENT_FUNC_ENTRY) {
			++*open;
		} else if (event->kind == FDAR_EVENT_FUNC_EXIT) {
			g_assert_cmpuint(*open, >=, 1);
			--*open;
		} else if (event->kind == FDAR_EVENT_FUNC_UNWOUND) {
			g_assert_cmpuint(*open, >=, event->addr);
			*open -= event->addr;
		}
	}
}

static void test_random_bytes(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(3);
	struct fdar_calls *calls = fdar_calls_new(NULL);
	uint64_t last_ns = 0, open = 0;

	for (guint round = 0; round < 20000; round++) {
		guint length = (guint)g_rand_int_range(rand, 0, 200);
		guint8 bytes[200];
		uint64_t time_ns = g_rand_int(rand) % (1000 + round * 1000);
		g_autoptr(GArray) events = NULL;

		for (guint i = 0; i < length; i++)
			bytes[i] = (guint8)g_rand_int(rand);
		if (round % 2 && length > 1)
			bytes[0] = bytes[1] = (guint8)(round % 128);
		events = take_all(calls, time_ns, bytes, length, 1 + round % 9);
		assert_sane(events, &last_ns, &open, time_ns);
	}
	g_assert_cmpuint(fdar_calls_broken(calls), >, 1000);
	fdar_calls_free(calls);
}

/* Numbers that do not end, or are longer than 64 bits. */
static void test_long_numbers(void)
{
	static const guint8 bad[][14] = {
		{ 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x00 },
		{ 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x01 },
		{ 0x00, 0x00, 0xfa, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
		{ 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 0xff, 0xff, 0xff, 0xff, 0x7f, 0x00, 0x08, 0x08,
		  0x08 }, /* a depth that cannot be */
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		struct fdar_calls *calls = fdar_calls_new(NULL);
		g_autoptr(GArray) events = take_all(calls, NOW, bad[i], sizeof(bad[i]), 3);
		g_autofree char *told = tell(events);

		g_assert_cmpuint(fdar_calls_broken(calls), ==, 1);
		g_assert_cmpstr(told, ==, "lost 1 @1000000");
		fdar_calls_free(calls);
	}
}

/* ---- bombs ---- */

/* Enters without end: what exits is still told, without an address where there was no room. */
static void test_depth_bomb(void)
{
	const guint more = 1000, total = FDAR_CALLS_DEPTH_MAX + more;
	struct fdar_calls *calls = fdar_calls_new(NULL);
	struct calls_script script = { 0 };
	uint64_t last_ns = 0, open = 0, depth = 0, nameless = 0;

	while (depth < total) {
		g_autoptr(GArray) events = NULL;

		calls_script_begin(&script, depth, 0);
		for (guint i = 0; i < 20000 && depth < total; i++)
			calls_script_enter(&script, 0, ++depth);
		events = take_all(calls, NOW, script.bytes->data, script.bytes->len, 1000);
		assert_sane(events, &last_ns, &open, NOW);
	}
	g_assert_cmpuint(open, ==, total);
	while (depth) {
		g_autoptr(GArray) events = NULL;
		uint64_t expected = depth;

		calls_script_begin(&script, depth, 0);
		for (guint i = 0; i < 20000 && depth; i++, depth--)
			calls_script_exit(&script, 0);
		events = take_all(calls, NOW, script.bytes->data, script.bytes->len, 1000);
		assert_sane(events, &last_ns, &open, NOW);
		for (guint i = 0; i < events->len; i++, expected--) {
			uint64_t addr = g_array_index(events, struct fdar_event, i).addr;

			nameless += !addr;
			g_assert_true(!addr || addr == expected);
		}
	}
	g_assert_cmpuint(open, ==, 0);
	g_assert_cmpuint(nameless, >=, more);
	g_assert_cmpuint(nameless, <=, more + 1);
	calls_script_clear(&script);
	fdar_calls_free(calls);
}

/* Depths that jump up and down, deep threads, and more threads than are kept. */
static void test_many_threads(void)
{
	struct fdar_calls *calls = fdar_calls_new(NULL);
	struct calls_script script = { 0 };
	struct fdar_event batch[16], event = { .time_ns = NOW, .pid = PID };
	uint64_t told = 0;

	for (uint32_t tid = 1; tid <= FDAR_CALLS_THREADS_MAX + 50; tid++) {
		calls_script_begin(&script, UINT32_MAX - tid, 0);
		calls_script_enter(&script, 0, 5);
		event.tid = tid;
		event.data = (const char *)script.bytes->data;
		event.data_len = script.bytes->len;
		fdar_calls_begin(calls, &event);
		told += fdar_calls_take(calls, batch, 16);
	}
	g_assert_cmpuint(told, ==, FDAR_CALLS_THREADS_MAX + 50);
	for (uint64_t round = 0; round < 100000; round++) {
		calls_script_begin(&script, round % 2 ? 0 : UINT32_MAX, 0);
		calls_script_enter(&script, 0, round);
		event.data = (const char *)script.bytes->data;
		event.data_len = script.bytes->len;
		fdar_calls_begin(calls, &event);
		g_assert_cmpuint(fdar_calls_take(calls, batch, 16), <=, 2);
	}
	calls_script_clear(&script);
	fdar_calls_free(calls);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/calls/joined", test_joined);
	g_test_add_func("/calls/records", test_records);
	g_test_add_func("/calls/numbers", test_numbers);
	g_test_add_func("/calls/open-across-events", test_open_across_events);
	g_test_add_func("/calls/too-many-open", test_too_many_open);
	g_test_add_func("/calls/too-few-open", test_too_few_open);
	g_test_add_func("/calls/threads-apart", test_threads_apart);
	g_test_add_func("/calls/times", test_times_are_bounded);
	g_test_add_func("/calls/capacities", test_capacities);
	g_test_add_func("/calls/truncated", test_truncated);
	g_test_add_func("/calls/random-bytes", test_random_bytes);
	g_test_add_func("/calls/long-numbers", test_long_numbers);
	g_test_add_func("/calls/depth-bomb", test_depth_bomb);
	g_test_add_func("/calls/many-threads", test_many_threads);
	return g_test_run();
}
