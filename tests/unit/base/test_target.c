/* Where what is written goes: not by links that strangers made, and not elsewhere when they exchange a folder. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_write.h"
#include "base/target.h"

#define STRANGER 65534

/* A folder of ours for each test: DIR/real, DIR/theirs; DIR/link and DIR/theirs/link lead to DIR/real. */
struct place {
	char *dir, *real, *theirs;
};

static char *in(const char *dir, const char *name)
{
	return g_build_filename(dir, name, NULL);
}

static void place_make(struct place *place, gconstpointer data)
{
	g_autofree char *link = NULL, *other = NULL;

	(void)data;
	place->dir = g_dir_make_tmp("flowdar-target-XXXXXX", NULL);
	place->real = in(place->dir, "real");
	place->theirs = in(place->dir, "theirs");
	link = in(place->dir, "link");
	other = in(place->theirs, "link");
	g_assert_cmpint(g_mkdir(place->real, 0755), ==, 0);
	g_assert_cmpint(g_mkdir(place->theirs, 0755), ==, 0);
	g_assert_cmpint(symlink("real", link), ==, 0);
	g_assert_cmpint(symlink("../real", other), ==, 0);
}

static void place_clear(struct place *place, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf %s", place->dir);

	(void)data;
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(place->dir);
	g_free(place->real);
	g_free(place->theirs);
}

static void is_written(const char *path)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(fdar_file_write(path, "x", 1, &error));
	g_assert_no_error(error);
}

static void is_refused(const char *path)
{
	g_autoptr(GError) error = NULL;
	struct fdar_target target;

	g_assert_false(fdar_target_open(path, FDAR_TARGET_FOLLOW, &target, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM);
	g_clear_error(&error);
	g_assert_false(fdar_file_write(path, "x", 1, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM);
	g_assert_nonnull(strstr(error->message, path));
	g_clear_error(&error);
	g_assert_cmpint(fdar_target_create(path, O_TRUNC, &error), ==, -1);
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM);
}

static gboolean is_there(const char *dir, const char *name)
{
	g_autofree char *path = in(dir, name);

	return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

static void test_own_links(struct place *place, gconstpointer data)
{
	g_autofree char *middle = in(place->dir, "link/a"), *other = in(place->theirs, "link//./b");
	g_autofree char *last = in(place->dir, "last"), *up = in(place->dir, "link/../real/d");

	(void)data;
	is_written(middle);
	is_written(other);
	is_written(up);
	g_assert_cmpint(symlink("link/c", last), ==, 0);
	is_written(last);
	g_assert_true(g_file_test(last, G_FILE_TEST_IS_SYMLINK)); /* a link stays */
	g_assert_true(is_there(place->real, "a"));
	g_assert_true(is_there(place->real, "b"));
	g_assert_true(is_there(place->real, "c"));
	g_assert_true(is_there(place->real, "d"));
}

static void test_changeable(struct place *place, gconstpointer data)
{
	g_autofree char *path = in(place->theirs, "link/a");

	(void)data;
	g_assert_cmpint(chmod(place->theirs, 0777), ==, 0);
	is_refused(path);
	g_assert_cmpint(chmod(place->theirs, 01777), ==, 0);
	is_written(path);
}

static void test_strangers(struct place *place, gconstpointer data)
{
	g_autofree char *link = in(place->theirs, "link"), *path = in(link, "a");
	g_autofree char *last = in(place->theirs, "last"), *plain = in(place->theirs, "plain");

	(void)data;
	if (geteuid() != 0) {
		g_test_skip("only the superuser can give files away");
		return;
	}
	g_assert_cmpint(symlink("../real/b", last), ==, 0);
	/* their link, in our folder; ours, in theirs; theirs, in theirs */
	g_assert_cmpint(lchown(link, STRANGER, STRANGER), ==, 0);
	g_assert_cmpint(lchown(last, STRANGER, STRANGER), ==, 0);
	is_refused(path);
	is_refused(last);
	g_assert_cmpint(lchown(link, 0, 0), ==, 0);
	is_written(path);
	g_assert_cmpint(chown(place->theirs, STRANGER, STRANGER), ==, 0);
	is_refused(path);
	is_refused(last);
	g_assert_false(is_there(place->real, "b"));
	is_written(plain); /* their folder itself is no reason */
}

static void test_held(struct place *place, gconstpointer data)
{
	g_autofree char *path = in(place->theirs, "file"), *away = in(place->dir, "away");
	g_autoptr(GError) error = NULL;
	struct fdar_target target;

	(void)data;
	if (!g_file_test("/proc/self/fd", G_FILE_TEST_IS_DIR)) {
		g_test_skip("there is no /proc");
		return;
	}
	g_assert_true(fdar_target_open(path, 0, &target, &error));
	g_assert_cmpint(g_rename(place->theirs, away), ==, 0);
	g_assert_cmpint(symlink("real", place->theirs), ==, 0);
	is_written(target.path);
	fdar_target_clear(&target);
	g_assert_true(is_there(away, "file"));
	g_assert_false(is_there(place->real, "file"));
}

/* What became a link behind our back is not followed; the kernel's own are. */
static void test_link_since(struct place *place, gconstpointer data)
{
	g_autofree char *path = in(place->theirs, "file"), *there = in(place->real, "there");
	g_autofree char *kernels = NULL;
	struct fdar_target target;
	struct stat status;
	int fd;

	(void)data;
	if (!g_file_test("/proc/self/fd", G_FILE_TEST_IS_DIR)) {
		g_test_skip("there is no /proc");
		return;
	}
	is_written(there);
	g_assert_true(fdar_target_open(path, FDAR_TARGET_FOLLOW, &target, NULL));
	g_assert_cmpint(symlink("../real/there", path), ==, 0);
	g_assert_true(fdar_target_stat(&target, &status));
	g_assert_true(S_ISLNK(status.st_mode));
	fd = open(target.path, O_WRONLY | O_TRUNC | O_CLOEXEC | fdar_target_nofollow(&target));
	g_assert_cmpint(fd, ==, -1);
	g_assert_cmpint(errno, ==, ELOOP);
	fdar_target_clear(&target);
	fd = open(there, O_WRONLY | O_CLOEXEC);
	kernels = g_strdup_printf("/proc/self/fd/%d", fd);
	g_assert_true(fdar_target_open(kernels, FDAR_TARGET_FOLLOW, &target, NULL));
	g_assert_true(fdar_target_stat(&target, &status));
	g_assert_true(S_ISREG(status.st_mode));
	g_assert_cmpint(fdar_target_nofollow(&target), ==, 0);
	fdar_target_clear(&target);
	close(fd);
}

static void test_made(struct place *place, gconstpointer data)
{
	g_autofree char *path = in(place->dir, "link/one/two"), *made = in(place->real, "one/two");
	g_autoptr(GError) error = NULL;
	gboolean is_new = FALSE;
	GStatBuf st;

	(void)data;
	g_assert_false(fdar_target_folder(path, 0, &is_new, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
	g_clear_error(&error);
	g_assert_true(fdar_target_folder(path, FDAR_TARGET_MAKE, &is_new, &error));
	g_assert_true(is_new);
	g_assert_cmpint(g_stat(made, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0700);
	g_assert_true(fdar_target_folder(path, 0, &is_new, &error));
	g_assert_false(is_new);
}

static void test_ways_to_nowhere(struct place *place, gconstpointer data)
{
	g_autofree char *round = in(place->dir, "round"), *path = in(round, "a");
	g_autofree char *file = in(place->dir, "file"), *below = in(file, "a");
	g_autoptr(GError) error = NULL;
	struct fdar_target target;

	(void)data;
	g_assert_cmpint(symlink("round", round), ==, 0);
	g_assert_false(fdar_target_open(path, 0, &target, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_LOOP);
	g_clear_error(&error);
	g_assert_false(fdar_target_open(round, FDAR_TARGET_FOLLOW, &target, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_LOOP);
	g_clear_error(&error);
	is_written(file);
	g_assert_false(fdar_target_open(below, 0, &target, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR);
	g_clear_error(&error);
	g_assert_false(fdar_target_open("", 0, &target, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

/* Requests and command lines are in what is written. */
static void test_modes(struct place *place, gconstpointer data)
{
	g_autofree char *path = in(place->real, "report.html");
	GStatBuf st;

	(void)data;
	is_written(path);
	g_assert_cmpint(g_stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);
	g_assert_cmpint(g_chmod(path, 0644), ==, 0);
	is_written(path);
	g_assert_cmpint(g_stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0644);
}

/* A descriptor's name in /proc is a link as well, of the kernel's. */
static void test_descriptors(struct place *place, gconstpointer data)
{
	int fd = open(place->real, O_PATH | O_DIRECTORY | O_CLOEXEC);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d/a", fd);

	(void)data;
	is_written(path);
	close(fd);
	g_assert_true(is_there(place->real, "a"));
}

#define TEST(name, function) \
	g_test_add("/target/" name, struct place, NULL, place_make, function, place_clear)

int main(int argc, char **argv)
{
	umask(022);
	g_test_init(&argc, &argv, NULL);
	TEST("own-links", test_own_links);
	TEST("changeable", test_changeable);
	TEST("strangers", test_strangers);
	TEST("held", test_held);
	TEST("link-since", test_link_since);
	TEST("made", test_made);
	TEST("ways-to-nowhere", test_ways_to_nowhere);
	TEST("modes", test_modes);
	TEST("descriptors", test_descriptors);
	return g_test_run();
}
