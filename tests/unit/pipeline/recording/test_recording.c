/* recording.json: round trip, refusals, and where the trace of a directory is. */
#include <glib/gstdio.h>
#include <string.h>

#include "pipeline/recording/doubts.h"
#include "pipeline/recording/recording.h"
#include "pipeline/recording/shares.h"
#include "pipeline/source/source.h"
#include "tests/unit/kit/remove_tree.h"

static char *scratch(void)
{
	char *dir = g_dir_make_tmp("flowdar-test-recording-XXXXXX", NULL);

	g_assert_nonnull(dir);
	return dir;
}

static void fill_added(struct fdar_recording_info *info)
{
	static const char *const functions[] = { "ap_*", "!apr_palloc*", NULL };
	static const struct fdar_recording_end ends[] = { { 9, 20, 2, 0 }, { 8, 10, 3, 11 } };
	struct fdar_recording_loss loss = { .begin_ns = 5, .end_ns = 9, .events = 3 };

	info->name = g_strdup("flowdar-1-2");
	info->functions = g_strdupv((char **)functions);
	info->unfinished = 1;
	info->min_duration_ns = 2000;
	info->budget_ppm = 50000;
	info->calls_skipped = UINT64_MAX;
	info->ends = g_array_new(FALSE, FALSE, sizeof(struct fdar_recording_end));
	g_array_append_vals(info->ends, ends, G_N_ELEMENTS(ends));
	info->losses = fdar_recording_losses_new();
	loss.stream = g_strdup("functions_0");
	g_array_append_val(info->losses, loss);
}

static void assert_added(const struct fdar_recording_info *in)
{
	const struct fdar_recording_loss *loss;
	const struct fdar_recording_end *end;

	g_assert_cmpstr(in->name, ==, "flowdar-1-2");
	g_assert_cmpuint(g_strv_length(in->functions), ==, 2);
	g_assert_cmpstr(in->functions[1], ==, "!apr_palloc*");
	g_assert_cmpuint(in->unfinished, ==, 1);
	g_assert_cmpuint(in->min_duration_ns, ==, 2000);
	g_assert_cmpuint(in->budget_ppm, ==, 50000);
	g_assert_cmpuint(in->depth, ==, 0);
	/* What JSON's integers cannot hold is cut to what they can. */
	g_assert_cmpuint(in->calls_skipped, ==, (uint64_t)G_MAXINT64);
	g_assert_null(in->attached);
	/* By time. */
	g_assert_cmpuint(in->ends->len, ==, 2);
	end = &g_array_index(in->ends, struct fdar_recording_end, 0);
	g_assert_cmpuint(end->pid, ==, 8);
	g_assert_cmpuint(end->ended_ns, ==, 10);
	g_assert_cmpuint(end->within_ns, ==, 3);
	g_assert_cmpuint(end->signal, ==, 11);
	g_assert_cmpuint(end[1].pid, ==, 9);
	g_assert_cmpuint(end[1].signal, ==, 0);
	g_assert_cmpuint(in->losses->len, ==, 1);
	loss = &g_array_index(in->losses, struct fdar_recording_loss, 0);
	g_assert_cmpstr(loss->stream, ==, "functions_0");
	g_assert_cmpuint(loss->begin_ns, ==, 5);
	g_assert_cmpuint(loss->end_ns, ==, 9);
	g_assert_cmpuint(loss->events, ==, 3);
}

static void fill(struct fdar_recording_info *info)
{
	static const char *const command[] = { "/usr/sbin/httpd", "-k", "\xff weird \"arg\"\n",
					       NULL };
	static const char *const warnings[] = { "one", "two", NULL };

	memset(info, 0, sizeof(*info));
	info->command = g_strdupv((char **)command);
	info->warnings = g_strdupv((char **)warnings);
	info->host = g_strdup("host Linux 6.1 x86_64");
	info->detail = g_strdup("function");
	info->started = g_strdup("2024-01-02T03:04:05Z");
	info->ended = g_strdup("server exited");
	info->duration_ns = 12345678901;
	info->events = UINT64_C(1) << 60;
	info->discarded = 7;
	info->packets_lost = 1;
	info->trace_bytes = 4096;
	info->exit_status = 137;
	info->strangers = g_array_new(FALSE, FALSE, sizeof(guint32));
	for (guint32 pid = 100; pid < 400; pid += 100)
		g_array_append_val(info->strangers, pid);
	fill_added(info);
}

static void test_round_trip(void)
{
	g_autofree char *dir = scratch();
	struct fdar_recording_info out, in = { 0 };
	g_autoptr(GError) error = NULL;

	fill(&out);
	g_assert_true(fdar_recording_info_save(&out, dir, &error));
	g_assert_no_error(error);
	g_assert_true(fdar_recording_info_load(dir, &in, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(in.command[0], ==, "/usr/sbin/httpd");
	g_assert_cmpuint(g_strv_length(in.command), ==, 3);
	g_assert_true(g_utf8_validate(in.command[2], -1, NULL));
	g_assert_true(g_str_has_suffix(in.command[2], " weird \"arg\"\n"));
	g_assert_true(
		g_strv_equal((const char *const *)in.warnings, (const char *const *)out.warnings));
	g_assert_cmpstr(in.host, ==, out.host);
	g_assert_cmpstr(in.detail, ==, out.detail);
	g_assert_cmpstr(in.started, ==, out.started);
	g_assert_cmpstr(in.ended, ==, out.ended);
	g_assert_cmpuint(in.duration_ns, ==, out.duration_ns);
	g_assert_cmpuint(in.events, ==, out.events);
	g_assert_cmpuint(in.discarded, ==, 7);
	g_assert_cmpuint(in.packets_lost, ==, 1);
	g_assert_cmpuint(in.trace_bytes, ==, 4096);
	g_assert_cmpint(in.exit_status, ==, 137);
	g_assert_cmpuint(in.strangers->len, ==, 3);
	g_assert_cmpuint(g_array_index(in.strangers, guint32, 2), ==, 300);
	assert_added(&in);
	fdar_recording_info_clear(&in);
	g_assert_null(in.command);
	g_assert_cmpuint(in.events, ==, 0);
	fdar_recording_info_clear(&out);
	remove_tree(dir);
}

static void assert_load_fails(const char *dir, int code)
{
	struct fdar_recording_info info = { 0 }, empty = { 0 };
	g_autoptr(GError) error = NULL;

	g_assert_false(fdar_recording_info_load(dir, &info, &error));
	g_assert_error(error, FDAR_RECORDING_ERROR, code);
	g_assert_nonnull(strstr(error->message, "recording.json"));
	g_assert_null(strchr(error->message, '\n'));
	g_assert_true(memcmp(&info, &empty, sizeof(info)) == 0);
}

/* A recording that is whole but for one optional member. */
static void test_odd_members(void)
{
	static const char *const odd[] = {
		"\"depth\":-1",
		"\"depth\":\"1\"",
		"\"functions\":{}",
		"\"losses\":[1]",
		"\"losses\":[{}]",
		"\"losses\":[{\"stream\":\"a\",\"begin_ns\":1}]",
		"\"ends\":{}",
		"\"ends\":[{}]",
		"\"ends\":[{\"pid\":1,\"ended_ns\":2}]",
		"\"ends\":[{\"pid\":-1,\"ended_ns\":2,\"within_ns\":3}]",
		"\"ends\":[{\"pid\":4294967296,\"ended_ns\":2,\"within_ns\":3}]",
		"\"ends\":[{\"pid\":1,\"ended_ns\":2,\"within_ns\":3,\"signal\":\"9\"}]",
		"\"attached\":[-1]",
		"\"name\":[]",
		"\"losses\":[{\"stream\":\"a\",\"begin_ns\":1,\"end_ns\":2,\"events\":-1}]",
	};
	g_autofree char *dir = scratch();
	g_autofree char *path = g_build_filename(dir, "recording.json", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(odd); i++) {
		g_autofree char *text = g_strdup_printf(
			"{\"format\":1,\"command\":[],\"host\":\"\",\"detail\":\"\","
			"\"started\":\"\",\"duration_ns\":1,\"events\":1,\"discarded\":0,"
			"\"packets_lost\":0,\"trace_bytes\":0,\"exit_status\":0,"
			"\"ended\":\"\",%s}",
			odd[i]);

		g_assert_true(g_file_set_contents(path, text, -1, NULL));
		assert_load_fails(dir, FDAR_RECORDING_ERROR_FORMAT);
	}
	remove_tree(dir);
}

static void test_refusals(void)
{
	static const char *const texts[] = {
		"",
		"[",
		"null",
		"[]",
		"{}",
		"{\"format\": \"1\"}",
		"{\"format\": 0}",
		"{\"format\": 99}",
		"{\"format\": 1}",
		"\xff\xfe",
		"{\"format\": 1, \"command\": [1]}",
		"{\"format\": 1, \"command\": \"x\"}",
		("{\"format\":1,\"command\":[],\"host\":\"\",\"detail\":\"\",\"started\":\"\","
		 "\"duration_ns\":-1}"),
	};
	g_autofree char *dir = scratch();
	g_autofree char *path = g_build_filename(dir, "recording.json", NULL);
	g_autofree char *deep = g_strnfill(FDAR_RECORDING_MAX_SIZE - 10, '[');
	g_autofree char *large = g_strnfill(FDAR_RECORDING_MAX_SIZE + 10, ' ');

	assert_load_fails(dir, FDAR_RECORDING_ERROR_MISSING);
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_assert_true(g_file_set_contents(path, texts[i], -1, NULL));
		assert_load_fails(dir, strstr(texts[i], "99") ? FDAR_RECORDING_ERROR_LATER
							      : FDAR_RECORDING_ERROR_FORMAT);
	}
	g_assert_true(g_file_set_contents(path, deep, -1, NULL));
	assert_load_fails(dir, FDAR_RECORDING_ERROR_FORMAT);
	g_assert_true(g_file_set_contents(path, large, -1, NULL));
	assert_load_fails(dir, FDAR_RECORDING_ERROR_FORMAT);
	remove_tree(dir);
}

/* As many as there may be, each as long as it may be. */
static void fill_lists(struct fdar_recording_info *info)
{
	const struct fdar_recording_end end = { G_MAXUINT32, G_MAXINT64, G_MAXINT64, G_MAXUINT8 };
	const guint32 pid = G_MAXUINT32;

	info->strangers = g_array_new(FALSE, FALSE, sizeof(pid));
	for (guint i = 0; i < 65536; i++)
		g_array_append_val(info->strangers, pid);
	info->ends = g_array_new(FALSE, FALSE, sizeof(end));
	for (guint i = 0; i < FDAR_RECORDING_ENDS_MAX; i++)
		g_array_append_val(info->ends, end);
	info->losses = fdar_recording_losses_new();
	for (guint i = 0; i < FDAR_RECORDING_LOSSES_MAX; i++) {
		struct fdar_recording_loss loss = { g_strdup("functions_1023"), G_MAXINT64,
						    G_MAXINT64, G_MAXINT64 };

		g_array_append_val(info->losses, loss);
	}
}

static void test_long_lists(void)
{
	struct fdar_recording_info out = { 0 }, in = { 0 };
	g_autofree char *dir = scratch();
	g_autoptr(GError) error = NULL;

	fill_lists(&out);
	g_assert_true(fdar_recording_info_save(&out, dir, NULL));
	fdar_recording_info_load(dir, &in, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(in.strangers->len, ==, out.strangers->len);
	g_assert_cmpuint(in.ends->len, ==, out.ends->len);
	g_assert_cmpuint(in.losses->len, ==, out.losses->len);
	fdar_recording_info_clear(&out);
	fdar_recording_info_clear(&in);
	remove_tree(dir);
}

static void test_save_fails(void)
{
	struct fdar_recording_info info;
	g_autoptr(GError) error = NULL;

	fill(&info);
	g_assert_false(fdar_recording_info_save(&info, "/nonexistent/dir", &error));
	g_assert_nonnull(error);
	fdar_recording_info_clear(&info);
}

/* What could not be read again is not written, and what was there before stays. */
static void test_too_long(void)
{
	struct fdar_recording_info info, in = { 0 };
	g_autofree char *dir = scratch();
	g_autoptr(GError) error = NULL;
	guint before;

	fill(&info);
	before = info.strangers->len;
	g_assert_true(fdar_recording_info_save(&info, dir, NULL));
	for (guint32 pid = 0; pid < FDAR_RECORDING_MAX_SIZE / 16; pid++) {
		guint32 number = G_MAXUINT32 - pid;

		g_array_append_val(info.strangers, number);
	}
	g_assert_false(fdar_recording_info_save(&info, dir, &error));
	g_assert_error(error, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_LONG);
	g_assert_true(fdar_recording_info_load(dir, &in, NULL));
	g_assert_cmpuint(in.strangers->len, ==, before);
	fdar_recording_info_clear(&info);
	fdar_recording_info_clear(&in);
	remove_tree(dir);
}

static void test_shares(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *one = g_build_filename(dir, "one", NULL);
	g_autofree char *two = g_build_filename(dir, "two", NULL);
	g_autofree char *of_one = g_build_filename(one, "trace", "ust", "64-bit", NULL);
	g_autofree char *of_two = g_build_filename(two, "trace", NULL);
	g_autofree char *of_none = g_build_filename(dir, "three", "trace", NULL);
	g_autoptr(GPtrArray) traces = g_ptr_array_new();
	struct fdar_recording_info info;
	struct fdar_shares *shares;
	guint32 pid;

	g_assert_cmpint(g_mkdir(one, 0755), ==, 0);
	g_assert_cmpint(g_mkdir(two, 0755), ==, 0);
	fill(&info);
	pid = g_array_index(info.strangers, guint32, 0);
	g_assert_true(fdar_recording_info_save(&info, one, NULL));
	g_ptr_array_add(traces, of_one);
	g_ptr_array_add(traces, of_two);
	g_ptr_array_add(traces, of_none);
	/* One recording, and a trace: nothing to tell apart. */
	g_assert_null(fdar_shares_new(traces));
	g_assert_cmpuint(fdar_shares_find(NULL, of_one), ==, 0);
	g_clear_pointer(&info.strangers, g_array_unref);
	g_free(info.name);
	info.name = g_strdup("another");
	g_assert_true(fdar_recording_info_save(&info, two, NULL));
	shares = fdar_shares_new(traces);
	g_assert_cmpuint(fdar_shares_find(shares, of_one), ==, 1);
	g_assert_cmpuint(fdar_shares_find(shares, of_two), ==, 2);
	g_assert_cmpuint(fdar_shares_find(shares, of_none), ==, 0);
	g_assert_cmpstr(fdar_shares_name(shares, 2), ==, "another");
	g_assert_null(fdar_shares_name(shares, 0));
	g_assert_true(fdar_shares_is_stranger(shares, 1, pid));
	g_assert_false(fdar_shares_is_stranger(shares, 1, pid + 1000));
	g_assert_false(fdar_shares_is_stranger(shares, 2, pid));
	g_assert_false(fdar_shares_is_stranger(shares, 0, pid));
	fdar_shares_free(shares);
	fdar_recording_info_clear(&info);
	remove_tree(dir);
}

static void test_trace_path(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *trace = g_build_filename(dir, "trace", NULL);
	g_autofree char *nested = g_build_filename(dir, "ust", "uid", "0", "64-bit", NULL);
	g_autofree char *metadata = g_build_filename(nested, "metadata", NULL);
	g_autofree char *found = NULL, *recorded = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_null(fdar_recording_trace_path(dir, &error));
	g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT);
	g_assert_cmpint(g_mkdir_with_parents(nested, 0755), ==, 0);
	g_assert_true(g_file_set_contents(metadata, "/* CTF 1.8 */", -1, NULL));
	found = fdar_recording_trace_path(dir, NULL);
	g_assert_cmpstr(found, ==, dir);
	g_assert_cmpint(g_mkdir(trace, 0755), ==, 0);
	recorded = fdar_recording_trace_path(dir, NULL);
	g_assert_cmpstr(recorded, ==, trace);
	remove_tree(dir);
}

/* Warnings without end do not hide that something is damaged. */
static void test_many_doubts(void)
{
	g_autoptr(GPtrArray) doubts = fdar_doubts_new();
	const struct fdar_doubt *last;

	for (int i = 0; i < 1000; i++)
		fdar_doubts_add(doubts, FDAR_DOUBT_WARNED, g_strdup_printf("warning %d", i));
	g_assert_cmpuint(doubts->len, ==, FDAR_DOUBTS_MAX + 1);
	last = g_ptr_array_index(doubts, FDAR_DOUBTS_MAX);
	g_assert_cmpstr(last->text, ==, "and more of the kind");
	g_assert_false(fdar_doubts_any(doubts, FDAR_DOUBT_DAMAGED));
	for (int i = 0; i < 3; i++)
		fdar_doubts_add(doubts, FDAR_DOUBT_DAMAGED, g_strdup_printf("damage %d", i));
	g_assert_cmpuint(doubts->len, ==, FDAR_DOUBTS_MAX + 2);
	last = g_ptr_array_index(doubts, FDAR_DOUBTS_MAX + 1);
	g_assert_cmpint(last->kind, ==, FDAR_DOUBT_DAMAGED);
	g_assert_cmpstr(last->text, ==, "damage 0");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/recording/round-trip", test_round_trip);
	g_test_add_func("/recording/refusals", test_refusals);
	g_test_add_func("/recording/odd-members", test_odd_members);
	g_test_add_func("/recording/long-lists", test_long_lists);
	g_test_add_func("/recording/save-fails", test_save_fails);
	g_test_add_func("/recording/too-long", test_too_long);
	g_test_add_func("/recording/shares", test_shares);
	g_test_add_func("/recording/trace-path", test_trace_path);
	g_test_add_func("/recording/many-doubts", test_many_doubts);
	return g_test_run();
}
