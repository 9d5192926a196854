/* The event source and calls events: threads that interleave, batches of every size, both decoders,
 * whose the name is; and the events that came with them, field by field. */
#include <string.h>

#include "instrument/wire/events.h"
#include "pipeline/recording/recording.h"
#include "pipeline/source/source.h"
#include "tests/ctf/compare.h"
#include "tests/unit/kit/calls_script.h"
#include "tests/unit/kit/tiny_trace.h"
#include "tests/unit/kit/remove_tree.h"

#define EPOCH_NS (TINY_TRACE_EPOCH_S * 1000000000)
#define PID      7

/* ---- helpers ---- */

static char *scratch(void)
{
	char *dir = g_dir_make_tmp("flowdar-test-source-XXXXXX", NULL);

	g_assert_nonnull(dir);
	return dir;
}

static void append(GString *text, const struct fdar_source *source, const struct fdar_event *event)
{
	static const char *const kinds[FDAR_EVENT_KINDS] = {
		[FDAR_EVENT_FUNC_ENTRY] = "entry",     [FDAR_EVENT_FUNC_EXIT] = "exit",
		[FDAR_EVENT_FUNC_SKIPPED] = "skipped", [FDAR_EVENT_FUNC_UNWOUND] = "unwound",
		[FDAR_EVENT_FUNC_LOST] = "lost",       [FDAR_EVENT_IO] = "io",
		[FDAR_EVENT_THREAD_NAME] = "name",     [FDAR_EVENT_THREAD_BEGIN] = "begin",
		[FDAR_EVENT_THREAD_END] = "end",       [FDAR_EVENT_PROCESS] = "process",
		[FDAR_EVENT_SWITCHED] = "switched",    [FDAR_EVENT_REQUEST_BEGIN] = "request",
		[FDAR_EVENT_REQUEST_END] = "done",
	};

	g_assert_cmpuint(event->kind, <, FDAR_EVENT_KINDS);
	g_assert_nonnull(kinds[event->kind]);
	g_assert_cmpint(event->data[event->data_len], ==, '\0');
	g_string_append_printf(text, "%" G_GUINT64_FORMAT " %u:%u %s", event->time_ns - EPOCH_NS,
			       event->pid, event->tid, kinds[event->kind]);
	if (event->name)
		g_string_append_printf(text, " %s", fdar_source_text(source, event->name));
	if (event->data_len)
		g_string_append_printf(text, " '%s'", event->data);
	if (event->addr)
		g_string_append_printf(text, " %" G_GINT64_FORMAT, (int64_t)event->addr);
	if (event->addr2)
		g_string_append_printf(text, " %" G_GINT64_FORMAT, (int64_t)event->addr2);
	if (event->fd != -1)
		g_string_append_printf(text, " fd %d", event->fd);
	if (event->wait)
		g_string_append_printf(text, " wait %u", event->wait);
	g_string_append_c(text, '\n');
}

/* All events, a line each. */
static char *read_all(const char *path, size_t capacity, struct fdar_source_summary *summary)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_source) source = fdar_source_open(path, &error);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, capacity);
	gssize n;

	g_assert_no_error(error);
	while ((n = fdar_source_read(source, batch, capacity, &error)) > 0) {
		g_assert_cmpint(n, <=, (gssize)capacity);
		for (gssize i = 0; i < n; i++)
			append(text, source, &batch[i]);
	}
	g_assert_no_error(error);
	fdar_source_get_summary(source, summary);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static uint16_t calls_class(struct tiny_trace *trace)
{
	return tiny_trace_class(trace, FDAR_PROVIDER ":calls",
				"uint32_t _tid; uint32_t _n; uint8_t _data[ _n ];");
}

static void write_calls(struct tiny_trace *trace, uint16_t id, uint64_t time_ns, int32_t writer,
			uint32_t tid, const char *writer_name, const struct calls_script *script)
{
	tiny_trace_event(trace, id, time_ns, PID, writer, writer_name);
	tiny_trace_u32(trace, tid);
	tiny_trace_u32(trace, script->bytes->len);
	tiny_trace_bytes(trace, script->bytes->data, script->bytes->len);
}

static void assert_decoders_agree(const char *dir)
{
	struct compared compared = compare_decoders(dir);

	g_assert_true(compared.ours);
	g_assert_cmpstr(compared.difference, ==, NULL);
	g_assert_cmpuint(compared.events, >, 0);
	compared_clear(&compared);
}

/* ---- calls ---- */

/* Two threads: the calls of one come late, with older times; each thread's own are in order. */
static void write_threads(const char *dir)
{
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t calls = calls_class(trace);
	uint16_t io = tiny_trace_class(trace, FDAR_PROVIDER ":io",
				       "uint8_t _op; int32_t _fd; int64_t _result;");
	uint16_t end = tiny_trace_class(trace, FDAR_PROVIDER ":thread_end", "string _name;");
	struct calls_script script = { 0 };

	calls_script_begin(&script, 0, 90);
	calls_script_enter(&script, 0, 11);
	calls_script_call(&script, 5, 12, 20);
	write_calls(trace, calls, 100, 1, 1, "one", &script);
	tiny_trace_event(trace, io, 150, PID, 2, "two");
	tiny_trace_u8(trace, FDAR_IO_READ);
	tiny_trace_u32(trace, 5);
	tiny_trace_u64(trace, (uint64_t)-11);
	/* Of thread 1, but another one wrote it. */
	calls_script_begin(&script, 1, 95);
	calls_script_skipped(&script, 0, 4, 3);
	calls_script_exit(&script, 5);
	calls_script_enter(&script, 5, 13);
	write_calls(trace, calls, 200, 2, 1, "two", &script);
	tiny_trace_packet(trace, 3);
	tiny_trace_event(trace, end, 210, PID, 1, "one");
	tiny_trace_string(trace, "one");
	calls_script_begin(&script, 0, 0);
	calls_script_call(&script, 0, 14, 0);
	write_calls(trace, calls, 300, 1, 1, "one", &script);
	calls_script_clear(&script);
	tiny_trace_close(trace);
}

static void test_threads(void)
{
	g_autofree char *dir = scratch();
	struct fdar_source_summary summary;

	write_threads(dir);
	for (size_t capacity = 1; capacity < 20; capacity++) {
		g_autofree char *text = read_all(dir, capacity, &summary);

		g_assert_cmpstr(text, ==,
				"10 7:1 entry 11\n"
				"15 7:1 entry 12\n"
				"35 7:1 exit 12\n"
				"150 7:2 name two\n"
				"150 7:2 io -11 1 fd 5\n"
				"105 7:1 skipped 4 3\n"
				"110 7:1 exit 11\n"
				"115 7:1 entry 13\n"
				"210 7:1 name one\n"
				"210 7:1 end 'one'\n"
				"300 7:1 entry 14\n"
				"300 7:1 exit 14\n");
		g_assert_cmpuint(summary.events, ==, 5);
		g_assert_cmpuint(summary.ours, ==, 5);
		g_assert_cmpuint(summary.calls, ==, 4);
		g_assert_cmpuint(summary.calls_broken, ==, 0);
		g_assert_cmpuint(summary.begin_ns, ==, EPOCH_NS + 100);
		g_assert_cmpuint(summary.end_ns, ==, EPOCH_NS + 300);
	}
	assert_decoders_agree(dir);
	remove_tree(dir);
}

/* Big ones, more than a batch of anything, and empty and broken ones. */
static void test_sizes(void)
{
	g_autofree char *dir = scratch();
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t calls = calls_class(trace);
	struct calls_script script = { 0 };
	struct fdar_source_summary summary;
	g_autofree char *expected = NULL;

	for (guint i = 1; i <= 40; i++) {
		calls_script_begin(&script, 0, 1000);
		for (guint call = 0; call < i * i; call++)
			calls_script_call(&script, 1, call, 2);
		if (i % 10 == 0)
			g_byte_array_set_size(script.bytes, i == 20 ? 0 : script.bytes->len - 1);
		write_calls(trace, calls, 100000 * i, 1, i % 3, "t", &script);
	}
	calls_script_clear(&script);
	tiny_trace_close(trace);
	expected = read_all(dir, 100000, &summary);
	g_assert_cmpuint(summary.events, ==, 40);
	g_assert_cmpuint(summary.calls_broken, ==, 4);
	g_assert_cmpuint(summary.calls, ==, 40 * 41 * 81 / 6 - 400 - 3);
	for (size_t capacity = 1; capacity < 1000; capacity = capacity * 3 + 1) {
		g_autofree char *text = read_all(dir, capacity, &summary);

		g_assert_cmpstr(text, ==, expected);
	}
	assert_decoders_agree(dir);
	remove_tree(dir);
}

/* ---- the other events ---- */

static void test_vocabulary(void)
{
	g_autofree char *dir = scratch(), *text = NULL;
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t process = tiny_trace_class(trace, FDAR_PROVIDER ":process",
					    "string _recording; int32_t _parent;");
	uint16_t begin = tiny_trace_class(trace, FDAR_PROVIDER ":thread_begin", "string _name;");
	uint16_t request = tiny_trace_class(trace, FDAR_PROVIDER ":request_begin",
					    "uint64_t _key; string _what;");
	uint16_t done = tiny_trace_class(trace, FDAR_PROVIDER ":request_end",
					 "uint64_t _key; int64_t _result;");
	uint16_t switched = tiny_trace_class(
		trace, FDAR_PROVIDER ":switched",
		"uint64_t _addr; uint8_t _on; uint8_t _reason; uint64_t _calls; uint64_t _ns;");
	struct fdar_source_summary summary;

	tiny_trace_event(trace, process, 1, PID, 1, "t");
	tiny_trace_string(trace, "flowdar-1-2");
	tiny_trace_u32(trace, 3);
	tiny_trace_event(trace, begin, 2, PID, 1, "t");
	tiny_trace_string(trace, "worker");
	tiny_trace_event(trace, request, 3, PID, 1, "t");
	tiny_trace_u64(trace, 99);
	tiny_trace_string(trace, "GET /");
	tiny_trace_event(trace, done, 4, PID, 1, "t");
	tiny_trace_u64(trace, 99);
	tiny_trace_u64(trace, (uint64_t)-404);
	for (uint8_t on = 0; on < 2; on++) {
		tiny_trace_event(trace, switched, 5, PID, 1, "t");
		tiny_trace_u64(trace, 4096);
		tiny_trace_u8(trace, on);
		tiny_trace_u8(trace, FDAR_SWITCH_BUDGET);
		tiny_trace_u64(trace, 1000);
		tiny_trace_u64(trace, 20000);
	}
	tiny_trace_close(trace);
	text = read_all(dir, 4, &summary);
	g_assert_cmpstr(text, ==,
			"1 7:1 name t\n"
			"1 7:1 process 'flowdar-1-2' 3\n"
			"2 7:1 name worker\n"
			"2 7:1 begin 'worker'\n"
			"3 7:1 request 'GET /' 99\n"
			"4 7:1 done 99 -404\n"
			"5 7:1 switched 4096 1000 fd 0 wait 1\n"
			"5 7:1 switched 4096 1000 fd 1 wait 1\n");
	assert_decoders_agree(dir);
	remove_tree(dir);
}

/* ---- processes of other recordings ---- */

static void test_strangers(void)
{
	g_autofree char *dir = scratch(), *below = g_build_filename(dir, "trace", NULL);
	g_autofree char *text = NULL;
	struct tiny_trace *trace = tiny_trace_new(below);
	uint16_t process = tiny_trace_class(trace, FDAR_PROVIDER ":process",
					    "string _recording; int32_t _parent;");
	uint16_t begin = tiny_trace_class(trace, FDAR_PROVIDER ":thread_begin", "string _name;");
	struct fdar_recording_info info = { .name = g_strdup("ours") };
	static const char *const names[] = { "ours", "theirs", "", "ours" };
	static const int32_t pids[] = { 1, 2, 3, 2 }; /* a number comes again */
	struct fdar_source_summary summary;

	for (uint64_t i = 0; i < G_N_ELEMENTS(names); i++) {
		tiny_trace_event(trace, process, 10 * i, pids[i], 1, "t");
		tiny_trace_string(trace, names[i]);
		tiny_trace_u32(trace, 0);
		for (int32_t pid = 1; pid <= 3; pid++) {
			tiny_trace_event(trace, begin, 10 * i + 5, pid, 1, "t");
			tiny_trace_string(trace, "");
		}
	}
	tiny_trace_close(trace);
	g_assert_true(fdar_recording_info_save(&info, dir, NULL));
	fdar_recording_info_clear(&info);
	text = read_all(dir, 3, &summary);
	g_assert_cmpstr(text, ==,
			"0 1:1 name t\n"
			"0 1:1 process 'ours'\n"
			"5 1:1 begin\n"
			"5 2:1 name t\n"
			"5 2:1 begin\n"
			"5 3:1 name t\n"
			"5 3:1 begin\n"
			"15 1:1 begin\n"
			"15 3:1 begin\n"
			"20 3:1 process\n"
			"25 1:1 begin\n"
			"25 3:1 begin\n"
			"30 2:1 process 'ours'\n"
			"35 1:1 begin\n"
			"35 2:1 begin\n"
			"35 3:1 begin\n");
	g_assert_cmpuint(summary.strangers, ==, 3);
	g_assert_cmpuint(summary.events, ==, 13);
	remove_tree(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/source/calls/threads", test_threads);
	g_test_add_func("/source/calls/sizes", test_sizes);
	g_test_add_func("/source/calls/vocabulary", test_vocabulary);
	g_test_add_func("/source/calls/strangers", test_strangers);
	return g_test_run();
}
