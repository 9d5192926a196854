/* A source that is read by a thread of its own gives what it gives otherwise. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "pipeline/source/source_ahead.h"
#include "tests/unit/kit/remove_tree.h"
#include "tests/unit/kit/tiny_trace.h"

#define TURNS   20000u
#define THREADS 3

/* Calls, notes with bytes, new names all along, of threads that take turns. */
static char *make_trace(void)
{
	char *dir = g_dir_make_tmp("flowdar-ahead-XXXXXX", NULL);
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t entry = tiny_trace_class(trace, "flowdar:func_entry",
					  "uint64_t _addr; uint64_t _call_site;");
	uint16_t leave = tiny_trace_class(trace, "flowdar:func_exit",
					  "uint64_t _addr; uint64_t _call_site;");
	uint16_t note = tiny_trace_class(trace, "flowdar:note", "string _key; string _value;");

	for (uint32_t i = 0; i < TURNS; i++) {
		g_autofree char *text = g_strdup_printf("value %u of this note", i);
		g_autofree char *key = g_strdup_printf("key %u", i % 1000);
		int32_t tid = 10 + (int32_t)(i % THREADS);

		tiny_trace_event(trace, entry, 10 * (uint64_t)i, 10, tid, "worker");
		tiny_trace_u64(trace, 0x1000 + i % 7);
		tiny_trace_u64(trace, 0);
		tiny_trace_event(trace, note, 10 * (uint64_t)i + 2, 10, tid, "worker");
		tiny_trace_string(trace, key);
		tiny_trace_string(trace, i % 5 ? text : "");
		tiny_trace_event(trace, leave, 10 * (uint64_t)i + 5, 10, tid, "worker");
		tiny_trace_u64(trace, 0x1000 + i % 7);
		tiny_trace_u64(trace, 0);
	}
	tiny_trace_close(trace);
	return dir;
}

static void add_number(GChecksum *sum, uint64_t number)
{
	g_checksum_update(sum, (const guchar *)&number, sizeof(number));
}

static void add_event(GChecksum *sum, const struct fdar_event *event,
		      const struct fdar_source_ahead *ahead)
{
	const char *name = fdar_source_ahead_text(ahead, event->name);

	add_number(sum, event->time_ns);
	add_number(sum, event->addr);
	add_number(sum, event->kind);
	add_number(sum, event->tid);
	g_checksum_update(sum, (const guchar *)name, (gssize)strlen(name) + 1);
	if (event->kind == FDAR_EVENT_NOTE)
		g_checksum_update(sum, (const guchar *)event->note.value,
				  (gssize)strlen(event->note.value) + 1);
}

/* What came in which batches. The caller frees it. */
static char *read_with(const char *path, unsigned threads, uint64_t *events)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_source) source = fdar_source_open(path, &error);
	g_autoptr(fdar_source_ahead) ahead = NULL;
	struct fdar_source_summary summary;
	const struct fdar_event *batch;
	gssize count;

	g_assert_no_error(error);
	ahead = fdar_source_ahead_new(source, threads);
	while ((count = fdar_source_ahead_read(ahead, &batch, &error)) > 0) {
		add_number(sum, (uint64_t)count);
		for (gssize i = 0; i < count; i++)
			add_event(sum, &batch[i], ahead);
	}
	g_assert_no_error(error);
	g_assert_cmpint(count, ==, 0);
	fdar_source_get_summary(source, &summary);
	*events = summary.events;
	return g_strdup(g_checksum_get_string(sum));
}

static void test_equal(void)
{
	g_autofree char *dir = make_trace();
	uint64_t alone = 0, both = 0;
	g_autofree char *one = read_with(dir, 1, &alone);
	g_autofree char *two = read_with(dir, 2, &both);

	g_assert_cmpuint(alone, ==, 3 * TURNS);
	g_assert_cmpuint(both, ==, alone);
	g_assert_cmpstr(one, ==, two);
	remove_tree(dir);
}

/* Whoever has enough, or has forked meanwhile. */
static void test_left(void)
{
	g_autofree char *dir = make_trace();

	for (unsigned batches = 0; batches < 12; batches++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(fdar_source) source = fdar_source_open(dir, &error);
		g_autoptr(fdar_source_ahead) ahead = fdar_source_ahead_new(source, 2);
		const struct fdar_event *batch;

		for (unsigned i = 0; i < batches; i++) {
			g_assert_cmpint(fdar_source_ahead_read(ahead, &batch, &error), >, 0);
			fdar_source_ahead_hold(ahead);
			fdar_source_ahead_release(ahead);
		}
		g_assert_no_error(error);
	}
	remove_tree(dir);
}

/* Nothing but metadata: the error is that of who reads. */
static void test_error(void)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-ahead-XXXXXX", NULL);
	struct tiny_trace *trace = tiny_trace_new(dir);
	g_autoptr(GError) error = NULL;

	tiny_trace_class(trace, "flowdar:func_exit", "uint64_t _addr; uint64_t _call_site;");
	tiny_trace_packet(trace, 0);
	tiny_trace_close(trace);
	g_autoptr(fdar_source) source = fdar_source_open(dir, &error);
	if (source) {
		g_autoptr(fdar_source_ahead) ahead = fdar_source_ahead_new(source, 2);
		const struct fdar_event *batch;

		g_assert_cmpint(fdar_source_ahead_read(ahead, &batch, &error), ==, -1);
	}
	g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_EMPTY);
	remove_tree(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/source_ahead/equal", test_equal);
	g_test_add_func("/source_ahead/left", test_left);
	g_test_add_func("/source_ahead/error", test_error);
	return g_test_run();
}
