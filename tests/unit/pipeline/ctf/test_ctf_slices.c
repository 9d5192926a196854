/* A trace in slices, one after the other, is the trace: every event once, in order, and all that was
 * lost; whatever the number of slices, and whatever the trace. */
#include <string.h>

#include "pipeline/source/source.h"
#include "tests/ctf/random_trace.h"
#include "tests/unit/kit/tiny_trace.h"
#include "tests/unit/kit/remove_tree.h"

/* Who took turns at a place is not known in a slice (load_map.h). */
#define ADDR          ((UINT64_C(1) << FDAR_EVENT_ADDR_BITS) - 1)
#define RANDOM_TRACES 80

struct reading {
	GArray *events; /* but THREAD_NAME */
	uint64_t discarded, packets_lost;
	guint filled; /* slices with events */
};

static void read_slice(const char *path, unsigned slice, unsigned slices, struct reading *reading)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_source) source = fdar_source_open_slice(path, slice, slices, &error);
	struct fdar_source_summary summary;
	struct fdar_event batch[10];
	gssize n;

	g_assert_no_error(error);
	while ((n = fdar_source_read(source, batch, G_N_ELEMENTS(batch), &error)) > 0) {
		for (gssize i = 0; i < n; i++) {
			if (batch[i].kind != FDAR_EVENT_THREAD_NAME)
				g_array_append_val(reading->events, batch[i]);
		}
	}
	if (!g_error_matches(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_EMPTY))
		g_assert_no_error(error);
	fdar_source_get_summary(source, &summary);
	g_assert_false(summary.damaged);
	reading->discarded += summary.discarded;
	reading->packets_lost += summary.packets_lost;
	reading->filled += summary.events > 0;
}

/* What a slice before it told of a module is not known in the next one. */
static void assert_same(const struct fdar_event *whole, const struct fdar_event *sliced)
{
	g_assert_cmpuint(sliced->time_ns, ==, whole->time_ns);
	g_assert_cmpuint(sliced->pid, ==, whole->pid);
	g_assert_cmpuint(sliced->tid, ==, whole->tid);
	g_assert_cmphex(sliced->addr & ADDR, ==, whole->addr & ADDR);
	/* A module's has the event's name in the place of a descriptor: a text's number, of each reader. */
	if (whole->kind != FDAR_EVENT_MODULE) {
		g_assert_cmpint(sliced->fd, ==, whole->fd);
		g_assert_cmpuint(sliced->kind, ==, whole->kind);
	}
}

/* Gives how many slices of five had events. */
static guint assert_sum(const char *path)
{
	static const unsigned counts[] = { 1, 2, 3, 5 };
	struct reading whole = { .events = g_array_new(FALSE, FALSE, sizeof(struct fdar_event)) };
	guint filled = 0;

	read_slice(path, 0, 0, &whole);
	for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
		struct reading sliced = { .events = g_array_new(FALSE, FALSE,
								sizeof(struct fdar_event)) };

		for (unsigned slice = 0; slice < counts[i]; slice++)
			read_slice(path, slice, counts[i], &sliced);
		g_assert_cmpuint(sliced.events->len, ==, whole.events->len);
		for (guint event = 0; event < whole.events->len; event++)
			assert_same(&g_array_index(whole.events, struct fdar_event, event),
				    &g_array_index(sliced.events, struct fdar_event, event));
		g_assert_cmpuint(sliced.discarded, ==, whole.discarded);
		g_assert_cmpuint(sliced.packets_lost, ==, whole.packets_lost);
		filled = sliced.filled;
		g_array_unref(sliced.events);
	}
	g_array_unref(whole.events);
	return filled;
}

static void test_random(void)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-test-ctf-XXXXXX", NULL);
	guint cut = 0;

	for (guint32 seed = 1; seed <= RANDOM_TRACES; seed++) {
		g_autofree char *name = g_strdup_printf("%u", seed);
		g_autofree char *trace = g_build_filename(dir, name, NULL);

		random_trace_write(trace, seed, FALSE);
		cut += assert_sum(trace) > 1;
	}
	/* Those of old tracers cannot be cut, and some have too few packets. */
	g_assert_cmpuint(cut, >, RANDOM_TRACES / 4);
	remove_tree(dir);
}

/* Many packets: about as much in each slice. */
static void test_even(void)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-test-ctf-XXXXXX", NULL);
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t entry = tiny_trace_class(trace, "flowdar:func_entry", "uint64_t _addr;");

	for (uint64_t i = 0; i < 1000; i++) {
		tiny_trace_event(trace, entry, i * 10, 1, 2, "thread");
		tiny_trace_u64(trace, i);
		if (i % 5 == 4)
			tiny_trace_packet(trace, i);
	}
	tiny_trace_close(trace);
	g_assert_cmpuint(assert_sum(dir), ==, 5);
	for (unsigned slice = 0; slice < 4; slice++) {
		struct reading reading = { .events = g_array_new(FALSE, FALSE,
								 sizeof(struct fdar_event)) };

		read_slice(dir, slice, 4, &reading);
		g_assert_cmpuint(reading.events->len, ==, 250);
		g_array_unref(reading.events);
	}
	remove_tree(dir);
}

static void test_shared(gconstpointer data)
{
	const char *shared = g_getenv("FLOWDAR_SHARED");
	g_autofree char *fallback = g_build_filename(TEST_SOURCE_DIR, "..", "shared", NULL);
	g_autofree char *path = g_build_filename(shared ? shared : fallback, "traces", data, NULL);

	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		assert_sum(path);
	else
		g_test_skip_printf("%s is not there", path);
}

int main(int argc, char **argv)
{
	static const char *const traces[] = {
		"cyg-profile/glxgears-cyg-profile",
		"debuginfo-test-app2",
		"packet-seq-num/2-streams-lost-in-2",
		"succeed/session-rotation",
		"succeed/trace-with-index",
		"succeed/multi-domains",     /* libbabeltrace2's */
		"succeed/no-packet-context", /* cannot be cut */
	};

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ctf/slices/random", test_random);
	g_test_add_func("/ctf/slices/even", test_even);
	for (guint i = 0; i < G_N_ELEMENTS(traces); i++) {
		g_autofree char *path = g_strconcat("/ctf/slices/", traces[i], NULL);

		g_test_add_data_func(path, traces[i], test_shared);
	}
	return g_test_run();
}
