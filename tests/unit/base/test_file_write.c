/* Files that are there whole or not at all. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/file_write.h"

static void test_whole(void)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-write-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "picture.svg", NULL);
	g_autofree char *nowhere = g_build_filename(dir, "none", "picture.svg", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) listing = NULL;

	g_assert_true(fdar_file_write(path, "first", 5, &error));
	g_assert_true(fdar_file_write(path, "second", 6, &error));
	g_assert_no_error(error);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "second");
	g_assert_false(fdar_file_write(nowhere, "x", 1, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
	g_assert_nonnull(strstr(error->message, nowhere));
	g_clear_error(&error);
	g_assert_false(fdar_file_write(dir, "x", 1, &error)); /* a directory */
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_ISDIR);
	g_clear_error(&error);
	g_assert_true(fdar_file_write("/dev/null", "x", 1, &error)); /* is not replaced */
	g_assert_false(g_file_test("/dev/null", G_FILE_TEST_IS_REGULAR));
	g_assert_false(fdar_file_write("/dev/full", "x", 1, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
	g_assert_false(g_file_test("/dev/full", G_FILE_TEST_IS_REGULAR));
	listing = g_dir_open(dir, 0, NULL);
	g_assert_cmpstr(g_dir_read_name(listing), ==, "picture.svg");
	g_assert_null(g_dir_read_name(listing)); /* no temporary file is left */
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/file_write/whole", test_whole);
	return g_test_run();
}
