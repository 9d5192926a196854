/* Equal process ids and equal addresses that are not the same: hosts, lives, libraries in turn. */
#include <glib/gstdio.h>
#include <string.h>

#include "pipeline/events/whose.h"
#include "pipeline/recording/recording.h"
#include "pipeline/source/source.h"
#include "tests/unit/kit/tiny_trace.h"

static GArray *read_all(const char *dir, struct fdar_source **source)
{
	GArray *events = g_array_new(FALSE, FALSE, sizeof(struct fdar_event));
	struct fdar_event batch[3];
	g_autoptr(GError) error = NULL;
	gssize n;

	*source = fdar_source_open(dir, &error);
	g_assert_no_error(error);
	while ((n = fdar_source_read(*source, batch, G_N_ELEMENTS(batch), &error)) > 0)
		g_array_append_vals(events, batch, (guint)n);
	g_assert_no_error(error);
	return events;
}

static const struct fdar_event *nth(const GArray *events, enum fdar_event_kind kind, guint n)
{
	for (guint i = 0; i < events->len; i++) {
		const struct fdar_event *event = &g_array_index(events, struct fdar_event, i);

		if (event->kind == kind && !n--)
			return event;
	}
	g_error("no such event of kind %d", kind);
}

static void remove_all(const char *dir)
{
	g_autoptr(GDir) all = g_dir_open(dir, 0, NULL);

	for (const char *name = g_dir_read_name(all); name; name = g_dir_read_name(all)) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			remove_all(path);
		else
			g_assert_cmpint(g_unlink(path), ==, 0);
	}
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

static void module(struct tiny_trace *trace, uint16_t id, uint64_t time_ns, uint64_t base,
		   const char *path)
{
	tiny_trace_event(trace, id, time_ns, 7, 7, "main");
	tiny_trace_u64(trace, base);
	tiny_trace_u64(trace, 0x2000);
	tiny_trace_string(trace, path);
}

static void call(struct tiny_trace *trace, uint16_t id, uint64_t time_ns, uint64_t addr)
{
	tiny_trace_event(trace, id, time_ns, 7, 7, "main");
	tiny_trace_u64(trace, addr);
	tiny_trace_u64(trace, 0x1);
}

#define MODULE "uint64_t _baddr; uint64_t _memsz; string _path;"
#define CALL   "uint64_t _addr; uint64_t _call_site;"

static void test_lives(void)
{
	g_autofree char *dir = g_dir_make_tmp("test-whose-XXXXXX", NULL);
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t listed = tiny_trace_class(trace, "lttng_ust_statedump:bin_info", MODULE);
	uint16_t entry = tiny_trace_class(trace, "lttng_ust_cyg_profile:func_entry", CALL);
	struct fdar_source *source;

	module(trace, listed, 10, 0x400000, "/bin/one");
	call(trace, entry, 20, 0x400100);
	module(trace, listed, 30, 0x400000, "/bin/two");
	call(trace, entry, 40, 0x400100);
	tiny_trace_close(trace);

	g_autoptr(GArray) events = read_all(dir, &source);
	const struct fdar_event *over = nth(events, FDAR_EVENT_PROCESS_OVER, 0);
	uint32_t second = nth(events, FDAR_EVENT_FUNC_ENTRY, 1)->pid;

	g_assert_cmpuint(nth(events, FDAR_EVENT_FUNC_ENTRY, 0)->pid, ==, 7);
	g_assert_cmpuint(second, >=, FDAR_WHOSE_MADE_UP);
	g_assert_cmpuint(nth(events, FDAR_EVENT_MODULE, 1)->pid, ==, second);
	g_assert_cmpuint(over->pid, ==, 7);
	g_assert_cmpint(over->over.perhaps, ==, 0);
	g_assert_cmpuint(over->time_ns, ==, TINY_TRACE_EPOCH_S * 1000000000 + 30);
	g_assert_cmpuint(fdar_source_process(source, second).pid, ==, 7);
	g_assert_cmpuint(fdar_source_process(source, second).life, ==, 2);
	fdar_source_close(source);
	remove_all(dir);
}

static void test_libraries_in_turn(void)
{
	g_autofree char *dir = g_dir_make_tmp("test-whose-XXXXXX", NULL);
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t load = tiny_trace_class(trace, "lttng_ust_lib:load", MODULE);
	uint16_t unload = tiny_trace_class(trace, "lttng_ust_lib:unload", "uint64_t _baddr;");
	uint16_t entry = tiny_trace_class(trace, "lttng_ust_cyg_profile:func_entry", CALL);
	struct fdar_source *source;

	module(trace, load, 10, 0x7000, "/p1.so");
	call(trace, entry, 20, 0x7100);
	tiny_trace_event(trace, unload, 30, 7, 7, "main");
	tiny_trace_u64(trace, 0x7000);
	module(trace, load, 40, 0x7000, "/p2.so");
	call(trace, entry, 50, 0x7100);
	tiny_trace_close(trace);

	g_autoptr(GArray) events = read_all(dir, &source);
	uint64_t other = nth(events, FDAR_EVENT_FUNC_ENTRY, 1)->addr;

	g_assert_cmphex(nth(events, FDAR_EVENT_FUNC_ENTRY, 0)->addr, ==, 0x7100);
	g_assert_cmphex(other, !=, 0x7100);
	g_assert_cmphex(nth(events, FDAR_EVENT_MODULE, 2)->addr, ==, other - 0x100);
	g_assert_cmphex(nth(events, FDAR_EVENT_FUNC_ENTRY, 1)->addr2, ==, 0x1);
	fdar_source_close(source);
	remove_all(dir);
}

/* In all files of the folder. */
static void replace(const char *dir, const char *old, const char *new, size_t length)
{
	g_autoptr(GDir) all = g_dir_open(dir, 0, NULL);

	for (const char *name = g_dir_read_name(all); name; name = g_dir_read_name(all)) {
		g_autofree char *path = g_build_filename(dir, name, NULL);
		g_autofree char *text = NULL;
		gsize bytes;

		g_assert_true(g_file_get_contents(path, &text, &bytes, NULL));
		for (gsize at = 0; at + length <= bytes; at++)
			if (memcmp(text + at, old, length) == 0)
				memcpy(text + at, new, length);
		g_assert_true(g_file_set_contents(path, text, (gssize)bytes, NULL));
	}
}

static void write_host(const char *dir)
{
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t entry = tiny_trace_class(trace, "lttng_ust_cyg_profile:func_entry", CALL);

	call(trace, entry, 20, 0x400100);
	tiny_trace_close(trace);
}

static void test_hosts(void)
{
	g_autofree char *dir = g_dir_make_tmp("test-whose-XXXXXX", NULL);
	g_autofree char *one = g_build_filename(dir, "one", NULL);
	g_autofree char *two = g_build_filename(dir, "two", NULL);
	struct fdar_source *source;

	write_host(one);
	write_host(two);
	replace(two, "\"test\"", "\"host\"", 6);
	replace(two, "2a6422d0", "2a6422d1", 8);
	replace(two, "\x2a\x64\x22\xd0", "\x2a\x64\x22\xd1", 4);

	g_autoptr(GArray) events = read_all(dir, &source);
	uint32_t first = nth(events, FDAR_EVENT_FUNC_ENTRY, 0)->pid;
	uint32_t second = nth(events, FDAR_EVENT_FUNC_ENTRY, 1)->pid;

	g_assert_cmpuint(first, !=, second);
	g_assert_cmpuint(fdar_source_process(source, first).pid, ==, 7);
	g_assert_cmpuint(fdar_source_process(source, second).pid, ==, 7);
	g_assert_cmpstr(fdar_source_process(source, first).host, !=,
			fdar_source_process(source, second).host);
	/* Both threads are named. */
	g_assert_cmpuint(nth(events, FDAR_EVENT_THREAD_NAME, 0)->pid, ==, first);
	g_assert_cmpuint(nth(events, FDAR_EVENT_THREAD_NAME, 1)->pid, ==, second);
	fdar_source_close(source);
	remove_all(dir);
}

/* Two hosts of one name that say what is in these metadata: whether their processes are told apart, and what
 * people call the hosts. */
static gboolean tells_apart(const char *clocks[2], const char *envs[2], char *titles[2])
{
	g_autofree char *dir = g_dir_make_tmp("test-whose-XXXXXX", NULL);
	struct fdar_source *source;
	gboolean apart;

	for (unsigned i = 0; i < 2; i++) {
		g_autofree char *one = g_build_filename(dir, i ? "two" : "one", NULL);
		g_autofree char *path = g_build_filename(one, "metadata", NULL);
		g_autofree char *text = NULL;
		g_autoptr(GString) edited = NULL;

		write_host(one);
		if (i) {
			replace(one, "2a6422d0", "2a6422d1", 8);
			replace(one, "\x2a\x64\x22\xd0", "\x2a\x64\x22\xd1", 4);
		}
		g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
		edited = g_string_new(text);
		g_string_replace(edited, "clock {", clocks[i], 1);
		g_string_replace(edited, "env {", envs[i], 1);
		g_assert_true(g_file_set_contents(path, edited->str, -1, NULL));
	}
	g_autoptr(GArray) events = read_all(dir, &source);
	uint32_t first = nth(events, FDAR_EVENT_FUNC_ENTRY, 0)->pid;
	uint32_t second = nth(events, FDAR_EVENT_FUNC_ENTRY, 1)->pid;

	apart = first != second;
	titles[0] = g_strdup(fdar_source_process(source, first).host);
	titles[1] = g_strdup(fdar_source_process(source, second).host);
	fdar_source_close(source);
	remove_all(dir);
	return apart;
}

static void check_apart(const char *clocks[2], const char *envs[2], const char *first,
			const char *second)
{
	char *titles[2];

	g_assert_cmpint(tells_apart(clocks, envs, titles), ==, strcmp(first, second) != 0);
	g_assert_cmpstr(titles[0], ==, first);
	g_assert_cmpstr(titles[1], ==, second);
	g_free(titles[0]);
	g_free(titles[1]);
}

#define CLOCK(digit) "clock { uuid = \"" digit "0000000-6cee-11e0-8c08-cb07d7b3a564\";"
#define ENV(id, session)                                                     \
	"env { tracer_buffering_scheme = \"uid\"; tracer_buffering_id = " id \
	"; architecture_bit_width = 64; trace_name = \"" session "\";"

/* Cloned machines, and containers named alike: the boot id, and what one session daemon cannot write. */
static void test_namesakes(void)
{
	const char *plain[2] = { "env {", "env {" }, *none[2] = { "clock {", "clock {" };
	const char *same[2] = { CLOCK("a"), CLOCK("a") };
	const char *other[2] = { CLOCK("a"), CLOCK("b") }, *one[2] = { "clock {", CLOCK("b") };
	const char *daemons[2] = { ENV("0", "mine"), ENV("0", "mine") };
	const char *sessions[2] = { ENV("0", "mine"), ENV("0", "yours") };
	const char *users[2] = { ENV("0", "mine"), ENV("33", "mine") };

	check_apart(none, plain, "test", "test");
	check_apart(same, plain, "test", "test");
	check_apart(other, plain, "test (boot a0000000)", "test (boot b0000000)");
	check_apart(one, plain, "test", "test (boot b0000000)");
	check_apart(same, daemons, "test (trace 2a6422d0)", "test (trace 2a6422d1)");
	check_apart(other, daemons, "test (boot a0000000)", "test (boot b0000000)");
	check_apart(same, sessions, "test", "test");
	check_apart(same, users, "test", "test");
}

/* What recorder number i of two leaves: its own process, and the other's, which it knows by its list, or which
 * says itself whose it is. */
static void write_share(const char *dir, unsigned i, gboolean listed)
{
	g_autofree char *trace_dir = g_build_filename(dir, "trace", NULL);
	struct tiny_trace *trace = tiny_trace_new(trace_dir);
	uint16_t entry = tiny_trace_class(trace, "lttng_ust_cyg_profile:func_entry", CALL);
	uint16_t process = tiny_trace_class(trace, "flowdar:process",
					    "string _recording; uint32_t _parent; uint32_t _fork;");
	struct fdar_recording_info info = { .name = i ? "two" : "one" };
	guint32 other = i ? 7 : 8;

	for (int pid = 7; pid <= 8; pid++) {
		tiny_trace_event(trace, process, 10 * (uint64_t)pid, pid, pid, "main");
		tiny_trace_string(trace, listed ? "" : pid == 7 ? "one" : "two");
		tiny_trace_u32(trace, 1);
		tiny_trace_u32(trace, 0);
		tiny_trace_event(trace, entry, 10 * (uint64_t)pid + 5, pid, pid, "main");
		tiny_trace_u64(trace, 0x400100);
		tiny_trace_u64(trace, 0x1);
	}
	tiny_trace_close(trace);
	if (i) {
		replace(trace_dir, "2a6422d0", "2a6422d1", 8);
		replace(trace_dir, "\x2a\x64\x22\xd0", "\x2a\x64\x22\xd1", 4);
	}
	if (listed) {
		info.strangers = g_array_new(FALSE, FALSE, sizeof(guint32));
		g_array_append_val(info.strangers, other);
	}
	g_assert_true(fdar_recording_info_save(&info, dir, NULL));
	if (listed)
		g_array_unref(info.strangers);
}

/* A folder of recordings that were made at the same time: each process once, of its own recording. */
static void test_shares(void)
{
	for (int listed = 0; listed < 2; listed++) {
		g_autofree char *dir = g_dir_make_tmp("test-whose-XXXXXX", NULL);
		g_autofree char *one = g_build_filename(dir, "one", NULL);
		g_autofree char *two = g_build_filename(dir, "two", NULL);
		g_autoptr(GArray) calls = g_array_new(FALSE, FALSE, sizeof(guint32));
		struct fdar_source_summary summary;
		struct fdar_source *source;

		write_share(one, 0, listed);
		write_share(two, 1, listed);
		g_autoptr(GArray) events = read_all(dir, &source);
		for (guint i = 0; i < events->len; i++) {
			const struct fdar_event *event =
				&g_array_index(events, struct fdar_event, i);
			guint32 pid = fdar_source_process(source, event->pid).pid;

			if (event->kind == FDAR_EVENT_FUNC_ENTRY)
				g_array_append_val(calls, pid);
		}
		g_assert_cmpuint(calls->len, ==, 2);
		g_assert_cmpuint(g_array_index(calls, guint32, 0), ==, 7);
		g_assert_cmpuint(g_array_index(calls, guint32, 1), ==, 8);
		fdar_source_get_summary(source, &summary);
		g_assert_cmpuint(summary.strangers, ==, 4);
		g_assert_cmpuint(summary.events, ==, 4);
		fdar_source_close(source);
		remove_all(dir);
	}
}

/* A recording of a process that called at 10, 20, 20 and 30, and another that did at 25; the first was killed
 * then, the other a minute later. */
static void write_killed(const char *dir, uint64_t at)
{
	g_autofree char *trace_dir = g_build_filename(dir, "trace", NULL);
	g_autofree char *json = g_build_filename(dir, "recording.json", NULL);
	uint64_t epoch_ns = TINY_TRACE_EPOCH_S * UINT64_C(1000000000);
	g_autofree char *text = g_strdup_printf(
		"{\"format\":1,\"command\":[],\"host\":\"\",\"detail\":\"io\",\"started\":\"\","
		"\"duration_ns\":1,\"events\":5,\"discarded\":0,\"packets_lost\":0,"
		"\"trace_bytes\":0,\"exit_status\":0,\"ended\":\"\",\"ends\":["
		"{\"pid\":8,\"ended_ns\":%" G_GUINT64_FORMAT ",\"within_ns\":0},"
		"{\"pid\":7,\"ended_ns\":%" G_GUINT64_FORMAT ",\"within_ns\":0}]}",
		epoch_ns + 60 * UINT64_C(1000000000), epoch_ns + at);
	struct tiny_trace *trace;
	uint16_t entry;

	g_assert_cmpint(g_mkdir(trace_dir, 0700), ==, 0);
	g_assert_true(g_file_set_contents(json, text, -1, NULL));
	trace = tiny_trace_new(trace_dir);
	entry = tiny_trace_class(trace, "lttng_ust_cyg_profile:func_entry", CALL);
	call(trace, entry, 10, 0x1000);
	call(trace, entry, 20, 0x1000);
	call(trace, entry, 20, 0x1000);
	tiny_trace_event(trace, entry, 25, 8, 8, "main");
	tiny_trace_u64(trace, 0x1000);
	tiny_trace_u64(trace, 0x1);
	call(trace, entry, 30, 0x1000);
	tiny_trace_close(trace);
}

/* Whenever it was killed: that is told once, behind all that came until then and before all that came later. */
static void test_killed(void)
{
	for (uint64_t at = 5; at < 40; at++) {
		g_autofree char *dir = g_dir_make_tmp("test-whose-XXXXXX", NULL);
		struct fdar_source *source;
		guint overs = 0;
		uint64_t now_ns = 0;

		write_killed(dir, at);

		g_autoptr(GArray) events = read_all(dir, &source);
		for (guint i = 0; i < events->len; i++) {
			const struct fdar_event *event =
				&g_array_index(events, struct fdar_event, i);

			g_assert_cmpuint(event->time_ns, >=, now_ns);
			now_ns = event->time_ns;
			if (event->kind != FDAR_EVENT_PROCESS_OVER)
				continue;
			g_assert_cmpuint(event->over.seen, ==, 1);
			g_assert_cmpuint(event->pid, ==, overs ? 8 : 7);
			overs++;
		}
		g_assert_cmpuint(overs, ==, 2);
		g_assert_cmpuint(nth(events, FDAR_EVENT_PROCESS_OVER, 0)->time_ns, ==,
				 TINY_TRACE_EPOCH_S * UINT64_C(1000000000) + at);
		fdar_source_close(source);
		remove_all(dir);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/source/whose/lives", test_lives);
	g_test_add_func("/source/whose/libraries-in-turn", test_libraries_in_turn);
	g_test_add_func("/source/whose/hosts", test_hosts);
	g_test_add_func("/source/whose/namesakes", test_namesakes);
	g_test_add_func("/source/whose/shares", test_shares);
	g_test_add_func("/source/whose/killed", test_killed);
	return g_test_run();
}
