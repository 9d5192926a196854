/* Equal process ids and equal addresses that are not the same: hosts, lives, libraries in turn. */
#include <glib/gstdio.h>
#include <string.h>

#include "pipeline/events/whose.h"
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/source/whose/lives", test_lives);
	g_test_add_func("/source/whose/libraries-in-turn", test_libraries_in_turn);
	g_test_add_func("/source/whose/hosts", test_hosts);
	return g_test_run();
}
