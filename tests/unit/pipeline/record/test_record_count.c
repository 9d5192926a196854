/* Whose events are in a recording: what its processes say, and what none of them has said. */
#include <glib/gstdio.h>

#include "pipeline/record/record_count.h"
#include "tests/unit/kit/tiny_trace.h"

static char *write_trace(uint64_t discarded)
{
	char *dir = g_dir_make_tmp("test-count-XXXXXX", NULL);
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t process =
		tiny_trace_class(trace, "flowdar:process", "string _recording; int32_t _parent;");
	uint16_t entry = tiny_trace_class(trace, "flowdar:func_entry",
					  "uint64_t _addr; uint64_t _call_site;");
	uint16_t module = tiny_trace_class(trace, "lttng_ust_statedump:bin_info",
					   "uint64_t _baddr; uint64_t _memsz; string _path;");
	static const struct {
		int32_t pid;
		const char *recording; /* NULL: it began before we did, and says nothing */
	} processes[] = { { 10, "ours" }, { 11, "theirs" }, { 12, NULL }, { 13, "ours" } };

	for (guint i = 0; i < G_N_ELEMENTS(processes); i++) {
		tiny_trace_event(trace, module, 100 * i + 1, processes[i].pid, 0, "");
		tiny_trace_u64(trace, 0x400000);
		tiny_trace_u64(trace, 0x1000);
		tiny_trace_string(trace, "/bin/server");
		if (processes[i].recording) {
			tiny_trace_event(trace, process, 100 * i + 2, processes[i].pid, 0, "");
			tiny_trace_string(trace, processes[i].recording);
			tiny_trace_u32(trace, 1);
		}
		tiny_trace_event(trace, entry, 100 * i + 3, processes[i].pid, 20, "");
		tiny_trace_u64(trace, 0x400100);
		tiny_trace_u64(trace, 0);
		if (i == 0)
			tiny_trace_packet(trace, 0);
	}
	tiny_trace_packet(trace, discarded);
	tiny_trace_close(trace);
	return dir;
}

static void check(uint64_t discarded, gboolean others, gboolean whole, guint strangers,
		  uint64_t said)
{
	g_autofree char *dir = write_trace(discarded);
	g_autofree char *metadata = g_build_filename(dir, "metadata", NULL);
	g_autofree char *stream = g_build_filename(dir, "stream_0", NULL);
	struct fdar_record_count count;
	g_autoptr(GError) error = NULL;

	fdar_record_count(dir, "ours", others, whole, NULL, NULL, NULL, NULL, &count, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(count.strangers ? count.strangers->len : 0, ==, strangers);
	g_assert_cmpuint(count.said, ==, said);
	for (guint i = 0; i < strangers; i++)
		g_assert_cmpuint(g_array_index(count.strangers, guint32, i), >=, 11);
	for (guint i = 0; i < strangers; i++)
		g_assert_cmpuint(g_array_index(count.strangers, guint32, i), <=, 12);
	fdar_record_count_clear(&count);
	g_assert_cmpint(g_unlink(metadata), ==, 0);
	g_assert_cmpint(g_unlink(stream), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

static void test_strangers(void)
{
	/* One that has said nothing, and nobody saw another recorder. */
	check(0, FALSE, TRUE, 2, 2);
	check(0, TRUE, FALSE, 2, 2);
	/* Its word may have been lost. */
	check(0, FALSE, FALSE, 1, 3);
	check(5, FALSE, TRUE, 1, 3);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record-count/strangers", test_strangers);
	return g_test_run();
}
