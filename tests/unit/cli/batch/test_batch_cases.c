/* Batches: whether a profile that is there is of the recording as it is, and of what is asked. */
#include "cli/batch/batch_cases.h"

#include <glib/gstdio.h>

#include "cli/batch/batch_making.h"

static void write_to(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void remove_from(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_assert_cmpint(g_remove(path), ==, 0);
}

/* The one case of a batch, as a run makes it. */
static void make(const struct fdar_batch_case *one, const char *dir, const char *from)
{
	struct fdar_batch_making *making = fdar_batch_making_begin(dir, NULL);

	g_assert_nonnull(making);
	g_assert_true(g_file_set_contents(one->profile_path, "profile", -1, NULL));
	g_assert_true(fdar_batch_case_note(one, making, from, NULL));
	fdar_batch_making_end(making);
}

/* It changes in each way in turn, while its profile is made and after that. */
static void test_changed(void)
{
	static const char *const files[] = { "recording.json", "rules" };
	g_autofree char *dir = g_dir_make_tmp("flowdar-batch-XXXXXX", NULL);
	g_autofree char *recording = g_build_filename(dir, "a", NULL);
	char *paths[] = { recording, NULL };

	g_assert_cmpint(g_mkdir(recording, 0700), ==, 0);
	write_to(recording, "recording.json", "{}");
	g_autoptr(GPtrArray) cases = fdar_batch_cases_new(paths, dir, NULL);
	const struct fdar_batch_case *one = g_ptr_array_index(cases, 0);
	g_autofree char *asked = fdar_batch_asked("session", NULL, NULL);
	g_autofree char *other = fdar_batch_asked("request", NULL, NULL);

	g_assert_false(fdar_batch_case_is_done(one, asked));
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *before = fdar_batch_case_from(one, asked);
		g_autofree char *text = g_strdup_printf("{ %zu }", i);

		write_to(recording, files[i], text);
		make(one, dir, before);
		g_assert_false(fdar_batch_case_is_done(one, asked));
		g_autofree char *now = fdar_batch_case_from(one, asked);
		make(one, dir, now);
		g_assert_true(fdar_batch_case_is_done(one, asked));
		g_assert_false(fdar_batch_case_is_done(one, other));
	}
	fdar_batch_case_forget(one);
	g_assert_false(fdar_batch_case_is_done(one, asked));
	remove_from(recording, "recording.json");
	remove_from(recording, "rules");
	remove_from(dir, "a");
	remove_from(dir, "a.profile");
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

/* A stream of a plain trace, some folders down, gets longer, or other bytes: the folders do not show it. */
static void test_plain_trace(void)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-batch-XXXXXX", NULL);
	g_autofree char *trace = g_build_filename(dir, "a", NULL);
	g_autofree char *below = g_build_filename(trace, "ust", "uid", NULL);
	g_autofree char *up = g_path_get_dirname(below);
	char *paths[] = { trace, NULL };

	g_assert_cmpint(g_mkdir_with_parents(below, 0700), ==, 0);
	write_to(below, "metadata", "m");
	write_to(below, "channel0_0", "12");
	g_autoptr(GPtrArray) cases = fdar_batch_cases_new(paths, dir, NULL);
	const struct fdar_batch_case *one = g_ptr_array_index(cases, 0);
	g_autofree char *asked = fdar_batch_asked("session", NULL, NULL);
	g_assert_cmpuint(cases->len, ==, 1);
	g_assert_cmpstr(one->name, ==, "a");
	g_autofree char *stream = g_build_filename(below, "channel0_0", NULL);

	for (unsigned i = 0; i < 2; i++) {
		g_autofree char *from = fdar_batch_case_from(one, asked);
		FILE *file;

		make(one, dir, from);
		g_assert_true(fdar_batch_case_is_done(one, asked));
		file = fopen(stream, i ? "r+" : "a");
		g_assert_nonnull(file);
		g_assert_cmpint(fputs("3", file), >=, 0);
		g_assert_cmpint(fclose(file), ==, 0);
		g_assert_false(fdar_batch_case_is_done(one, asked));
	}
	fdar_batch_case_forget(one);
	remove_from(below, "channel0_0");
	remove_from(below, "metadata");
	g_assert_cmpint(g_rmdir(below) | g_rmdir(up) | g_rmdir(trace), ==, 0);
	remove_from(dir, "a.profile");
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

static void make_trace(const char *dir, const char *host, const char *name)
{
	g_autofree char *below =
		g_build_filename(dir, host, name, "ust", "uid", "0", "64-bit", NULL);

	g_assert_cmpint(g_mkdir_with_parents(below, 0700), ==, 0);
	write_to(below, "metadata", "m");
}

static void remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		remove_tree(below);
	}
	g_assert_cmpint(g_remove(path), ==, 0);
}

/* A folder of traces; one of hosts, with their traces in it, as a relay daemon lays them; what lies beside them. */
static void test_hosts(void)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-batch-XXXXXX", NULL);
	char *paths[] = { dir, NULL };
	static const char *const names[] = { "alpha-web", "beta-db", "beta-web", "plain" };

	make_trace(dir, "beta", "web");
	make_trace(dir, "beta", "db");
	make_trace(dir, "alpha", "web");
	make_trace(dir, ".", "plain");
	write_to(dir, "notes.txt", "n");
	g_autoptr(GPtrArray) cases = fdar_batch_cases_new(paths, dir, NULL);
	g_assert_cmpuint(cases->len, ==, G_N_ELEMENTS(names));
	for (guint i = 0; i < cases->len; i++)
		g_assert_cmpstr(((struct fdar_batch_case *)g_ptr_array_index(cases, i))->name, ==,
				names[i]);
	remove_tree(dir);
}

/* Two batches make the same case at once: each moves what it has made itself. */
static void test_two(void)
{
	g_autofree char *dir = g_dir_make_tmp("test-batch-XXXXXX", NULL);
	g_autofree char *to = g_build_filename(dir, "one.profile", NULL);
	struct fdar_batch_making *making[] = { fdar_batch_making_begin(dir, NULL),
					       fdar_batch_making_begin(dir, NULL) };
	const char *const texts[] = { "first", "second" };

	for (int i = 0; i < 2; i++) {
		g_autofree char *path = fdar_batch_making_path(making[i], "one.profile");

		g_assert_true(g_file_set_contents(path, texts[i], -1, NULL));
	}
	for (int i = 0; i < 2; i++) {
		g_autofree char *made = NULL;

		g_assert_true(fdar_batch_making_move(making[i], "one.profile", to, NULL));
		g_assert_true(g_file_get_contents(to, &made, NULL, NULL));
		g_assert_cmpstr(made, ==, texts[i]);
	}
	fdar_batch_making_end(making[0]);
	fdar_batch_making_end(making[1]);
	remove_from(dir, "one.profile");
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/batch-cases/changed", test_changed);
	g_test_add_func("/batch-cases/plain-trace", test_plain_trace);
	g_test_add_func("/batch-cases/hosts", test_hosts);
	g_test_add_func("/batch-cases/two", test_two);
	return g_test_run();
}
