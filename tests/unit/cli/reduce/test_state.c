/* The state of a search: what is in its place is a file, or nothing. */
#include "cli/reduce/state.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_pipe(void)
{
	g_autofree char *dir = g_dir_make_tmp("test-state-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "state", NULL);
	g_autoptr(GError) error = NULL;
	struct fdar_state *state;

	state = fdar_state_open(path, "what", &error);
	g_assert_no_error(error);
	g_assert_nonnull(state);
	g_assert_true(fdar_state_close(state, TRUE, &error));
	g_remove(path);
	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	g_assert_null(fdar_state_open(path, "what", &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
	g_assert_cmpint(g_remove(path), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

/* Numbers of the whole search stay, the last of each, and are no answers. */
static void test_numbers(void)
{
	g_autofree char *dir = g_dir_make_tmp("test-state-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "state", NULL);
	struct fdar_state *state = fdar_state_open(path, "what", NULL);

	g_assert_cmpuint(fdar_state_number(state, "cut"), ==, 0);
	fdar_state_keep_number(state, "cut", 1);
	fdar_state_keep(state, "sessions", "an answer\n");
	fdar_state_keep_number(state, "cut", 2);
	fdar_state_keep_number(state, "cuts", 7);
	g_assert_true(fdar_state_close(state, FALSE, NULL));
	state = fdar_state_open(path, "what", NULL);
	g_assert_cmpuint(fdar_state_number(state, "cut"), ==, 2);
	g_assert_cmpuint(fdar_state_number(state, "sessions"), ==, 0);
	g_assert_cmpuint(fdar_state_answers(state), ==, 1);
	g_assert_true(fdar_state_close(state, TRUE, NULL));
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

/* Why nothing can be kept is told at the end. */
static void test_refused(void)
{
	g_autofree char *dir = g_dir_make_tmp("test-state-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "state", NULL);
	g_autoptr(GError) error = NULL;
	struct fdar_state *state;

	/* A link that everybody can change. */
	g_assert_cmpint(symlink("elsewhere", path), ==, 0);
	g_assert_cmpint(g_chmod(dir, 0777), ==, 0);
	state = fdar_state_open(path, "what", &error);
	g_assert_no_error(error);
	fdar_state_keep(state, "sessions", "an answer\n");
	fdar_state_keep(state, "sessions", "another\n");
	g_assert_false(fdar_state_close(state, FALSE, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM);
	g_assert_cmpint(g_remove(path), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/state/pipe", test_pipe);
	g_test_add_func("/state/numbers", test_numbers);
	g_test_add_func("/state/refused", test_refused);
	return g_test_run();
}
