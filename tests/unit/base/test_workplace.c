/* Temporary folders: what a killed process left goes with the next one; what anybody holds stays. */
#include "base/workplace.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void fill(const char *path)
{
	g_autofree char *below = g_build_filename(path, "below", NULL);
	g_autofree char *file = g_build_filename(below, "file", NULL);

	g_assert_cmpint(g_mkdir(below, 0700), ==, 0);
	g_assert_true(g_file_set_contents(file, "x", 1, NULL));
}

static gboolean is_there(const char *path)
{
	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void test_own(void)
{
	struct fdar_workplace place, other;
	g_autofree char *path = NULL;

	g_assert_true(fdar_workplace_make("own", &place, NULL));
	g_assert_nonnull(strstr(place.path, "/flowdar-own.work-"));
	fill(place.path);
	path = g_strdup(place.path);
	g_assert_true(fdar_workplace_make("other", &other, NULL));
	g_assert_true(is_there(path));
	fdar_workplace_remove(&other);
	fdar_workplace_remove(&place);
	g_assert_false(is_there(path));
	fdar_workplace_remove(&place);
}

/* A process that made one and has forked another; its path comes through a pipe, and then it waits. */
static pid_t start_owner(char path[4096])
{
	int ends[2];
	pid_t owner;

	g_assert_cmpint(pipe(ends), ==, 0);
	owner = fork();
	if (owner == 0) {
		struct fdar_workplace place;

		fdar_workplace_make("killed", &place, NULL);
		fill(place.path);
		if (write(ends[1], place.path, strlen(place.path) + 1) > 0)
			pause();
		_exit(0);
	}
	close(ends[1]);
	g_assert_cmpint(read(ends[0], path, 4096), >, 0);
	close(ends[0]);
	return owner;
}

static void test_killed(void)
{
	struct fdar_workplace place;
	char path[4096];
	pid_t owner = start_owner(path);

	g_assert_true(fdar_workplace_make("next", &place, NULL));
	g_assert_true(is_there(path));
	fdar_workplace_remove(&place);
	kill(owner, SIGKILL);
	waitpid(owner, NULL, 0);
	g_assert_true(is_there(path));
	g_assert_true(fdar_workplace_make("next", &place, NULL));
	g_assert_false(is_there(path));
	fdar_workplace_remove(&place);
}

/* What is called alike and is not what we make: links, folders for others, other names. */
static void test_left_alone(void)
{
	g_autofree char *kept = g_dir_make_tmp("kept-XXXXXX", NULL);
	g_autofree char *link = g_build_filename(g_get_tmp_dir(), "flowdar-a.work-link00", NULL);
	g_autofree char *open_to_all =
		g_build_filename(g_get_tmp_dir(), "flowdar-a.work-open00", NULL);
	g_autofree char *named = g_build_filename(g_get_tmp_dir(), "flowdar-a.works", NULL);
	struct fdar_workplace place;

	g_assert_cmpint(symlink(kept, link), ==, 0);
	g_assert_cmpint(g_mkdir(open_to_all, 0755), ==, 0);
	g_assert_cmpint(g_mkdir(named, 0700), ==, 0);
	g_assert_true(fdar_workplace_make("next", &place, NULL));
	g_assert_true(is_there(kept) && is_there(link) && is_there(open_to_all) && is_there(named));
	fdar_workplace_remove(&place);
	unlink(link);
	rmdir(open_to_all);
	rmdir(named);
	rmdir(kept);
}

/* In a folder where others could put something else in its place, nothing is taken away. */
static void test_unsafe(void)
{
	struct fdar_workplace place;
	char path[4096];
	pid_t owner = start_owner(path);

	kill(owner, SIGKILL);
	waitpid(owner, NULL, 0);
	g_assert_cmpint(chmod(g_get_tmp_dir(), 0777), ==, 0);
	g_assert_true(fdar_workplace_make("next", &place, NULL));
	g_assert_true(is_there(path));
	fdar_workplace_remove(&place);
	g_assert_cmpint(chmod(g_get_tmp_dir(), 0700), ==, 0);
	g_assert_true(fdar_workplace_make("next", &place, NULL));
	g_assert_false(is_there(path));
	fdar_workplace_remove(&place);
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/test-workplace-XXXXXX";
	int code;

	/* Of its own: what others have left is none of this test's. */
	g_assert_nonnull(g_mkdtemp(folder));
	g_setenv("TMPDIR", folder, TRUE);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workplace/own", test_own);
	g_test_add_func("/workplace/killed", test_killed);
	g_test_add_func("/workplace/left_alone", test_left_alone);
	g_test_add_func("/workplace/unsafe", test_unsafe);
	code = g_test_run();
	g_assert_cmpint(rmdir(folder), ==, 0);
	return code;
}
