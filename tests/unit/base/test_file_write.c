/* Files that are there whole or not at all; and descriptors that take a part at a time. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

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

#define PIPED ((gsize)3 * 1024 * 1024 + 7) /* a pipe takes much less at once */

static gpointer read_slowly(gpointer data)
{
	int fd = GPOINTER_TO_INT(data);
	GByteArray *got = g_byte_array_new();
	guint8 piece[5000];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0)
		g_byte_array_append(got, piece, (guint)n);
	return got;
}

static void test_all(void)
{
	g_autofree guint8 *bytes = g_malloc(PIPED);
	g_autoptr(GByteArray) got = NULL;
	GThread *reader;
	int ends[2], fd;

	for (gsize i = 0; i < PIPED; i++)
		bytes[i] = (guint8)(i * 31 >> 3);
	g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
	reader = g_thread_new("reader", read_slowly, GINT_TO_POINTER(ends[0]));
	g_assert_true(fdar_file_write_all(ends[1], bytes, PIPED));
	g_assert_true(fdar_file_write_all(ends[1], bytes, 0));
	close(ends[1]);
	got = g_thread_join(reader);
	g_assert_cmpuint(got->len, ==, PIPED);
	g_assert_true(memcmp(got->data, bytes, PIPED) == 0);
	errno = 0;
	g_assert_false(fdar_file_write_all(ends[1], bytes, 1));
	g_assert_cmpint(errno, ==, EBADF);
	close(ends[0]);
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	g_assert_cmpint(fd, >=, 0);
	g_assert_false(fdar_file_write_all(fd, bytes, 1));
	g_assert_cmpint(errno, ==, ENOSPC);
	close(fd);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/file_write/whole", test_whole);
	g_test_add_func("/file_write/all", test_all);
	return g_test_run();
}
