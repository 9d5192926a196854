/* Labels of sessions out of replay.jsonl. */
#include "analyze/profile/labels_own.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/recording/recording.h"

static struct fdar_labels *load(const char *text, GError **error)
{
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp("test-labels-XXXXXX", &path, NULL);
	struct fdar_labels *labels;

	g_assert_cmpint(fd, >=, 0);
	g_assert_true(g_close(fd, NULL));
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	labels = fdar_labels_load(path, error);
	g_assert_cmpint(g_remove(path), ==, 0);
	return labels;
}

static void test_latency(void)
{
	g_autoptr(fdar_labels) labels = load(
		"{\"client\":\"a:1\",\"label\":\"x\",\"exchanges\":[{\"sent_ns\":100,\"last_ns\":"
		"400},"
		"{\"sent_ns\":500,\"last_ns\":200},{\"sent_ns\":500},7,{\"sent_ns\":\"9\",\"last_"
		"ns\":9}]}\n"
		"{\"client\":\"a:2\",\"label\":\"x\",\"exchanges\":{\"sent_ns\":1,\"last_ns\":2}}\n"
		"{\"client\":\"a:3\",\"label\":\"y\",\"exchanges\":[{\"sent_ns\":0,\"last_ns\":50}]"
		"}\n",
		NULL);

	g_assert_nonnull(labels);
	g_assert_cmpuint(fdar_labels_count(labels), ==, 3);
	g_assert_cmpuint(fdar_labels_latency(labels, NULL)->count, ==, 2);
	g_assert_cmpuint(fdar_labels_latency(labels, NULL)->min, ==, 50);
	g_assert_cmpuint(fdar_labels_latency(labels, NULL)->max, ==, 300);
	g_assert_cmpuint(fdar_labels_latency(labels, "x")->count, ==, 1);
	g_assert_cmpuint(fdar_labels_latency(labels, "x")->min, ==, 300);
	g_assert_cmpuint(fdar_labels_latency(labels, "y")->max, ==, 50);
	g_assert_cmpuint(fdar_labels_latency(labels, "z")->count, ==, 0);
}

static void test_names(void)
{
	g_autoptr(fdar_labels) labels = load("{\"client\":\"a:1\",\"label\":\"usual\"}\n"
					     "{\"client\":\"a:1\",\"label\":\"bad\"}\n"
					     "{\"client\":\"a:2\"}\n"
					     "{\"client\":\"b:2\",\"label\":\"usual\"}\n",
					     NULL);
	g_autofree const char **names = fdar_labels_names(labels);

	g_assert_cmpstr(names[0], ==, "bad");
	g_assert_cmpstr(names[1], ==, "usual");
	g_assert_null(names[2]);
}

/* Between an answer and what is sent next; not before the first, nor where nothing was answered. */
static void test_silence(void)
{
	g_autoptr(fdar_labels) labels = load(
		"{\"client\":\"a:1\",\"label\":\"x\",\"exchanges\":[{\"sent_ns\":100,\"last_ns\":"
		"400},{\"sent_ns\":1400,\"last_ns\":1500},{\"sent_ns\":1700},{\"sent_ns\":9000}]}\n"
		"{\"client\":\"a:2\",\"label\":\"x\",\"exchanges\":[{\"sent_ns\":5,\"last_ns\":6}]}"
		"\n"
		"{\"client\":\"a:3\",\"label\":\"x\",\"exchanges\":[]}\n",
		NULL);
	g_autoptr(fdar_labels) none = load("{\"client\":\"a:1\",\"label\":\"x\"}\n", NULL);
	double mean_ns = 7;

	g_assert_true(fdar_labels_silence(labels, &mean_ns));
	g_assert_cmpfloat(mean_ns, ==, (1000 + 200) / 2);
	g_assert_false(fdar_labels_silence(none, &mean_ns));
}

static void test_find(void)
{
	g_autoptr(fdar_labels) labels =
		load("{\"client\":\"127.0.0.2:1\",\"label\":\"good\",\"started_unix_ns\":100,\"x\":"
		     "[1]}\n"
		     "\n"
		     "{\"client\":\"127.0.0.2:2\",\"label\":\"good\"}\n"
		     "{\"client\":\"127.0.0.3:1\",\"label\":\"good\",\"started_unix_ns\":500}\n"
		     "{\"client\":\"127.0.0.3:1\",\"label\":\"bad\",\"started_unix_ns\":300}\n"
		     "{\"client\":\"[::1]:9\",\"label\":\"six\"}",
		     NULL);

	g_assert_nonnull(labels);
	g_assert_cmpuint(fdar_labels_count(labels), ==, 5);
	g_assert_cmpuint(fdar_labels_skipped(labels), ==, 0);
	g_assert_cmpstr(fdar_labels_find(labels, "127.0.0.2:1", 0), ==, "good");
	/* By the address alone. */
	g_assert_cmpstr(fdar_labels_find(labels, "127.0.0.2:77", 0), ==, "good");
	g_assert_cmpstr(fdar_labels_find(labels, "[::ffff:127.0.0.2]:2", 0), ==, "good");
	g_assert_cmpstr(fdar_labels_find(labels, "[::1]:10", 0), ==, "six");
	/* The address had two labels: told apart by the time, or not at all. */
	g_assert_cmpstr(fdar_labels_find(labels, "127.0.0.3:1", 299), ==, "bad");
	g_assert_cmpstr(fdar_labels_find(labels, "127.0.0.3:1", 499), ==, "bad");
	g_assert_cmpstr(fdar_labels_find(labels, "127.0.0.3:1", 500), ==, "good");
	g_assert_null(fdar_labels_find(labels, "127.0.0.3:2", 500));
	g_assert_null(fdar_labels_find(labels, "127.0.0.4:1", 500));
	g_assert_null(fdar_labels_find(labels, "", 500));
	g_assert_null(fdar_labels_find(labels, "[::ffff:", 500));
}

static void test_bad_lines(void)
{
	g_autoptr(fdar_labels) labels =
		load("not json\n"
		     "[1]\n{}\n3\n"
		     "{\"client\":1,\"label\":\"a\"}\n"
		     "{\"client\":\"h:1\",\"label\":{}}\n"
		     "{\"client\":\"h:1\",\"label\":\"\xff\"}\n"
		     "{\"client\":\"h:1\",\"label\":\"a\",\"started_unix_ns\":[]}\n"
		     "{\"client\":\"h:2\",\"label\":\"a\",\"started_unix_ns\":-5}\n"
		     "{\"client\":\"h:3\",\"lab",
		     NULL);

	g_assert_nonnull(labels);
	g_assert_cmpuint(fdar_labels_count(labels), ==, 2);
	g_assert_cmpuint(fdar_labels_skipped(labels), ==, 8);
}

static void test_no_labels(void)
{
	g_autoptr(GError) empty = NULL;
	g_autoptr(GError) missing = NULL;

	g_assert_null(load("{}\n", &empty));
	g_assert_nonnull(strstr(empty->message, "found none"));
	g_assert_null(fdar_labels_load("/no/such/file", &missing));
	g_assert_nonnull(strstr(missing->message, "/no/such/file"));
}

static struct fdar_labels *load_bytes(GString *text)
{
	struct fdar_labels *labels = load(text->str, NULL);

	g_string_free(text, TRUE);
	return labels;
}

#define GOOD "{\"client\":\"h:1\",\"label\":\"a\"}\n"

/* What is nested deep, or has no end, costs a line and nothing else. */
static void test_hosts(void)
{
	static const char *const cases[][2] = {
		{ "10.0.0.1:80", "10.0.0.1" },
		{ "10.0.0.1", "10.0.0.1" },
		{ "[2001:db8::1]:80", "[2001:db8::1]" },
		{ "[2001:db8::1]", "[2001:db8::1]" },
		{ "2001:db8::1", "[2001:db8::1]" },
		{ "::1", "[::1]" },
		{ "[::ffff:10.0.0.1]:80", "10.0.0.1" },
		{ "::ffff:10.0.0.1", "10.0.0.1" },
		{ "[::ffff:10.0.0.1", "[::ffff" }, /* no address */
		{ "client:7", "client" },
		{ "", "" },
		{ "[", "[" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *host = fdar_labels_host(cases[i][0]);

		g_assert_cmpstr(host, ==, cases[i][1]);
	}
}

static void test_hostile_lines(void)
{
	GString *deep = g_string_new(GOOD), *endless = g_string_new(GOOD);
	g_autoptr(fdar_labels) labels = NULL;

	for (int i = 0; i < 200000; i++)
		g_string_append_c(deep, '[');
	g_string_append(deep, "\n" GOOD);
	labels = load_bytes(deep);
	g_assert_cmpuint(fdar_labels_count(labels), ==, 2);
	g_assert_cmpuint(fdar_labels_skipped(labels), ==, 1);
	fdar_labels_free(g_steal_pointer(&labels));
	g_string_append(endless, "{\"client\":\"h:1\",\"label\":\"a\",\"x\":\"");
	for (int i = 0; i < 300000; i++)
		g_string_append(endless, "0123456789");
	g_string_append(endless, "\"}\n" GOOD);
	labels = load_bytes(endless);
	g_assert_cmpuint(fdar_labels_count(labels), ==, 2);
	g_assert_cmpuint(fdar_labels_skipped(labels), ==, 1);
}

/* Nothing that is waited for, and nothing without an end. */
static void test_no_file(void)
{
	g_autofree char *dir = g_dir_make_tmp("test-labels-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "replay.jsonl", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	g_assert_null(fdar_labels_load(path, &error));
	g_assert_nonnull(strstr(error->message, "not a file"));
	g_clear_error(&error);
	g_remove(path);
	g_assert_cmpint(symlink("/dev/zero", path), ==, 0);
	g_assert_null(fdar_labels_load(path, &error));
	g_assert_nonnull(strstr(error->message, "not a file"));
	g_clear_error(&error);
	g_remove(path);
	/* 8 GiB of nothing. */
	g_assert_true(g_file_set_contents(path, "", 0, NULL));
	g_assert_cmpint(truncate(path, (off_t)8 << 30), ==, 0);
	g_assert_null(fdar_labels_load(path, &error));
	g_assert_nonnull(strstr(error->message, "2 GiB"));
	g_remove(path);
	g_rmdir(dir);
}

/* A recording of 100 s from then on, and its journal. The caller frees the folder's name and takes it away. */
static char *recording_with(const char *journal)
{
	char *dir = g_dir_make_tmp("test-labels-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, FDAR_RECORDING_JOURNAL, NULL);
	struct fdar_recording_info info = {
		.name = (char *)"this-one",
		.started = (char *)"2026-11-03T10:00:00Z", /* 1793700000 */
		.duration_ns = UINT64_C(100000000000),
		.ended = (char *)"server exited",
	};

	g_assert_true(fdar_recording_info_save(&info, dir, NULL));
	g_assert_true(g_file_set_contents(path, journal, -1, NULL));
	return dir;
}

static void remove_recording(const char *dir)
{
	g_autofree char *journal = g_build_filename(dir, FDAR_RECORDING_JOURNAL, NULL);
	g_autofree char *json = g_build_filename(dir, FDAR_RECORDING_FILE, NULL);

	g_assert_cmpint(g_remove(journal), ==, 0);
	g_assert_cmpint(g_remove(json), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

#define PLAYED(client, label, started_s, open_s)                                                 \
	"{\"client\":\"" client "\",\"label\":\"" label "\",\"started_unix_ns\":" started_s      \
	"000000000,\"start_ns\":5,\"end_ns\":" open_s "000000005,\"exchanges\":[{\"sent_ns\":1," \
	"\"last_ns\":3}]}\n"

/* What was played before and behind a recording is no part of it, also where addresses are the same. */
static void test_other_time(void)
{
	g_autofree char *left_out = NULL,
			*dir = recording_with(
				PLAYED("10.0.0.1:5", "before", "1793699990",
				       "3") PLAYED("10.0.0.1:5", "in", "1793700050", "3")
					PLAYED("10.0.0.2:5", "on", "1793699990", "10")
						PLAYED("10.0.0.3:5", "behind", "1793700103", "3"));
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_labels) labels = fdar_labels_of_recording(dir, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(fdar_labels_count(labels), ==, 2);
	g_assert_cmpuint(fdar_labels_outside(labels), ==, 2);
	g_assert_cmpuint(fdar_labels_latency(labels, NULL)->count, ==, 2);
	g_assert_cmpstr(fdar_labels_find(labels, "10.0.0.1:5", UINT64_C(1793700000500000000)), ==,
			"in");
	/* One client, one label: "before" does not stand in the way. */
	g_assert_cmpstr(fdar_labels_find(labels, "10.0.0.1:6", 0), ==, "in");
	g_assert_cmpstr(fdar_labels_find(labels, "10.0.0.2:5", 0), ==, "on");
	g_assert_null(fdar_labels_find(labels, "10.0.0.3:5", 0));
	left_out = fdar_labels_left_out(labels);
	g_assert_true(g_str_has_prefix(left_out, "replay.jsonl: 2 of its 4 sessions are of another "
						 "time or recording"));
	remove_recording(dir);
}

static void test_other_replay(void)
{
	static const char stale[] = PLAYED("10.0.0.1:5", "attack", "1793699000", "3")
		PLAYED("10.0.0.2:5", "attack", "1793699001", "3");
	g_autofree char *dir = recording_with(stale);
	g_autofree char *path = g_build_filename(dir, FDAR_RECORDING_JOURNAL, NULL);
	g_autofree char *doubt = NULL, *none = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_labels) all = NULL, mixed = NULL;

	g_assert_null(fdar_labels_of_recording(dir, &error));
	g_assert_nonnull(strstr(error->message, "not used"));
	g_assert_nonnull(strstr(error->message, "2026-11-03 09:43:20 to 2026-11-03 09:43:24 UTC"));
	/* Who asks for it gets it, with a doubt. */
	all = fdar_labels_load(path, NULL);
	g_assert_cmpuint(fdar_labels_count(all), ==, 2);
	doubt = fdar_labels_doubt(all, path, dir);
	g_assert_nonnull(strstr(doubt, "only if a clock is wrong"));
	/* Who does not say when it was may have been. */
	g_assert_true(g_file_set_contents(path, GOOD, -1, NULL));
	mixed = fdar_labels_of_recording(dir, NULL);
	g_assert_cmpuint(fdar_labels_count(mixed), ==, 1);
	g_assert_null(fdar_labels_left_out(mixed));
	none = fdar_labels_doubt(mixed, path, dir);
	g_assert_null(none);
	remove_recording(dir);
}

/* At the same time, and at the same addresses: what it was written for tells. Two in one file are two. */
static void test_other_recording(void)
{
	static const char other[] =
		"{\"recording\":\"that-one\",\"verdict\":\"refused\"}\n" PLAYED("10.0.0.1:5",
										"theirs",
										"1793700050", "3");
	g_autofree char *dir = recording_with(other);
	g_autofree char *path = g_build_filename(dir, FDAR_RECORDING_JOURNAL, NULL);
	g_autofree char *both = g_strconcat(
		other,
		"{\"recording\":\"this-one\",\"client\":\"10.0.0.1:5\",\"label\":\"ours\"}\n",
		NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_labels) labels = NULL, all = NULL;

	g_assert_null(fdar_labels_of_recording(dir, &error));
	g_assert_nonnull(
		strstr(error->message, "for the recording that-one, and this is this-one"));
	all = fdar_labels_load(path, NULL);
	g_assert_cmpuint(fdar_labels_count(all), ==, 1);
	g_assert_true(g_file_set_contents(path, both, -1, NULL));
	labels = fdar_labels_of_recording(dir, NULL);
	g_assert_cmpuint(fdar_labels_count(labels), ==, 1);
	g_assert_cmpuint(fdar_labels_outside(labels), ==, 1);
	g_assert_cmpstr(fdar_labels_find(labels, "10.0.0.1:5", 0), ==, "ours");
	remove_recording(dir);
}

/* Nothing says when: a trace that is no recording, and one that has not ended. */
static void test_any_time(void)
{
	g_autofree char *dir = recording_with(PLAYED("10.0.0.1:5", "late", "1893700000", "3"));
	g_autofree char *json = g_build_filename(dir, FDAR_RECORDING_FILE, NULL);
	struct fdar_recording_info info = {
		.started = (char *)"2026-11-03T10:00:00Z",
		.ended = (char *)FDAR_RECORDING_UNFINISHED,
		.unfinished = 1,
	};
	g_autoptr(fdar_labels) open = NULL, plain = NULL;

	g_assert_true(fdar_recording_info_save(&info, dir, NULL));
	open = fdar_labels_of_recording(dir, NULL);
	g_assert_cmpuint(fdar_labels_count(open), ==, 1);
	g_assert_true(g_file_set_contents(json, "{}", -1, NULL));
	plain = fdar_labels_of_recording(dir, NULL);
	g_assert_cmpuint(fdar_labels_count(plain), ==, 1);
	remove_recording(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/labels/latency", test_latency);
	g_test_add_func("/labels/names", test_names);
	g_test_add_func("/labels/silence", test_silence);
	g_test_add_func("/labels/find", test_find);
	g_test_add_func("/labels/bad-lines", test_bad_lines);
	g_test_add_func("/labels/none", test_no_labels);
	g_test_add_func("/labels/hosts", test_hosts);
	g_test_add_func("/labels/hostile-lines", test_hostile_lines);
	g_test_add_func("/labels/no-file", test_no_file);
	g_test_add_func("/labels/other-time", test_other_time);
	g_test_add_func("/labels/other-replay", test_other_replay);
	g_test_add_func("/labels/other-recording", test_other_recording);
	g_test_add_func("/labels/any-time", test_any_time);
	return g_test_run();
}
