/* Files of strangers: what is none is not even opened, which may be an act (a watchdog, a tape). */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_read.h"

struct fixture {
	char *folder;
	char *path;
	int opened; /* inotify's descriptor */
};

static void set_up(struct fixture *f, gconstpointer unused)
{
	(void)unused;
	f->folder = g_dir_make_tmp("flowdar-file-XXXXXX", NULL);
	f->path = g_build_filename(f->folder, "it", NULL);
	f->opened = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	g_assert_cmpint(f->opened, >=, 0);
	g_assert_cmpint(inotify_add_watch(f->opened, f->folder, IN_OPEN), >=, 0);
}

static void tear_down(struct fixture *f, gconstpointer unused)
{
	(void)unused;
	close(f->opened);
	g_unlink(f->path);
	g_assert_cmpint(g_rmdir(f->folder), ==, 0);
	g_free(f->path);
	g_free(f->folder);
}

static gboolean was_opened(const struct fixture *f)
{
	char events[4096];

	return read(f->opened, events, sizeof(events)) > 0;
}

static void test_pipe(struct fixture *f, gconstpointer unused)
{
	g_autoptr(GError) error = NULL;

	(void)unused;
	g_assert_cmpint(mkfifo(f->path, 0600), ==, 0);
	g_assert_cmpint(fdar_file_open_plain(f->path), ==, -1);
	g_assert_cmpint(errno, ==, 0);
	g_assert_cmpint(fdar_file_open(f->path, &error), ==, -1);
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
	g_assert_false(was_opened(f));
}

static void test_device(struct fixture *f, gconstpointer unused)
{
	(void)unused;
	g_assert_cmpint(symlink("/dev/zero", f->path), ==, 0);
	g_assert_cmpint(fdar_file_open_plain(f->path), ==, -1);
	g_assert_cmpint(errno, ==, 0);
}

static void test_file(struct fixture *f, gconstpointer unused)
{
	g_autofree char *text = NULL;
	gsize length;

	(void)unused;
	g_assert_cmpint(fdar_file_open_plain(f->path), ==, -1);
	g_assert_cmpint(errno, ==, ENOENT);
	g_assert_true(g_file_set_contents(f->path, "what is in it", -1, NULL));
	text = fdar_file_read(f->path, 100, &length, NULL);
	g_assert_cmpstr(text, ==, "what is in it");
	g_assert_cmpuint(length, ==, strlen("what is in it"));
	/* That it is told here makes sure that it would be told of others. */
	g_assert_true(was_opened(f));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/file-read/pipe", struct fixture, NULL, set_up, test_pipe, tear_down);
	g_test_add("/file-read/device", struct fixture, NULL, set_up, test_device, tear_down);
	g_test_add("/file-read/file", struct fixture, NULL, set_up, test_file, tear_down);
	return g_test_run();
}
